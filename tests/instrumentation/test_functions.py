"""`@verify.instrument` on one function or class: it stays what it was, and says what it touches."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

import verify
from tests.instrumentation.running import telling
from verify.errors import UsageError
from verify.scheduling.plain_data import Scope


class Record:
    """Writes down the fields."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.holders: list[object] = []

    def read(self, holder: object, field: str) -> None:
        self.told.append(f"r {field}")
        self.holders.append(holder)

    def may_be_of_class(self, name: str) -> bool:
        return False

    def access_all(self, touched: Any) -> None:
        for holder, reads, _ in touched:
            self.read(holder, *reads)

    def write(self, holder: object, field: str, value: object = None) -> None:
        self.told.append(f"w {field}")
        self.holders.append(holder)

    def publish(self, value: object) -> None:
        pass

    def created(self, value: object) -> None:
        pass

    def scope(self) -> Scope:
        return Scope()


class Plain:
    n = 0


def test_a_function_stays_the_same_object() -> None:
    def up(plain: Plain, by: int = 2, *, twice: bool = False) -> int:
        """Count."""
        plain.n += by
        return plain.n

    made = verify.instrument(up)
    assert made is up and made.__doc__ == "Count."
    with telling(Record()) as record:
        assert made(Plain()) == 2
    assert record.told == ["r n", "r n", "w n", "r n"]  # the class has the second one


def test_closures_keep_their_cells() -> None:
    n = 0

    def bump() -> None:
        nonlocal n
        n += 1

    def look() -> int:
        return n

    made, looking = verify.instrument(bump), verify.instrument(look)
    made()
    assert n == 1 and look() == 1
    n = 5
    with telling(Record()) as record:
        made()
        assert looking() == 6
    assert record.told == ["r n", "w n", "r n"]
    assert all(holder is record.holders[0] for holder in record.holders)


def test_a_class_is_rewritten_in_place() -> None:
    class Counter:
        def __init__(self) -> None:
            self.__n = 0

        @property
        def n(self) -> int:
            return self.__n

        @n.setter
        def n(self, value: int) -> None:
            self.__n = value

        @classmethod
        def make(cls) -> Counter:
            made = cls()
            made.n = 3
            return made

        @staticmethod
        def look(counter: Counter) -> int:
            return counter.n

        @functools.cached_property
        def twice(self) -> int:
            return 2 * self.__n

        def __repr__(self) -> str:
            return super().__repr__() + str(self.__n)

    before = Counter
    made = verify.instrument(Counter)
    assert made is before
    with telling(Record()) as record:
        counter = Counter.make()
        assert (Counter.look(counter), counter.twice, repr(counter)[-1]) == (3, 6, "3")
    assert record.told.count("w _Counter__n") == 2
    assert record.told.count("r _Counter__n") == 3


def racing(count: Callable[[Plain], None]) -> Callable[[], None]:
    def program() -> None:
        plain = Plain()
        tasks = [verify.Thread(target=count, args=(plain,)) for _ in range(2)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        assert plain.n == 2

    return program


def up(plain: Plain) -> None:
    plain.n += 1


@verify.instrument
def rewritten_up(plain: Plain) -> None:
    plain.n += 1


def test_only_what_is_rewritten_is_seen() -> None:
    """Two tasks that each count once: the plain one is one step, and nothing is lost."""
    assert verify.explore(racing(rewritten_up)).verdict.name == "VIOLATED"
    assert verify.explore(racing(up)).verdict.name == "PROVED"


@pytest.mark.parametrize("thing", [3, len, functools.partial(print), None])
def test_what_has_no_source_is_refused(thing: object) -> None:
    with pytest.raises(UsageError, match="cannot be instrumented: it is neither"):
        verify.instrument(thing)


def test_what_was_not_written_in_a_file_is_refused() -> None:
    space: dict[str, object] = {}
    exec("def f(): return 1", space)
    with pytest.raises(UsageError, match="there is no source of it"):
        verify.instrument(space["f"])


def test_names_and_functions_do_not_mix() -> None:
    with pytest.raises(UsageError, match="takes names, or one function or class"):
        verify.instrument(up, "other")  # type: ignore[call-overload]
