"""Who reads what others share, again and again, without an event: does it wait, or compute?"""

from __future__ import annotations

import threading
from collections.abc import Callable

import verify
from verify.exploration.report import Verdict


@verify.instrument
class Table:
    def __init__(self) -> None:
        self.step = 1

    def add(self, times: int) -> int:
        found = 0
        for _ in range(times):
            found += self.step
        return found


def together(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_who_computes_for_long_is_left_alone() -> None:
    """Five thousand reads of what nobody writes: no event, though two tasks do so."""

    def program() -> None:
        table = Table()
        together(lambda: table.add(5_000), lambda: table.add(5_000))

    report = verify.explore(program)
    assert (report.verdict, report.executions) == (Verdict.PROVED, 1)
    assert report.steps < 10
