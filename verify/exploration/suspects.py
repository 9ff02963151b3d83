"""Suspects: what the code of a program names that can make one run of it differ from the next.

A program must be a function of its schedule. If one turns out not to be, whoever reads so wants to
know why, and the difference itself does not say: it is where the cause came to light. So the code
is looked at, as in survey.py, for what is known to differ from run to run. What is found is
probable, no more; and what only ever differs between processes (the order of a set of texts) is
named after what differs within one.
"""

from __future__ import annotations

import builtins
import dis
import sys
from collections import deque
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from types import CodeType, GeneratorType
from typing import Any, Final, NamedTuple

from verify.scheduling.event import Place
from verify.scheduling.sources import shown_place

CERTAIN, LIKELY, POSSIBLE = 1, 2, 3
"""How probable a cause is: it differs in every run, it may have been changed, it may matter."""
MOST_SUSPECTS = 3

_DIFFERS: Final = {
    "os": "urandom getrandom getpid environ environb getenv times",
    "uuid": "uuid1 uuid4 getnode",
    "secrets": "choice randbelow randbits token_bytes token_hex token_urlsafe SystemRandom",
    "random": "SystemRandom",
    "time": "process_time process_time_ns thread_time clock_gettime localtime gmtime",
}
"""What gives something else in every run, or what others may have changed, by module."""
_CLOCKS: Final = {"now", "utcnow", "today"}
_BUILTINS: Final = {"id": "calls id", "hash": "calls hash", "input": "calls input"}
_CHANGING: Final = (list, dict, set, deque, bytearray, GeneratorType)
_MAKES_A_SET: Final = {"BUILD_SET", "SET_ADD", "SET_UPDATE"}


class Suspect(NamedTuple):
    """A probable cause, the more probable the lower its rank: "FILE:LINE calls os.urandom"."""

    rank: int
    text: str


class Suspects:
    """Looks at what a survey comes by."""

    def __init__(self) -> None:
        self.found: dict[Suspect, None] = {}
        self._known = {
            id(value): (value, f"{module}.{name}")
            for module, names in _DIFFERS.items()
            for name in names.split()
            for value in [vars(sys.modules.get(module, builtins)).get(name)]
            if value is not None
        }

    @property
    def probable(self) -> list[str]:
        """The most probable causes; those of the lowest rank that there is."""
        lowest = min((suspect.rank for suspect in self.found), default=0)
        return [suspect.text for suspect in self.found if suspect.rank == lowest][:MOST_SUSPECTS]

    def code(self, code: CodeType) -> None:
        """Look at what code does by itself."""
        for rank, line, text in _done_by(code):
            self._add(rank, f"{shown_place(Place(code.co_filename, line))} {text}")

    def name(self, path: tuple[str, ...], value: Any, space: dict[str, Any], where: Place) -> None:
        """Look at one thing that is named; `path` is how, in a namespace without the builtins."""
        known = self._known.get(id(value))
        head = path[0]
        if known is not None:
            self._add(CERTAIN, f"{shown_place(where)} uses {known[1]}")
        elif (
            issubclass(type(value), type) and issubclass(value, date) and _CLOCKS.intersection(path)
        ):
            self._add(CERTAIN, f"{shown_place(where)} looks at a real clock, {'.'.join(path)}")
        elif head not in space and head in _BUILTINS:
            self._add(LIKELY, f"{shown_place(where)} {_BUILTINS[head]}")
        elif head not in space and head in ("set", "frozenset"):
            self._add(POSSIBLE, f"{shown_place(where)} makes a set, whose order is no order")
        elif issubclass(type(value), _CHANGING) or _counts(value):
            self._add(
                LIKELY,
                f"{shown_place(where)} uses {head}, a {type(value).__name__} from before the run, "
                "which the next run finds as this one leaves it",
            )

    def real(self, text: str) -> None:
        """Look at a use of what is real: threads of its own go their own ways."""
        self._add(CERTAIN, text)

    def _add(self, rank: int, text: str) -> None:
        self.found[Suspect(rank, text)] = None


@lru_cache(maxsize=10_000)
def _done_by(code: CodeType) -> tuple[tuple[int, int, str], ...]:
    """What a code object does that may differ: how probable that is, in which line, in words."""
    found: list[tuple[int, int, str]] = []
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        if instruction.positions is not None and instruction.positions.lineno is not None:
            line = instruction.positions.lineno
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            text = f"assigns the global {instruction.argval}, which the next run finds so"
            found.append((CERTAIN, line, text))
        elif instruction.opname in _MAKES_A_SET:
            found.append((POSSIBLE, line, "makes a set, whose order is no order"))
    return tuple(found)


def _counts(value: Any) -> bool:
    """Whether something is used up as it is used, as an itertools.count is."""
    return issubclass(type(value), Iterator) and type(value).__module__ in ("itertools", "builtins")
