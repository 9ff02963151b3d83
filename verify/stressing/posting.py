"""The account of a run whose tasks are processes: one file, to which each appends what it did.

A line is appended whole and under the guard of the objects that the operation is about, so lines
about one object stand in the file in the order in which the operations happened, as do those of one
task. When the run is over the host makes an `Account` of them.
"""

from __future__ import annotations

from collections.abc import Callable

from verify.stressing.mailbox import Mailbox
from verify.stressing.noting import MOST_OPERATIONS, Account


class PostedAccount(Account):
    """What is written down by many; each process has this object from its parent."""

    def __init__(self, log: Mailbox) -> None:
        super().__init__()
        self.begun = True  # the main task is the host, which nobody starts
        self._log = log
        self._own = 0  # how many operations this process has noted

    def note(self, task: int, operation: str, option: int = 0) -> None:
        self._own += 1
        if self._own <= MOST_OPERATIONS + 1:  # one too many tells `read` so
            self._log.post("note", task, operation, option)

    def born(self, creator: int, task: int) -> None:
        self._log.post("born", creator, task)

    def look(self, why: str) -> None:
        self._log.post("look", why)

    def read(self) -> Account:
        """All that has been written so far."""
        account = Account()
        add: dict[str, Callable[..., None]]
        add = {"note": account.note, "born": account.born, "look": account.look}
        for what, *arguments in self._log.messages():
            add[what](*arguments)
        return account
