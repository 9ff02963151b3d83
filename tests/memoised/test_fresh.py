"""What a task gets back from an operation is its own, also where its code is run again."""

from __future__ import annotations

import pytest

import verify
from tests.memoised.hiding import run
from verify.exploration import carrying


def an_exception_that_is_written_on() -> None:
    """To release a free lock raises; the task notes that on the exception, and counts the notes.

    It reads x before it writes its count. For each of the histories in which x was 0, 1 and 2, the
    search runs its code anew from the beginning.
    """
    free, x, counted = verify.Lock(), verify.Shared(0), verify.Shared(0)

    def releaser() -> None:
        notes = 0
        try:
            free.release()
        except RuntimeError as error:
            notes = 1 + getattr(error, "notes", 0)
            error.notes = notes  # type: ignore[attr-defined]
        x.value  # noqa: B018
        counted.value = notes

    def writer() -> None:
        x.value = 1
        x.value = 2

    run(releaser, writer)
    assert counted.value == 1


@pytest.mark.parametrize("strategy", ["dpor", "exhaustive"])
def test_an_exception_is_a_new_one_each_time(
    strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The read finds 0, 1 or 2, and nothing else races: three classes, all of them fine."""
    monkeypatch.setattr(carrying, "WORTHWHILE", 0)
    report = verify.explore(an_exception_that_is_written_on, strategy=strategy)
    assert (report.carrier, report.carrier_reason) == ("memoised", "")
    assert (report.complete, report.executions, report.outcomes) == (True, 3, {"ok": 3})
