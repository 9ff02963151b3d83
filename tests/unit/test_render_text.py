"""The report in the terminal: its exact text for two programs, and its rules for all."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit import deadlocking, locking
from tests.unit.turns import trace_along
from verify import Lock, Shared, Thread, explore, invariant
from verify.exploration.report import Counterexample, Report
from verify.traces.render_text import LINES, render
from verify.traces.trace import Trace, TraceEvent, Waiting

SAVED = Path("traces/one.jsonl")

CROSSED = """\
from verify import Lock, Thread

def crossed():
    a, b = Lock(), Lock()
    def left():
        with a:
            with b:
                print("never")
    def right():
        with b:
            with a:
                print("never")
    tasks = [Thread(target=left, name="left"), Thread(target=right, name="right")]
    print("starting")
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
"""
BUFFER = """\
from verify import Condition, Shared, Thread

def buffer():
    cond = Condition()
    count = Shared(0)
    def put():
        with cond:
            while count.value == 1:
                cond.wait()
            count.value = 1
            cond.notify()
    def get():
        with cond:
            while count.value == 0:
                cond.wait()
            count.value = 0
            cond.notify()
    for target in put, put, get, get:
        Thread(target=target).start()
"""

CROSSED_REPORT = """\
VIOLATED  deadlock in crossed (crossed.py)     execution 2 · 3 tasks · 4 steps

  They wait for one another in a cycle: left waits for right on lock b (crossed.py:7, held since
  line 10) and right waits for left on lock a (crossed.py:11, held since line 6). Taking a and b in
  the same order everywhere would do.

  The schedule: 4 steps, and another task goes on after steps 2 and 3.

    #  line  left       right      state
  1-2    16  main starts left and right
»   3     6  acquire a
»   4    10             acquire b
  ── nobody can go on ──
  Who waits for whom: main → the end of left (crossed.py:18); left → b, held by right
  (crossed.py:7); right → a, held by left (crossed.py:11).

  It printed:
    starting

  replay   verify replay traces/one.jsonl
  picture  verify show traces/one.jsonl --html"""

BUFFER_REPORT = """\
VIOLATED  deadlock in buffer (buffer.py)     execution 2 · 5 tasks · 26 steps

  Everyone is asleep and nobody is left to wake them. The notify by get-1 at buffer.py:17 woke
  get-2, whose condition (count.value != 0) was false; put-2, whose condition (count.value != 1) is
  true, was not woken. notify_all(), or one Condition for each predicate, would do.

  The schedule: 26 steps, and another task goes on after steps 4, 7, 10, 15, 18 and 23.

    #  line  put-1          put-2           get-1           get-2           state
  1-4    19  main starts put-1, put-2, get-1 and get-2
»   5    13                                 acquire cond
    6    14                                 get count → 0
    7    15                                 wait cond  z z                  cond: waiting [get-1]
»   8    13                                                 acquire cond
    9    14                                                 get count → 0
   10    15                                                 wait cond  z z  cond: waiting [get-1,
                                                                            get-2]
  … 5 steps are left out here: verify show traces/one.jsonl
»  16     7                 acquire cond
   17     8                 get count → 1
   18     9                 wait cond  z z                                  cond: waiting [get-2,
                                                                            put-2], notified [get-1]
»  19    15                                 wake cond                       cond: waiting [get-2,
                                                                            put-2]
   20    14                                 get count → 1
   21    16                                 set count 0
   22    17                                 notify cond                     wakes get-2; cond:
                                                                            waiting [put-2],
                                                                            notified [get-2]
   23    13                                 release cond
