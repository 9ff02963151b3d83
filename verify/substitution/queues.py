"""Queues: `queue.Queue`, `LifoQueue`, `PriorityQueue`.

Each call is one step of a twin, which is one of the harness's queues. Some are explored as they are
written instead, lock and conditions and all: those of a class with an organisation of its own
(`_put`, `_get`, ...), and all of them where a program turns out to use what they are made of, as in
`with queue.mutex: queue.queue.clear()`. The search then begins again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.substitution.patches import explored, really, substitute_method
from verify.substitution.twins import set_twin, twin_of
from verify.sync import queues
from verify.sync.items import Stock
from verify.sync.primitive import Primitive

_HOOKS = ("_init", "_qsize", "_put", "_get")
_CALLS = ("put", "get", "qsize", "empty", "full", "task_done", "join")
_INSIDE = ("queue", "mutex", "not_empty", "not_full", "all_tasks_done")
"""What the library's queues are made of, and ours are not."""

_Queue = queues.Queue[Any]


def substitute(queue: ModuleType) -> None:
    """Replace the methods of the classes."""
    base: Any = queue.Queue
    twins = _Twins(queue)
    substitute_method(base, "__init__", twins.begin)
    calls, looks = [*_CALLS], ["unfinished_tasks"]
    if hasattr(base, "shutdown"):  # from 3.13 on
        calls.append("shutdown")
        looks.append("is_shutdown")
    for name in calls:
        substitute_method(base, name, twins.calling(getattr(base, name), name))
    for name in (*looks, *_INSIDE):
        substitute_method(base, name, twins.field(name, inside=name in _INSIDE))
    substitute_method(base, "__deepcopy__", lambda of, memo: twins.copied(of, memo))


class _Twins:
    """What the library's queues are while they are explored."""

    def __init__(self, queue: ModuleType) -> None:
        self._ours: dict[type, type[_Queue]] = {
            queue.Queue: queues.Queue,
            queue.LifoQueue: queues.LifoQueue,
            queue.PriorityQueue: queues.PriorityQueue,
        }
        self._init = queue.Queue.__init__

    def kind(self, of: Any) -> type[_Queue] | None:
        """Which of our queues is organised as this one; None if it is explored as it is written."""
        if not _scheduler().opened:
            for library, ours in self._ours.items():
                if all(getattr(type(of), hook) is getattr(library, hook) for hook in _HOOKS):
                    return ours
        return None

    def twin(self, of: Any) -> Any:
        """The twin of a queue: one of ours, or one of the library's that is made in the run."""
        twin = twin_of(of, self._as_it_stands)
        if twin is not of:
            twin.maxsize = of.maxsize  # which a program may change
        return twin

    def begin(self, of: Any, maxsize: int = 0) -> None:
        """What `__init__` does."""
        kind = self.kind(of)
        if kind is None:
            set_twin(of, of)
            self._init(of, maxsize)
        else:
            really(self._init, of, maxsize)
            set_twin(of, kind(maxsize, shared=False))

    def _as_it_stands(self, of: Any) -> Any:
        kind = self.kind(of)
        held = vars(of)
        if kind is None:
            made = copy.copy(of)
            set_twin(made, made)
            self._init(made, of.maxsize)
            for name in ("queue", "unfinished_tasks", "is_shutdown"):
                if name in held:
                    vars(made)[name] = copy.copy(held[name])
            return made
        twin = kind.__new__(kind)
        items = kind._empty.of(held["queue"])
        stock = Stock(items, held["unfinished_tasks"], held.get("is_shutdown", False))
        Primitive.__init__(twin, stock, shared=False)
        return twin

    def calling(self, original: Callable[..., Any], name: str) -> Callable[..., Any]:
        """What a method does."""

        def call(of: Any, *args: Any, **kwargs: Any) -> Any:
            twin = self.twin(of)
            if isinstance(twin, queues.Queue):
                return getattr(twin, name)(*args, **kwargs)
            return original(twin, *args, **kwargs)

        return call

    def copied(self, of: Any, memo: dict[int, Any]) -> Any:
        """A queue as a process has it that is started: its own, and no longer this one."""
        twin = None if explored() is None else self.twin(of)
        if not isinstance(twin, queues.Queue):
            raise TypeError(f"cannot copy {type(of).__name__!r}, which has locks")
        made = copy.copy(of)
        memo[id(of)] = made
        set_twin(made, copy.deepcopy(twin, memo))
        return made

    def field(self, name: str, inside: bool) -> property:
        """What an attribute shows that the library's code keeps in the queue itself."""

        def holder(of: Any) -> Any:
            if explored() is None:
                return of
            twin = self.twin(of)
            if inside and isinstance(twin, queues.Queue):
                _scheduler().open()
            return twin

        def get(of: Any) -> Any:
            found = holder(of)
            if isinstance(found, queues.Queue):
                return getattr(found, name)
            if name not in vars(found):
                raise AttributeError(f"{type(of).__name__!r} object has no attribute {name!r}")
            return vars(found)[name]

        def put(of: Any, value: Any) -> None:
            found = holder(of)
            if isinstance(found, queues.Queue):
                _scheduler().open()
            vars(found)[name] = value

        return property(get, put)


def _scheduler() -> Any:
    return explored()
