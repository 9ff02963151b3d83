"""`--instrument`: what tasks share without a Shared is explored, in the files that are named."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from verify.instrumentation.importing import FINDER

BOXES = "class Box:\n    n = 0\n    def add(self):\n        self.n += 1\n"
MODEL = """
import verify
from boxes_of_check import Box

@verify.model
def boxes():
    box = Box()
    tasks = [verify.Thread(target=box.add) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert box.n == 2

@verify.model
def closure():
    n = 0
    def add():
        nonlocal n
        n += 1
    tasks = [verify.Thread(target=add) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert n == 2
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with a module, and models that use it; what is asked for is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(FINDER, "names", {})
    monkeypatch.setattr(FINDER, "models", None)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "boxes_of_check.py").write_text(BOXES)
    (tmp_path / "using.py").write_text(MODEL)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def verdicts(call: Cli, *options: str) -> dict[str, str]:
    found = json.loads(call("check", *options, "--json", "using.py").out)
    return {model["name"]: model["verdict"] for model in found["models"]}


@pytest.mark.parametrize(
    ("options", "refuted"),
    [
        ((), set()),
        (("--instrument", "boxes_of_check"), {"boxes"}),
        (("--instrument", "."), {"closure"}),
        (("--instrument", ".", "--instrument", "boxes_of_check"), {"boxes", "closure"}),
    ],
)
def test_what_is_named_is_seen(call: Cli, options: tuple[str, ...], refuted: set[str]) -> None:
    found = verdicts(call, *options)
    assert found == {
        name: "VIOLATED" if name in refuted else "PROVED" for name in ("boxes", "closure")
    }


def test_the_project_names_modules(call: Cli, here: Path) -> None:
    (here / "pyproject.toml").write_text('[tool.verify]\ninstrument = ["boxes_of_check"]\n')
    assert verdicts(call) == {"boxes": "VIOLATED", "closure": "PROVED"}


def test_a_counterexample_is_replayed_with_the_same(call: Cli) -> None:
    done = call("check", "--instrument", ".", "using.py::closure")
    (command,) = [line for line in done.out.splitlines() if line.startswith("  replay ")]
    words = command.split()[2:]
    assert words[-2:] == ["--instrument", "."]
    assert "REPRODUCED  using.py::closure" in call(*words).out


def test_a_module_without_source_is_bad_input(call: Cli) -> None:
    (Path("using.py")).write_text("import _testcapi\n" + MODEL)
    if "_testcapi" in sys.modules:
        pytest.skip("it has been imported")
    pytest.importorskip("_testcapi")
    del sys.modules["_testcapi"]
    done = call("check", "--instrument", "_testcapi", "using.py")
    assert done.code == 2
    assert "_testcapi cannot be instrumented: it is a C extension" in done.err


def test_a_module_that_is_imported_already_is_bad_input(call: Cli) -> None:
    done = call("check", "--instrument", "json", "using.py")
    assert done.code == 2
    assert done.err.startswith("verify: error: json is imported already, and was not instrumented")
