"""Plain names: which fields of plain objects one search makes events of, and what they are called.

A field is an attribute, a global, a closure's variable, or what a container has at one key; a
holder is what it belongs to. Footprints are bit masks that a search compares between executions, so
an event must find the same names in each execution in which the same comes before it. Names are

    (creating task, index)  where the object was made, published or first touched by that task: its
                            own past decides, as for the harness's objects (naming.py)
    where it can be found   for an object from before the run: it is the same in every execution
    the class               where neither holds: then all objects of that class are one

The second and the third come into play when a task meets an object that another task has named
without anything in the program that puts the naming first (`escape`): in another execution the
other one might have come first, and named it otherwise.

What is learnt here (`shared`, the fields of which accesses are events, and the names) is fixed
while a search runs: an event's footprint must not depend on what other executions have shown. What
is found meanwhile is kept aside, `grew` tells the driver, and `begin_again` puts it into force.
"""

from __future__ import annotations

from collections.abc import Collection
from types import ModuleType
from typing import Any, Final

MOST_ROUNDS: Final = 8
"""So often objects of one class are taken for ones from before the run, before they become one."""

STRUCTURE: Final = "[]"
"""The field of a container that stands for its length, its keys, its order."""
GROWTH: Final = "[+]"
"""Behind an item that is written: and the structure, if the key is a new one."""
NOBODY: Final = -1
SEVERAL: Final = -2


class Field:
    """A field of a holder, in all executions of a search; `text` is what follows the holder's name.

    `run`, `owner` and `written` are of the latest execution: the only task that has touched it, or
    SEVERAL, and whether anybody has written it, since there was a second task. `looks` counts those
    that were no events since event number `at`. An item `grows` if it is ever stored as a new one.
    """

    __slots__ = (
        "at",
        "cell",
        "grows",
        "holder",
        "key",
        "looks",
        "number",
        "owner",
        "run",
        "shared",
        "text",
        "written",
    )

    def __init__(self, holder: Holder, text: str, key: Any = None) -> None:
        self.holder = holder
        self.text = text
        self.key = key
        self.shared = False
        self.grows = False
        self.number = -1
        self.run = 0
        self.owner = NOBODY
        self.written = False
        self.cell: Any = None
        self.at = -1
        self.looks = 0

    def touch(self, run: int, task: int, writes: bool) -> bool:
        """Note an access that is no event; whether it conflicts with one by another task."""
        if self.run != run:
            self.run = run
            self.owner = task
            self.written = writes
            return False
        self.written = self.written or writes
        if self.owner == task:
            return False
        self.owner = SEVERAL
        return self.written

    def looked(self, at: int) -> int:
        """Count a look; how many there have been since an event has happened."""
        if self.at != at:
            self.at = at
            self.looks = 0
        self.looks += 1
        return self.looks

    def conflicts(self, run: int, task: int, writes: bool) -> bool:
        """Whether an access would conflict with what others have done there in this execution."""
        return self.run == run and self.owner != task and (writes or self.written)


class Holder:
    """An object that has fields, by its name: what it is, the task that named it, and an index.

    `by`, `position` and `seen` are of the latest execution: who named it, after which event, and
    the bits of the tasks of which it is known that this comes before whatever they do with it.
    `whole` notes who has looked at all items of a container, or may have changed any. `place` is
    only noted while recording: where it was named. `several` objects may go by this name.
    """

    __slots__ = (
        "by",
        "creator",
        "fields",
        "index",
        "items",
        "place",
        "position",
        "seen",
        "several",
        "what",
        "whole",
    )

    def __init__(self, what: str, creator: int, index: int) -> None:
        self.what = what
        self.several = what.startswith("class ")
        self.creator = creator
        self.index = index
        self.fields: dict[Any, Field] = {}
        self.items: list[Field] = []
        self.whole = Field(self, "")
        self.by = NOBODY
        self.position = -1
        self.seen = -1
        self.place: Any = None

    def field(self, name: str) -> Field:
        """An attribute, or STRUCTURE."""
        field = self.fields.get(name)
        if field is None:
            field = self.fields[name] = Field(self, name if name == STRUCTURE else f".{name}")
        return field

    def item(self, key: Any) -> Field:
        """What a container has at a key, which is hashable and no user's code compares."""
        place = (key,)
        field = self.fields.get(place)
        if field is None:
            field = self.fields[place] = Field(self, f"[{key!r}]", key)
            self.items.append(field)
        return field


