"""Which core runs: the extensions while they are what the sources would be compiled to, else all
of the sources.

No compiler is needed here. Where an extension would be loaded, an empty file stands in for it: to
load that fails, and so shows that it was chosen.
"""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder, SourceFileLoader
from pathlib import Path

import pytest

from verify import build

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = EXTENSION_SUFFIXES[0]


def core() -> tuple[str, ...]:
    """What setup.py compiles."""
    for node in ast.parse((ROOT / "setup.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CORE":
            found: tuple[str, ...] = ast.literal_eval(node.value)
            return found
    raise AssertionError("setup.py has no CORE")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A package of two compiled modules, one of them further down."""
    sources = {"one.py": b"ONE = 1\n", "below/two.py": b"TWO = 2\n"}
    (tmp_path / "below").mkdir()
    for path, text in sources.items():
        (tmp_path / path).write_bytes(text)
        (tmp_path / path).with_suffix(EXTENSION).touch()
    record = tmp_path / build.RECORD.name
    build.write_record(record, b"how", sources)
    return record


def edit(record: Path) -> None:
    (record.parent / "below" / "two.py").write_bytes(b"TWO = 3\n")


def touch(record: Path) -> None:
    os.utime(record.parent / "one.py", (1, 1))


def lose_source(record: Path) -> None:
    (record.parent / "one.py").unlink()


def lose_extension(record: Path) -> None:
    (record.parent / "one.py").with_suffix(EXTENSION).unlink()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (touch, None),  # an older or a newer file with the same text is the same source
        (edit, "verify/below/two.py was edited since it was compiled: install again"),
        (lose_source, "verify/one.py has gone: install again"),
        (lose_extension, "the extension of verify/one.py was removed: install again"),
        (Path.unlink, "not compiled"),
    ],
)
def test_one_difference_is_enough(
    record: Path, change: Callable[[Path], None], reason: str | None
) -> None:
    assert build.reason_for_sources(record, None) is None
    change(record)
    assert build.reason_for_sources(record, None) == reason


@pytest.mark.parametrize(("value", "pure"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_the_sources_on_demand(record: Path, value: str, pure: bool) -> None:
    assert (build.reason_for_sources(record, value) == "VERIFY_PURE is set") is pure


def test_a_core_made_by_another_setup_is_made_again(record: Path) -> None:
    assert build.is_made_by(record, b"how")
    assert not build.is_made_by(record, b"how else")
    record.unlink()
    assert not build.is_made_by(record, b"how")


def test_extensions_are_passed_over(record: Path) -> None:
    path = [str(record.parent)]
    (record.parent / "plain.py").touch()
    shadowed = PathFinder.find_spec("verify.one", path)
    assert shadowed is not None
    assert str(shadowed.origin).endswith(EXTENSION)
    for name in ("one", "plain"):
        found = build.PassOverExtensions.find_spec(f"verify.{name}", path)
        assert found is not None
        assert isinstance(found.loader, SourceFileLoader)
        assert found.origin == str(record.parent / f"{name}.py")
    assert build.PassOverExtensions.find_spec("verify.absent", path) is None
    assert build.PassOverExtensions.find_spec("one", path) is None  # another package's


def run(
    tree: Path, *arguments: str, check: bool = True, **environment: str
) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter that takes verify from a tree."""
    inherited = {name: value for name, value in os.environ.items() if name != build.PURE}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env={**inherited, "PYTHONPATH": str(tree), "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=check,
    )


def test_an_edit_is_never_shadowed(tmp_path: Path) -> None:
    """From the up-to-date core to the edited one and back, and on demand without an edit."""
    shutil.copytree(
        ROOT / "verify",
        tmp_path / "verify",
        ignore=shutil.ignore_patterns("__pycache__", f"*{EXTENSION_SUFFIXES[-1]}", "*.record"),
    )
    operation = tmp_path / "verify" / "operation.py"
    text = operation.read_bytes()
    operation.with_suffix(EXTENSION).touch()
    build.write_record(tmp_path / "verify" / build.RECORD.name, b"", {"operation.py": text})
    loading = run(tmp_path, "-m", "verify", "--version", check=False)
    assert loading.returncode != 0
    assert operation.with_suffix(EXTENSION).name in loading.stderr

    def version(**environment: str) -> str:
        return run(tmp_path, "-m", "verify", "--version", **environment).stdout.strip()

    assert version(VERIFY_PURE="1").endswith("pure Python core (VERIFY_PURE is set)")
    operation.write_bytes(text + b"EDITED = 1\n")
    assert "verify/operation.py was edited" in version()
    shown = run(tmp_path, "-c", "import verify.operation as o; print(o.EDITED, o.__file__)")
    assert shown.stdout.split() == ["1", str(operation)]
    operation.write_bytes(text)
    again = run(tmp_path, "-m", "verify", "--version", check=False)
    assert again.stderr == loading.stderr


def test_what_is_said_is_what_is_loaded() -> None:
    """Of the core in this process, whichever it is."""
    files = [
        str(importlib.import_module(f"verify.{path[:-3].replace('/', '.')}").__file__)
        for path in core()
    ]
    assert files
    assert {not file.endswith(".py") for file in files} == {build.compiled()}
    assert (build.in_words() == "compiled core") is build.compiled()


def test_the_version_says_which() -> None:
    shown = run(ROOT, "-m", "verify", "--version", VERIFY_PURE=os.environ.get(build.PURE, ""))
    assert shown.stdout.strip().endswith(build.in_words())


def folded(path: Path) -> list[str]:
    """The names that a module declares Final with a plain value."""
    return [
        ast.unparse(node.target)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.AnnAssign)
        and "Final" in ast.unparse(node.annotation)
        and isinstance(node.value, ast.Constant | ast.UnaryOp)
    ]


def test_nothing_but_its_own_sources_goes_into_the_core() -> None:
    """The record holds the sources of the core. But mypyc also writes the values of other modules'
    Final names into it, where a later edit would not reach them: so others have none.
    """
    compiled = {ROOT / "verify" / path for path in core()}
    others = set((ROOT / "verify").rglob("*.py")) - compiled
    assert others
    assert {str(path): names for path in others if (names := folded(path))} == {}


def test_a_folded_name_is_noticed(tmp_path: Path) -> None:
    source = tmp_path / "bad.py"
    source.write_text("from typing import Final\nA: Final = -1\nB: Final[str] = 'b'\nC: int = 1\n")
    assert folded(source) == ["A", "B"]
