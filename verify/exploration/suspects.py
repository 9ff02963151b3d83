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
from types import BuiltinFunctionType, CodeType, GeneratorType, MethodType, ModuleType
from typing import Any, Final, NamedTuple

from verify.exploration.library import of_standard_library
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
    "tempfile": "mkstemp mkdtemp NamedTemporaryFile TemporaryDirectory",
    "time": "process_time process_time_ns thread_time clock_gettime localtime gmtime",
}
"""What gives something else in every run, or what others may have changed, by module."""
_OUTSIDE: Final = {
    "os": "listdir scandir walk stat lstat open read popen system getloadavg",
    "os.path": "exists isfile isdir getmtime getsize",
    "pathlib": "Path",
    "glob": "glob iglob",
    "subprocess": "run Popen call check_call check_output getoutput getstatusoutput",
    "socket": "socket create_connection create_server gethostname getaddrinfo",
    "gc": "get_objects get_count get_stats collect",
    "sys": "getrefcount",
}
"""What looks at what is outside of the program, and may be another each time, by module."""
_CLOCKS: Final = {"now", "utcnow", "today"}
_BUILTINS: Final = {
    "id": "calls id",
    "hash": "calls hash",
    "input": "calls input",
    "open": "opens a file, which may be another each time",
}
_CHANGING: Final = (list, dict, set, deque, bytearray, GeneratorType)
_ANOTHER = ": what is outside of the program may be another each time"
_FROM_BEFORE = "from before the run, which the next run finds as this one leaves it"
_A_SET = "makes a set, whose order is no order"
_GLOBALS: Final = {"LOAD_GLOBAL", "LOAD_NAME"}
_MAKES_A_SET: Final = {"BUILD_SET", "SET_ADD", "SET_UPDATE"}


class Suspect(NamedTuple):
    """A probable cause, the more probable the lower its rank: "FILE:LINE calls os.urandom"."""

    rank: int
    text: str


class Suspects:
    """Looks at what a survey comes by."""

    def __init__(self) -> None:
        self.found: dict[Suspect, None] = {}
        self._known = dict(_by_address())
        self._of_the_system: Any = vars(sys.modules.get("random", builtins)).get("SystemRandom", ())

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
        head = path[0]
        told = self._by_name(path, head not in space) or self._by_value(path, value)
        if told is not None:
            self._add(told[0], f"{shown_place(where)} {told[1]}")

    def _by_name(self, path: tuple[str, ...], builtin: bool) -> tuple[int, str] | None:
        if builtin and path[0] in _BUILTINS:
            return LIKELY, _BUILTINS[path[0]]
        if builtin and path[0] in ("set", "frozenset"):
            return POSSIBLE, _A_SET
        return None

    def _by_value(self, path: tuple[str, ...], value: Any) -> tuple[int, str] | None:
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        kind = type(value)
        head = path[0]
        is_class = issubclass(kind, type)
        if is_class and issubclass(value, date) and _CLOCKS.intersection(path):
            return CERTAIN, f"looks at a real clock, {'.'.join(path)}"
        of = type(value.__self__) if kind in (BuiltinFunctionType, MethodType) else kind
        if issubclass(of, self._of_the_system):
            return CERTAIN, f"draws from {head}, which is random.SystemRandom's"
        if issubclass(kind, _CHANGING) or _counts(value):
            return LIKELY, f"uses {head}, a {kind.__name__} {_FROM_BEFORE}"
        if kind.__module__.partition(".")[0] == "pathlib":
            return LIKELY, f"uses {head}, a {kind.__name__}{_ANOTHER}"
        if kind.__name__ == "_lru_cache_wrapper":
            return LIKELY, f"calls {head}, which keeps its results from one run to the next"
        if is_class:
            for name, item in {} if _foreign(value) else vars(value).items():
                if not name.startswith("__") and issubclass(type(item), _CHANGING):
                    return LIKELY, f"uses {head}, whose {name} is a {type(item).__name__} " + (
                        _FROM_BEFORE
                    )
        elif not _foreign(kind) and not issubclass(kind, ModuleType):
            return POSSIBLE, f"uses {head}, a {kind.__name__} {_FROM_BEFORE}"
        return None

    def default(self, name: str, value: Any, code: CodeType) -> None:
        """Look at what an argument is if none is given: it is made once, with the function."""
        if issubclass(type(value), _CHANGING):
            where = shown_place(Place(code.co_filename, code.co_firstlineno))
            text = f"has an argument {name}, by default a {type(value).__name__} {_FROM_BEFORE}"
            self._add(LIKELY, f"{where} {text}")

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
    previous = loaded = changed = ""
    for instruction in dis.get_instructions(code):
        if instruction.positions is not None and instruction.positions.lineno is not None:
            line = instruction.positions.lineno
        if instruction.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            text = f"assigns the global {instruction.argval}, which the next run finds so"
            found.append((CERTAIN, line, text))
        elif instruction.opname in _MAKES_A_SET:
            found.append((POSSIBLE, line, _A_SET))
        elif instruction.opname == "STORE_ATTR":
            of = loaded if previous in _GLOBALS else changed
            if of:
                text = f"sets {of}.{instruction.argval}, which the next run finds so"
                found.append((CERTAIN, line, text))
            changed = ""
        elif instruction.opname in _GLOBALS:
            loaded = str(instruction.argval)
        elif instruction.opname == "COPY" and previous in _GLOBALS:  # as in A.b += 1
            changed = loaded
        if instruction.opname not in ("EXTENDED_ARG", "CACHE"):
            previous = instruction.opname
    return tuple(found)


def _counts(value: Any) -> bool:
    """Whether something is used up as it is used, as an itertools.count is."""
    return issubclass(type(value), Iterator) and type(value).__module__ in ("itertools", "builtins")


def _foreign(kind: type) -> bool:
    """Whether a class is none of the program's."""
    module = str(kind.__module__)
    return module.partition(".")[0] == "verify" or of_standard_library(module)


def _by_address() -> Iterator[tuple[int, tuple[Any, tuple[int, str]]]]:
    """What is known to differ, of the modules that are in use, with what there is to say of it."""
    for rank, known, more in (
        (CERTAIN, _DIFFERS, ""),
        (LIKELY, _OUTSIDE, _ANOTHER),
    ):
        for module, names in known.items():
            space = vars(sys.modules[module]) if module in sys.modules else {}
            for name in names.split():
                if name in space:
                    yield id(space[name]), (space[name], (rank, f"uses {module}.{name}{more}"))
