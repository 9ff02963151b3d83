"""Programs over the queues."""

from __future__ import annotations

from tests.fidelity.program import Modules, Note, join, program, raised_by, start


def _got(m: Modules, queue: object, **how: object) -> object:
    try:
        return queue.get(**how)  # type: ignore[attr-defined]
    except m.queue.Empty:
        return "empty"


@program(outcomes=1, threads=True)
def a_queue_of_one_place(m: Modules, note: Note) -> None:
    """What is put first is taken first, whoever sleeps."""
    queue = m.queue.Queue(1)

    def puts() -> None:
        for item in range(2):
            queue.put(item)

    threads = start(m, puts)
    note("got", (queue.get(), queue.get()))
    join(threads)


@program(outcomes=2)
def a_queue_is_drained_by_two(m: Modules, note: Note) -> None:
    """Each gets one of the two."""
    queue = m.queue.Queue()
    queue.put(1)
    queue.put(2)
    threads = start(m, lambda: note("other", queue.get()))
    note("main", queue.get())
    join(threads)


@program(outcomes=2)
def a_queue_is_tried(m: Modules, note: Note) -> None:
    """`get_nowait` before or after the put."""
    queue = m.queue.Queue()
    threads = start(m, lambda: queue.put(1))
    note("got", _got(m, queue, block=False))
    join(threads)


@program(outcomes=2, threads=True)
def a_queue_is_waited_for_in_vain(m: Modules, note: Note) -> None:
    """A timed get gives up as long as there is nothing."""
    queue = m.queue.Queue()
    threads = start(m, lambda: queue.put(1))
    note("got", _got(m, queue, timeout=1))
    join(threads)


@program(outcomes=2)
def a_full_queue_is_waited_for_in_vain(m: Modules, note: Note) -> None:
    """A timed put gives up as long as there is no room."""
    queue = m.queue.Queue(1)
    queue.put(0)
    threads = start(m, lambda: note("other", raised_by(lambda: queue.put(1, timeout=1))))
    note("got", queue.get())
    join(threads)
    note("left", queue.qsize())


@program(outcomes=2)
def a_full_queue_is_tried(m: Modules, note: Note) -> None:
    """`put_nowait` before or after the get."""
    queue = m.queue.Queue(1)
    queue.put(0)
    threads = start(m, lambda: note("other", raised_by(lambda: queue.put_nowait(1))))
    queue.get()
    join(threads)
    note("left", (queue.empty(), queue.full()))


@program(outcomes=2)
def a_queue_is_joined(m: Modules, note: Note) -> None:
    """The join ends when all is reported done: at once, if nothing was put by then."""
    queue = m.queue.Queue()
    done: list[int] = []

    def works() -> None:
        queue.put(1)
        queue.get()
        done.append(1)
        queue.task_done()

    threads = start(m, works)
    queue.join()
    note("unfinished", queue.unfinished_tasks)
    join(threads)
    note("too many", raised_by(queue.task_done))


@program(outcomes=1)
def a_queue_is_joined_by_its_filler(m: Modules, note: Note) -> None:
    """Whoever joins after the put sees the work done."""
    queue = m.queue.Queue()
    done: list[int] = []

    def works() -> None:
        queue.get()
        done.append(1)
        queue.task_done()

    threads = start(m, works)
    queue.put(1)
    queue.join()
    note("done", len(done))
    join(threads)


@program(outcomes=1)
def a_queue_is_never_done(m: Modules, note: Note) -> None:
    """Taken and not reported done: the join is a deadlock."""
    queue = m.queue.Queue()
    threads = start(m, queue.get)
    queue.put(1)
    join(threads)
    queue.join()


@program(outcomes=4)
def a_stack_of_two(m: Modules, note: Note) -> None:
    """The first get finds nothing, one or both; the next one finds what is on top then."""
    queue = m.queue.LifoQueue()

    def puts() -> None:
        queue.put(1)
        queue.put(2)

    threads = start(m, puts)
    note("got", (_got(m, queue, block=False), queue.get()))
    join(threads)


@program(outcomes=2)
def two_put_by_priority(m: Modules, note: Note) -> None:
    """The first get takes what is there, the smaller one if both are."""
    queue = m.queue.PriorityQueue()
    threads = start(m, lambda: queue.put(2), lambda: queue.put(1))
    note("got", (queue.get(), queue.get()))
    join(threads)


@program(outcomes=2, since=(3, 13))
def a_queue_is_shut_down(m: Modules, note: Note) -> None:
    """A put against a shutdown, then two gets: what was put is taken, and then it is an error."""
    queue = m.queue.Queue()
    threads = start(m, lambda: note("put", raised_by(lambda: queue.put(1))))
    queue.shutdown()
    note("got", (raised_by(queue.get), raised_by(queue.get)))
    join(threads)


@program(outcomes=2)
def a_simple_queue_takes_from_two(m: Modules, note: Note) -> None:
    """Either order."""
    queue = m.queue.SimpleQueue()
    threads = start(m, lambda: queue.put(1), lambda: queue.put(2))
    note("got", (queue.get(), queue.get()))
    join(threads)


@program(outcomes=2)
def a_simple_queue_is_waited_for_in_vain(m: Modules, note: Note) -> None:
    """A timed get gives up as long as there is nothing."""
    queue = m.queue.SimpleQueue()
    threads = start(m, lambda: queue.put(1))
    note("got", _got(m, queue, timeout=1))
    join(threads)


@program(outcomes=2)
def a_simple_queue_is_tried(m: Modules, note: Note) -> None:
    """`get_nowait`, and then whether it is empty."""
    queue = m.queue.SimpleQueue()
    queue.put(1)
    threads = start(m, lambda: note("other", _got(m, queue, block=False)))
    note("main", _got(m, queue, block=False))
    join(threads)
    note("left", (queue.qsize(), queue.empty()))
