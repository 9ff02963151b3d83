"""Programs over Lock, RLock, Semaphore and BoundedSemaphore."""

from __future__ import annotations

from tests.fidelity.program import Modules, Note, join, program, raised_by, start


@program(outcomes=3, threads=True)
def a_lock_is_tried(m: Modules, note: Note) -> None:
    """The try fails while main holds the lock. Else it is kept: main has been there, or waits."""
    lock = m.threading.Lock()

    def tries() -> None:
        note("taken", lock.acquire(blocking=False))

    threads = start(m, tries)
    with lock:
        pass
    join(threads)


@program(outcomes=2, threads=True)
def a_lock_is_waited_for_in_vain(m: Modules, note: Note) -> None:
    """A timed acquire may give up as long as main holds the lock."""
    lock = m.threading.Lock()
    lock.acquire()
    threads = start(m, lambda: note("taken", lock.acquire(timeout=1)))
    lock.release()
    join(threads)


@program(outcomes=2)
def two_locks_in_both_orders(m: Modules, note: Note) -> None:
    """Fine, or a deadlock."""
    left, right = m.threading.Lock(), m.threading.Lock()

    def takes_right_first() -> None:
        with right, left:
            pass

    threads = start(m, takes_right_first)
    with left, right:
        pass
    join(threads)


@program(outcomes=2)
def a_lock_is_released_by_another(m: Modules, note: Note) -> None:
    """Whoever comes second finds a lock that is free: release of an unlocked lock is an error."""
    lock = m.threading.Lock()
    lock.acquire()
    threads = start(m, lambda: note("other", raised_by(lock.release)))
    note("main", raised_by(lock.release))
    join(threads)


@program(outcomes=4)
def a_lock_is_looked_at(m: Modules, note: Note) -> None:
    """Two looks while main takes it and lets it go: any two answers."""
    lock = m.threading.Lock()

    def looks() -> None:
        note("looks", (lock.locked(), lock.locked()))

    threads = start(m, looks)
    with lock:
        pass
    join(threads)


@program(outcomes=2)
def a_lock_is_taken_twice(m: Modules, note: Note) -> None:
    """One gets it and keeps it, the other never does, whoever it is."""
    lock = m.threading.Lock()

    def takes() -> None:
        lock.acquire()
        note("other", True)

    threads = start(m, takes)
    lock.acquire()
    note("main", True)
    join(threads)


@program(outcomes=2)
def an_rlock_is_taken_again(m: Modules, note: Note) -> None:
    """Free only after as many releases: who tries between them fails."""
    lock = m.threading.RLock()

    def tries() -> None:
        if lock.acquire(blocking=False):
            note("taken", True)
            lock.release()

    threads = start(m, tries)
    with lock, lock:
        pass
    join(threads)


@program(outcomes=2)
def an_rlock_is_released_by_another(m: Modules, note: Note) -> None:
    """Only the owner may: an error for the other. A third gets it once main has let it go whole."""
    lock = m.threading.RLock()
    threads = start(m, lambda: note("other", raised_by(lock.release)))
    lock.acquire()
    note("tried", bool(lock.acquire(blocking=False)))
    lock.release()
    threads += start(m, lambda: note("third", bool(lock.acquire(timeout=1))))
    lock.release()
    join(threads)


@program(outcomes=4)
def an_rlock_times_out(m: Modules, note: Note) -> None:
    """Of two that wait a while for main, and then for each other, any may give up."""
    lock = m.threading.RLock()

    def waits(name: str) -> None:
        taken = bool(lock.acquire(timeout=2))
        note(name, taken)
        if taken:
            lock.release()

    lock.acquire()
    threads = start(m, lambda: waits("first"), lambda: waits("second"))
    lock.release()
    join(threads)


@program(outcomes=3)
def a_semaphore_of_one_permit(m: Modules, note: Note) -> None:
    """Two try: both get it one after the other, or one finds none."""
    semaphore = m.threading.Semaphore(1)

    def tries(name: str) -> None:
        taken = semaphore.acquire(blocking=False)
        note(name, taken)
        if taken:
            semaphore.release()

    threads = start(m, lambda: tries("other"))
    tries("main")
    join(threads)


@program(outcomes=2)
def a_semaphore_is_waited_for_in_vain(m: Modules, note: Note) -> None:
    """Given up before the release comes, or taken."""
    semaphore = m.threading.Semaphore(0)
    threads = start(m, lambda: note("taken", semaphore.acquire(timeout=1)))
    semaphore.release()
    join(threads)


@program(outcomes=2)
def a_permit_for_one_who_waits_and_one_who_might_not(m: Modules, note: Note) -> None:
    """The hasty one takes the only permit, and the other waits for ever; or it gives up."""
    semaphore = m.threading.Semaphore(0)

    def waits_for_ever() -> None:
        semaphore.acquire()
        note("patient", True)

    threads = start(m, waits_for_ever, lambda: note("hasty", semaphore.acquire(timeout=1)))
    semaphore.release()
    join(threads)


@program(outcomes=1)
def two_permits_at_once(m: Modules, note: Note) -> None:
    """Both sleepers go on."""
    semaphore = m.threading.Semaphore(0)
    threads = start(m, semaphore.acquire, semaphore.acquire)
    semaphore.release(2)
    join(threads)
    note("left", semaphore.acquire(blocking=False))


@program(outcomes=2)
def a_bounded_semaphore_overflows(m: Modules, note: Note) -> None:
    """A release is one too many unless the other has taken a permit by then."""
    semaphore = m.threading.BoundedSemaphore(1)
    threads = start(m, semaphore.acquire)
    note("main", raised_by(semaphore.release))
    join(threads)
