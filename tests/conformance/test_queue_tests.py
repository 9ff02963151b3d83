"""The interpreter's own tests of `queue`, unchanged, on the threads scheduler.

They come from the installed `test.test_queue`; its classes find the module they test in their
attribute `queue`.
"""

from __future__ import annotations

import queue
import unittest
from types import ModuleType

import pytest
from test import test_queue as theirs

import verify

pytestmark = pytest.mark.nightly

ours = ModuleType("queue")
vars(ours).update(vars(queue))
for name in ("Queue", "LifoQueue", "PriorityQueue"):
    setattr(ours, name, getattr(verify, name))


def without_shutdown(tests: type[unittest.TestCase]) -> type[unittest.TestCase]:
    """Skip the tests of `Queue.shutdown`, new in 3.13, which no queue of verify has yet."""
    for name in dir(tests):
        if name.startswith("test_shutdown"):
            setattr(tests, name, unittest.skip("no shutdown yet")(getattr(tests, name)))
    return tests


@without_shutdown
class QueueTests(theirs.QueueTest, unittest.TestCase):
    queue = ours


@without_shutdown
class LifoQueueTests(theirs.LifoQueueTest, unittest.TestCase):
    queue = ours


@without_shutdown
class PriorityQueueTests(theirs.PriorityQueueTest, unittest.TestCase):
    queue = ours


class FailingQueueTests(theirs.FailingQueueTest, unittest.TestCase):
    """Overrides the private `_put` and `_get`, which no queue of verify calls."""

    queue = ours

    @unittest.skip("needs the private hooks _put and _get")
    def test_failing_queue(self) -> None: ...

    def setUp(self) -> None:
        with pytest.raises(
            TypeError, match="FailingQueue overrides _put, which no queue of verify"
        ):
            super().setUp()

    def test_the_hooks_are_refused(self) -> None:
        """In `setUp`: an overriding subclass is an error, not a hook that is never called."""
