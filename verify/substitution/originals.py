"""Originals: what the standard library's names stand for outside an exploration.

Bound before anything is replaced, so that the harness itself is never caught: what runs while
something is explored, and wants the real thing, takes it from here.
"""

from __future__ import annotations

import _thread
import threading
import time

allocate_lock = _thread.allocate_lock
RLock = threading.RLock
local = threading.local
get_ident = threading.get_ident
monotonic = time.monotonic
perf_counter = time.perf_counter
sleep = time.sleep
of_time = dict(vars(time))
"""All of `time`: tests of other code put clocks of their own there for a while."""
