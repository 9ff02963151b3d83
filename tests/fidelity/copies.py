"""Private copies of the standard library's own Python, for one explored run.

`Copies` is what programs import from: `threading`, `queue`, `concurrent.futures`, loaded from the
files of the interpreter that runs, where threading finds the `_thread` of fake_thread.py and all of
them a `time` that is virtual. The modules that everybody else uses are not touched: the copies are
in no `sys.modules`, and import each other by an `__import__` of their own. Their code is compiled
once and run anew for each execution, so that the locks they make when imported belong to the run.

Nothing in them goes by `id()`: futures and threads are numbered by who made them, which is the
same in every interleaving of a class.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import queue
import threading
import time
import weakref
from functools import cache
from types import CodeType, ModuleType
from typing import Any

import verify
from tests.fidelity.fake_thread import Passed, fake_thread
from tests.fidelity.visible import Deque, Field
from verify.scheduling.scheduler import active

COPIED = ("threading", "queue", "concurrent")
"""What is loaded anew, with all that lies below it."""
BEGINNING = 1024.0
"""What the clocks show when a run begins."""
TICK = 2.0**-20
"""Seconds from one look at a clock to the next: `while clock() <= end` comes to an end."""


@cache
def _code_of(name: str) -> tuple[CodeType, str, bool]:
    """A module's code, its file, and whether it is a package."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"no module {name} to be copied")
    with open(spec.origin, encoding="utf-8") as file:  # noqa: PTH123
        code = compile(file.read(), spec.origin, "exec", dont_inherit=True)
    return code, spec.origin, spec.submodule_search_locations is not None


def fake_time() -> ModuleType:
    """The module `time` on virtual time."""
    made = ModuleType("time")
    vars(made).update(vars(time))

    def now() -> float:
        shown = BEGINNING + verify.now()
        verify.sleep(Passed(TICK))
        return shown

    for clock in ("monotonic", "time", "perf_counter"):
        setattr(made, clock, now)
    made.sleep = verify.sleep  # type: ignore[attr-defined]
    return made


class Copies:
    """The modules of one run; made, and used, inside the program.

    `copied` names what is loaded anew; `threading` and `queue` are verify's own where they are not
    among it. `threads` is whether the threads of a copy are its own too, in some twenty events
    each, rather than verify's. `failing` is that of fake_thread.py.
    """

    def __init__(
        self,
        copied: tuple[str, ...] = COPIED,
        threads: bool = True,
        failing: bool = True,
    ) -> None:
        self._threads = threads
        self._copied = copied
        outside = ModuleType("os")  # a copy must not be called when the process forks
        vars(outside).update(
            (name, value) for name, value in vars(os).items() if name != "register_at_fork"
        )
        self._os = outside
        self.modules: dict[str, ModuleType] = {
            "_thread": fake_thread(failing),
            "time": fake_time(),
        }
        for name, made in (("threading", verifys_threading), ("queue", verifys_queue)):
            if name not in copied:
                self.modules[name] = made()
        if "concurrent" in copied:
            self.modules["weakref"] = _weakref_of_a_run()
        self._builtins = dict(vars(builtins), __import__=self._import, id=_number_of)

    @property
    def threading(self) -> Any:
        return self.load("threading")

    @property
    def queue(self) -> Any:
        return self.load("queue")

    @property
    def futures(self) -> Any:
        return self.load("concurrent.futures")

    @property
    def time(self) -> Any:
        return self.modules["time"]

    def end(self) -> None:
        """What the interpreter does at its end: worker threads are told to go, and joined."""
        if "concurrent.futures.thread" in self.modules:
            self.modules["concurrent.futures.thread"]._python_exit()

    def load(self, name: str) -> ModuleType:
        """A module of this run."""
        made = self.modules.get(name)
        if made is None:
            code, file, package = _code_of(name)
            own = name if name.startswith("test.") else f"copied_{name}"  # a test asks for its name
            made = self.modules[name] = ModuleType(own)
            vars(made).update(
                __builtins__=self._builtins,
                __file__=file,
                __package__=name if package else name.rpartition(".")[0],
            )
            if package:
                made.__path__ = []
            exec(code, vars(made))
            parent, _, own = name.rpartition(".")
            if parent:
                setattr(self.load(parent), own, made)
            self._adapt(name, made)
        return made

    def _adapt(self, name: str, module: Any) -> None:
        if name == "threading":
            module.Event._flag = Field("_flag")
            module.Barrier._state = Field("_state")
            module.Barrier._count = Field("_count")
            module._deque = Deque
            _numbered(module.Thread)
            if not self._threads:
                module.Thread = _Thread
        elif name == "queue":
            module.Queue.unfinished_tasks = Field("unfinished_tasks")
            module._PySimpleQueue._queue = _Visibly("_queue")
        elif name == "concurrent.futures._base":
            _numbered(module.Future)

    def _is_copied(self, name: str) -> bool:
        return name in self.modules or any(
            name == one or name.startswith(f"{one}.") for one in self._copied
        )

    def _import(
        self,
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if level:
            package = globals["__package__"]
            base = package.rsplit(".", level - 1)[0] if level > 1 else package
            name = f"{base}.{name}" if name else base
        if name == "_queue":
            raise ImportError("the copies use no queue in C")
        if name == "os" and globals["__name__"].startswith("copied_"):
            return self._os
        if not self._is_copied(name):
            return builtins.__import__(name, globals, locals, fromlist, 0)
        module = self.load(name)
        if not fromlist:
            return self.load(name.partition(".")[0])
        for wanted in fromlist:
            below = f"{name}.{wanted}"
            if self._is_copied(below) and not hasattr(module, wanted):
                self.load(below)
        return module


class _Visibly(Field):
    """A container that is made visible as it is put there."""

    def __get__(self, instance: Any, owner: type) -> Any:
        return vars(instance)[self._name]

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self._name] = Deque(value)


