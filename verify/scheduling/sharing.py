"""What a program may share between its processes: the harness's objects, and what cannot change.

A process works on copies, so a program that lets two tasks meet in a list runs on threads and goes
silently wrong on processes. Before a task starts, `refuse_sharing` looks at everything its code can
reach: bound arguments, closure cells, the module globals that the code names, and the same for the
functions of the user's that it finds there. Refused by name are

* mutable containers, unless they hold nothing but objects of the harness: `forks = [Lock(), …]`;
  and dictionaries of constants, if some function changes a dictionary;
* objects with an attribute of that kind, or with one that some function assigns;
* variables of an enclosing function, or globals, that the task's code assigns;
* locks and iterators of the interpreter, and objects of another scheduler.

Constants, functions, classes, modules, and tuples of them pass. So does what stands for something
outside the process, such as a file or a memory map: that really is shared.
"""

from __future__ import annotations

import _thread
import array
import dis
import io
from collections import deque
from collections.abc import Iterator
from functools import cache, partial
from types import BuiltinMethodType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from verify.errors import Misuse
from verify.scheduling.scheduler import Body

_CONTAINERS = (list, dict, set, bytearray, deque, array.array)
_LOCKS = (_thread.LockType, _thread.RLock)
_CHANGING = frozenset({"clear", "pop", "popitem", "setdefault", "update"})
_CONSTANTS = (str, bytes, int, float, complex, type(None))
_OWN = frozenset({"_scheduler", "_task", "name", "daemon"})
"""What a task's body has for the harness's use."""

_CURE = "keep it in a verify.Shared, Atomic or Queue, or make it a constant (a tuple)"


def refuse_sharing(body: Body, scheduler: object) -> None:
    """Raise Misuse if the task would share anything but objects of this scheduler."""
    check = _Check(body.name, scheduler)
    for name, value in vars(body).items():
        if name == "_args":
            for position, argument in enumerate(value, 1):
                check.value(argument, f"its argument {position}")
        elif name == "_kwargs":
            for keyword, argument in value.items():
                check.value(argument, f"its argument {keyword}")
        elif name not in _OWN:
            check.value(value, "its target" if name == "_target" else f"its attribute {name}")
    check.methods(type(body))
    check.dictionaries()


class _Names(NamedTuple):
    """What a function's code does with names that are not its own."""

    globals_read: frozenset[str]
    globals_assigned: frozenset[str]
    cells_assigned: frozenset[str]
    attributes_assigned: frozenset[str]
    changes_dictionaries: bool


