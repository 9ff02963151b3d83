"""A snapshot sees that something has changed, by identity, and says where."""

from __future__ import annotations

from types import CellType
from typing import Any

from verify.exploration.snapshot import Snapshot

ONE = ("equal",)
ITS_EQUAL = (*ONE, "")[:1]
"""What is swapped for its equal has changed."""


class Slots:
    __slots__ = ("one", "other")

    one: object
    other: object


def test_what_is_equal_here_is_not_the_same() -> None:
    assert ONE == ITS_EQUAL
    assert ONE is not ITS_EQUAL


def test_elements() -> None:
    numbers = [ONE, ONE]
    snapshot = Snapshot()
    snapshot.container(numbers, "numbers")
    assert snapshot.changed() is None
    numbers[1] = ITS_EQUAL
    assert snapshot.changed() == "numbers"
    numbers[1] = ONE
    assert snapshot.changed() is None
    numbers.append(ONE)
    assert snapshot.changed() == "numbers"


def test_members_of_a_set() -> None:
    marks = {1, 2}
    snapshot = Snapshot()
    snapshot.container(marks, "marks")
    marks.add(3)
    assert snapshot.changed() == "marks"
    marks.remove(3)
    assert snapshot.changed() is None
    marks.remove(2)
    marks.add(4)
    assert snapshot.changed() == "marks"


def test_an_element_that_goes_from_one_container_to_the_next() -> None:
    """End to end the two hold the same elements as before."""
    one, two = [1, 2], [3]
    snapshot = Snapshot()
    snapshot.container(one, "one")
    snapshot.container(two, "two")
    two.insert(0, one.pop())
    assert snapshot.changed() == "one"


def test_names_and_values_of_a_dictionary_and_their_order() -> None:
    space: dict[str, Any] = {"a": ONE, "b": ONE}
    snapshot = Snapshot()
    snapshot.dictionary(space, "space")
    space["a"] = space.pop("a")
    assert snapshot.changed() == "space"
    space["b"] = space.pop("b")
    assert snapshot.changed() is None
    space["b"] = ITS_EQUAL
    assert snapshot.changed() == "space"


def test_a_length() -> None:
    space: dict[str, Any] = {"a": ONE}
    snapshot = Snapshot()
    snapshot.length(space, "space")
    space["a"] = ITS_EQUAL
    assert snapshot.changed() is None
    space["b"] = ONE
    assert snapshot.changed() == "space"


def test_one_name_of_a_namespace() -> None:
    space: dict[str, Any] = {"a": None}
    snapshot = Snapshot()
    for name in ("a", "b", "a"):
        snapshot.name(space, name, name)
    assert snapshot.size == 2
    space["c"] = 1
    assert snapshot.changed() is None
    space["b"] = None  # not there is something else than None
    assert snapshot.changed() == "b"
    del space["b"]
    del space["a"]
    assert snapshot.changed() == "a"


def test_a_variable() -> None:
    cell = CellType(ONE)
    snapshot = Snapshot()
    snapshot.cell(cell, "variable")
    cell.cell_contents = ITS_EQUAL
    assert snapshot.changed() == "variable"
    cell.cell_contents = ONE
    assert snapshot.changed() is None
    del cell.cell_contents
    assert snapshot.changed() == "variable"


def test_a_variable_that_has_no_value_yet() -> None:
    cell = CellType()
    snapshot = Snapshot()
    snapshot.cell(cell, "variable")
    assert snapshot.changed() is None
    cell.cell_contents = None
    assert snapshot.changed() == "variable"


def test_slots() -> None:
    slots = Slots()
    slots.one = ONE
    snapshot = Snapshot()
    for name in Slots.__slots__:
        snapshot.slot(vars(Slots)[name].__get__, slots, name)
    assert snapshot.changed() is None
    slots.other = None
    assert snapshot.changed() == "other"
    del slots.other
    assert snapshot.changed() is None
    slots.one = ITS_EQUAL
    assert snapshot.changed() == "one"


def test_what_it_compares_with_cannot_be_replaced_by_something_at_its_address() -> None:
    """It keeps what was there, so that nothing else can come to lie in its place."""
    numbers = [object()]
    snapshot = Snapshot()
    snapshot.container(numbers, "numbers")
    for _ in range(100):
        numbers[0] = object()
        assert snapshot.changed() == "numbers"
