"""`multiprocessing`, explored: processes, what they share, and what they send each other."""

from __future__ import annotations

import multiprocessing
import os
import queue
import threading
from collections.abc import Callable
from multiprocessing import Array, Pipe, Pool, Process, Queue, Value, current_process, get_context
from queue import Empty, Full
from typing import Any

import pytest

from tests.substitution.exploring import outcomes, refuted

Say = Callable[[Any], None]

GLOBAL = [0]
EARLY = multiprocessing.Lock()
COUNT = Value("i", 3)
WAITING: Any = Queue()
PERMITS = multiprocessing.Semaphore(1)
RAISED = multiprocessing.Event()
RAISED.set()


def run(*processes: Any) -> None:
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def increment(value: Any) -> None:
    value.value += 1


def increment_locked(value: Any) -> None:
    with value.get_lock():
        value.value += 1


@pytest.mark.parametrize(
    ("target", "found"), [(increment, {1, 2}), (increment_locked, {2})], ids=["racy", "locked"]
)
def test_a_value_takes_its_lock_for_each_access_alone(target: Any, found: set[int]) -> None:
    def program(say: Say) -> None:
        value = Value("i", 0)
        run(*[Process(target=target, args=(value,)) for _ in range(2)])
        say(value.value)

    assert outcomes(program) == found


def count_once() -> None:
    with EARLY, PERMITS:
        before = COUNT.value
        COUNT.value = before + 1
        WAITING.put(before)


def test_objects_from_before_begin_each_execution_as_they_stood() -> None:
    def program(say: Say) -> None:
        assert RAISED.wait()
        assert PERMITS.get_value() == 1
        run(*[Process(target=count_once) for _ in range(2)])
        say((COUNT.value, {WAITING.get(), WAITING.get()} == {3, 4}))

    assert outcomes(program) == {(5, True)}
    assert COUNT.value == 3
    assert type(EARLY).__module__ == "multiprocessing.synchronize"
    with EARLY:
        assert not EARLY.acquire(False)


def test_arrays_convert_and_have_slices() -> None:
    def program(say: Say) -> None:
        lock = multiprocessing.RLock()
        array = Array("i", 3, lock=lock)
        assert array.get_lock() is lock

        def fill(at: int) -> None:
            array[at] = at + 1

        run(*[Process(target=fill, args=(at,)) for at in range(2)])
        array[2:] = [7]
        assert list(array) == array[:]
        say((tuple(array), len(array)))
        with pytest.raises(TypeError):
            array[0] = 1.5
        with pytest.raises(ValueError, match="same size"):
            array[:] = [1]
        raw = multiprocessing.RawValue("d", 1)
        assert (raw.value, multiprocessing.RawArray("B", [256])[0]) == (1.0, 0)

    assert outcomes(program) == {((1, 2, 7), 3)}


class Worker(Process):
    """Overrides `run`, and uses a global through another method."""

    def __init__(self, out: Any) -> None:
        super().__init__()
        self.out = out

    def run(self) -> None:
        self.count()
        self.out.put((GLOBAL[0], current_process().name, os.getpid()))

    def count(self) -> None:
        GLOBAL[0] += 1


def test_a_process_has_copies_a_name_and_a_number() -> None:
    def program(say: Say) -> None:
        out: Any = Queue()
        workers = [Worker(out), Worker(out)]
        run(*workers)
        say(tuple(sorted(out.get() for _ in workers)))
        assert GLOBAL == [0]
        assert [worker.exitcode for worker in workers] == [0, 0]
        assert [worker.pid for worker in workers] != [os.getpid()] * 2
        assert multiprocessing.active_children() == []
        assert current_process().name == "MainProcess"

    assert len(outcomes(program)) == 1
    assert GLOBAL == [0]


def test_an_exit_code_and_an_end_from_outside() -> None:
    def program(say: Say) -> None:
        leaving = Process(target=lambda: exit(3))
        ended = Process(target=multiprocessing.Event().wait)
        with pytest.raises(AssertionError, match="can only join a started process"):
            ended.join()
        leaving.start()
        ended.start()
        ended.terminate()
        for process in (leaving, ended):
            process.join()
        say((leaving.exitcode, ended.exitcode))
        ended.close()
        with pytest.raises(ValueError, match="closed"):
            ended.is_alive()

    assert outcomes(program) == {(3, -15)}


def send(connection: Any) -> None:
    connection.send([1, 2])
    connection.close()


def test_a_pipe_ends_when_everybody_has_closed_it() -> None:
    def program(say: Say) -> None:
        ours, theirs = Pipe()
        sending = Process(target=send, args=(theirs,))
        sending.start()
        theirs.close()
        say(tuple(ours.recv()))
        with pytest.raises(EOFError):
            ours.recv()
        with pytest.raises(OSError, match="closed"):
            theirs.send(1)
        with pytest.raises(BrokenPipeError):
            ours.send(1)
        sending.join()

    assert outcomes(program) == {(1, 2)}


def test_who_keeps_its_copy_of_the_other_end_waits_for_ever() -> None:
    def program() -> None:
        ours, theirs = Pipe()
        sending = Process(target=send, args=(theirs,))
        sending.start()
        ours.recv()
        ours.recv()

    assert refuted(program) == "deadlock: main waits for ever"


