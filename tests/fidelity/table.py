"""All programs."""

from __future__ import annotations

from tests.fidelity import on_futures, on_locks, on_queues, on_threads, on_waiting
from tests.fidelity.program import PROGRAMS as PROGRAMS

assert on_futures and on_locks and on_queues and on_threads and on_waiting
