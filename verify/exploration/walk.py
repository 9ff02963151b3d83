"""Walk: along everything that a task's code can reach, and a refusal of what does not belong there.

From a function the walk goes to the contents of its closure, to its defaults, and to the globals
that its code names; from an object to its class and its attributes; from a container to its
elements. It comes to an end at objects of the harness, at values that never change, and at the
listed parts of the library (library.py). Whatever can change goes into a snapshot on the way. It is
broad first, so that the reason it gives is the nearest to the program's own text.
"""

from __future__ import annotations

import builtins
from abc import ABCMeta
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection, Iterable
from contextlib import suppress
from enum import Enum, EnumMeta
from functools import partial
from operator import attrgetter, methodcaller
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GenericAlias,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    UnionType,
)
from typing import Any

from verify.exploration.announced import OF_ALL
from verify.exploration.immutable import Open, immutable
from verify.exploration.library import GENERATORS, WHOLE, Library, of_standard_library
from verify.exploration.mentions import Mentions, mentions, name_of
from verify.exploration.origins import OF_TYPES, has_no_state, made_in_c, ours, within
from verify.exploration.plain_cells import PlainCells
from verify.exploration.snapshot import Snapshot
from verify.scheduling.instrumented import MODULE, SCOPE
from verify.scheduling.scheduler import active

_PLAIN = (int, str, bool, float, complex, bytes, range, tuple)
_INERT = frozenset(
    {*_PLAIN, type(None), type(Ellipsis), type(NotImplemented), object, UnionType} - {tuple}
)
_LISTS = (list, deque)
_SETS = (set, frozenset)
_DICTS = (dict, defaultdict, OrderedDict, Counter)
_BY_NAME = frozenset(map(id, (getattr, setattr, delattr, attrgetter, methodcaller)))
"""Ways to attributes that no instruction shows; those of codes are looked at: mentions.py."""

_BARE = frozenset({"_scheduler", "_shared", "_cell"})
"""All that most primitives have: objects of the harness that nobody else assigns."""
_OF_THREAD = frozenset({"_scheduler", "_task", "_target", "_args", "_kwargs"})

_DECLARED = (
    "__abstractmethods__ __annotations__ __dataclass_fields__ __dataclass_params__ __doc__ "
    "__orig_bases__ __parameters__ __type_params__ _abc_impl"
)
_DECLARATIONS = frozenset(_DECLARED.split())
"""What a class notes about itself, for others than its own code."""
_GENERATED = "__getnewargs__ __new__ __replace__ __repr__ _asdict _field_defaults _make _replace"
_OF_NAMED_TUPLE = frozenset(_GENERATED.split())


