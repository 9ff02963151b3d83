"""Beside others: pytest-xdist, pytest-timeout, coverage.py, the debugger; and real runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import ENDLESS, LOST, Run, Write, section, traces

MANY = (
    f"import pytest\n{LOST}\n@pytest.mark.parametrize('count', [1, 2])\n"
    "@verify.model\ndef test_many(count):\n    adding(count)\n"
)


def test_workers_send_what_they_found(run_apart: Run, write: Write) -> None:
    write(MANY)
    result = run_apart("-n", "2", "--color=yes")
    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    assert "\x1b[1;31mVIOLATED\x1b[0m  assertion failed in test_many[2]" in text
    plain = run_apart("-n", "1", "--color=no")  # the saved one fails again, in a worker
    assert "\x1b" not in plain.stdout.str()
    assert any("fails again" in line for line in section(plain, "test_many[2]"))
    lines = [line for line in section(plain, "Verify") if "::test_many" in line]
    assert [line.split()[0] for line in lines] == ["PROVED", "VIOLATED"]
    assert traces() == ["test-many-2"]


def test_workers_say_what_is_wrong_with_the_project_once(run_apart: Run, write: Write) -> None:
    write(MANY)
    Path("pyproject.toml").write_text("[tool.verify]\nmax_secnds = 3\n", encoding="utf-8")
    result = run_apart("-n", "2")
    result.assert_outcomes(errors=1)
    assert "INTERNALERROR" not in result.stdout.str()
    assert result.stdout.str().count("has no setting max_secnds") == 1


def test_a_time_out_of_pytest_timeout(run_apart: Run, write: Write) -> None:
    """It comes out of the search, wherever it broke in, and is no failure of a task."""
    pytest.importorskip("pytest_timeout")
    file = write(
        f"import pytest, select\n{ENDLESS.format(arguments='max_seconds=60')}\n"
        "@verify.model\ndef test_stuck():\n    def work():\n        select.select([], [], [])\n"
        "    verify.Thread(target=work).start()\n\n"
        "@verify.model\ndef test_next():\n    verify.Event().set()\n"
    )
    result = run_apart("--timeout=1", "--timeout-method=signal")
    result.assert_outcomes(passed=1, failed=2)
    assert section(result, "test_endless")[0].startswith("Timeout (>1.0s) from pytest-timeout.")
    lines = file.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "select.select" in text)
    told = f"Timeout (>1.0s) from pytest-timeout., at test_it.py:{line}"
    assert section(result, "test_stuck")[0] == told
    assert any(f"not refuted within {told}" in text for text in section(result, "Verify"))
    assert traces() == []


COVERED = """
def both(queue, cell):
    item = queue.get()
    if item == 1:
        cell.value = 1
    else:
        cell.value = 2
    last = cell.value
    return last
"""
COVERING = """
import verify, covered

@verify.model
def test_it():
    cell, queue = verify.Shared(0), verify.Queue()

    def work():
        covered.both(queue, cell)

    tasks = [verify.Thread(target=work) for _ in range(2)]
    for task in tasks:
        task.start()
    queue.put(1)
    queue.put(2)
    for task in tasks:
        task.join()
    cell.value = 0
"""
UNTOLD = "coverage.py is not told of tasks and loses lines"


@pytest.mark.parametrize("memoised", [True, False])
def test_lines_in_tasks_are_covered(memoised: bool, run_apart: Run, write: Write) -> None:
    """All of them, if coverage.py knows of greenlets; else a remark says what to tell it."""
    pytest.importorskip("pytest_cov")
    Path("covered.py").write_text(COVERED, encoding="utf-8")
    write(COVERING if memoised else COVERING.replace("verify.Queue()", "verify.Queue(); [].sort()"))
    config = Path("pyproject.toml")
    config.write_text('[tool.coverage.run]\nconcurrency = ["greenlet", "thread"]\n')
    result = run_apart("--cov=.", "--cov-report=json")
    result.assert_outcomes(passed=1)
    files = json.loads(Path("coverage.json").read_text(encoding="utf-8"))["files"]
    assert [files[name]["missing_lines"] for name in ("covered.py", "test_it.py")] == [[], []]
    assert UNTOLD not in result.stdout.str()


def test_coverage_that_does_not_know_of_tasks_is_noticed(run_apart: Run, write: Write) -> None:
    pytest.importorskip("pytest_cov")
    Path("covered.py").write_text(COVERED, encoding="utf-8")
    write(COVERING)
    result = run_apart("--cov=.", "--cov-report=json")
    files = json.loads(Path("coverage.json").read_text(encoding="utf-8"))["files"]
    lost = any(files[name]["missing_lines"] for name in ("covered.py", "test_it.py"))
    assert lost == (UNTOLD in result.stdout.str())  # some ways of measuring lose nothing


GO_ON = "c\n" * 50
"""More often than any of these programs is run."""

DEBUGGED = """
import verify
from verify.exploration import watchdog

@verify.model
def test_it():
    cell = verify.Shared(7)

    def work():
        local = cell.value
        breakpoint()
        cell.value = local + 1

    verify.Thread(target=work).start()