class Other:
    """Stands for all keys of which only they themselves know whether they are equal."""

    def __repr__(self) -> str:
        return "…"


OTHER: Final = Other()


class PlainNames:
    """What one search knows of plain data."""

    def __init__(self) -> None:
        self.grew = False
        self.used = False
        """Some execution has touched plain data: all that is passed on gets a name."""
        self.expected: frozenset[str] = frozenset()
        self._of_classes: set[str] = set()  # the attributes of classes accesses to which are events
        self.shares = False
        """Two tasks share a field: some accesses are events."""
        self.fixed = False
        """Only the accesses to `expected` fields, by `Names.plain_field`, are events."""
        self.races_allowed = False
        """Data races are no failures, as the program's author says."""
        self.everything = False
        """All accesses are events, also those that nobody else could tell."""
        self._rows: list[list[Holder]] = []
        self._lasting: dict[str, Holder] = {}
        self._before: dict[int, tuple[object, Holder]] = {}
        self._confirmed: set[type] = set()
        self._rounds: dict[type, int] = {}
        self._merged: set[type] = set()
        self._found: list[Field] = []
        self._grown: list[Field] = []
        self.shared: list[Field] = []
        """The fields of which accesses are events, by whatever name they have gone so far."""
        self._escaped: dict[int, tuple[object, str]] = {}

    def made(self, task: int, index: int) -> Holder:
        """The index-th object (from 1) that a task has named."""
        while len(self._rows) <= task:
            self._rows.append([])
        row = self._rows[task]
        while len(row) < index:
            row.append(Holder("object", task, len(row) + 1))
        return row[index - 1]

    def lasting(self, value: object) -> Holder | None:
        """The holder that an object is whoever names it, if it is one of these."""
        kind = type(value)
        if self._before:
            known = self._before.get(id(value))
            if known is not None:
                self._confirmed.add(kind)
                return known[1]
        if kind in self._merged:
            return self._class("class", kind)
        if issubclass(kind, type):
            return self._class("type", value)  # type: ignore[arg-type]
        if kind is ModuleType:
            return self._called(f"module {vars(value).get('__name__')}")
        return None

    def _class(self, what: str, kind: type) -> Holder:
        return self._called(f"{what} {kind.__module__}.{kind.__qualname__}")

    def _called(self, what: str) -> Holder:
        holder = self._lasting.get(what)
        if holder is None:
            holder = self._lasting[what] = Holder(what, 0, 0)
        return holder

    def may_be_of_class(self, name: str) -> bool:
        """Whether accesses to an attribute of this name may be events for a class's sake."""
        return self.everything or name in self._of_classes

    def use(self) -> None:
        """Plain data is touched: what was passed on before that has got no name."""
        self.used = self.grew = True

    def find(self, field: Field) -> None:
        """Accesses to this field are to be events: two tasks touch it, and one writes it."""
        if not field.shared and not self.fixed:
            self._found.append(field)
            self.grew = self.shares = True

    def find_growth(self, item: Field) -> None:
        """An item was stored under a key that was not there: that is to change the structure."""
        if not item.grows and not self.fixed:
            self._grown.append(item)
            self.grew = True

    def escape(self, value: object, found: str) -> None:
        """A task has met an object that another one might have named, or not, by then.

        `found` is where it can be found, if it is known, and does not change.
        """
        self._escaped[id(value)] = value, found
        self.grew = True

    def expect(self, fields: Collection[str]) -> None:
        """Accesses to just these fields are to be events: those that were in a stored trace."""
        self.expected = frozenset(fields)
        self._of_classes.update([field.rpartition(".")[2] for field in fields])
        self.used = self.fixed = True

    def begin_again(self) -> None:
        """Put into force what has been found: the search begins again."""
        self.grew = False
        for field in self._found:
            field.shared = True
            if field.holder.what.startswith("type "):
                self._of_classes.add(field.text[1:])
        self.shared += self._found
        self._found.clear()
        for item in self._grown:
            item.grows = True
        self._grown.clear()
        if self._escaped:
            self._rows.clear()  # the others are counted differently from now on
        rounds = dict(self._rounds)
        for value, found in self._escaped.values():
            kind = type(value)
            seen = rounds.get(kind, 0)
            self._rounds[kind] = seen + 1
            if seen == 0 or (kind in self._confirmed and seen < MOST_ROUNDS):
                same = sum(holder.what == f"global {found}" for _, holder in self._before.values())
                self._before[id(value)] = value, Holder(f"global {found}", 0, same)
            else:
                self._merged.add(kind)
        self._escaped.clear()