»  24    15                                                 wake cond       cond: waiting [put-2]
   25    14                                                 get count → 0
   26    15                                                 wait cond  z z  cond: waiting [put-2,
                                                                            get-2]
  ── nobody can go on ──
  Who waits for whom: put-2 → a notify on cond (buffer.py:9); get-2 → a notify on cond
  (buffer.py:15).

  replay   verify replay traces/one.jsonl
  picture  verify show traces/one.jsonl --html"""


def program(text: str, name: str, directory: Path) -> Callable[[], object]:
    """A function out of a source file that is written for the occasion."""
    file = directory / f"{name}.py"
    file.write_text(text)
    space: dict[str, Callable[[], object]] = {}
    exec(compile(text, str(file), "exec", dont_inherit=True), space)
    return space[name]


def found_second(trace: Trace) -> Report:
    """A search that found this counterexample in its second execution."""
    report = Report("exhaustive", executions=2, outcomes=Counter(ok=1, deadlock=1))
    report.failures.append(Counterexample(trace.kind, trace.message, trace))
    report.stop_reason = "the first counterexample"
    return report


def crossed_trace(tmp_path: Path) -> Trace:
    return trace_along(
        program(CROSSED, "crossed", tmp_path),
        ["main", "main", "left", "right"],
        "crossed.py::crossed",
    )


def buffer_trace(tmp_path: Path) -> Trace:
    # As in test_deadlock_diagnosis.py.
    turns = ["main"] * 4 + ["get-1"] * 3 + ["get-2"] * 3 + ["put-1"] * 5
    turns += ["put-2"] * 3 + ["get-1"] * 5 + ["get-2"] * 3
    return trace_along(program(BUFFER, "buffer", tmp_path), turns, "buffer.py::buffer")


def test_the_report_on_crossed_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trace = crossed_trace(tmp_path)
    assert render(trace, SAVED, found_second(trace), width=100) == CROSSED_REPORT


def test_the_report_on_the_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trace = buffer_trace(tmp_path)
    assert render(trace, SAVED, found_second(trace), width=100) == BUFFER_REPORT


def test_the_same_bytes_under_every_hash_seed(tmp_path: Path) -> None:
    (tmp_path / "both.py").write_text(
        "from pathlib import Path\n"
        "from tests.unit.test_render_text import SAVED, buffer_trace, crossed_trace, render\n"
        "here = Path.cwd()\n"
        "for trace in (crossed_trace(here), buffer_trace(here)):\n"
        "    print(trace)\n"
        "    print(render(trace, SAVED, width=100))\n"
    )
    root = Path(__file__).resolve().parents[2]
    outputs = {
        subprocess.run(
            [sys.executable, "both.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4711")
    }
    assert len(outputs) == 1


# ---------------------------------------------------------------- rules

PROGRAMS = [
    deadlocking.one_condition,
    deadlocking.three_bakers,
    deadlocking.wake_one,
    locking.philosophers,
    locking.sleeps_with_lock,
]


@pytest.mark.parametrize("tell", PROGRAMS)
def test_no_line_is_wider_than_the_terminal(tell: Callable[[], object]) -> None:
    report = explore(tell)
    trace = report.failures[0].trace
    for width in (40, 60, 80, 100, 140):
        for searched in (report, None):
            lines = render(trace, SAVED, searched, width=width).splitlines()
            # A command that was broken in two could not be copied.
            assert max(len(line) for line in lines if "verify " not in line) <= width


@pytest.mark.parametrize("tell", PROGRAMS)
def test_a_narrow_terminal_is_told_everything(tell: Callable[[], object]) -> None:
    """In 40 columns the same words as in 200: nothing is cut off."""
    trace = explore(tell).failures[0].trace
    narrow = render(trace, None, width=40)
    wide = render(trace, None, width=200)
    assert "…" not in narrow
    assert {word for word in wide.split() if word.isalpha()} - {"state"} <= {*narrow.split()}


@pytest.mark.parametrize("tell", PROGRAMS)
def test_a_report_on_a_search_fits_a_screen_and_says_how_to_see_the_rest(
    tell: Callable[[], object],
) -> None:
    report = explore(tell)
    trace = report.failures[0].trace
    lines = render(trace, SAVED, report, width=100).splitlines()
    assert len(lines) <= LINES
    whole = render(trace, SAVED, width=100).splitlines()
    folded = [line for line in lines if "steps are left out here: verify show" in line]
    assert len(folded) == (len(whole) > LINES)
    assert lines[-2] == f"  replay   verify replay {SAVED}"


def test_all_steps_are_there_or_counted() -> None:
    report = explore(deadlocking.three_bakers)
    trace = report.failures[0].trace
    shown = [line.split() for line in render(trace, SAVED, report, width=80).splitlines()]
    counted = sum(int(words[1]) for words in shown if words[2:4] == ["steps", "are"])
    numbers = [w[1] if w[0] in ("»", "*", "»*") else w[0] for w in shown if len(w) > 2]
    alone = sum(number.isdigit() for number in numbers)
    ranges = [number.split("-") for number in numbers if number[:1].isdigit() and "-" in number]
    inside = sum(int(last) - int(first) + 1 for first, last in ranges)
    assert counted > 0
    assert counted + alone + inside == len(trace.events)


def test_ascii_and_colour() -> None:
    trace = trace_along(locking.crossed, ["main", "main", "left-1", "right-1"])
    text = render(trace, SAVED, ascii=True, width=100)
    assert text.isascii()
    assert ">   3" in text and "left-1 -> b, held by right-1" in " ".join(text.split())
    assert "\x1b" not in render(trace, SAVED, width=100)
    coloured = render(trace, SAVED, color=True, width=100)
    assert coloured.startswith("\x1b[1;31mVIOLATED\x1b[0m  ")
    assert coloured.replace("\x1b[1;31m", "").replace("\x1b[31m", "").replace(
        "\x1b[0m", ""
    ) == render(trace, SAVED, width=100)


def test_nothing_in_a_trace_controls_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\r\u202e"
    trace = Trace(
        f"m.py::{evil}",
        "",
        "deadlock",
        evil,
        evil,
        1,
        evil,
        (TraceEvent(evil, (), 0, evil, (evil,), f"{evil}:1", evil, evil, evil, ((evil, evil),)),),
        ((evil, ()),),
        (Waiting(evil, evil, (evil,), evil, (evil,)),),
        evil,
        evil,
    )
    for width in (40, 200):
        text = render(trace, Path(f"a{evil}.jsonl"), width=width, replay_arguments=evil)
        assert all(c.isprintable() or c == "\n" for c in text)


def lost_update() -> None:
    count = Shared(0)

    def add() -> None:
        count.value += 1

    tasks = [Thread(target=add) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert count.value == 2, "an update was lost"


def over_release() -> None:
    Lock().release()


def broken_sum() -> None:
    a, b = Shared(0), Shared(0)
    invariant(lambda: a.value + b.value < 2, "at most one")
    a.value = 1
    b.value = 1


def test_the_reason_is_the_failure_and_its_place() -> None:
    # Both tasks read 0 before either writes 1, so that one update is lost.
    lost = render(trace_along(lost_update, ["main", "main", "add-1", "add-2"]), SAVED, width=100)
    assert "VIOLATED  assertion failed in program" in lost
    assert "An assertion of main failed at tests/unit/test_render_text.py:" in lost
    assert ": an update was lost" in lost
    raised = render(trace_along(over_release), SAVED, width=100)
    assert "main raised RuntimeError: release unlocked lock at tests/unit/test_render" in raised
    broken = render(trace_along(broken_sum), SAVED, width=100)
    assert "After step 2, by main: at most one does not hold (demanded at tests/unit" in broken


def test_only_what_changed_is_shown_and_not_what_the_step_says_itself() -> None:
    lines = render(trace_along(lost_update, ["main"] * 2), SAVED, width=100).splitlines()
    steps = [line.split() for line in lines if " count " in line]
    assert ["get", "count", "→", "0"] in [words[-4:] for words in steps]
    assert not any("count:" in words for words in steps)


def test_a_spin_is_shown_once() -> None:
    def spin() -> None:
        flag = Shared(False)

        def waiter() -> None:
            for _ in range(20):
                flag.locked = flag.value  # type: ignore[attr-defined]
            assert flag.value, "never set"

        Thread(target=waiter, name="waiter").start()

    # One look is the assertion's own, on another line.
    text = render(trace_along(spin), SAVED, width=100)
    assert text.count("get flag → False") == 2
    assert "the same 19 times more" in text


def test_output_is_cut_for_a_search_and_whole_for_a_trace() -> None:
    trace = trace_along(locking.crossed, ["main", "main", "left-1", "right-1"])
    trace = dataclasses.replace(trace, output="".join(f"line {i}\n" for i in range(20)))
    short = render(trace, SAVED, found_second(trace), width=100)
    assert "It printed (the last 8 of 20 lines):\n    line 12\n" in short
    assert "    line 0\n" in render(trace, SAVED, width=100)


def test_a_long_list_of_waiting_tasks_is_cut() -> None:
    waiting = tuple(Waiting(f"t{i}", "acquire", ("lock",), "", ("t0",)) for i in range(200))
    trace = Trace("m.py::m", "", "deadlock", "", "t0", 0, "", (), waiting=waiting)
    short = render(trace, SAVED, found_second(trace), width=100)
    assert "t5 → lock, held by t0; and 194 others." in short
    assert "t199" in render(trace, SAVED, width=100)


def test_commands_are_quoted_and_carry_the_arguments() -> None:
    trace = trace_along(over_release)
    text = render(trace, Path("a b.jsonl"), width=40, replay_arguments="models/x.py")
    assert "  replay   verify replay 'a b.jsonl' models/x.py\n" in text
    assert "verify.replay(program" in render(trace, None, width=100)