def _new_number() -> int:
    """A number for an object that is being made: it follows from who makes it, and how many that
    task had made.
    """
    scheduler: Any = active()
    _, creator, index = scheduler.names.object_path(scheduler.cell(None).number)
    return abs(hash((creator, index)))


def _number_of(value: Any) -> int:
    """`id` and `hash`, where `_numbered` has given a number."""
    return int(getattr(value, "_number", None) or id(value))


def _numbered(kind: Any) -> Any:
    """Number a class's objects as they are made."""
    init = kind.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        self._number = _new_number()
        init(self, *args, **kwargs)

    kind.__init__ = __init__
    kind.__hash__ = _number_of
    return kind


@_numbered
class _Thread(verify.Thread):
    """verify's own, in a set of a copy's."""


def _weakref_of_a_run() -> ModuleType:
    """A `weakref` whose callbacks, which use objects of the run, are not called after it."""
    made = ModuleType("weakref")
    vars(made).update(vars(weakref))
    scheduler: Any = active()
    run = scheduler._run

    def ref(value: Any, callback: Any = None) -> Any:
        def call(dead: Any) -> None:
            if active() is scheduler and scheduler._run == run and not scheduler._killing:
                callback(dead)

        return weakref.ref(value, None if callback is None else call)

    made.ref = ref  # type: ignore[attr-defined]
    return made


OF_THREADING = (
    "Lock",
    "RLock",
    "Condition",
    "Semaphore",
    "BoundedSemaphore",
    "Event",
    "Barrier",
    "local",
    "get_ident",
)


def verifys_threading() -> ModuleType:
    """The names of `threading` that verify has."""
    made = ModuleType("threading")
    for name in OF_THREADING:
        setattr(made, name, getattr(verify, name))
    vars(made).update(
        BrokenBarrierError=threading.BrokenBarrierError,
        Thread=_Thread,
        _register_atexit=lambda call: None,
    )
    return made


def verifys_queue() -> ModuleType:
    """The names of `queue` that verify has; what only puts and gets cannot tell a SimpleQueue."""
    made = ModuleType("queue")
    for name in ("Queue", "LifoQueue", "PriorityQueue"):
        setattr(made, name, getattr(verify, name))
    vars(made).update(
        Empty=queue.Empty, Full=queue.Full, ShutDown=verify.ShutDown, SimpleQueue=verify.Queue
    )
    return made
