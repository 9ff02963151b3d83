"""A wheel built from the checkout, installed elsewhere, checks a user's own file.

Compiled where there is a C compiler, and then only for this platform; of plain sources on demand,
for any; and of plain sources too where the compiler fails, unless that is to be an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, ROOT
from verify.commands import exit_codes

pytestmark = pytest.mark.nightly

Run = Callable[..., tuple[int, str]]
"""A command's exit code, and what it wrote to both of its streams."""

COMPILER = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
needs_compiler = pytest.mark.skipif(shutil.which(COMPILER) is None, reason="no C compiler")
PASSED_ON = ("VERIFY_PURE", "VERIFY_COMPILE", "PYTHONPATH")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command, where no source of verify is near; its environment tells what it is to build."""
    inherited = {name: value for name, value in os.environ.items() if name not in PASSED_ON}

    def run(*command: str | Path, cwd: Path = tmp_path, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**inherited, "COLUMNS": "200", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        return done.returncode, done.stdout

    return run


@pytest.fixture
def build(tmp_path: Path, run: Run) -> Run:
    """pip, building a wheel from a copy, so that nothing is left in the checkout."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    leave_out = shutil.ignore_patterns("__pycache__", "*.so", "*.record")
    shutil.copytree(ROOT / "verify", source / "verify", ignore=leave_out)
    pip = (sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "-w", tmp_path / "wheels")

    def build(**environment: str) -> tuple[int, str]:
        return run(*pip, source, **environment)

    return build


def check_a_file_of_ones_own(tmp_path: Path, run: Run) -> tuple[Path, str]:
    """Install the wheel that was built; its file, and what the installed command says it is."""
    (wheel,) = (tmp_path / "wheels").iterdir()
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    assert run(sys.executable, "-m", "venv", home)[0] == 0
    code, said = run(home / "bin" / "pip", "install", "-q", wheel)
    assert code == 0, said

    elsewhere.mkdir()
    (elsewhere / "mine.py").write_text(CROSSED.format(arguments=""))
    code, said = run(home / "bin" / "verify", "check", "mine.py", cwd=elsewhere)
    assert code == exit_codes.REFUTED, said
    assert "deadlock" in said
    (trace,) = (elsewhere / "traces").iterdir()
    code, said = run(home / "bin" / "verify", "replay", trace, "mine.py", cwd=elsewhere)
    assert code == exit_codes.REFUTED, said
    code, said = run(home / "bin" / "verify", "show", trace, "--html", "page.html", cwd=elsewhere)
    assert code == exit_codes.AS_EXPECTED, said
    assert (elsewhere / "page.html").read_text("utf-8").startswith("<!doctype html>")
    (package,) = home.glob("lib/python*/site-packages/verify")
    assert (package / "py.typed").is_file()
    assert {path.name for path in package.parent.glob("*mypy*")} == set()
    code, version = run(home / "bin" / "verify", "--version", cwd=elsewhere)
    assert code == 0
    return wheel, version.rstrip()


@needs_compiler
def test_a_compiled_wheel_works_outside_the_project(tmp_path: Path, build: Run, run: Run) -> None:
    """And needs nothing of mypy there, which compiled it."""
    code, said = build(VERIFY_COMPILE="1")
    assert code == 0, said
    wheel, version = check_a_file_of_ones_own(tmp_path, run)
    assert version.endswith(", compiled core")
    assert "none-any" not in wheel.name


def test_a_wheel_of_plain_sources_works_outside_the_project(
    tmp_path: Path, build: Run, run: Run
) -> None:
    code, said = build(VERIFY_PURE="1")
    assert code == 0, said
    wheel, version = check_a_file_of_ones_own(tmp_path, run)
    assert version.endswith(", pure Python core (not compiled)")
    assert wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.parametrize("compiler", ["false", "no-such-compiler"])
def test_a_compiler_that_does_not_work(tmp_path: Path, build: Run, run: Run, compiler: str) -> None:
    """`false` is a program that does nothing but fail."""
    code, said = build(CC=compiler, VERIFY_COMPILE="1")
    assert code != 0
    assert "VERIFY_COMPILE is set, and the core cannot be compiled" in said
    code, said = build(CC=compiler)
    assert code == 0, said
    assert "the core is not compiled, several times slower" in said
    assert check_a_file_of_ones_own(tmp_path, run)[1].endswith("(not compiled)")


@needs_compiler
def test_a_source_that_cannot_be_compiled(tmp_path: Path, build: Run, run: Run) -> None:
    """It can still be run, and the mistake is shown to whoever asks pip to talk."""
    with (tmp_path / "source" / "verify" / "operation.py").open("a") as operation:
        operation.write("\n_WRONG: int = 'text'\n")
    assert build(VERIFY_COMPILE="1")[0] != 0
    code, said = build()
    assert code == 0, said
    assert "Incompatible types in assignment" in said
    assert "the core is not compiled, several times slower: mypyc" in said
    assert check_a_file_of_ones_own(tmp_path, run)[1].endswith("(not compiled)")
