"""Programs over Thread and Timer, which the copies run on their own threads."""

from __future__ import annotations

import sys

from tests.fidelity.program import Modules, Note, join, program, raised_by, start

NO_STEP = (
    "a task that takes no step is over when its start is: one end more for each task would be an "
    "event more in every program"
)
LAST_STEP = "a task's last step is its end: what it does there is seen only after it has ended"
OLD = sys.version_info < (3, 13)
RACE_IN_JOIN = "up to 3.12, two that join one thread may trip over each other (gh-116372)"


@program(outcomes=2, threads=True, differs=NO_STEP)
def a_thread_is_looked_at(m: Modules, note: Note) -> None:
    """Before its start, after it, and after the join."""
    thread = m.threading.Thread(target=lambda: None)
    before = thread.is_alive()
    thread.start()
    between = thread.is_alive()
    thread.join()
    note("alive", (before, between, thread.is_alive()))


@program(outcomes=1, threads=True)
def a_thread_is_joined_in_vain(m: Modules, note: Note) -> None:
    """It cannot have ended by then."""
    event = m.threading.Event()
    (thread,) = start(m, event.wait)
    thread.join(timeout=1)
    note("alive", thread.is_alive())
    event.set()
    thread.join()
    note("then", thread.is_alive())


@program(outcomes=2, threads=True)
def a_thread_with_a_step_is_looked_at(m: Modules, note: Note) -> None:
    """Before its last step or after it."""
    event = m.threading.Event()
    (thread,) = start(m, event.set)
    note("alive", thread.is_alive())
    thread.join()


@program(outcomes=2, threads=True, differs=LAST_STEP)
def a_thread_that_has_spoken_is_looked_at(m: Modules, note: Note) -> None:
    """Its last word is out, and it may have ended or not."""
    event = m.threading.Event()
    (thread,) = start(m, event.set)
    event.wait()
    note("alive", thread.is_alive())
    thread.join()


@program(outcomes=2, threads=True, differs=NO_STEP)
def a_thread_ends_during_a_timed_join(m: Modules, note: Note) -> None:
    """The join may give up only before the end."""
    (thread,) = start(m, lambda: None)
    thread.join(timeout=1)
    note("alive", thread.is_alive())
    thread.join()


@program(outcomes=1, threads=True)
def a_daemon_is_left_alone(m: Modules, note: Note) -> None:
    """A daemon that waits for ever is no deadlock."""
    event = m.threading.Event()
    thread = m.threading.Thread(target=event.wait, daemon=True)
    thread.start()
    note("daemon", thread.daemon)


@program(outcomes=1, threads=True)
def a_thread_waits_for_ever(m: Modules, note: Note) -> None:
    """A thread that is no daemon is waited for at the end: a deadlock."""
    start(m, m.threading.Event().wait)
    note("main is over", True)


@program(outcomes=1, threads=True)
def a_thread_fails(m: Modules, note: Note) -> None:
    """Its exception ends it, and nobody else."""

    def fails() -> None:
        raise LookupError

    join(start(m, fails))
    note("joined", True)


@program(outcomes=1, threads=True)
def a_thread_exits(m: Modules, note: Note) -> None:
    """SystemExit ends a thread in silence."""

    def exits() -> None:
        raise SystemExit

    join(start(m, exits))


@program(outcomes=1, threads=True)
def a_thread_is_misused(m: Modules, note: Note) -> None:
    """Started twice, joined too early, joined by itself."""
    thread = m.threading.Thread(target=lambda: note("itself", raised_by(lambda: thread.join())))
    note("early", raised_by(thread.join))
    thread.start()
    note("twice", raised_by(thread.start))
    thread.join()


@program(outcomes=2, threads=True)
def a_thread_starts_a_thread(m: Modules, note: Note) -> None:
    """The child's child takes the lock before or after main."""
    lock = m.threading.Lock()

    def grandchild() -> None:
        note("free", lock.acquire(blocking=False))

    threads = start(m, lambda: join(start(m, grandchild)))
    lock.acquire()
    join(threads)


@program(
    outcomes=7 if OLD else 2,
    threads=True,
    nightly=OLD,
    differs=RACE_IN_JOIN if OLD else "",
)
def two_threads_join_a_third(m: Modules, note: Note) -> None:
    """Both come through, in either order. In the race, either of them, or both, fail in the join,
    before or after the other one is through.
    """
    order: list[str] = []
    lock = m.threading.Lock()
    (third,) = start(m, lambda: None)

    def joins() -> None:
        third.join()
        with lock:
            order.append("other")

    threads = start(m, joins)
    third.join()
    with lock:
        order.append("main")
    join(threads)
    note("order", tuple(order))


@program(outcomes=2, threads=True)
def a_subclass_of_thread(m: Modules, note: Note) -> None:
    """`run` is overridden: it is what the thread does."""
    lock = m.threading.Lock()

    class Trier(m.threading.Thread):  # type: ignore[misc,name-defined]
        def run(self) -> None:
            note("free", lock.acquire(blocking=False))

    thread = Trier()
    thread.start()
    lock.acquire()
    thread.join()


@program(outcomes=2, threads=True, lacking="Timer")
def a_timer_is_cancelled(m: Modules, note: Note) -> None:
    """It may have run by then."""
    timer = m.threading.Timer(1, lambda: note("ran", True))
    timer.start()
    timer.cancel()
    timer.join()


@program(outcomes=2, threads=True, lacking="Timer")
def a_timer_against_a_sleeper(m: Modules, note: Note) -> None:
    """Virtual time keeps nobody back: the timer of three seconds may be over before two are."""
    lock = m.threading.Lock()
    timer = m.threading.Timer(3, lambda: note("free", lock.acquire(blocking=False)))
    timer.start()
    m.time.sleep(2)
    lock.acquire()
    timer.join()


@program(outcomes=1, threads=True)
def what_is_local(m: Modules, note: Note) -> None:
    """Each thread sees what it has put there itself."""
    local = m.threading.local()
    local.value = "main"

    def puts() -> None:
        note("other", raised_by(lambda: local.value))
        local.value = "other"

    join(start(m, puts))
    note("main", local.value)
