"""The interpreter's own tests of `threading`'s primitives, unchanged, on the threads scheduler.

They come from the installed `test.lock_tests`. Not run are tests of private attributes that have
no meaning here; each says why.
"""

from __future__ import annotations

import unittest
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from test import lock_tests

import verify

pytestmark = pytest.mark.nightly


class LockTests(lock_tests.LockTests):
    locktype = staticmethod(verify.Lock)


class RLockTests(lock_tests.RLockTests):
    locktype = staticmethod(verify.RLock)


class EventTests(lock_tests.EventTests):
    eventtype = staticmethod(verify.Event)

    @unittest.skip("private: Event._cond; an event is no condition here")
    def test_at_fork_reinit(self) -> None: ...


class ConditionTests(lock_tests.ConditionTests):
    condtype = staticmethod(verify.Condition)

    def test_acquire(self) -> None:
        """The one test that makes a lock itself, by the name `threading.Lock`: it gets ours."""
        with pytest.MonkeyPatch.context() as patch:
            named: Any = SimpleNamespace(**vars(lock_tests.threading) | {"Lock": verify.Lock})
            patch.setattr(lock_tests, "threading", cast(ModuleType, named))
            super().test_acquire()


class ConditionAsRLockTests(lock_tests.RLockTests):
    """A Condition over its own RLock has the lock's acquire and release."""

    locktype = staticmethod(verify.Condition)

    @unittest.skip("private; threading's own Condition does not have it either")
    def test_recursion_count(self) -> None: ...

    @unittest.skip("private; a `threading.Condition` needs it of its lock, nobody of a Condition")
    def test__is_owned(self) -> None: ...

    @unittest.skip("private; a `threading.Condition` needs it of its lock, nobody of a Condition")
    def test_release_save_unacquired(self) -> None: ...


class SemaphoreTests(lock_tests.SemaphoreTests):
    semtype = staticmethod(verify.Semaphore)


class BoundedSemaphoreTests(lock_tests.BoundedSemaphoreTests):
    semtype = staticmethod(verify.BoundedSemaphore)


class BarrierTests(lock_tests.BarrierTests):
    barriertype = staticmethod(verify.Barrier)