"""


@pytest.mark.parametrize("capture", [(), ("-s",)])
def test_a_breakpoint_in_a_task(capture: tuple[str, ...], write: Write) -> None:
    """The one execution stops there; the debugger's input and output are the terminal's."""
    write(DEBUGGED)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *capture],
        input="p local * 6\n" + GO_ON,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "work()\n-> " in done.stdout
    assert "(Pdb) 42" in done.stdout
    assert "1 passed" in done.stdout


IMPATIENT = """
import sys

watchdog.Watchdog.__init__.__defaults__ = (1.0,)
is_debugged = watchdog._is_debugged

def looked(frame):
    found = is_debugged(frame)
    print("looked", found, file=sys.__stdout__, flush=True)
    return found

watchdog._is_debugged = looked

@verify.model
"""


def test_the_watchdog_leaves_a_task_alone_that_is_debugged(write: Write) -> None:
    """The person goes on only when the watchdog has looked, and would have ended the task."""
    write(DEBUGGED.replace("@verify.model\n", IMPATIENT.lstrip()))
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-s"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    text = ""
    while "looked True" not in text:
        read = process.stdout.read(1)
        assert read, text
        text += read
    process.stdin.write(GO_ON)
    process.stdin.close()
    text += process.stdout.read()
    process.stdout.close()
    assert process.wait(timeout=120) == 0, text
    assert "1 passed" in text


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_stress(on: str, run: Run, write: Write) -> None:
    """Always the same failure; and a right model, of which each run shows one of its classes."""
    write(
        f"import pytest\n{LOST}\n@pytest.mark.parametrize('count', [1, 0])\n"
        "@verify.model\ndef test_it(count):\n    adding(1)\n    assert count, 'always'\n"
    )
    result = run(f"--verify-stress={on}", "--verify-seconds=0.2", "--verify-statistics")
    result.assert_outcomes(passed=1, failed=1)
    shown = section(result, "test_it[0]")
    assert shown[0] == "expected no failure, found assertion"
    assert f" on {on} in " in shown[1]
    lines = section(result, "Verify")
    heads = [line for line in lines if line.startswith("STRESSED")]
    assert len(heads) == 2 and f" on {on} in " in heads[0]
    assert any("1 class" in line for line in lines)
    assert traces() == ["test-it-0"], "what failed for real, for the explorer"


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_what_skips_itself_is_not_stressed(on: str, run: Run, write: Write) -> None:
    write("import pytest, verify\n\n@verify.model\ndef test_it():\n    pytest.skip('not today')\n")
    result = run(f"--verify-stress={on}", "--verify-seconds=0.2", "-rs", "-W", "error")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED *test_it.py:5: not today"])


def test_what_cannot_be_stressed_is_no_pass(run: Run, write: Write) -> None:
    """Tasks that share a list share nothing in processes."""
    write(
        "import verify\n\n@verify.model\ndef test_it():\n    found = []\n"
        "    task = verify.Thread(target=found.append, args=(1,))\n    task.start()\n"
        "    task.join()\n    assert found\n"
    )
    result = run("--verify-stress=processes", "--verify-seconds=0.2", "--verify-profile=ci")
    result.assert_outcomes(failed=1)
    assert not any(line.startswith("PROVED") for line in section(result, "Verify"))


@pytest.mark.parametrize(("option", "place"), [("", "traces"), ("=pages/here", "pages/here")])
def test_pages(option: str, place: str, run: Run, write: Write) -> None:
    """A page for the one counterexample, named in the report; and for the saved one again."""
    write(f"{LOST}\n@verify.model\ndef test_two():\n    adding(2)\n")
    for _ in range(2):
        result = run(f"--verify-html{option}")
        (page,) = Path(place).glob("*.html")
        assert any(line.split() == ["page", str(page)] for line in section(result, "test_two"))
        text = page.read_text(encoding="utf-8")
        assert text.startswith("<!") and "test_two" in text
        page.unlink()


def test_pages_that_cannot_be_written(run: Run, write: Write) -> None:
    write(f"{LOST}\n@verify.model\ndef test_two():\n    adding(2)\n")
    Path("taken").touch()
    result = run("--verify-html=taken")
    result.assert_outcomes(failed=1)
    shown = section(result, "test_two")
    assert any("the page cannot be written to" in line for line in shown)


def test_statistics(run: Run, write: Write) -> None:
    """Main starts two tasks, each of which sets its own event: four events. The first set can
    come before, between and after the second start and the second set: three interleavings.
    """
    write(
        "import verify\n\n@verify.model(strategy='brute_force')\ndef test_it():\n"
        "    for _ in range(2):\n        verify.Thread(target=verify.Event().set).start()\n"
    )
    lines = section(run("--verify-statistics"), "Verify")
    assert lines[1].strip().startswith("strategy brute_force, seed 0, granularity operation; ")
    assert "3 executions (3 ok), 0 cut short, 12 events, at most 4 steps" in lines[2]
    assert len(section(run(), "Verify")) == 1
