"""Programs over concurrent.futures: the library's own Python on other primitives."""

from __future__ import annotations

from typing import Any

from tests.fidelity.program import Modules, Note, join, program, raised_by, start


@program(outcomes=1)
def a_pool_of_one(m: Modules, note: Note) -> None:
    """Two calls, one after the other."""
    with m.futures.ThreadPoolExecutor(1) as pool:
        calls = [pool.submit(pow, 2, n) for n in (3, 4)]
        note("results", [call.result() for call in calls])


@program(outcomes=1, nightly=True, preemptions=1)
def a_pool_of_two_maps(m: Modules, note: Note) -> None:
    """The order of the results is that of the arguments."""
    with m.futures.ThreadPoolExecutor(2) as pool:
        note("results", list(pool.map(abs, (-1, -2))))


@program(outcomes=1)
def a_call_that_fails(m: Modules, note: Note) -> None:
    """Its exception comes out of `result`."""
    with m.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(divmod, 1, 0)
        note("raised", (raised_by(call.result), type(call.exception()).__name__))


@program(outcomes=2)
def a_call_is_cancelled(m: Modules, note: Note) -> None:
    """Before it runs, or too late."""
    with m.futures.ThreadPoolExecutor(1) as pool:
        call = pool.submit(pow, 2, 3)
        note("cancelled", (call.cancel(), raised_by(call.result)))


@program(outcomes=2)
def a_pool_is_shut_down_with_calls_left(m: Modules, note: Note) -> None:
    """Those that no worker has taken are cancelled; later ones are refused."""
    pool = m.futures.ThreadPoolExecutor(1)
    call = pool.submit(pow, 2, 3)
    pool.shutdown(cancel_futures=True)
    note("cancelled", call.cancelled())
    note("later", raised_by(lambda: pool.submit(pow, 2, 3)))


@program(outcomes=1)
def a_pool_that_nobody_shuts_down(m: Modules, note: Note) -> None:
    """The end of the program tells its workers to go."""
    pool = m.futures.ThreadPoolExecutor(1)
    note("result", pool.submit(pow, 2, 3).result())


@program(outcomes=2)
def a_callback_is_called_once(m: Modules, note: Note) -> None:
    """By the task that comes second: who sets the result, or who adds it."""
    future = m.futures.Future()
    calls: list[int] = []

    def called(one: Any) -> None:
        calls.append(m.threading.get_ident())

    threads = start(m, lambda: future.set_result(1))
    future.add_done_callback(called)
    join(threads)
    note("calls", (len(calls), calls[0] == m.threading.get_ident()))


@program(outcomes=3)
def two_want_a_future(m: Modules, note: Note) -> None:
    """Cancelled before it runs, too late, or in between."""
    future = m.futures.Future()

    def works() -> None:
        wanted = future.set_running_or_notify_cancel()
        note("wanted", wanted)
        if wanted:
            future.set_result(1)

    threads = start(m, works)
    note("cancelled", (future.cancel(), future.done()))
    join(threads)


@program(outcomes=2)
def a_result_that_comes_late(m: Modules, note: Note) -> None:
    """`result` gives up as long as there is none."""
    future = m.futures.Future()
    threads = start(m, lambda: future.set_result(1))
    note("main", raised_by(lambda: future.result(timeout=1)))
    join(threads)


@program(outcomes=2)
def a_result_is_set_twice(m: Modules, note: Note) -> None:
    """The second one is an error."""
    future = m.futures.Future()
    threads = start(m, lambda: note("other", raised_by(lambda: future.set_result(1))))
    note("main", raised_by(lambda: future.set_result(2)))
    join(threads)
    note("result", future.result())


@program(outcomes=3)
def the_first_of_two_futures(m: Modules, note: Note) -> None:
    """`wait` for any: one or both are there when it comes back."""
    first, second = m.futures.Future(), m.futures.Future()
    threads = start(m, lambda: first.set_result(1), lambda: second.set_result(2))
    done, left = m.futures.wait([first, second], return_when=m.futures.FIRST_COMPLETED)
    note("done", (first in done, second in done, len(left)))
    join(threads)


@program(outcomes=1)
def both_of_two_futures(m: Modules, note: Note) -> None:
    """`wait` for all."""
    first, second = m.futures.Future(), m.futures.Future()
    threads = start(m, lambda: first.set_result(1), lambda: second.set_result(2))
    done, left = m.futures.wait([first, second])
    note("done", (len(done), len(left)))
    join(threads)


@program(outcomes=2)
def a_wait_for_futures_gives_up(m: Modules, note: Note) -> None:
    """A timed `wait`."""
    future = m.futures.Future()
    threads = start(m, lambda: future.set_result(1))
    done, left = m.futures.wait([future], timeout=1)
    note("done", (len(done), len(left)))
    join(threads)


@program(outcomes=1)
def futures_as_they_come(m: Modules, note: Note) -> None:
    """Each once, in the order of their ends: the first to come has the second one made."""
    first, second = m.futures.Future(), m.futures.Future()
    came: list[int] = []
    seen = m.threading.Event()

    def works() -> None:
        second.set_result(2)
        seen.wait()
        first.set_result(1)

    threads = start(m, works)
    for future in m.futures.as_completed([first, second]):
        came.append(future.result())
        seen.set()
    note("came", came)
    join(threads)


@program(outcomes=2, lacking="time that passes while one waits in vain")
def futures_that_come_too_late(m: Modules, note: Note) -> None:
    """`as_completed` gives up as a whole."""
    future = m.futures.Future()
    threads = start(m, lambda: future.set_result(1))
    note("main", raised_by(lambda: list(m.futures.as_completed([future], timeout=1))))
    join(threads)


@program(outcomes=1)
def a_pool_whose_start_fails(m: Modules, note: Note) -> None:
    """A worker that cannot begin breaks the pool, for the call that waits and for later ones."""

    def fails() -> None:
        raise LookupError

    pool = m.futures.ThreadPoolExecutor(1, initializer=fails)
    note("first", raised_by(lambda: pool.submit(pow, 2, 3).result()))
    note("later", raised_by(lambda: pool.submit(pow, 2, 3)))
    pool.shutdown()
