"""Plain fields: operations on fields of plain objects, and the fields as objects of an execution.

A field's object has no state and an operation on it no effect: the value is the program's, which
touches it right behind the event (plain_data.py). Only while an account is made of an execution are
values looked at, for a person.

That is so where programs are re-executed. Where they are memoised, a field is an object like any
other, with a state: a tuple of its value, empty where there is none (exploration/plain_cells.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from verify.operation import READ, WRITE, Access, Kind, Operation, Outcome, States
from verify.scheduling import plain_values
from verify.scheduling.explored_task import ExploredCell
from verify.scheduling.plain_names import Field

ABSENT: Final[tuple[()]] = ()
"""The state of a field without a value, where it has a state."""


def _nothing(states: States, task: int, argument: Any) -> Outcome:
    return None, states


def _look(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


def _store(states: States, task: int, argument: Any) -> Outcome:
    return None, (argument,)


def _remove(states: States, task: int, argument: Any) -> Outcome:
    return states[0], (ABSENT,)


def _kind(footprint: tuple[Access, ...], step: Callable[..., Outcome] = _nothing) -> Kind:
    name = "write" if WRITE in footprint else "read"
    return Kind(name, step, footprint=footprint, steady=True, plain=True)


READ_FIELD: Final = _kind((READ,))
WRITE_FIELD: Final = _kind((WRITE,))
READ_STATE: Final = _kind((READ,), _look)
WRITE_STATE: Final = _kind((WRITE,), _store)
DELETE_STATE: Final = _kind((WRITE,), _remove)
_kinds: Final[dict[tuple[Access, ...], Kind]] = {(READ,): READ_FIELD, (WRITE,): WRITE_FIELD}


def kind_of(footprint: tuple[Access, ...]) -> Kind:
    """The kind of an access to several fields at once."""
    kind = _kinds.get(footprint)
    if kind is None:
        kind = _kinds[footprint] = _kind(footprint)
    return kind


def which_of(operation: Operation) -> Any:
    """Which of the objects that go by its holder's name an access is to, if several do."""
    argument = operation.argument
    return None if type(argument) is tuple else argument  # the state that it writes


def is_plain(kind: Kind) -> bool:
    """Whether an operation of this kind is an access to plain data."""
    return kind.plain


def of_container(cell: Any) -> bool:
    """Whether the object that a plain access names is a container's: its items or its structure."""
    text: str = cell.field.text
    return not text.startswith(".")


class FieldCell(ExploredCell):
    """A field, as an object of one execution. It has no state: the program has."""

    __slots__ = ("field", "holder", "known_as")

    def __init__(self, number: int, run: int, field: Field, holder: object) -> None:
        super().__init__(None, number, run)
        self.field = field
        self.holder = holder
        self.known_as = ""
        """The variable by which the holder was known, while recording."""
        self.of = PlainField

    @property
    def present(self) -> str:
        """What is in it now, in words."""
        return plain_values.present(self.holder, self.field.text, self.field.key)


def shown_cell(cells: tuple[Any, ...]) -> FieldCell:
    """Of the fields that an access names, the one that is shown: its item, or else the whole."""
    shown: FieldCell = cells[0]
    return shown


class PlainField:
    """The class of the objects that plain accesses name, as a trace sees it: nobody holds them."""

    @staticmethod
    def holders(state: None) -> tuple[int, ...]:
        return ()


class Scope:
    """The variables of one invocation of a function.

    `variables` is a function that uses them all, if anybody is to put something into them.
    """

    __slots__ = ("variables",)

    def __init__(self) -> None:
        self.variables: Any = None

    def cell(self, name: str) -> Any:
        """Where one of them is; None if that is not known."""
        if self.variables is None:
            return None
        names = self.variables.__code__.co_freevars
        return self.variables.__closure__[names.index(name)] if name in names else None
