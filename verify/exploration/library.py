"""Library: which builtins, and what of the standard library, a closed program may use.

All that is listed depends on its arguments alone and keeps nothing between two calls, apart from
caches that nobody can see. What is not listed is not trusted: `time` and `random` answer from
outside the program, `id` and `hash` from where an object happens to lie, `open` and `exec` do
anything, `globals` hands out what a walk has to look at name by name, `lru_cache` remembers,
`copy` looks into the harness's objects. `getattr` and `vars` are fine, because the walk has looked
at every attribute of what they can be given, and an assignment shows.

Generated methods (of dataclasses, of named tuples, of `contextmanager`) are functions of a module
of the library that call back what they close over: `GENERATORS` names these modules.
"""

from __future__ import annotations

import builtins
import sys
from types import BuiltinFunctionType, FunctionType

_BUILTINS = (
    "abs all any ascii bin callable chr delattr dir divmod format getattr hasattr hex isinstance "
    "issubclass iter len locals max min next oct ord pow print repr round setattr sorted sum vars"
)

WHOLE = ("bisect", "collections.abc", "heapq", "itertools", "math", "operator")
"""Modules of which every public function and class is listed."""

_LISTED = {
    "abc": "ABC ABCMeta abstractmethod",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "contextlib": "AbstractContextManager ExitStack closing contextmanager nullcontext suppress",
    "dataclasses": "FrozenInstanceError _HAS_DEFAULT_FACTORY dataclass field replace",
    "enum": "Enum EnumType Flag IntEnum IntFlag ReprEnum StrEnum auto unique",
    "functools": "cmp_to_key partial reduce total_ordering update_wrapper wraps",
    "queue": "Empty Full",
    "threading": "BrokenBarrierError",
    "types": "GenericAlias NoneType",
}

GENERATORS = frozenset(
    {"collections", "contextlib", "dataclasses", "enum", "functools", "reprlib", "typing"}
)


def of_standard_library(module: str) -> bool:
    """Whether a module, by its name, is one of the standard library's."""
    return module.partition(".")[0] in sys.stdlib_module_names


class Library:
    """What is listed, found by identity: a name that was bound to something else is not."""

    def __init__(self) -> None:
        self._known: dict[int, object] = {}
        for name in _BUILTINS.split():
            value = getattr(builtins, name)
            if isinstance(value, BuiltinFunctionType):
                self._known[id(value)] = value
        for module in WHOLE:
            own = (module, f"_{module}")
            for name, value in _namespace(module).items():
                if not name.startswith("_") and getattr(value, "__module__", None) in own:
                    self._known[id(value)] = value
        for module, names in _LISTED.items():
            space = _namespace(module)
            for name in names.split():
                self._known[id(space.get(name))] = space.get(name)

    def __contains__(self, value: object) -> bool:
        if id(value) in self._known:
            return True
        if isinstance(value, type):
            return vars(builtins).get(value.__name__) is value or value.__module__ == "typing"
        if isinstance(value, BuiltinFunctionType):  # dict.fromkeys, object.__new__
            return isinstance(value.__self__, type) and value.__self__ in self
        return isinstance(value, FunctionType) and value.__globals__ is _namespace("typing")


def _namespace(module: str) -> dict[str, object]:
    """The names of a module; none of one that nobody has imported."""
    found = sys.modules.get(module)
    return {} if found is None else vars(found)
