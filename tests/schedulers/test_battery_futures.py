"""The battery: Future.

A result is put in once, a write; looking for it is a read, and one that waits is disabled until it
is there. A callback is called exactly once, by whichever task comes second: the one that adds it or
the one that puts the result in.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, InvalidStateError
from contextlib import suppress
from functools import partial
from itertools import product

import pytest

import verify
from tests.schedulers.running import run_tasks


class Told(verify.Future):
    """Counts what is told to it."""

    def __init__(self):
        super().__init__()
        self.calls = verify.Atomic(0)


def tell(future):
    """A callback; a function of a module, so that it can be sent to another process."""
    assert future.done()
    future.calls.add(1)


def tell_with_a_sigh(future):
    future.calls.add(10)
    raise KeyError("too late")


def test_a_result_is_waited_for(carry):
    def program():
        future = verify.Future()
        task = verify.Thread(target=future.set_result, args=(7,))
        task.start()
        result = future.result()
        task.join()
        return result, future.result(), future.exception()

    # The look is disabled until the result is there.
    carry(program, 1, {(7, 7, None)})


def test_all_who_wait_get_it(carry):
    def program():
        future, total = verify.Future(), verify.Atomic(0)

        def wait():
            total.add(future.result())

        run_tasks(
            *(verify.Thread(target=wait) for _ in range(2)),
            verify.Thread(target=future.set_result, args=(7,)),
        )
        return total.load()

    # Two looks after one write are in no order; two additions are, in one of 2.
    carry(program, 2, {14})


def test_an_exception_is_raised_by_each_who_asks(carry):
    def program():
        future = verify.Future()
        task = verify.Thread(target=future.set_exception, args=(KeyError("lost"),))
        task.start()
        for _ in range(2):
            with pytest.raises(KeyError, match="lost"):
                future.result()
        task.join()
        return repr(future.exception())

    carry(program, 1, {"KeyError('lost')"})


def test_waiting_for_a_while(carry):
    def program():
        future = verify.Future()
        task = verify.Thread(target=future.set_result, args=(7,))
        task.start()
        try:
            found = future.result(timeout=0.0001)
        except TimeoutError:
            found = None
        task.join()
        return found

    # Time runs out before the result is there, or does not.
    carry(program, 2, {7, None})


def test_nobody_waits_for_what_does_not_come(carry):
    def program():
        future = verify.Future()
        with pytest.raises(TimeoutError):
            future.exception(timeout=0.0001)

    carry(program, 1)


def test_a_callback_is_called_once_whichever_comes_first(carry):
    def program():
        future = Told()
        task = verify.Thread(target=future.set_result, args=(7,))
        task.start()
        future.add_done_callback(tell)
        task.join()
        return future.calls.load()

    # Added before or after: 2 orders of two operations on the future. Before, `done` follows in the
    # same task; after, it is a read beside no other write.
    carry(program, 2, {1})


def test_two_who_add_and_one_who_sets(carry):
    def program():
        future = Told()
        run_tasks(
            verify.Thread(target=future.set_exception, args=(KeyError("lost"),)),
            *(verify.Thread(target=future.add_done_callback, args=(tell,)) for _ in range(2)),
        )
        return future.calls.load()

    # Both added before (in 2 orders, which the calls follow); one before (2 choices) and the other
    # after, the two calls in 2 orders: 4; both after, their calls in 2 orders.
    carry(program, 2 + 4 + 2, {2})


def test_a_callback_that_fails_stops_no_other(carry):
    def program():
        future = Told()
        future.add_done_callback(tell_with_a_sigh)
        future.add_done_callback(tell)
        with pytest.raises(KeyError, match="too late"):
            future.set_result(7)
        return future.calls.load(), future.result()

    carry(program, 1, {(11, 7)})


def test_only_the_first_result_counts(carry):
    def program():
        future, refused = verify.Future(), verify.Atomic(0)

        def finish(result):
            try:
                future.set_result(result)
            except InvalidStateError:
                refused.add(1)

        run_tasks(*(verify.Thread(target=finish, args=(n,)) for n in range(2)))
        return future.result(), refused.load()

    # One of the two is first.
    carry(program, 2, {(0, 1), (1, 1)})


def test_giving_up(carry):
    def program():
        future = Told()
        future.add_done_callback(tell)
        assert future.cancel()
        assert future.cancel(), "it is given up already"
        assert future.cancelled()
        assert future.done()
        with pytest.raises(CancelledError):
            future.result()
        with pytest.raises(CancelledError):
            future.exception()
        with pytest.raises(InvalidStateError):
            future.set_result(7)
        return future.calls.load()

    carry(program, 1, {1})


def test_giving_up_wakes_who_waits(carry):
    def program():
        future, told = verify.Future(), verify.Atomic(0)

        def wait():
            with pytest.raises(CancelledError):
                future.result()
            told.add(1)

        task = verify.Thread(target=wait)
        task.start()
        future.cancel()
        task.join()
        return told.load()

    carry(program, 1, {1})


def test_a_worker_begins_or_is_told(carry):
    def program():
        future = verify.Future()

        def work():
            if future.set_running_or_notify_cancel():
                future.set_result(7)

        task = verify.Thread(target=work)
        task.start()
        given_up = future.cancel()
        task.join()
        return given_up, future.cancelled(), future.done(), future.running()

    # Given up before the worker begins; or not: between its beginning and its result, or after.
    carry(program, 3, {(True, True, True, False), (False, False, True, False)})


def test_what_is_over_can_not_be_begun(carry):
    def program():
        future = verify.Future()
        assert future.set_running_or_notify_cancel()
        assert future.running()
        with pytest.raises(RuntimeError):
            future.set_running_or_notify_cancel()
        future.set_result(7)
        assert not future.running()
        assert not future.cancel()

    carry(program, 1)


def test_nobody_sets_it(exactly):
    def program():
        verify.Future().result()

    exactly(program, {"deadlock": 1})


def test_a_failing_callback_is_an_exception(exactly):
    def program():
        future = Told()
        future.add_done_callback(tell_with_a_sigh)
        future.set_result(7)

    exactly(program, {"exception": 1})


@pytest.mark.parametrize("carry", ["processes"], indirect=True)
def test_what_cannot_be_sent_is_refused_as_it_is_put_in(carry):
    def program():
        future = verify.Future()
        with pytest.raises(verify.Misuse, match="put into Future 1 cannot be sent"):
            future.set_result(lambda: None)
        with pytest.raises(verify.Misuse, match="put into Future 1 cannot be sent"):
            future.add_done_callback(lambda future: None)
        return future.done()

    carry(program, 1, {False})


CALLS = {
    "result": lambda future: future.result(),
    "result for a while": lambda future: future.result(timeout=1),
    "set": lambda future: future.set_result(1),
    "fail": lambda future: future.set_exception(KeyError("lost")),
    "add": lambda future: future.add_done_callback(tell),
    "cancel": lambda future: future.cancel(),
    "begin": lambda future: future.set_running_or_notify_cancel(),
}
REFUSED = (KeyError, TimeoutError, CancelledError, InvalidStateError, RuntimeError)


def test_every_small_program(agreeing):
    """A task of two calls beside one of one: whatever they find, all searches see the same classes,
    and who was to be called has been, once, if it is over."""

    def program(tasks):
        future = Told()

        def call(names):
            for name in names:
                with suppress(REFUSED):
                    CALLS[name](future)

        run_tasks(*(verify.Thread(target=call, args=(names,)) for names in tasks))
        added = sum(names.count("add") for names in tasks)
        assert future.calls.load() == (added if future.done() else 0)

    ended = set()
    for first, second, other in product(CALLS, repeat=3):
        tasks = (first, second), (other,)
        ended |= agreeing(partial(program, tasks)).keys()
    assert ended == {"ok", "deadlock"}
