"""Processes that are ended from outside: which changes of state that is, and how it is told."""

from __future__ import annotations

import pytest

from tests.unit.turns import trace_along
from verify.errors import InternalFault
from verify.scheduling.task import (
    DONE,
    NAMES,
    READY,
    RUNNING,
    SLEEPING,
    check_transition,
    legal,
)
from verify.sync.lock import Lock
from verify.sync.thread import Process
from verify.traces.render_text import render

STATES = (READY, RUNNING, SLEEPING, DONE)
BY_ITSELF = {(READY, RUNNING), (RUNNING, READY), (RUNNING, SLEEPING), (SLEEPING, READY)}
"""The textbook's transitions between its three states; and a running task may come to its end."""


@pytest.mark.parametrize("old", STATES)
@pytest.mark.parametrize("new", STATES)
def test_every_change_of_state(old: int, new: int) -> None:
    allowed = (old, new) in BY_ITSELF | {(RUNNING, DONE)}
    assert legal(old, new) is allowed
    from_outside = new == DONE and old in (READY, SLEEPING)
    for terminated, fine in ((False, allowed), (True, from_outside)):
        if fine:
            check_transition("t", old, new, terminated=terminated)
        else:
            with pytest.raises(InternalFault, match=f"t went from {NAMES[old]} to {NAMES[new]}"):
                check_transition("t", old, new, terminated=terminated)


def holding_at_the_end() -> None:
    guard = Lock()

    def hold() -> None:
        with guard:
            pass

    worker = Process(target=hold, name="worker")
    worker.start()
    worker.terminate()
    guard.acquire()


def test_what_was_left_behind_is_called_by_its_name() -> None:
    trace = trace_along(holding_at_the_end, ["main", "worker", "main", "main"])
    assert trace.kind == "exception"
    assert trace.message == (
        "OwnerDied: acquire: guard is held by worker, which was ended while it held it, so it will "
        "never be released"
    )
    shown = render(trace, None)
    assert "main terminates worker" in shown
    assert "acquire guard (raised OwnerDied)" in shown


def test_the_end_of_what_has_ended() -> None:
    trace = trace_along(holding_at_the_end, ["main", *["worker"] * 3, "main", "main"])
    assert trace.kind == "ok"
    assert [event.operation for event in trace.events] == [
        *("start", "acquire", "release", "exit", "terminate", "acquire")
    ]
