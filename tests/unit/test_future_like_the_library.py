"""verify.Future beside concurrent.futures.Future: the same calls end in the same way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

import verify
from verify.sync.promise import FINISHED, Promise

Script = Callable[[Any], object]


def _done(future: Any) -> Any:
    future.set_result(1)
    return future


def _failed(future: Any) -> Any:
    future.set_exception(KeyError("lost"))
    return future


def _given_up(future: Any) -> Any:
    future.cancel()
    return future


def _begun(future: Any) -> Any:
    future.set_running_or_notify_cancel()
    return future


def _told(future: Any) -> Any:
    return _begun(_given_up(future))


STATES: list[Callable[[Any], Any]] = [lambda f: f, _begun, _done, _failed, _given_up, _told]

CALLS: list[Script] = [
    lambda f: f.result(timeout=0),
    lambda f: f.exception(timeout=0),
    lambda f: f.set_result(2),
    lambda f: f.set_exception(IndexError("late")),
    lambda f: f.cancel(),
    lambda f: f.set_running_or_notify_cancel(),
    lambda f: (f.done(), f.running(), f.cancelled()),
]


def _what_happens(kind: Callable[[], Any], state: Callable[[Any], Any], call: Script) -> object:
    """What a call returns or raises, what it leaves behind, and how often a callback was called."""
    future = state(kind())
    calls: list[object] = []
    future.add_done_callback(calls.append)
    try:
        found: object = repr(call(future))
    except Exception as error:
        found = type(error)
    return found, future.done(), future.running(), future.cancelled(), calls == [future]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", STATES)
def test_in_every_state_every_call(state: Callable[[Any], Any], call: Script) -> None:
    expected = _what_happens(Future, state, call)
    assert _what_happens(verify.Future, state, call) == expected


def _steps(kind: Callable[[], Any], state: Callable[[Any], Any], call: Script) -> list[object]:
    """The steps of an explored program that comes into a state, and makes a call."""

    def program() -> None:
        future = state(kind())
        future.add_done_callback(lambda done: None)
        with contextlib.suppress(Exception):
            call(future)
        verify.Shared(0).value = 1
        raise ArithmeticError

    (failure,) = verify.explore(program).failures
    return [(event.operation, event.argument, event.changed) for event in failure.trace.events]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", STATES)
def test_explored_they_take_the_same_steps(state: Callable[[Any], Any], call: Script) -> None:
    """The library's becomes the harness's own promise, with the same words for what it holds."""
    steps = _steps(verify.Future, state, call)
    assert _steps(Future, state, call) == steps
    assert len(steps) >= 3


def test_an_exception_that_is_put_there_alone_has_not_failed() -> None:
    assert Promise(outcome=(None, OSError())).standing == "pending"
    assert Promise(FINISHED, outcome=(None, OSError())).standing == "failed"