class Walk:
    """A walk that goes on from one root to the next; `snapshot` is what may change on the way.

    It leaves out the fields that are objects of the harness in `cells`.
    """

    def __init__(
        self, library: Library, known: dict[CodeType, Mentions], cells: PlainCells | None
    ) -> None:
        self.snapshot = Snapshot()
        self._cells = cells
        self._library = library
        self._mentions = known
        self.seen: dict[int, object] = {}  # by address, which is its own while it is kept
        self._read: set[tuple[int, int]] = set()  # codes, each with its namespace
        self._todo: deque[tuple[Any, str, str]] = deque()

    def along(self, root: object) -> None:
        """Walk along all that a function, or the body of a task, reaches.

        Raises Open at the first thing that does not belong into a closed program.
        """
        self._begin(root)
        while self._todo:
            self._value(*self._todo.popleft())

    def _begin(self, root: object) -> None:
        self._todo.clear()
        kind = type(root)
        if not within(kind, "verify.sync.thread"):
            if ours(kind.__module__):  # the body of the main task
                root = getattr(root, "_program", root)
            self._todo.append((root, "it", getattr(root, "__name__", type(root).__name__)))
            return
        space = vars(root)
        name: str = space["name"]
        if kind.process:  # type: ignore[attr-defined]
            raise Open(f"{name} is a process, which works on copies of what it reaches")
        target = space["_target"]
        if isinstance(target, MethodType) and target.__self__ is root:
            target = target.__func__
        self._todo.append((target, "its target", name))
        for position, argument in enumerate(space["_args"], 1):
            self._todo.append((argument, f"its argument {position}", name))
        for keyword, argument in space["_kwargs"].items():
            self._todo.append((argument, f"its argument {keyword}", name))
        if kind.__module__ != "verify.sync.thread":  # then its code has it as `self`
            self._todo.append((kind, kind.__name__, name))
            self._slots(root, "self", name)
            shared = self._shared(root)
            if shared:
                without = {*_OF_THREAD, *shared}
                self.snapshot.rest(space, without, f"the attributes of {name}")
            else:
                self.snapshot.length(space, f"the attributes of {name}")
            for attribute, value in space.items():
                if attribute not in _OF_THREAD and attribute not in shared:
                    self.snapshot.name(space, attribute, f"{attribute} of {name}")
                    self._todo.append((value, f"self.{attribute}", name))

    # ------------------------------------------------------------------ the kinds of values

    def _value(self, value: Any, path: str, of: str) -> None:
        kind = type(value)
        if kind in _INERT:
            return
        if kind is tuple:
            self._elements(value, path, of)
            return
        if id(value) in self.seen:
            return
        if within(kind, "verify.sync.thread"):  # also when another task has passed by here
            raise Open(f"{of} reaches {path}, a task, which changes when it is started")
        self.seen[id(value)] = value
        if kind is FunctionType:
            self._function(value, path, of)
        elif kind is MethodType:
            self._todo.append((value.__self__, "self", getattr(value.__func__, "__name__", of)))
            self._todo.append((value.__func__, path, of))
        elif within(kind, "verify.sync.primitive"):
            self._primitive(value, path, of)
        elif kind in _LISTS:
            self.snapshot.container(value, f"{path} of {of}")
            self._elements(value, path, of)
        elif kind in _DICTS:
            self._dictionary(value, path, of)
        elif kind in _SETS:
            self.snapshot.container(value, f"{path} of {of}")
            if not all(map(immutable, value)):
                raise Open(f"{of} reaches {path}, a set of objects, whose order is that of memory")
        elif id(value) in _BY_NAME:
            raise Open(f"{of} reaches {path}, by which attributes are reached by name")
        elif self._cells is not None and id(value) in OF_ALL:
            raise Open(f"{of} reaches {path}, which looks at attributes unseen")
        elif isinstance(value, type):
            self._class(value, path, of)
        elif value in self._library:
            return
        elif isinstance(value, ModuleType):
            if value.__name__ not in WHOLE and not ours(value.__name__):
                raise Open(f"{of} reaches {path}, the module {value.__name__}, as a whole")
        elif kind is BuiltinFunctionType:
            self._builtin(value, path, of)
        elif kind is MethodWrapperType:
            self._todo.append((value.__self__, path, of))
        elif kind in OF_TYPES:
            self._todo.append((value.__objclass__, path, of))
        elif kind is partial:
            self.snapshot.dictionary(vars(value), f"{path} of {of}")
            self._todo.append((value.keywords, path, of))
            self._todo.append(((value.func, *value.args), path, of))
        elif kind is staticmethod or kind is classmethod:
            self._todo.append((value.__func__, path, of))
        elif kind is property:
            self._todo.append(((value.fget, value.fset, value.fdel), path, of))
        elif kind is GenericAlias or kind.__module__ == "typing":
            origin = getattr(value, "__origin__", None)
            if isinstance(origin, type) and not of_standard_library(origin.__module__):
                self._todo.append((origin, path, of))
        else:
            self._instance(value, path, of)

    def _elements(self, values: Iterable[Any], path: str, of: str) -> None:
        for index, value in enumerate(values):
            if type(value) not in _INERT:
                self._todo.append((value, f"{path}[{index}]", of))

    def _dictionary(self, value: dict[Any, Any], path: str, of: str) -> None:
        self.snapshot.dictionary(value, f"{path} of {of}")
        for name, held in value.items():
            self._todo.append((name, f"a key of {path}", of))
            self._todo.append((held, f"{path}[{name!r}]" if type(name) is str else path, of))
        if isinstance(value, defaultdict):
            self._todo.append((value.default_factory, f"the factory of {path}", of))

    def _primitive(self, value: Any, path: str, of: str) -> None:
        space = vars(value)
        if space["_scheduler"] is not active():
            raise Open(f"{of} reaches {path}, which was created outside the program")
        if space.keys() == _BARE:
            self.snapshot.length(space, f"{path} of {of}")
        else:
            self.snapshot.dictionary(space, f"{path} of {of}")
            for name, held in space.items():
                if name not in _BARE:
                    self._todo.append((held, f"{path}.{name}", of))
        self._todo.append((type(value), type(value).__name__, of))
        self._slots(value, path, of)

    def _builtin(self, value: Any, path: str, of: str) -> None:
        """A method of a container leads to the container; any other function is not known."""
        owner = value.__self__
        if ours(value.__module__ or ""):
            return
        if owner is None or isinstance(owner, type | ModuleType):
            raise Open(f"{of} reaches {path}, which is not known to depend on its arguments alone")
        self._todo.append((owner, f"the object of {path}", of))

    # ------------------------------------------------------------------ code

    def _function(self, value: FunctionType, path: str, of: str) -> None:
        space = value.__globals__
        module = str(space.get("__name__"))
        if ours(module):
            self._todo.append((vars(value).get("__wrapped__"), path, of))
            return
        if value in self._library:
            return
        if of_standard_library(module) and module not in GENERATORS:
            raise Open(f"{of} reaches {path}, which is not known to depend on its arguments alone")
        name = name_of(value.__code__)
        self._dictionary(vars(value), "the attributes", name)
        cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
        shared = self._shared_variables(cells)
        for variable, cell in cells.items():
            if variable not in shared:
                self._cell(cell, variable, name)
        if module in GENERATORS:
            return
        for default in (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()):
            self._todo.append((default, "a default argument", name))
        self._code(value.__code__, space, name, shared)
        if getattr(value, "__builtins__", None) is not vars(builtins):
            raise Open(f"{name} has builtins of its own")

    def _cell(self, cell: CellType, variable: str, of: str) -> None:
        if id(cell) in self.seen:
            return
        self.seen[id(cell)] = cell
        self.snapshot.cell(cell, f"{variable} of {of}")
        try:
            self._todo.append((cell.cell_contents, variable, of))
        except ValueError:  # it has no value yet: when it gets one, it has changed
            return

    def _shared_variables(self, cells: dict[str, CellType]) -> Collection[str]:
        """The variables of functions around that are objects of the harness, and their holders."""
        if self._cells is None:
            return ()
        holders = {variable: cell for variable, cell in cells.items() if variable.startswith(SCOPE)}
        found = {*holders}
        for cell in holders.values():
            scope = cell.cell_contents
            found.update([one for one in self._shared(scope) if cells.get(one) is scope.cell(one)])
        return found

    def _code(
        self, code: CodeType, space: dict[str, Any], of: str, shared: Collection[str]
    ) -> None:
        if (id(code), id(space)) in self._read:
            return
        self._read.add((id(code), id(space)))
        found = self._mentions.get(code)
        if found is None:
            found = self._mentions[code] = mentions(code)
        if found.fault:
            raise Open(found.fault)
        if self._cells is not None:
            self._cells.announced.demand(code, found, of)
        for variable, owner in found.rebound.items():
            if variable not in self._shared(space.get(MODULE)):
                raise Open(f"{owner} assigns the global {variable}")
        for variable in sorted(found.assigned.difference(shared)):
            raise Open(f"{of} assigns {variable}, a variable of the function around it")
        for names, owner in found.globals.items():
            self._global(names, space, owner, found)

    def _global(
        self, names: tuple[str, ...], space: dict[str, Any], of: str, found: Mentions
    ) -> None:
        """Walk on from a global, through modules to what is asked of them."""
        path, *attributes = names
        if path.startswith("@"):  # put there by pytest, to explain an assertion that has failed
            return
        if path == MODULE or path in self._shared(space.get(MODULE)):
            return
        if path in space:
            value = space[path]
            self.snapshot.name(space, path, f"{path} of {of}")
        elif path in vars(builtins):
            value = vars(builtins)[path]
        else:
            return  # a name of a class body, or a NameError
        while isinstance(value, ModuleType) and attributes and not ours(value.__name__):
            attribute = attributes.pop(0)
            path = f"{path}.{attribute}"
            if attribute in self._shared(value):
                return
            if attribute not in vars(value):
                raise Open(f"{of} reaches {path}, which is not there yet")
            self.snapshot.name(vars(value), attribute, f"{path} of {of}")
            value = vars(value)[attribute]
        if isinstance(value, ABCMeta) and attributes[:1] == ["register"]:
            raise Open(f"{of} calls {path}.register, which changes what an instance is")
        if id(value) in _BY_NAME:
            if found.by_name or self._cells is not None:
                by_name = found.by_name or "reaches attributes by names"
                raise Open(f"{of} {by_name}, with {path}")
            return
        self._todo.append((value, path, of))
        if names in found.compared:
            for attribute in attributes:
                value = getattr(value, attribute, 0) if isinstance(value, type) else 0
            if isinstance(value, _PLAIN) and not isinstance(value, bool | Enum):
                raise Open(f"{of} compares with `is {'.'.join(names)}`, which may have equals")

    # ------------------------------------------------------------------ classes and their objects

    def _class(self, kind: type, path: str, of: str) -> None:
        if kind in self._library or ours(kind.__module__):
            return
        if of_standard_library(kind.__module__):
            raise Open(f"{of} reaches {path}, of which it is not known what it keeps")
        meta = type(kind)
        if meta not in (type, ABCMeta, EnumMeta) and meta.__module__ != "typing":
            raise Open(f"{of} reaches {path}, a class with a metaclass")
        space = vars(kind)
        self.snapshot.dictionary(space, path)
        named_tuple = issubclass(kind, tuple) and "_fields" in space
        for name, value in space.items():
            if name == "__del__":
                raise Open(f"{of} reaches {path}, whose __del__ runs when memory is tidied up")
            if name in _DECLARATIONS or type(value) is MemberDescriptorType:
                continue
            if named_tuple and (name in _OF_NAMED_TUPLE or name in space["_fields"]):
                continue
            if type(value) is GetSetDescriptorType and name in ("__dict__", "__weakref__"):
                continue
            if made_in_c(value, kind):
                raise Open(f"{of} reaches {path}, a class of an extension module")
            if meta is EnumMeta and name.startswith("_") and name.endswith("_"):
                self._todo.append((value if isinstance(value, FunctionType) else None, name, of))
                continue
            self._todo.append((value, f"{kind.__name__}.{name}", of))
        self._elements(kind.__bases__, path, of)

    def _instance(self, value: Any, path: str, of: str) -> None:
        """An object of a class of the program's: its attributes, its slots, its class."""
        kind = type(value)
        for base in kind.__mro__:
            library = base in self._library or of_standard_library(base.__module__)
            if library and base not in _PLAIN and not has_no_state(base):
                raise Open(f"{of} reaches {path}, a {kind.__name__}, which may change unseen")
        if ours(kind.__module__) and not isinstance(value, Enum):
            raise Open(f"{of} reaches {path}, an object of the harness that is no primitive")
        self._todo.append((kind, kind.__name__, of))
        if isinstance(value, tuple):
            self._elements(tuple.__iter__(value), path, of)
        with suppress(AttributeError):  # asked past what the class itself says to such a question
            space: dict[str, Any] = object.__getattribute__(value, "__dict__")
            shared = self._shared(value)
            if shared:
                self.snapshot.rest(space, shared, f"{path} of {of}")
            else:
                self.snapshot.dictionary(space, f"{path} of {of}")
            for name, held in space.items():
                if name not in shared:
                    self._todo.append((held, f"{path}.{name}", of))
        self._slots(value, path, of)

    def _shared(self, value: Any) -> Collection[str]:
        return () if self._cells is None or value is None else self._cells.shared(value)

    def _slots(self, value: Any, path: str, of: str) -> None:
        for base in type(value).__mro__:
            for name, slot in vars(base).items():
                if type(slot) is MemberDescriptorType and name not in self._shared(value):
                    self.snapshot.slot(slot.__get__, value, f"{path}.{name} of {of}")
                    with suppress(AttributeError):  # nothing is in it
                        self._todo.append((slot.__get__(value), f"{path}.{name}", of))
