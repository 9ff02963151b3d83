"""Peers: other explorers of Python programs, run on the same programs where they are installed.

They are no dependencies of verify. Each runs the program's own source, in which `verify` means the
names of `threading`, as they are at the moment, and a class with an attribute for Shared: both
peers put their own in the place of threading's, and see accesses to attributes by themselves. Each
explores exhaustively, past the first failure if it can, for a few seconds; what is compared is
executions a second, and what counts as one is up to each of them.

    frontrun          DPOR over attribute accesses and locks, each task an OS thread. It starts the
                      tasks itself, so main is run up to its first join, which gives the tasks.
    interleave-test   depth first over all interleavings of byte codes, without any reduction, each
                      task an OS thread
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from verify.benchmarking.measuring import standing_in
from verify.benchmarking.programs import Sized


@dataclass(frozen=True)
class PeerMeasured:
    """What a peer did: executions, seconds, and whether it came to the end."""

    executions: int
    elapsed: float
    complete: bool

    @property
    def rate(self) -> float:
        """Executions a second."""
        return self.executions / max(self.elapsed, 1e-9)


class Cell:
    """A plain variable."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Threading:
    """The names of `threading` at the moment they are looked up."""

    Shared = Cell

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


class _Gathered(BaseException):
    """Main has started its tasks."""


class _Gathering(Threading):
    """The same, but tasks are only written down."""

    def __init__(self) -> None:
        self.tasks: list[Callable[[], object]] = []

    def Thread(self, target: Callable[..., object], args: Iterable[Any] = ()) -> _Task:
        return _Task(self.tasks, target, tuple(args))


class _Task:
    def __init__(
        self,
        tasks: list[Callable[[], object]],
        target: Callable[..., object],
        args: tuple[Any, ...],
    ) -> None:
        self._tasks = tasks
        self._target = target
        self._args = args

    def start(self) -> None:
        self._tasks.append(lambda: self._target(*self._args))

    def join(self) -> None:
        raise _Gathered


def _tasks(sized: Sized) -> list[Callable[[], object]]:
    """The tasks of a program that main starts before it joins the first; and fresh objects."""
    with standing_in(sized, _Gathering()) as gathering:
        with suppress(_Gathered):
            sized.call()
        tasks: list[Callable[[], object]] = gathering.tasks
        return tasks


def _frontrun(sized: Sized, seconds: float) -> PeerMeasured:
    import frontrun  # type: ignore[import-not-found, unused-ignore]

    def worker(number: int) -> Callable[[list[Callable[[], object]]], object]:
        return lambda tasks: tasks[number]()

    began = time.perf_counter()
    result = frontrun.explore(
        setup=lambda: _tasks(sized),
        workers=[worker(number) for number in range(len(_tasks(sized)))],
        invariant=lambda tasks: True,
        preemption_bound=None,
        stop_on_first=False,
        detect_io=False,
        reproduce_on_failure=0,
        total_timeout=seconds,
        clock="virtual",  # with a real one it gives up when it meets a condition variable
    )
    elapsed = time.perf_counter() - began
    complete = result.property_holds is not None and elapsed < seconds
    return PeerMeasured(result.num_explored, elapsed, complete)


def _interleave_test(sized: Sized, seconds: float) -> PeerMeasured:
    import interleave_test  # type: ignore[import-not-found, unused-ignore]

    clock = time.perf_counter
    began = clock()

    class Exhaustive(interleave_test.DFSStrategy):  # type: ignore[misc, unused-ignore]
        """Its own search, with a limit in time, which it has not."""

        def more(self) -> bool:
            return bool(super().more()) and clock() < began + seconds

    with standing_in(sized, Threading()):
        result = interleave_test.explore(
            sized.call,
            strategy=Exhaustive(max_preemptions=_UNLIMITED),
            iterations=_UNLIMITED,
            raise_on_failure=False,
        )
    return PeerMeasured(result.schedules_run, clock() - began, result.exhausted)


_UNLIMITED = 1 << 30


@dataclass(frozen=True)
class Peer:
    """Another explorer, by the name of its distribution; `measure` explores for some seconds."""

    name: str
    measure: Callable[[Sized, float], PeerMeasured]
    environment: dict[str, str]
    installation: str

    @property
    def version(self) -> str | None:
        """Which one is installed; None if none is."""
        from importlib.metadata import PackageNotFoundError, version  # as large as all of verify

        try:
            return version(self.name)
        except PackageNotFoundError:
            return None


PEERS = {
    peer.name: peer
    for peer in (
        # What its command line does, which otherwise has to start everything.
        Peer("frontrun", _frontrun, {"FRONTRUN_ACTIVE": "1"}, "pip install frontrun"),
        Peer(
            "interleave-test",
            _interleave_test,
            {},
            "pip install interleave-test, which needs Python 3.12 or later",
        ),
    )
}
