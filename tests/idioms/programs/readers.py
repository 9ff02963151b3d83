"""Readers beside writers: who may look while another changes, and what it then sees."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.idioms.programs.tasks import run


class ReadersFirst:
    """The first reader locks the writers out, the last one lets them in."""

    def __init__(self) -> None:
        self.readers = 0
        self.mutex = threading.Lock()
        self.writing = threading.Semaphore(1)

    def begin_read(self) -> None:
        with self.mutex:
            self.readers += 1
            if self.readers == 1:
                self.writing.acquire()

    def end_read(self) -> None:
        with self.mutex:
            self.readers -= 1
            if self.readers == 0:
                self.writing.release()

    def begin_write(self) -> None:
        self.writing.acquire()

    def end_write(self) -> None:
        self.writing.release()


class ReadersUncounted(ReadersFirst):
    """The count is changed before its mutex is taken."""

    def begin_read(self) -> None:
        self.readers += 1
        with self.mutex:
            if self.readers == 1:
                self.writing.acquire()


class WritersFirst(ReadersFirst):
    """A waiting writer closes the door to readers who come after it."""

    def __init__(self) -> None:
        super().__init__()
        self.writers = 0
        self.writers_mutex = threading.Lock()
        self.door = threading.Semaphore(1)

    def begin_read(self) -> None:
        with self.door:
            super().begin_read()

    def begin_write(self) -> None:
        with self.writers_mutex:
            self.writers += 1
            if self.writers == 1:
                self.door.acquire()
        self.writing.acquire()

    def end_write(self) -> None:
        self.writing.release()
        with self.writers_mutex:
            self.writers -= 1
            if self.writers == 0:
                self.door.release()


class DoorTakenLast(WritersFirst):
    """A writer that closes the door when it has the resource; a reader comes the other way."""

    def begin_write(self) -> None:
        self.writing.acquire()
        with self.writers_mutex:
            self.writers += 1
            if self.writers == 1:
                self.door.acquire()


def _pair_kept_equal(lock: ReadersFirst) -> None:
    pair = [0, 0]

    def read() -> None:
        lock.begin_read()
        first, second = pair[0], pair[1]
        lock.end_read()
        assert first == second, "read in the middle of a write"

    def write() -> None:
        lock.begin_write()
        pair[0] = 1
        pair[1] = 1
        lock.end_write()

    run(read, read, write)


def readers_first() -> None:
    _pair_kept_equal(ReadersFirst())


def readers_uncounted() -> None:
    _pair_kept_equal(ReadersUncounted())


def writers_first() -> None:
    _pair_kept_equal(WritersFirst())


def door_taken_last() -> None:
    _pair_kept_equal(DoorTakenLast())


class Seqlock:
    """The writer makes the number odd while it writes; a reader that saw it change reads again."""

    def __init__(self) -> None:
        self.number = 0
        self.left = 0
        self.right = 0

    def write(self, value: int) -> None:
        self.number += 1
        self.left = value
        self.right = value
        self.number += 1

    def read(self) -> tuple[int, int]:
        while True:
            before = self.number
            if before % 2:
                continue
            pair = self.left, self.right
            if self.number == before:
                return pair


class SeqlockReadOnce(Seqlock):
    def read(self) -> tuple[int, int]:
        while self.number % 2:
            pass
        return self.left, self.right


def _pair_read(lock: Seqlock) -> None:
    def read() -> None:
        left, right = lock.read()
        assert left == right, "read in the middle of a write"

    run(lambda: lock.write(1), read)


def seqlock() -> None:
    _pair_read(Seqlock())


def seqlock_read_once() -> None:
    _pair_read(SeqlockReadOnce())


class CopyOnWriteList:
    """Writers replace the list, under a lock; a reader keeps the one that it found."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.items: tuple[int, ...] = (1,)

    def add(self, item: int) -> None:
        with self.lock:
            self.items = (*self.items, item)

    def total(self) -> int:
        return sum(self.items)


class CopiedUnlocked(CopyOnWriteList):
    def add(self, item: int) -> None:
        self.items = (*self.items, item)


def _two_added(items: CopyOnWriteList) -> None:
    def read() -> None:
        assert items.total() in (1, 3, 5, 7)

    run(lambda: items.add(2), lambda: items.add(4), read)
    assert items.total() == 7, "an item was lost"


def copy_on_write() -> None:
    _two_added(CopyOnWriteList())


def copied_unlocked() -> None:
    _two_added(CopiedUnlocked())


class Settings:
    """One immutable value is swapped for another, and a reader takes it once."""

    def __init__(self) -> None:
        self.current = ("localhost", 80)

    def change(self) -> None:
        self.current = ("example.org", 443)

    def address(self) -> tuple[str, int]:
        current = self.current
        return current[0], current[1]


class SettingsReadTwice(Settings):
    def address(self) -> tuple[str, int]:
        return self.current[0], self.current[1]


def _address_read(settings: Settings) -> None:
    def read() -> None:
        assert settings.address() in [("localhost", 80), ("example.org", 443)], "half of each"

    run(settings.change, read)


def swapped_settings() -> None:
    _address_read(Settings())


def settings_read_twice() -> None:
    _address_read(SettingsReadTwice())


def _visited(names: Callable[[dict[str, int]], list[str]]) -> None:
    ages = {"ann": 30, "bob": 40}

    def add() -> None:
        ages["cyd"] = 50

    run(add, lambda: names(ages))


def snapshot_iterated() -> None:
    _visited(lambda ages: [name.upper() for name in list(ages)])


def dict_iterated() -> None:
    def names(ages: dict[str, int]) -> list[str]:
        found = []
        for name in ages:
            found.append(name)
        return found

    _visited(names)
