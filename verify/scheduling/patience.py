"""Patience: whether a task that reads plain data again and again awaits a change.

As long as its reads are no events (plain_data.py), nobody else has a turn to make one. After LONG
reads of one field it is asked, ASKED times, whether the task has come back to where it was with
everything as it was (awaiting.py). Who computes for so long has not; but after ENOUGH reads it is
taken to await something in any case.
"""

from __future__ import annotations

from typing import Final

from verify.operation import Operation
from verify.scheduling.awaiting import Round, come_back
from verify.scheduling.explored_task import BLOCKING
from verify.scheduling.plain_fields import READ_FIELD

LONG: Final = 1_000
ASKED: Final = 50
ENOUGH: Final = 100_000


class Patience:
    """With the running task, whichever it is."""

    def __init__(self) -> None:
        self._round = Round()

    def ends(self, looks: int) -> bool:
        """Whether the task, which has looked so often since an event, awaits a change."""
        if looks < LONG:
            return False
        if looks == LONG:
            self._round = Round()
        if looks >= LONG + ASKED:
            return looks >= ENOUGH
        return come_back(self._round, Operation(READ_FIELD, ()), BLOCKING, looks) > 0
