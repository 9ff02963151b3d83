"""The indexer: tasks insert words into a table of 128 slots, each with a lock of its own.

Most tasks never meet at a slot, and a search that sees this has next to nothing to do. Flanagan,
Godefroid: Dynamic Partial-Order Reduction for Model Checking Software (POPL 2005).
"""

import verify

SLOTS = 128
WORDS = 4
ALONE = 11
"""So many tasks hash to slots of their own."""


class Slot:
    """A place for one word; 0 if it is free."""

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.word = verify.Shared(0)

    def insert(self, word: int) -> bool:
        with self.lock:
            free = self.word.value == 0
            if free:
                self.word.value = word
            return free


def insert_all(table: tuple[Slot, ...], task: int) -> None:
    for m in range(1, WORDS + 1):
        word = m * 11 + task
        place = word * 7 % SLOTS
        while not table[place].insert(word):
            place = (place + 1) % SLOTS


def indexer(n: int) -> None:
    """n tasks that insert four words each."""
    table = tuple(Slot() for _ in range(SLOTS))
    tasks = [verify.Thread(target=insert_all, args=(table, task)) for task in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """From the twelfth on, each task meets another one at three slots: who is there first?"""
    return 8 ** max(0, n - ALONE)


BENCHMARKS = {indexer: classes}


@verify.model(classes=classes(2))
def two_indexers() -> None:
    indexer(2)
