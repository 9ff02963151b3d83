"""A wheel built from the checkout, installed elsewhere, checks a user's own file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, ROOT
from verify.commands import exit_codes

pytestmark = pytest.mark.nightly


def test_a_wheel_works_outside_the_project(tmp_path: Path) -> None:
    """Built from a copy, so that nothing is left in the checkout; run where no source is near."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*command: str | Path, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600
        )

    source, wheels, home = tmp_path / "source", tmp_path / "wheels", tmp_path / "home"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "verify", source / "verify")
    built = run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", wheels, source)
    assert built.returncode == 0, built.stderr
    (wheel,) = wheels.iterdir()
    assert run(sys.executable, "-m", "venv", home).returncode == 0
    installed = run(home / "bin" / "pip", "install", "-q", wheel)
    assert installed.returncode == 0, installed.stderr

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.py").write_text(CROSSED.format(arguments=""))
    checked = run(home / "bin" / "verify", "check", "mine.py", cwd=elsewhere)
    assert checked.returncode == exit_codes.REFUTED, checked.stderr
    assert "deadlock" in checked.stdout
    (trace,) = (elsewhere / "traces").iterdir()
    replayed = run(home / "bin" / "verify", "replay", trace, "mine.py", cwd=elsewhere)
    assert replayed.returncode == exit_codes.REFUTED, replayed.stderr
    (package,) = home.glob("lib/python*/site-packages/verify")
    assert (package / "py.typed").is_file()
