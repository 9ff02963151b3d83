"""`--instrument`: what tasks share without a Shared is explored, in the files that are named."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from verify.commands import exit_codes
from verify.instrumentation.importing import FINDER
from verify.scheduling import instrumented

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
    monkeypatch.setattr(instrumented, "given", {})
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "boxes_of_check.py").write_text(BOXES)
    (tmp_path / "using.py").write_text(MODEL)
    yield tmp_path
    forget_the_models()


def forget_the_models() -> None:
    """Those of the harness stay: it may have no second class of anything."""
    for name in [name for name in sys.modules if name.startswith(("using_", "boxes_of_check"))]:
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


def typed_for_a_replay(report: str) -> list[str]:
    (command,) = [line for line in report.splitlines() if line.startswith("  replay ")]
    return shlex.split(command)[2:]


def begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the process of another command: nothing has been named, nothing imported."""
    monkeypatch.setattr(FINDER, "names", {})
    monkeypatch.setattr(FINDER, "models", None)
    monkeypatch.setattr(instrumented, "given", {})
    forget_the_models()


def test_a_counterexample_is_replayed_as_it_was_found(
    call: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever command prints the line, it does what it says if it is typed: so does the line that
    the replay itself prints."""
    named = ["--instrument", "boxes_of_check", "--instrument", "."]
    lines = [typed_for_a_replay(call("check", *named, "using.py::boxes").out)]
    begun_anew(monkeypatch)
    lines.append(typed_for_a_replay(call("show", lines[0][1]).out))
    for line in list(lines):
        begun_anew(monkeypatch)
        done = call(*line)
        assert "REPRODUCED  using.py::boxes" in done.out and done.code == exit_codes.REFUTED
        lines.append(typed_for_a_replay(done.out))
    assert all(line[-4:] == named for line in lines)
    assert len(lines) == 4


def test_what_was_not_named_is_not_repeated(call: Cli, here: Path) -> None:
    """What the project names holds for a replay, too."""
    (here / "pyproject.toml").write_text('[tool.verify]\ninstrument = ["boxes_of_check"]\n')
    line = typed_for_a_replay(call("check", "using.py::boxes").out)
    assert "--instrument" not in line
    assert "REPRODUCED  using.py::boxes" in call(*line).out


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
