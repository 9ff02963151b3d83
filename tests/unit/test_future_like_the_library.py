"""verify.Future beside concurrent.futures.Future: the same calls end in the same way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

import verify

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
