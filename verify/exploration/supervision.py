"""Supervision: what stands around every explored run, of a search or of a replay.

A program under exploration may hang, be interrupted, print, or use objects that it did not make.
While a supervision is on, a watchdog looks for tasks that run on without any visible operation,
the first Ctrl-C is noted rather than raised, what is printed is kept back, and objects from outside
the program are refused; and what its code calls of the standard library is the explorer's.
Garbage is collected by whoever runs many executions, not by threshold,
which would cost most of the time.
"""

from __future__ import annotations

import gc
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout

from verify.errors import ModelError
from verify.exploration.watchdog import Stuck, Watchdog
from verify.interrupts import Interrupts
from verify.scheduling import instrumented
from verify.scheduling.explored import Explored
from verify.scheduling.sources import shown_place, source_line
from verify.scheduling.threads import refusing_everyday_objects
from verify.substitution import patches
from verify.substitution.holders import Holder


class Supervision:
    """Watches the runs of one engine in the thread that creates it."""

    def __init__(
        self, engine: Explored, model: str, holders: Iterable[Holder], watched: bool = True
    ) -> None:
        """`holders`: where the program keeps what is the library's. `watched`: by the watchdog."""
        self._model = model
        self._watched = watched
        self._watchdog = Watchdog(lambda: engine.progress)
        self.interrupts = Interrupts(self._watchdog.raise_if_stuck)
        """Whether the user has pressed Ctrl-C."""
        self._holders = holders
        self.escaped: list[Holder] = []
        """Those of them that go on holding what is the library's."""
        self._stdout = sys.stdout

    @contextmanager
    def on(self) -> Iterator[io.StringIO]:
        """Supervise the block; gives what is printed in it. ModelError if a task is stuck."""
        try:
            with (
                self._watchdog.watching() if self._watched else nullcontext(),
                self.interrupts.caught(),
                refusing_everyday_objects(),
                instrumented.listening(),
                redirect_stdout(io.StringIO()) as printed,
                redirect_stderr(printed),
                _rare_garbage_collection(),
                patches.on(self._holders) as self.escaped,
            ):
                yield printed
        except Stuck:
            raise ModelError(self.stuck()) from None

    @contextmanager
    def in_a_copy(self) -> Iterator[None]:
        """Watch over the block in a process that was forked in the middle of a supervision."""
        self._watchdog = Watchdog(self._watchdog.progress)
        self.interrupts = Interrupts(self._watchdog.raise_if_stuck)
        with (
            self._watchdog.watching() if self._watched else nullcontext(),
            self.interrupts.caught(),
        ):
            yield

    @contextmanager
    def idle(self) -> Iterator[None]:
        """Nothing runs in the block, and nobody is hurried."""
        with self._watchdog.resting():
            yield

    @contextmanager
    def with_a_person(self) -> Iterator[None]:
        """Talk with a person in the block: what is printed is seen, and nobody is hurried."""
        with self._watchdog.resting(), redirect_stdout(self._stdout):
            yield

    def stuck(self) -> str:
        """Where a task was stuck, and what may be done about it."""
        place = self._watchdog.place
        real = ", ".join(
            f"{holder.name} (in a {type(holder.of).__name__})" for holder in self.escaped
        )
        lock = f"such as on {real}, which" if real else "such as on a lock that"
        return (
            f"{self._model} ran on without any visible operation at {shown_place(place)} "
            f"({source_line(place)}): a loop that never ends, or a call that really blocks, {lock} "
            "was made before the program runs and could not be taken over. Create it in "
            "the program, or state suppress=['silent_loop'] if it does compute for so long"
        )


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
