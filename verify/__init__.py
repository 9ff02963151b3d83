"""verify: a model-checking harness for Python concurrency.

Write a small concurrent program once with the names below. `verify.explore` runs it under a
deterministic explorer that enumerates every distinguishable interleaving and proves it or refutes
it with a replayable counterexample; `verify.stress` runs the same source on real OS threads and
processes. Names are imported when they are first used, so that `import verify` stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from verify import build as build  # first: it decides which core the imports below find
from verify.scheduling.scheduler import set_everyday

if TYPE_CHECKING:
    from verify.errors import (
        InternalFault as InternalFault,
        Misuse as Misuse,
        ModelError as ModelError,
        Nondeterministic as Nondeterministic,
        OwnerDied as OwnerDied,
        PropertyViolated as PropertyViolated,
        ShutDown as ShutDown,
        TraceError as TraceError,
        UsageError as UsageError,
        VerifyError as VerifyError,
    )
    from verify.exploration.exploring import explore as explore
    from verify.exploration.replaying import replay as replay
    from verify.instrumentation.instrumenting import instrument as instrument
    from verify.modelling import model as model
    from verify.properties.linearizable import linearizable as linearizable
    from verify.stateful.concurrent import concurrent as concurrent
    from verify.stressing.runner import stress as stress
    from verify.sync.barrier import Barrier as Barrier
    from verify.sync.choice import (
        choose as choose,
        cover as cover,
        invariant as invariant,
        note as note,
        now as now,
        sleep as sleep,
    )
    from verify.sync.condition import Condition as Condition
    from verify.sync.descriptor import Descriptor as Descriptor
    from verify.sync.event import Event as Event
    from verify.sync.future import Future as Future
    from verify.sync.local import local as local
    from verify.sync.lock import Lock as Lock
    from verify.sync.manager import Manager as Manager
    from verify.sync.pool import Pool as Pool
    from verify.sync.queues import (
        LifoQueue as LifoQueue,
        PriorityQueue as PriorityQueue,
        Queue as Queue,
    )
    from verify.sync.rlock import RLock as RLock
    from verify.sync.semaphore import BoundedSemaphore as BoundedSemaphore, Semaphore as Semaphore
    from verify.sync.shared import Atomic as Atomic, Shared as Shared
    from verify.sync.thread import Process as Process, Thread as Thread, get_ident as get_ident

_HOMES = {
    "verify.errors": (
        "InternalFault Misuse ModelError Nondeterministic OwnerDied PropertyViolated ShutDown "
        "TraceError UsageError VerifyError"
    ),
    "verify.exploration.exploring": "explore",
    "verify.exploration.replaying": "replay",
    "verify.instrumentation.instrumenting": "instrument",
    "verify.modelling": "model",
    "verify.stateful.concurrent": "concurrent",
    "verify.stressing.runner": "stress",
    "verify.properties.linearizable": "linearizable",
    "verify.sync.barrier": "Barrier",
    "verify.sync.choice": "choose cover invariant note now sleep",
    "verify.sync.condition": "Condition",
    "verify.sync.descriptor": "Descriptor",
    "verify.sync.event": "Event",
    "verify.sync.future": "Future",
    "verify.sync.local": "local",
    "verify.sync.lock": "Lock",
    "verify.sync.manager": "Manager",
    "verify.sync.pool": "Pool",
    "verify.sync.queues": "LifoQueue PriorityQueue Queue",
    "verify.sync.rlock": "RLock",
    "verify.sync.semaphore": "BoundedSemaphore Semaphore",
    "verify.sync.shared": "Atomic Shared",
    "verify.sync.thread": "Process Thread get_ident",
}


def _everyday_threads() -> Any:
    from verify.scheduling.threads import everyday_threads

    return everyday_threads()


set_everyday(_everyday_threads)

_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'verify' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
