"""Saved counterexamples: replayed first, and one of them when it is asked for."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import LOST, Run, Write, section, traces
from verify.cli import main
from verify.commands import exit_codes

COUNTED = LOST.replace("def adding(count):", "def adding(count):\n    RUNS.append(count)")
TEST = (
    f"RUNS = []\n{COUNTED}\n@verify.model\ndef test_two():\n    adding(2)\n\n"
    "def test_how_often():\n    print('runs', len(RUNS))\n"
)
FIXED = TEST.replace("cell.value += 1", "cell.value = 2")


def runs(result: pytest.RunResult) -> int:
    """How often the program was run."""
    (line,) = [line for line in result.outlines if line.startswith("runs ")]
    return int(line.split()[1])


def saved() -> Path:
    """The only counterexample that there is."""
    (path,) = Path("traces").iterdir()
    return path


def test_a_counterexample_is_replayed_first(run: Run, write: Write) -> None:
    """The search runs the program several times; the replay once, and says so."""
    write(TEST)
    assert runs(run("-rP")) > 1
    again = run("-rP")
    again.assert_outcomes(passed=1, failed=1)
    assert runs(again) == 1
    shown = section(again, "test_two")
    assert shown[0] == f"the saved counterexample {saved()} fails again"
    assert shown[1].startswith("VIOLATED  assertion failed in test_two (test_it.py)")
    assert any(f"{saved()} fails again" in line for line in section(again, "Verify"))


def test_what_no_longer_fails_is_noted_and_the_search_goes_on(run: Run, write: Write) -> None:
    """Both write what they have counted to: 2 classes of the tasks, who writes last."""
    write(TEST)
    run()
    write(FIXED)
    result = run("-rP")
    result.assert_outcomes(passed=2)
    proved, note = section(result, "Verify")
    assert proved.startswith("PROVED") and "2 classes" in proved
    assert note.strip() == f"{saved()} no longer fails: it can be removed"


def test_from_another_directory(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexamples are the project's, wherever one stands; paths are as seen from there."""
    write(TEST)
    Path("below").mkdir()
    monkeypatch.chdir("below")
    shown = section(run(".."), "test_two")
    assert any("pytest ../test_it.py --verify-replay=" in line for line in shown)
    assert any("verify show ../traces/test-two-" in line for line in shown)
    assert not Path("traces").exists()
    monkeypatch.chdir("..")
    assert section(run(), "test_two")[0].endswith(f"{saved()} fails again")


def test_of_two_parameters_only_one_has_failed(run: Run, write: Write) -> None:
    write(
        f"import pytest\n{LOST}\n@pytest.mark.parametrize('count', [1, 2])\n"
        "@verify.model\ndef test_many(count):\n    adding(count)\n"
    )
    run()
    again = run()
    again.assert_outcomes(passed=1, failed=1)
    assert section(again, "test_many[2]")[0].endswith("fails again")
    assert traces() == ["test-many-2"]


def test_what_is_no_trace_is_passed_over(run: Run, write: Write) -> None:
    write(TEST)
    run()
    path = saved()
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    result = run("-rP")
    assert runs(result) > 1
    assert section(result, "test_two")[0].startswith("VIOLATED")


def test_an_expected_failure_is_not_replayed(run: Run, write: Write) -> None:
    """Its trace is committed to show it, and does not say that the model is as expected."""
    write(TEST)
    run()
    write(TEST.replace("@verify.model", "@verify.model(expect='assertion')"))
    result = run("-rP")
    result.assert_outcomes(passed=2)
    assert runs(result) > 1


@pytest.mark.parametrize("named", ["last", "digits", "stem", "path"])
def test_one_counterexample_is_asked_for(named: str, run: Run, write: Write) -> None:
    write(TEST)
    run()
    digits = saved().stem.rpartition("-")[2]
    asked = {"last": "last", "digits": digits, "stem": saved().stem, "path": str(saved())}[named]
    result = run(f"--verify-replay={asked}")
    result.assert_outcomes(failed=1, deselected=1)
    shown = section(result, "test_two")
    assert shown[0].startswith("reproduced: assertion after 9 steps")
    assert shown[1].startswith("VIOLATED")


def test_the_last_is_the_one_that_was_written_last(run: Run, write: Write) -> None:
    write(
        f"{LOST}\n@verify.model\ndef test_a():\n    adding(2)\n" * 1
        + "@verify.model\ndef test_b():\n    adding(2)\n"
    )
    run()
    (old,) = Path("traces").glob("test-b-*")
    os.utime(old, (1, 1))
    result = run("--verify-replay=last")
    result.assert_outcomes(failed=1, deselected=1)
    section(result, "test_a")


def test_a_replay_that_does_not_reproduce_is_no_success(run: Run, write: Write) -> None:
    write(TEST)
    run()
    write(FIXED)
    result = run("--verify-replay=last")
    result.assert_outcomes(failed=1, deselected=1)
    shown = section(result, "test_two")
    assert shown[0].startswith("did not reproduce: it left the trace at step 3")
    assert len(shown) == 1


def test_one_that_is_not_there(run: Run, write: Write) -> None:
    write(TEST)
    result = run("--verify-replay=last")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "there is no counterexample of these tests" in result.stderr.str()
    run()
    result = run("--verify-replay=0000")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line]
    assert "--verify-replay=0000: no counterexample is called so" in line
    assert saved().stem in line
    write("import verify\n\n@verify.model\ndef test_other():\n    pass\n")
    result = run(f"--verify-replay={saved().stem}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "of test_it.py::test_two, which is not among the tests" in result.stderr.str()


def test_the_command_line_sends_tests_with_arguments_to_pytest(
    run: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        f"import pytest\n{LOST}\n@pytest.mark.parametrize('count', [2])\n"
        "@verify.model\ndef test_many(count):\n    adding(count)\n"
    )
    run()
    capsys.readouterr()
    assert main(["replay", str(saved()), "test_it.py"]) == exit_codes.BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert f"pytest test_it.py --verify-replay={saved()}" in line
    assert main(["check", "test_it.py"]) == exit_codes.BAD_INPUT
    (line,) = capsys.readouterr().err.splitlines()
    assert "test_it.py::test_many takes count, which pytest supplies" in line


def test_the_command_line_replays_tests_without(
    run: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(TEST)
    run()
    capsys.readouterr()
    assert main(["replay", str(saved()), "test_it.py"]) == exit_codes.REFUTED
    assert "reproduced: assertion after 9 steps" in capsys.readouterr().out


def test_a_plain_field_is_seen_again_without_pytest(run: Run, write: Write) -> None:
    """Test files with models are instrumented under pytest; the line that `verify show` prints says
    so to the replay, in a process of its own, as if it were typed."""
    write(
        "import verify\n\nclass Box:\n    n = 0\n\n@verify.model\ndef test_box():\n"
        "    box = Box()\n    def add():\n        box.n += 1\n"
        "    task = verify.Thread(target=add)\n    task.start()\n    add()\n    task.join()\n"
    )
    run().assert_outcomes(failed=1)
    command = [sys.executable, "-m", "verify"]
    shown = subprocess.run([*command, "show", saved()], capture_output=True, text=True, check=True)
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith("  replay ")]
    words = shlex.split(line)[2:]
    again = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (exit_codes.REFUTED, "")
    assert "REPRODUCED  test_it.py::test_box" in again.stdout