class _Check:
    """One walk over what a task can reach."""

    def __init__(self, task: str, scheduler: object) -> None:
        self._task = task
        self._scheduler = scheduler
        self._seen: set[int] = set()
        self._dictionaries: list[str] = []  # of constants: fine while nobody changes them
        self._changing: list[str] = []

    def _refuse(self, where: str, what: str, cure: str = _CURE) -> None:
        raise Misuse(
            f"task {self._task} would share {where} with other processes: {what}. Processes share "
            f"only objects of verify: {cure}"
        )

    def value(self, value: Any, where: str) -> None:
        """Look at one value and all that it leads to."""
        if id(value) in self._seen or isinstance(value, type | ModuleType | io.IOBase):
            return
        self._seen.add(id(value))
        if isinstance(value, FunctionType):
            self._function(value, where)
        elif isinstance(value, MethodType):
            self.value(value.__self__, f"the object of {where}")
            self.value(value.__func__, where)
        elif isinstance(value, BuiltinMethodType):
            self.value(value.__self__, f"the object of {where}")
        elif isinstance(value, partial):
            self.value((value.func, *value.args, *value.keywords.values()), where)
        elif isinstance(value, tuple | frozenset):
            for element in value:
                self.value(element, f"an element of {where}")
        elif isinstance(value, _CONTAINERS):
            if isinstance(value, dict) and all(map(_is_constant, [*value, *value.values()])):
                self._dictionaries.append(where)
            elif not self._only_ours(value):
                self._refuse(where, f"a {type(value).__name__}, which can change")
        elif isinstance(value, _LOCKS):
            self._refuse(where, "a lock of the interpreter", "use verify.Lock or verify.RLock")
        elif isinstance(value, Iterator):
            self._refuse(where, f"a {type(value).__name__}, which moves on")
        elif hasattr(type(value), "_scheduler") or "_scheduler" in getattr(value, "__dict__", ()):
            if not self._ours(value):
                self._refuse(
                    where,
                    f"a {type(value).__name__} that was created outside the program",
                    "create it in the program's function",
                )
        elif hasattr(value, "__dict__") and type(value).__module__ != "builtins":
            self._instance(value, where)

    def _ours(self, value: Any) -> bool:
        return getattr(value, "_scheduler", None) is self._scheduler

    def _only_ours(self, container: Any) -> bool:
        values = container.values() if isinstance(container, dict) else container
        return bool(values) and all(map(self._ours, values))

    def dictionaries(self) -> None:
        """Whether the dictionaries of constants that were found are constant themselves."""
        if self._dictionaries and self._changing:
            self._refuse(self._dictionaries[0], f"a dict, and {self._changing[0]} changes one")

    def _instance(self, value: Any, where: str) -> None:
        kind = type(value)
        assigned = self.methods(kind)
        for name, attribute in vars(value).items():
            if name in assigned:
                self._refuse(f"{where}.{name}", f"a method of {kind.__name__} assigns it")
            self.value(attribute, f"{where}.{name}")

    def methods(self, kind: type) -> frozenset[str]:
        """Look at the methods of a user's class; the attributes that they assign later on."""
        assigned: frozenset[str] = frozenset()
        for base in kind.__mro__:
            if base.__module__.partition(".")[0] in ("verify", "builtins"):
                continue
            for name, method in vars(base).items():
                if isinstance(method, FunctionType):
                    self.value(method, f"{base.__name__}.{name}")
                    if name not in ("__init__", "__post_init__"):
                        assigned |= _names(method.__code__).attributes_assigned
        return assigned

    def _function(self, function: FunctionType, where: str) -> None:
        if function.__module__ is None or function.__module__.partition(".")[0] == "verify":
            return
        names = _names(function.__code__)
        of = function.__name__
        if names.changes_dictionaries:
            self._changing.append(of)
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.value(default, f"a default of {of}")
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            if name in names.cells_assigned:
                self._refuse(name, f"{of} assigns it")
            try:
                self.value(cell.cell_contents, name)
            except ValueError:  # an empty cell: assigned later, so no task of now can share it
                continue
        for name in sorted(names.globals_assigned):
            self._refuse(f"the global {name}", f"{of} assigns it")
        for name in sorted(names.globals_read):
            if name in function.__globals__:
                found = function.__globals__[name]
                if isinstance(found, FunctionType) and found.__module__ != function.__module__:
                    continue
                self.value(found, f"the global {name}")


@cache
def _names(code: CodeType) -> _Names:
    read: set[str] = set()
    assigned: set[str] = set()
    cells: set[str] = set()
    attributes: set[str] = set()
    changes = False
    for instruction in dis.get_instructions(code):
        name, operation = str(instruction.argval), instruction.opname
        if operation == "LOAD_GLOBAL":
            read.add(name)
        elif operation in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            assigned.add(name)
        elif operation in ("STORE_DEREF", "DELETE_DEREF") and name in code.co_freevars:
            cells.add(name)
        elif operation == "STORE_ATTR":
            attributes.add(name)
        elif operation in ("STORE_SUBSCR", "DELETE_SUBSCR") or (
            operation in ("LOAD_METHOD", "LOAD_ATTR") and name in _CHANGING
        ):
            changes = True
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            inner = _names(constant)
            read |= inner.globals_read
            assigned |= inner.globals_assigned
            cells |= inner.cells_assigned & set(code.co_freevars)
            attributes |= inner.attributes_assigned
            changes = changes or inner.changes_dictionaries
    return _Names(
        frozenset(read), frozenset(assigned), frozenset(cells), frozenset(attributes), changes
    )


def _is_constant(value: Any) -> bool:
    return isinstance(value, _CONSTANTS) or (
        isinstance(value, tuple) and all(map(_is_constant, value))
    )
