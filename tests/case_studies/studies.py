"""The case studies: which program of models/case_studies does what, with which libraries.

A program is plain Python that knows nothing of verify. `loaded` imports its file, with the code of
the library as it is installed, and forgets both again: the next study may want another version.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import verify
from tests.case_studies.published import FOUND, MENDED

DIRECTORY = Path(__file__).parents[2] / "models" / "case_studies"


@dataclass(frozen=True)
class Study:
    """One program, and what comes of exploring it.

    `most` is how many executions it takes to the bug, at most. Where the default search comes to it
    late, so many executions are drawn at random (`sampled`).
    """

    program: str  # file.function
    expect: str = "proved"
    most: int = 20
    sampled: int = 0
    libraries: str = ""  # the lot that it needs, if any
    instrument: tuple[str, ...] = ()  # packages whose plain attributes are watched, beside the file
    suppress: tuple[str, ...] = ()
    pythons: tuple[tuple[int, int], tuple[int, int]] = ((3, 11), (3, 99))

    @property
    def applies(self) -> bool:
        """Whether it says anything of this interpreter."""
        return self.pythons[0] <= sys.version_info[:2] <= self.pythons[1]


BEFORE_3_12 = ((3, 11), (3, 11))
FROM_3_12 = ((3, 12), (3, 99))
FROM_3_13 = ((3, 13), (3, 99))
ON_PURPOSE = ("data_race",)

STUDIES = {
    "fasteners 0.16.3": Study(
        "fasteners_lock.writer_that_reads",
        "deadlock",
        libraries=FOUND,
        instrument=("fasteners",),
        suppress=ON_PURPOSE,
    ),
    "fasteners 0.17.3": Study(
        "fasteners_lock.writer_that_reads",
        libraries=MENDED,
        instrument=("fasteners",),
        suppress=ON_PURPOSE,
    ),
    "watchdog 6.0.0": Study(
        "skip_repeats_queue.same_event_twice",
        "assertion",
        libraries=FOUND,
        instrument=("watchdog.utils.bricks",),
        suppress=ON_PURPOSE,
    ),
    "watchdog 7.1.0": Study(
        "skip_repeats_queue.same_event_twice",
        libraries=MENDED,
        instrument=("watchdog.utils.bricks",),
    ),
    "rwlock 0.0.7": Study(
        "read_write_lock.writer_gives_up", "deadlock", libraries=FOUND, instrument=("rwlock",)
    ),
    "rwlock, mended": Study(
        "read_write_lock.writer_gives_up_and_says_so", libraries=FOUND, instrument=("rwlock",)
    ),
    "token-bucket 0.4.0": Study(
        "token_bucket_limiter.two_calls",
        "assertion",
        libraries=FOUND,
        instrument=("token_bucket",),
    ),
    "token-bucket, mended": Study(
        "token_bucket_limiter.two_calls_locked", libraries=FOUND, instrument=("token_bucket",)
    ),
    "DBUtils 3.2.0": Study(
        "connection_pool.freed_connection",
        "deadlock",
        most=100,
        libraries=FOUND,
        instrument=("dbutils.pooled_db",),
    ),
    "DBUtils, mended": Study(
        "connection_pool.freed_connection_told_to_all",
        libraries=FOUND,
        instrument=("dbutils.pooled_db",),
    ),
    "pykka 4.5.0": Study(
        "actor_that_stops.asked_as_it_stops", "deadlock", libraries=FOUND, instrument=("pykka",)
    ),
    "pymemcache 4.0.0": Study(
        "object_pool.three_users_of_two", libraries=FOUND, instrument=("pymemcache.pool",)
    ),
    "cached_property, 3.11": Study("cached_values.property_of_two", pythons=BEFORE_3_12),
    "cached_property, 3.12": Study(
        "cached_values.property_of_two", "assertion", pythons=FROM_3_12, suppress=ON_PURPOSE
    ),
    "cached_property, locked": Study("cached_values.locked_property_of_two"),
    "lru_cache": Study("cached_values.cached_call_of_two", "assertion", suppress=ON_PURPOSE),
    "lru_cache, locked": Study("cached_values.locked_call_of_two"),
    "singleton": Study("lazy_singleton.registered_by_two", "assertion", suppress=ON_PURPOSE),
    "singleton, locked": Study("lazy_singleton.registered_by_two_locked", suppress=ON_PURPOSE),
    "Future, callback lost": Study("future_callbacks.lost", "assertion"),
    "Future, callback twice": Study("future_callbacks.called_twice", "assertion"),
    "Future": Study("future_callbacks.as_released"),
    "Future, verify's": Study("future_callbacks.standing_in"),
    "Future, cancelled": Study("future_callbacks.cancelled_or_done"),
    "Queue.shutdown, reverted": Study("queue_shutdown.nobody_told", "deadlock", pythons=FROM_3_13),
    "Queue.shutdown": Study("queue_shutdown.as_released", pythons=FROM_3_13),
    "Queue.shutdown, verify's": Study("queue_shutdown.standing_in", pythons=FROM_3_13),
    "ThreadPoolExecutor, 3.11": Study("executor_barrier.three_tasks_meet", pythons=BEFORE_3_12),
    "ThreadPoolExecutor, 3.12": Study(
        "executor_barrier.three_tasks_meet", "deadlock", sampled=300, pythons=FROM_3_12
    ),
}


@contextmanager
def loaded(
    study: Study, libraries: Path | None, instrumented: bool = False
) -> Iterator[Callable[[], object]]:
    """The program, imported afresh; with what it says of plain data, if it is to be explored."""
    file, _, function = study.program.rpartition(".")
    before = set(sys.modules)
    path = [str(DIRECTORY), *([str(libraries)] if libraries else [])]
    sys.path[:0] = path
    if instrumented:
        verify.instrument(file, "together", *study.instrument)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other people's code
            module = importlib.import_module(file)
        yield getattr(module, function)
    finally:
        del sys.path[: len(path)]
        for name in set(sys.modules) - before:
            origin = getattr(sys.modules[name], "__file__", None) or ""
            if any(origin.startswith(directory) for directory in path):
                del sys.modules[name]
        importlib.invalidate_caches()
