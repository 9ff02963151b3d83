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


class QueueTests(theirs.QueueTest, unittest.TestCase):
    queue = ours


class LifoQueueTests(theirs.LifoQueueTest, unittest.TestCase):
    queue = ours


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
