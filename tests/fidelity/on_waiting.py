"""Programs over Condition, Event and Barrier."""

from __future__ import annotations

from tests.fidelity.program import Modules, Note, join, program, raised_by, start


@program(outcomes=1, threads=True)
def a_condition_in_a_loop(m: Modules, note: Note) -> None:
    """The waiter looks before it sleeps: it always comes through."""
    condition = m.threading.Condition()
    ready: list[int] = []

    def waits() -> None:
        with condition:
            while not ready:
                condition.wait()

    threads = start(m, waits)
    with condition:
        ready.append(1)
        condition.notify()
    join(threads)


@program(outcomes=2)
def a_condition_without_a_look(m: Modules, note: Note) -> None:
    """A notify before the wait is lost: then the waiter sleeps for ever."""
    condition = m.threading.Condition(m.threading.Lock())

    def waits() -> None:
        with condition:
            note("woken", condition.wait())

    threads = start(m, waits)
    with condition:
        condition.notify()
    join(threads)


@program(outcomes=2)
def a_condition_waits_a_while(m: Modules, note: Note) -> None:
    """Notified or not, it goes on."""
    condition = m.threading.Condition()

    def waits() -> None:
        with condition:
            note("woken", condition.wait(timeout=1))

    threads = start(m, waits)
    with condition:
        condition.notify()
    join(threads)


@program(outcomes=2)
def a_condition_waits_for_something(m: Modules, note: Note) -> None:
    """`wait_for` looks once more after its time is over."""
    condition = m.threading.Condition()
    ready: list[int] = []

    def waits() -> None:
        with condition:
            note("found", bool(condition.wait_for(lambda: ready, timeout=2)))

    threads = start(m, waits)
    with condition:
        ready.append(1)
        condition.notify()
    join(threads)


@program(outcomes=5)
def one_notify_for_two(m: Modules, note: Note) -> None:
    """Two that sleep for good, one notify: for the first to come, who is alone by then or not, or
    for nobody. The other sleeps for ever.
    """
    condition = m.threading.Condition()
    came: list[str] = []

    def waits(name: str) -> None:
        with condition:
            came.append(name)
            condition.wait()
            note("woken", (name, tuple(came)))

    threads = start(m, lambda: waits("a"), lambda: waits("b"))
    with condition:
        condition.notify()
    join(threads)


@program(outcomes=2)
def all_are_notified(m: Modules, note: Note) -> None:
    """Those who look first come through whenever it is; the two orders of coming back."""
    condition = m.threading.Condition()
    ready: list[int] = []
    back: list[str] = []

    def waits(name: str) -> None:
        with condition:
            while not ready:
                condition.wait()
            back.append(name)

    threads = start(m, lambda: waits("a"), lambda: waits("b"))
    with condition:
        ready.append(1)
        condition.notify_all()
    join(threads)
    note("back", tuple(back))


@program(outcomes=1)
def a_condition_without_its_lock(m: Modules, note: Note) -> None:
    """Errors, for each of the three."""
    condition = m.threading.Condition()
    for name in ("wait", "notify", "notify_all"):
        note(name, raised_by(getattr(condition, name)))


@program(outcomes=2)
def a_condition_over_an_rlock_lets_go_whole(m: Modules, note: Note) -> None:
    """The wait releases all that was taken, and takes it all back; the notify may be lost."""
    lock = m.threading.RLock()
    condition = m.threading.Condition(lock)

    def waits() -> None:
        with lock, condition:
            condition.wait()
        note("free again", raised_by(lock.release))

    threads = start(m, waits)
    with condition:
        condition.notify()
    join(threads)


@program(outcomes=2, threads=True)
def an_event_is_pulsed(m: Modules, note: Note) -> None:
    """Who sleeps by then goes on, who comes late sleeps for ever."""
    event = m.threading.Event()
    threads = start(m, lambda: note("woken", event.wait()))
    event.set()
    event.clear()
    join(threads)


@program(outcomes=4)
def an_event_is_looked_at(m: Modules, note: Note) -> None:
    """A timed wait and a look, while it is set and cleared."""
    event = m.threading.Event()

    def looks() -> None:
        note("looks", (event.is_set(), event.wait(timeout=1), event.is_set()))

    threads = start(m, looks)
    event.set()
    join(threads)
    event.clear()
    note("after", event.is_set())


