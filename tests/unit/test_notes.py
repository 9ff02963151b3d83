"""note: what a program says about itself is told with its counterexample, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

import verify
from verify.exploration.replaying import run_again
from verify.traces.format import decode, encode
from verify.traces.render_text import render


def lost_update() -> None:
    verify.note("two of them")
    counter = verify.Shared(0)

    def increment() -> None:
        verify.note({"a set", "of texts"})
        seen = counter.value
        verify.note(f"saw {seen}")
        counter.value = seen + 1

    tasks = [verify.Thread(target=increment, name=name) for name in ("left", "right")]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    verify.note("both are done")
    assert counter.value == 2


def test_notes_are_told_where_they_were_made() -> None:
    """By hand: main notes before any event; a task that is started runs at once up to its first
    operation, within the event of its start; each look is followed by its note; and main notes
    before its last look, the ninth event (two starts, two looks, two writes, two joins)."""
    (failure,) = verify.explore(lost_update).failures
    trace = failure.trace
    assert trace.notes[0] == (0, "main", "two of them")
    begun = [note for note in trace.notes if note[2] == "{'a set', 'of texts'}"]
    starts = [at for at, event in enumerate(trace.events, 1) if event.operation == "start"]
    assert begun == [(starts[0], "left", begun[0][2]), (starts[1], "right", begun[0][2])]
    looks = [
        (at, event.task, f"saw {event.result}")
        for at, event in enumerate(trace.events, 1)
        if event.operation == "get" and event.task != "main"
    ]
    assert [note for note in trace.notes if note[2].startswith("saw")] == looks
    assert trace.notes[-1] == (8, "main", "both are done")
    assert len(trace.notes) == 1 + 2 + 2 + 1


def test_notes_are_no_operations() -> None:
    """The same program without them has as many classes, and the same counterexample."""

    def without() -> None:
        counter = verify.Shared(0)

        def increment() -> None:
            counter.value += 1

        tasks = [verify.Thread(target=increment, name=name) for name in ("left", "right")]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        assert counter.value == 2

    with_notes = verify.explore(lost_update, stop_at_first=False)
    plain = verify.explore(without, stop_at_first=False)
    assert with_notes.executions == plain.executions
    (one,), (other,) = with_notes.failures, plain.failures
    assert [e.operation for e in one.trace.events] == [e.operation for e in other.trace.events]


def test_the_report_has_notes_between_the_steps_and_the_failure_after_them() -> None:
    (failure,) = verify.explore(lost_update).failures
    lines = render(failure.trace, None, width=100).splitlines()
    at = next(index for index, line in enumerate(lines) if "saw 0" in line)
    assert lines[at].split() == [failure.trace.notes[3][1] + ":", "saw", "0"]
    assert "get counter" in lines[at - 1]
    assert all(line.split()[0] not in ("»", "1") for line in lines if "saw 0" in line)


def test_a_note_before_a_failure_stands_before_it() -> None:
    def program() -> None:
        flag = verify.Shared(0)
        flag.value = 1
        verify.note("about to fail")
        raise AssertionError("failed")

    (failure,) = verify.explore(program).failures
    lines = render(failure.trace, None).splitlines()
    said = next(index for index, line in enumerate(lines) if "about to fail" in line)
    assert "assertion failed: failed" in lines[said + 1]


def test_a_trace_with_notes_is_read_as_written_and_replays() -> None:
    (failure,) = verify.explore(lost_update).failures
    trace = failure.trace
    assert decode(encode(trace), "trace") == trace
    replay = run_again(lost_update, trace)
    assert replay.reproduced
    assert replay.trace.notes == trace.notes


def test_a_value_is_looked_at_only_for_the_counterexample() -> None:
    """One look, for the one execution of the forty that fails, and one for the passing one that is
    told beside it, if there is one."""
    looks = []

    class Shown:
        def __repr__(self) -> str:
            looks.append(self)
            return "shown"

    def program() -> None:
        verify.note(Shown())
        assert verify.choose(range(40)) != 39

    report = verify.explore(program, stop_at_first=False, memoise=False)
    assert report.executions == 40
    (failure,) = report.failures
    assert len(looks) == 1 + (failure.trace.parted > 0)


def test_a_repr_that_would_be_an_operation_is_told_as_such() -> None:
    """Else the run that is told would have more events than the one that was found."""

    class Counting:
        def __init__(self) -> None:
            self.count = verify.Shared(0)

        def __repr__(self) -> str:
            return f"at {self.count.value}"

    def program() -> None:
        verify.note(Counting())
        assert verify.choose((True, False))

    (failure,) = verify.explore(program).failures
    ((_, _, text),) = failure.trace.notes
    assert text == "<Counting whose repr raised Misuse>"


def test_what_is_unwound_notes_nothing() -> None:
    """A deadlock leaves a task where it is; its way out is no part of the execution."""

    def program() -> None:
        lock = verify.Lock()
        lock.acquire()
        try:
            lock.acquire()
        finally:
            verify.note("on the way out")
            verify.cover("on the way out")

    report = verify.explore(program)
    assert report.failures[0].kind == "deadlock"
    assert report.failures[0].trace.notes == ()
    assert report.covered == {"on the way out": False}


@pytest.mark.parametrize("on", ["threads", "processes", "coroutines"])
def test_nothing_is_told_of_real_tasks(on: Any, capfd: pytest.CaptureFixture[str]) -> None:
    def program() -> None:
        verify.note("unheard")
        verify.cover("unseen")
        verify.Shared(0).value = 1

    assert not verify.stress(program, on=on, iterations=2).failures
    program()
    assert "unheard" not in "".join(capfd.readouterr())


def test_more_notes_than_are_kept() -> None:
    """The last ones, and the trace can still be read, however long each of them is when written."""

    def program() -> None:
        for number in range(5_000):
            verify.note(f"{number} " + "\N{SNOWMAN}" * 300)
        raise AssertionError(verify.Shared("failed").value)

    (failure,) = verify.explore(program).failures
    trace = failure.trace
    assert trace.notes[-1][2].startswith("4999 ")
    assert decode(encode(trace), "trace") == trace
