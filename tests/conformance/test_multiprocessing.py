"""The interpreter's own tests of `multiprocessing`'s primitives, on the processes scheduler.

The test classes come unchanged from the installed `test._test_multiprocessing`; `OnProcesses` is
the mixin by which they find what they test. What they start as a `threading.Thread` beside their
processes is a task of the scheduler like any other, and so are the list and the pipe in which
they note results: processes here share objects of the harness and nothing else.
"""

from __future__ import annotations

import unittest
from types import ModuleType
from typing import Any

import pytest
from test import _test_multiprocessing as theirs

import verify
from verify.scheduling.processes import ProcessScheduler
from verify.scheduling.scheduler import activate

pytestmark = pytest.mark.nightly

FEEDER = "a queue here has no feeder thread: an item that cannot be pickled is refused by put"
CLOSED = "makes queues of multiprocessing itself"
CONTRADICTION = (
    "the two standard suites contradict each other: here acquire(False, timeout) must work, in "
    "test.lock_tests it must raise ValueError"
)


class Noted:
    """What a test appends to from many processes, to ask for its length."""

    def __init__(self) -> None:
        self._length = verify.Atomic(0)

    def append(self, item: object) -> None:
        self._length.add(1)

    def __len__(self) -> int:
        return self._length.load()


class PipeEnd:
    """Either end of a pipe."""

    def __init__(self, queue: verify.Queue[Any]) -> None:
        self.send = queue.put
        self.recv = queue.get


class OnProcesses:
    """Where the tests find what they test: the names of `multiprocessing`."""

    TYPE = "verify"
    Process = verify.Process
    Lock = staticmethod(verify.Lock)
    RLock = staticmethod(verify.RLock)
    Semaphore = staticmethod(verify.Semaphore)
    BoundedSemaphore = staticmethod(verify.BoundedSemaphore)
    Condition = staticmethod(verify.Condition)
    Event = staticmethod(verify.Event)
    Barrier = staticmethod(verify.Barrier)
    Queue = staticmethod(verify.Queue)
    JoinableQueue = staticmethod(verify.Queue)
    DummyList = Noted

    @staticmethod
    def Value(typecode: str, value: Any) -> verify.Shared[Any]:
        return verify.Shared(value)

    @staticmethod
    def Pipe(duplex: bool) -> tuple[PipeEnd, PipeEnd]:
        queue: verify.Queue[Any] = verify.Queue()
        return PipeEnd(queue), PipeEnd(queue)

    def setUp(self: Any) -> None:
        scheduler = ProcessScheduler()
        self.addCleanup(scheduler.close)
        activate(scheduler)
        self.addCleanup(activate, None)
        patch = pytest.MonkeyPatch()
        self.addCleanup(patch.undo)
        threads = ModuleType("threading")
        vars(threads).update(vars(theirs.threading), Thread=verify.Thread)
        patch.setattr(theirs, "threading", threads)
        super().setUp()  # type: ignore[misc]


class LockTests(OnProcesses, theirs._TestLock, unittest.TestCase): ...


class SemaphoreTests(OnProcesses, theirs._TestSemaphore, unittest.TestCase):
    @unittest.skip(CONTRADICTION)
    def test_timeout(self) -> None: ...


class ConditionTests(OnProcesses, theirs._TestCondition, unittest.TestCase): ...


class EventTests(OnProcesses, theirs._TestEvent, unittest.TestCase): ...


class BarrierTests(OnProcesses, theirs._TestBarrier, unittest.TestCase):
    def run_threads(self, f: Any, args: tuple[Any, ...]) -> None:
        """A list of places for results goes as a tuple: processes share no list."""
        super().run_threads(f, tuple(tuple(arg) if type(arg) is list else arg for arg in args))


class QueueTests(OnProcesses, theirs._TestQueue, unittest.TestCase):
    @unittest.skip(FEEDER)
    def test_queue_feeder_donot_stop_onexc(self) -> None: ...

    @unittest.skip(FEEDER)
    def test_queue_feeder_on_queue_feeder_error(self) -> None: ...

    @unittest.skip(CLOSED)
    def test_closed_queue_put_get_exceptions(self) -> None: ...
