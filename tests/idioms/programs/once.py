"""Made once: singletons, initialisation, memoizers, each beside a twin that makes it twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from tests.idioms.programs.tasks import run


class Lazy:
    """Double-checked locking: the second look is under the lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.value: object | None = None
        self.made = 0

    def get(self) -> object:
        if self.value is None:
            with self.lock:
                if self.value is None:
                    self.made += 1
                    self.value = object()
        return self.value


class LazyLookedOnce(Lazy):
    def get(self) -> object:
        if self.value is None:
            with self.lock:
                self.made += 1
                self.value = object()
        return self.value


def _got_by_two(lazy: Lazy) -> None:
    got: list[object] = []
    run(lambda: got.append(lazy.get()), lambda: got.append(lazy.get()))
    assert lazy.made == 1, "made twice"
    assert got[0] is got[1]


def double_checked() -> None:
    _got_by_two(Lazy())


def checked_once() -> None:
    _got_by_two(LazyLookedOnce())


def _singleton(guarded: bool) -> None:
    class Settings:
        instance: Settings | None = None
        guard = threading.Lock()

        def __new__(cls) -> Settings:
            if not guarded:
                return cls.only()
            with cls.guard:
                return cls.only()

        @classmethod
        def only(cls) -> Settings:
            if cls.instance is None:
                cls.instance = super().__new__(cls)
            return cls.instance

    seen: list[Settings] = []
    run(lambda: seen.append(Settings()), lambda: seen.append(Settings()))
    assert seen[0] is seen[1], "two singletons"


def singleton() -> None:
    _singleton(guarded=True)


def singleton_unguarded() -> None:
    _singleton(guarded=False)


class Once:
    """The flag is raised when all is done, so whoever sees it raised finds the work done."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = False

    def do(self, work: Callable[[], None]) -> None:
        if self.done:
            return
        with self.lock:
            if not self.done:
                work()
                self.done = True


class OnceFlaggedEarly(Once):
    def do(self, work: Callable[[], None]) -> None:
        if self.done:
            return
        with self.lock:
            if not self.done:
                self.done = True
                work()


def _table_read_by_two(once: Once) -> None:
    table: dict[str, int] = {}

    def fill() -> None:
        table["answer"] = 42

    def reader() -> None:
        once.do(fill)
        assert table.get("answer") == 42, "used before it was made"

    run(reader, reader)


def once() -> None:
    _table_read_by_two(Once())


def once_flagged_early() -> None:
    _table_read_by_two(OnceFlaggedEarly())


class Memoizer:
    """A future goes into the table first, and is computed by the one whose future it is."""

    def __init__(self) -> None:
        self.table: dict[int, Future[int]] = {}
        self.computed = 0

    def get(self, argument: int) -> int:
        mine: Future[int] = Future()
        found = self.table.setdefault(argument, mine)
        if found is mine:
            self.computed += 1
            mine.set_result(argument * argument)
        return found.result()


class MemoizerThatLooksFirst(Memoizer):
    def get(self, argument: int) -> int:
        if argument not in self.table:
            self.table[argument] = Future()
            self.computed += 1
            self.table[argument].set_result(argument * argument)
        return self.table[argument].result()


def _asked_by_two(memoizer: Memoizer) -> None:
    answers: list[int] = []
    run(lambda: answers.append(memoizer.get(3)), lambda: answers.append(memoizer.get(3)))
    assert answers == [9, 9]
    assert memoizer.computed == 1, "computed twice"


def memoizer() -> None:
    _asked_by_two(Memoizer())


def memoizer_that_looks_first() -> None:
    _asked_by_two(MemoizerThatLooksFirst())


def _buckets(add: Callable[[dict[str, list[int]], int], None]) -> None:
    buckets: dict[str, list[int]] = {}
    run(lambda: add(buckets, 1), lambda: add(buckets, 2))
    assert sorted(buckets["all"]) == [1, 2], "one bucket replaced the other"


def setdefault() -> None:
    _buckets(lambda buckets, item: buckets.setdefault("all", []).append(item))


def setdefault_in_two_steps() -> None:
    def add(buckets: dict[str, list[int]], item: int) -> None:
        if "all" not in buckets:
            buckets["all"] = []
        buckets["all"].append(item)

    _buckets(add)


def _connections(store: object) -> None:
    """Each thread works on the connection that it finds in the store, or else makes."""
    used_at_once: list[object] = []

    def work() -> None:
        if not hasattr(store, "connection"):
            store.connection = [0]  # type: ignore[attr-defined]
        connection = store.connection  # type: ignore[attr-defined]
        before = connection[0]
        connection[0] = before + 1
        used_at_once.append(connection[0])

    run(work, work)
    assert used_at_once == [1, 1], "a connection was used by two"


def thread_local_cache() -> None:
    _connections(threading.local())


class _Namespace:
    pass


def shared_cache() -> None:
    _connections(_Namespace())