def test_a_pipe_of_one_direction_and_polls() -> None:
    def program(say: Say) -> None:
        reader, writer = Pipe(duplex=False)
        with pytest.raises(OSError, match="write-only"):
            writer.recv()
        with pytest.raises(OSError, match="read-only"):
            reader.send(1)
        sending = Process(target=send, args=(writer,))
        sending.start()
        say((reader.poll(), reader.poll(1)))
        assert reader.poll(None)
        reader.recv()
        sending.join()

    assert outcomes(program) == {(False, False), (False, True), (True, True)}


def test_a_reader_learns_that_the_last_writer_was_killed() -> None:
    def program(say: Say) -> None:
        reader, writer = Pipe(duplex=False)
        sending = Process(target=send, args=(writer,))
        sending.start()
        writer.close()
        sending.kill()
        try:
            say(tuple(reader.recv()))
        except EOFError:
            say("nothing")

    assert outcomes(program) == {(1, 2), "nothing"}


def test_queues_send_copies() -> None:
    def program(say: Say) -> None:
        full: Any = multiprocessing.Queue(1)
        joined: Any = multiprocessing.JoinableQueue()
        item = [1]
        full.put(item)
        item.append(2)
        with pytest.raises(Full):
            full.put_nowait(3)

        def work() -> None:
            joined.put(full.get())
            joined.task_done()

        run(Process(target=work))
        joined.join()
        say(tuple(joined.get()))
        with pytest.raises(Empty):
            joined.get(timeout=1)
        full.close()
        full.join_thread()
        with pytest.raises(ValueError, match="closed"):
            full.put(1)

    assert outcomes(program) == {(1,)}


@pytest.mark.parametrize("make", [queue.Queue, queue.SimpleQueue, queue.PriorityQueue])
def test_a_queue_of_threads_is_copied_into_a_process(make: Any) -> None:
    """What the child puts the parent never sees."""

    def program() -> None:
        shared = make()
        shared.put(0)
        putting = Process(target=shared.put, args=(1,))
        putting.start()
        putting.join()
        assert shared.get() == 0
        shared.get()

    assert refuted(program) == "deadlock: main waits for ever"


BEFORE = threading.Lock()


@pytest.mark.parametrize(
    "make",
    [threading.Lock, threading.RLock, threading.Semaphore, threading.Condition, lambda: BEFORE],
    ids=["Lock", "RLock", "Semaphore", "Condition", "from before"],
)
def test_a_lock_of_threads_keeps_no_process_out(make: Callable[[], Any]) -> None:
    """Each process has its own."""

    def program(say: Say) -> None:
        lock, value = make(), Value("i", 0)

        def work() -> None:
            with lock:
                increment(value)

        run(*[Process(target=work) for _ in range(2)])
        say(value.value)
        with lock:
            say("free")

    assert outcomes(program) == {1, 2, "free"}


def test_an_event_and_a_barrier_of_threads_are_copied_as_they_stand() -> None:
    def program(say: Say) -> None:
        event, barrier = threading.Event(), threading.Barrier(2)
        event.set()

        def work() -> None:
            assert event.is_set()
            event.clear()
            barrier.abort()

        run(Process(target=work))
        say((event.is_set(), barrier.broken))

    assert outcomes(program) == {(True, False)}


def test_locks_are_called_as_multiprocessing_has_it() -> None:
    def program(say: Say) -> None:
        context = get_context("spawn")
        lock, again = context.Lock(), context.RLock()
        with lock:
            assert not lock.acquire(False)
            assert not lock.acquire(True, -1)
            assert not lock.acquire(timeout=1)
        with pytest.raises(ValueError, match="too many"):
            lock.release()
        with pytest.raises(AssertionError, match="not owned"):
            again.release()
        semaphore = context.BoundedSemaphore(1)
        assert semaphore.acquire(False, 1)
        semaphore.release()
        with pytest.raises(ValueError, match="too many"):
            semaphore.release()
        changed, barrier = context.Condition(), context.Barrier(2)
        with changed:
            assert not changed.wait(1)
        waiting = context.Process(target=barrier.wait)
        waiting.start()
        say(barrier.wait())
        waiting.join()

    assert outcomes(program) == {0, 1}


def square(number: int) -> int:
    return number * number


def test_a_pool_does_all_that_a_pool_does() -> None:
    def program(say: Say) -> None:
        with Pool(1) as pool:
            assert pool.apply(square, (2,)) == 4
            assert pool.starmap(pow, [(2, 3)]) == [8]
            results = pool.imap(square, [1, 2], chunksize=2)
            say((next(results), next(results), next(results, None)))
            pool.close()
            pool.join()

    assert outcomes(program) == {(1, 4, None)}


def test_what_comes_first_of_a_pool() -> None:
    def program(say: Say) -> None:
        with Pool(2) as pool:
            say(tuple(pool.imap_unordered(square, [1, 2])))

    assert outcomes(program) == {(1, 4), (4, 1)}


def test_what_is_not_explored_is_named() -> None:
    def managed() -> None:
        multiprocessing.Event().set()
        multiprocessing.Manager()

    def structured() -> None:
        multiprocessing.Event().set()
        Value("x", 1)

    assert "verify.Manager" in refuted(managed)
    assert "'x' is not explored" in refuted(structured)


def test_outside_they_are_the_librarys() -> None:
    outcomes(lambda say: say(Value("i", 1).value))
    assert type(multiprocessing.Lock()).__module__ == "multiprocessing.synchronize"
    ours, theirs = Pipe()
    theirs.send(1)
    assert ours.recv() == 1
    assert multiprocessing.current_process().name == "MainProcess"
