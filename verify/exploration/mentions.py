"""Mentions: what the code of a function names, read off its bytecode.

Only what is not in the function's own hands matters: the globals (each with the attributes that are
asked of it at once, so that `math.pi` can be looked at without the rest of `math`), and what no
look at the values would show: assignments to globals and to variables of an enclosing function,
imports, attributes that lead to frames and namespaces, and `is`. Functions that the code defines
are part of it.

Attributes can be reached by names that are texts, too (`getattr`, `setattr`). The walk refuses code
that does so if a text in it is one of those that it refuses as attributes, or if there is no text.

`is` tells equal values apart, which a memoised search takes for one (immutable.py). It is harmless
beside None, True, False and classes, and beside a global that is no such value: an enum member, a
sentinel.
"""

from __future__ import annotations

import dis
from types import CodeType

_GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"})
_SETTING = frozenset({"STORE_ATTR", "DELETE_ATTR"})
_NOTHING = frozenset({"EXTENDED_ARG", "NOP", "CACHE"})

_LEADING_AWAY = (
    "__builtins__ __closure__ __globals__ __subclasses__ __traceback__ ag_frame cell_contents "
    "cr_frame f_back f_builtins f_globals f_locals gi_frame tb_frame tb_next _cell _scheduler "
    "__setattr__ __delattr__"
)
_SECRET = frozenset(_LEADING_AWAY.split())
"""Attributes that lead to what a walk along values does not see, or write past what is frozen."""


class Mentions:
    """What a code object names; `fault` is what makes it unfit by itself, or empty.

    `globals` holds paths such as ("math", "pi"), each with the name of the function that has it;
    `compared` those that stand beside an `is`; `assigned` the free variables that are assigned, and
    `rebound` the globals, each with the name of the function; `texts` all constants that are texts;
    `matches` whether a pattern looks at attributes.
    """

    __slots__ = ("assigned", "compared", "fault", "globals", "matches", "rebound", "texts")

    def __init__(self) -> None:
        self.globals: dict[tuple[str, ...], str] = {}
        self.compared: set[tuple[str, ...]] = set()
        self.assigned: set[str] = set()
        self.rebound: dict[str, str] = {}
        self.matches = False
        self.texts: list[str] = []
        self.fault = ""

    @property
    def secret(self) -> str:
        """The first of its texts that is the name of an attribute which it must not reach."""
        for text in self.texts:
            for name in text.split("."):
                if name in _SECRET or (name.startswith("__") and name.endswith("__")):
                    return name
        return ""

    @property
    def by_name(self) -> str:
        """What may be wrong with attributes that it reaches by name; empty if nothing is."""
        if self.secret:
            return f"may reach the attribute {self.secret} by its name"
        return "" if self.texts else "reaches attributes by names from elsewhere"


def mentions(code: CodeType, around: str = "") -> Mentions:
    """Read a code object and those within it; `around` is the function that has it within."""
    found = Mentions()
    of = name_of(code, around)
    generated = code.co_filename == "<string>" and code.co_name.startswith("__")  # of a dataclass
    previous = ""  # the instruction before, and its argument
    argument: object = ""
    path: tuple[str, ...] = ()  # the global that it has put on the stack, if it is one
    for instruction in dis.get_instructions(code):
        operation, value = instruction.opname, instruction.argval
        if operation in _NOTHING:
            continue
        name = str(value)
        fault = ""
        if operation in _ATTRIBUTES:
            if name in _SECRET and not generated:
                fault = f"looks at the attribute {name}"
            path = (*path, name) if path else ()
        else:
            if operation == "IS_OP" and not generated:
                if path:
                    found.compared.add(path)
                elif not _is_harmless(previous, argument):
                    fault = "compares with `is` what may be equal values"
            if path and not (generated and path == ("hash",)):
                found.globals.setdefault(path, of)
            path = (name,) if operation in _GLOBALS else ()
        if operation in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            found.rebound.setdefault(name, of)
        elif operation == "MATCH_CLASS":
            found.matches = True
        elif operation in ("STORE_DEREF", "DELETE_DEREF") and name in code.co_freevars:
            found.assigned.add(name)
        elif operation in _SETTING and name.startswith("__") and name.endswith("__"):
            fault = f"assigns the attribute {name}"
        elif operation == "IMPORT_NAME" and name.partition(".")[0] != "verify":
            fault = f"imports {name or 'a module'}"
        if fault and not found.fault:
            found.fault = f"{of} {fault}"
        previous, argument = operation, value
    if code.co_name == "__del__":
        found.fault = f"{around} has a __del__, which runs when memory is tidied up"
    for inner in code.co_consts:
        found.texts += _texts(inner)
        if isinstance(inner, CodeType):
            within = mentions(inner, of)
            for path, owner in within.globals.items():
                found.globals.setdefault(path, owner)
            found.compared |= within.compared
            found.assigned |= within.assigned.intersection(code.co_freevars)
            found.texts += within.texts
            found.matches = found.matches or within.matches
            for name, owner in within.rebound.items():
                found.rebound.setdefault(name, owner)
            found.fault = found.fault or within.fault
    if found.secret and "__getattribute__" in code.co_names and not found.fault:
        found.fault = f"{of} may reach the attribute {found.secret} by its name"
    return found


def _texts(constant: object) -> list[str]:
    if isinstance(constant, tuple | frozenset):
        return [text for one in constant for text in _texts(one)]
    return [constant] if isinstance(constant, str) else []


def name_of(code: CodeType, around: str = "") -> str:
    """What a person calls the function that has this code."""
    if code.co_name == "<lambda>":
        return "a lambda"
    return around if around and code.co_name.startswith("<") else code.co_name


def _is_harmless(previous: str, argument: object) -> bool:
    """Whether `is` stands after None, True, False, `...` or a class."""
    if previous == "LOAD_CONST":
        return argument is None or argument is Ellipsis or isinstance(argument, bool)
    return previous in _ATTRIBUTES and argument == "__class__"
