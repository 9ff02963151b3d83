"""Ending a process that is busy: not before it has been given the time to be done."""

from __future__ import annotations

import mmap
import os
import signal
import time

import pytest

from verify.scheduling.signalling import end_by

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="there is no pidfd")

SECONDS_OF_WORK = 0.3


def test_a_busy_process_is_ended_once_it_is_not() -> None:
    """Its work takes processor time: stopped whenever it is looked at, it would get none."""
    busy = mmap.mmap(-1, 1)
    busy[0] = True
    process = os.fork()
    if process == 0:
        try:
            done = time.process_time() + SECONDS_OF_WORK
            while time.process_time() < done:
                pass
            busy[0] = False
            while True:
                signal.pause()
        finally:
            os._exit(1)
    try:
        assert end_by(process, signal.SIGKILL, lambda: busy[0])
        assert not busy[0], "it was ended in the middle of its work"
    finally:
        _, status = os.waitpid(process, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def test_a_process_that_dies_while_it_is_busy_is_not_waited_for() -> None:
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    began = time.monotonic()
    assert end_by(process, signal.SIGKILL, lambda: True)
    assert time.monotonic() - began < 5, "it waited for somebody who is dead to be done"
    os.waitpid(process, 0)
