"""SimpleQueue: `queue.SimpleQueue`, which is a type of C.

Its stand-in has a real one, and while it is explored a twin, a queue that nothing bounds. `put`
never waits, and so may be called by a destructor, whenever that comes: after the execution in which
the queue was made, it goes to the real one.
"""

from __future__ import annotations

import copy
from queue import Empty
from types import ModuleType
from typing import Any

from verify.substitution.patches import at_end, substitute_name, substitute_objects
from verify.substitution.runs import run_number
from verify.substitution.stand_ins import StandIn
from verify.substitution.twins import set_twin, twin_of
from verify.sync.items import Fifo, Stock
from verify.sync.primitive import Primitive
from verify.sync.queues import Queue


def substitute(queue: ModuleType) -> None:
    """Replace the type."""
    for real in _types(queue.SimpleQueue):

        def make(real: type = real) -> SimpleQueue:
            made = SimpleQueue(real())
            made._run = run_number()
            set_twin(made, Queue(shared=False))
            return made

        stand_in = StandIn(real, make, real, SimpleQueue)
        substitute_name(queue, "SimpleQueue", stand_in, real)
        substitute_objects(real, _dual)


def _types(real: type) -> list[type]:
    """The library's, and that of each time that its module in C was imported once more."""
    subclasses: list[type] = type.__subclasses__(object)
    return [kind for kind in subclasses if _name(kind) == _name(real)]


def _name(kind: type) -> tuple[str, str]:
    return kind.__module__, kind.__qualname__


class SimpleQueue:
    """A first-in first-out queue that nothing bounds."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._run = 0
        """The execution in which it was made, if in any."""

    def _doing(self) -> Any:
        run = run_number()
        if run == 0 or self._run not in (0, run):
            return self._real
        return twin_of(self, _as_it_stands)

    def __deepcopy__(self, memo: dict[int, Any]) -> SimpleQueue:
        """A queue as a process has it that is started: its own, and no longer this one."""
        if run_number() == 0:
            raise TypeError("cannot copy a SimpleQueue")
        made = memo[id(self)] = copy.copy(self)
        set_twin(made, copy.deepcopy(self._doing(), memo))
        return made

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put an item in; the rest is for compatibility with `Queue`."""
        self._doing().put(item)

    def put_nowait(self, item: Any) -> None:
        """The same."""
        self._doing().put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take the next item out, sleeping while there is none: at most `timeout` seconds."""
        try:
            return self._doing().get(block, timeout)
        except Empty:
            return type(self._real)().get_nowait()  # raises it: each time of import has its own

    def get_nowait(self) -> Any:
        """Take the next item out. Empty if there is none."""
        return self.get(False)

    def empty(self) -> bool:
        """Whether there is no item at this moment."""
        empty: bool = self._doing().empty()
        return empty

    def qsize(self) -> int:
        """How many items there are at this moment."""
        size: int = self._doing().qsize()
        return size


_duals: dict[int, SimpleQueue] = {}
"""By the address of the real queue, which is its own while the dual keeps it."""
at_end(_duals.clear)


def _dual(real: Any) -> SimpleQueue:
    """The one that takes the place of a real one, while something is explored."""
    found = _duals.get(id(real))
    if found is None:
        found = _duals[id(real)] = SimpleQueue(real)
    return found


def _as_it_stands(of: SimpleQueue) -> Queue[Any]:
    items = [of._real.get_nowait() for _ in range(of._real.qsize())]
    for item in items:
        of._real.put(item)
    twin: Queue[Any] = Queue.__new__(Queue)
    Primitive.__init__(twin, Stock(Fifo.of(items), 0), shared=False)
    twin.maxsize = 0
    return twin