@program(outcomes=1)
def an_event_for_two(m: Modules, note: Note) -> None:
    """One set wakes all."""
    event = m.threading.Event()
    threads = start(m, event.wait, event.wait)
    event.set()
    join(threads)
    note("set", event.wait())


@program(outcomes=2)
def a_barrier_of_two(m: Modules, note: Note) -> None:
    """Who comes last has the index 1."""
    barrier = m.threading.Barrier(2)
    threads = start(m, lambda: note("other", barrier.wait()))
    note("main", barrier.wait())
    join(threads)
    note("waiting", (barrier.n_waiting, barrier.broken, barrier.parties))


@program(outcomes=4)
def a_barrier_is_used_again(m: Modules, note: Note) -> None:
    """Each of the two rounds has its last one."""
    barrier = m.threading.Barrier(2)
    threads = start(m, lambda: note("other", (barrier.wait(), barrier.wait())))
    note("main", (barrier.wait(), barrier.wait()))
    join(threads)


@program(outcomes=2)
def a_barrier_with_an_action(m: Modules, note: Note) -> None:
    """Run once, by the last, before anybody goes on."""
    done: list[str] = []
    barrier = m.threading.Barrier(2, action=lambda: done.append(""))

    def waits(name: str) -> None:
        note(name, (barrier.wait(), len(done)))

    threads = start(m, lambda: waits("other"))
    waits("main")
    join(threads)


@program(outcomes=2)
def a_barrier_whose_action_fails(m: Modules, note: Note) -> None:
    """Its error in the last, a broken barrier for the other."""

    def fails() -> None:
        raise LookupError

    barrier = m.threading.Barrier(2, action=fails)
    threads = start(m, lambda: note("other", raised_by(barrier.wait)))
    note("main", raised_by(barrier.wait))
    join(threads)
    note("broken", barrier.broken)


@program(outcomes=2)
def a_barrier_times_out(m: Modules, note: Note) -> None:
    """Broken for both, or passed by both."""
    barrier = m.threading.Barrier(2)
    threads = start(m, lambda: note("other", raised_by(lambda: barrier.wait(timeout=1))))
    note("main", raised_by(barrier.wait))
    join(threads)
    note("broken", barrier.broken)


@program(outcomes=2)
def a_barrier_is_aborted(m: Modules, note: Note) -> None:
    """Always an error for the two of three that wait; how many stand there when it comes."""
    barrier = m.threading.Barrier(3)
    threads = start(m, lambda: note("other", raised_by(barrier.wait)))
    note("waiting", barrier.n_waiting)
    barrier.abort()
    join(threads)
    note("after", raised_by(barrier.wait))


@program(outcomes=2)
def a_barrier_is_reset(m: Modules, note: Note) -> None:
    """Who waits by then is refused; who comes after that waits with main."""
    barrier = m.threading.Barrier(2)

    def waits() -> None:
        refused = raised_by(barrier.wait)
        note("other", refused)
        if refused:
            barrier.wait()

    threads = start(m, waits)
    barrier.reset()
    note("main", raised_by(barrier.wait))
    join(threads)


STOLEN = (
    "CPython's Condition wakes a waiter whose time is over but which has not left the line: the "
    "notify is lost, though another sleeps. Here giving up and leaving the line is one step"
)


@program(outcomes=4, differs=STOLEN)
def a_notify_for_one_who_gives_up(m: Modules, note: Note) -> None:
    """One notify if both have come: for the hasty one in time, for the patient one, or, lost,
    for the hasty one too late. Without it the patient one waits for ever.
    """
    condition = m.threading.Condition()
    arrived: list[str] = []

    def waits(name: str, timeout: float | None) -> None:
        with condition:
            arrived.append(name)
            note(name, bool(condition.wait(timeout)))

    threads = start(m, lambda: waits("hasty", 1.0), lambda: waits("patient", None))
    with condition:
        if len(arrived) == 2:
            note("both", True)
            condition.notify()
    join(threads)
