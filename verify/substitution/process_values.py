"""Process values: `multiprocessing.Value` and `Array`.

The memory and the lock over it are one object: a get or a set waits while another task holds the
lock, and is one step. With `lock=False` nothing waits. Values are converted as their C type does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, NamedTuple

from verify.errors import Misuse
from verify.operation import EVERYONE, FIRST_LANE, Access, Kind, Outcome, States, Wake
from verify.sync.primitive import Primitive
from verify.values import in_words

NOBODY = -1


class Memory(NamedTuple):
    """The values, which task holds the lock, and how often it has taken it."""

    values: tuple[Any, ...]
    owner: int = NOBODY
    depth: int = 0


def _free(states: States, task: int, argument: Any) -> bool:
    owner: int = states[0].owner
    return owner in (NOBODY, task)


def _owner(states: States, task: int, argument: Any) -> tuple[int, ...]:
    owner: int = states[0].owner
    return () if owner in (NOBODY, task) else (owner,)


def _get(states: States, task: int, at: Any) -> Outcome:
    return states[0].values[at], states


def _set(states: States, task: int, argument: Any) -> Outcome:
    memory: Memory = states[0]
    at, new = argument
    values = list(memory.values)
    values[at] = new
    return None, (memory._replace(values=tuple(values)),)


def _acquire(states: States, task: int, argument: Any) -> Outcome:
    memory: Memory = states[0]
    return True, (memory._replace(owner=task, depth=memory.depth + 1),)


def _release(states: States, task: int, argument: Any) -> Outcome:
    memory: Memory = states[0]
    if memory.owner != task:
        raise AssertionError("attempt to release recursive lock not owned by thread")
    depth = memory.depth - 1
    return None, (memory._replace(owner=task if depth else NOBODY, depth=depth),)


def _wake_all(before: States, after: States, argument: Any) -> Wake:
    return Wake(FIRST_LANE, EVERYONE, ())


def _shown(argument: Any) -> Any:
    return argument[1]


GET = Kind("get", _get, ready=_free, waits_for=_owner, footprint=(Access.READ,), shows_result=True)
SET = Kind("set", _set, ready=_free, waits_for=_owner, shows_argument=True, shown=_shown)
ACQUIRE = Kind("acquire", _acquire, ready=_free, waits_for=_owner)
RELEASE = Kind("release", _release, wakes=_wake_all)


class Shared(Primitive):
    """Values in shared memory. With a lock of their own, which is called as an RLock is."""

    def __init__(self, values: Iterable[Any], convert: Callable[[Any], Any], lock: Any) -> None:
        super().__init__(Memory(tuple(map(convert, values))))
        self._convert = convert
        self._lock = lock
        """Another lock that guards them; True for that of their own, False for none."""

    def _at(self, at: Any, kind: Kind, argument: Any) -> Any:
        if self._lock in (True, False):
            return self._perform(kind, argument)
        with self._lock:
            return self._perform(kind, argument)

    def _get(self, at: Any) -> Any:
        return self._at(at, GET, at)

    def _set(self, at: Any, value: Any) -> None:
        new = [self._convert(one) for one in value] if isinstance(at, slice) else value
        self._at(at, SET, (at, new if isinstance(at, slice) else self._convert(value)))

    def get_lock(self) -> Any:
        """The lock over them."""
        if self._lock is False:
            raise AttributeError("a value that was made with lock=False has no get_lock")
        return self if self._lock is True else self._lock

    def get_obj(self) -> Any:
        """What the lock is over, without it: not explored."""
        raise Misuse("get_obj is not explored: use the value itself, which takes its lock")

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        """Take the lock; False if another holds it and this call does not wait (long enough)."""
        if self._lock is not True:
            return bool(self.get_lock().acquire(block, timeout))
        limit = None if timeout is None or not block else max(0.0, timeout)
        return bool(self._perform(ACQUIRE, None, block, limit))

    def release(self) -> None:
        """Let go once. AssertionError unless the calling task holds it."""
        if self._lock is True:
            self._perform(RELEASE)
        else:
            self.get_lock().release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    @staticmethod
    def show(state: Memory, name: Callable[[int], str]) -> str:
        """The values, and who holds the lock."""
        shown = in_words(state.values[0] if len(state.values) == 1 else list(state.values))
        return shown if state.owner == NOBODY else f"{shown}, held by {name(state.owner)}"

    @staticmethod
    def holders(state: Memory) -> tuple[int, ...]:
        """Who holds the lock."""
        return () if state.owner == NOBODY else (state.owner,)


class Value(Shared):
    """`multiprocessing.Value`."""

    @property
    def value(self) -> Any:
        """The current value."""
        return self._get(0)

    @value.setter
    def value(self, value: Any) -> None:
        self._set(0, value)


class Array(Shared):
    """`multiprocessing.Array`."""

    def __init__(self, values: Iterable[Any], convert: Callable[[Any], Any], lock: Any) -> None:
        values = list(values)
        super().__init__(values, convert, lock)
        self._length = len(values)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, at: Any) -> Any:
        found = self._get(at)
        return list(found) if isinstance(at, slice) else found

    def __setitem__(self, at: Any, value: Any) -> None:
        if isinstance(at, slice) and len(value) != len(range(*at.indices(self._length))):
            raise ValueError("Can only assign sequence of same size")
        self._set(at, value)


def value(kind: Any, *args: Any, lock: Any = True) -> Value:
    """`multiprocessing.Value`."""
    convert = _conversion(kind)
    return Value([args[0] if args else _zero(kind)], convert, lock)


def array(kind: Any, size_or_initializer: Any, *, lock: Any = True) -> Array:
    """`multiprocessing.Array`."""
    given = size_or_initializer
    values = [_zero(kind)] * given if isinstance(given, int) else list(given)
    return Array(values, _conversion(kind), lock)


def _c_type(kind: Any) -> Any:
    from multiprocessing import sharedctypes  # it is not imported for who has no such value

    codes: dict[Any, Any] = vars(sharedctypes)["typecode_to_type"]
    found = codes.get(kind, kind)
    if not hasattr(found, "_type_") or not isinstance(found._type_, str):
        raise Misuse(f"{kind!r} is not explored: only simple C types are, such as 'i' or c_double")
    return found


def _zero(kind: Any) -> Any:
    return _c_type(kind)().value


def _conversion(kind: Any) -> Callable[[Any], Any]:
    c_type = _c_type(kind)
    return lambda value: c_type(value).value
