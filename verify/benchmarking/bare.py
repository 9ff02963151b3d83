"""The bare run: a benchmark program carried out with nothing that schedules, chooses or records.

The program's own code runs as it stands; under the name `verify` it finds the stand-ins below,
which do what is needed for the program to come to its end, and no more: a Shared is an object with
an attribute, a Lock a flag. The tasks run one after another in one OS thread, each in a plain call,
to its end. Only where a task has to wait does another go on: the first that can, and a task that
waits may go on before one that has not begun. So the program takes the same way as the explorer's
first execution and passes the same events.

    run       one bare run
    _carry    the life of a carrier, a greenlet that calls one task after another
    wait      a task that has to wait keeps its carrier until it can go on; another takes over. Main
              goes on when all have ended; if some cannot, as in a deadlock, they are dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from greenlet import getcurrent, greenlet

Ready = Callable[[], bool]


class Stuck(BaseException):
    """Nobody can go on."""


class Turns:
    """Carries the tasks of one program at a time; main has the number 0."""

    def __init__(self) -> None:
        self.fresh: deque[Thread] = deque()
        self.on = 0
        """The number of the task that is on."""
        self._started = 0
        self._waiting: dict[int, tuple[Ready, greenlet]] = {}
        self._idle: list[greenlet] = []
        self._home = getcurrent()

    def start(self, task: Thread) -> None:
        """A task is ready to begin."""
        self._started += 1
        task.number = self._started
        self.fresh.append(task)

    def wait(self, ready: Ready) -> None:
        """Whoever is on has to wait; comes back when it is ready and has its turn.

        Main has it when nobody else can go on. Raises Stuck if it cannot either.
        """
        number, here = self.on, getcurrent()
        if here is not self._home:
            self._waiting[number] = (ready, here)
        following = self._next()
        if following is not here:
            following.switch()
        if not ready():
            raise Stuck
        self.on = number

    def drop(self) -> None:
        """Forget what is left of a program."""
        for _, carrier in self._waiting.values():
            carrier.throw()
        self._waiting.clear()
        self.fresh.clear()
        self.on = self._started = 0

    def _next(self) -> greenlet:
        """Where it goes on: a task that waited, a carrier for one that has not begun, or main."""
        for number in sorted(self._waiting):
            ready, carrier = self._waiting[number]
            if ready():
                del self._waiting[number]
                return carrier
        if not self.fresh:
            return self._home
        return self._idle.pop() if self._idle else greenlet(self._carry, self._home)

    def _carry(self) -> None:
        """The life of a carrier: it is switched to when a task is fresh."""
        here = getcurrent()
        while True:
            task = self.fresh.popleft()
            self.on = task.number
            task.run()
            self._idle.append(here)
            following = self._next()
            if following is not here:
                following.switch()


class Shared:
    """A variable."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Lock:
    """A flag."""

    __slots__ = ("_turns", "held")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.held = False

    def acquire(self) -> bool:
        if self.held:
            self._turns.wait(lambda: not self.held)
        self.held = True
        return True

    def release(self) -> None:
        self.held = False

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exception: object) -> None:
        self.held = False


class Semaphore:
    """A number."""

    __slots__ = ("_turns", "permits")

    def __init__(self, turns: Turns, value: int = 1) -> None:
        self._turns = turns
        self.permits = value

    def acquire(self) -> bool:
        if not self.permits:
            self._turns.wait(lambda: self.permits > 0)
        self.permits -= 1
        return True

    def release(self) -> None:
        self.permits += 1

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *exception: object) -> None:
        self.permits += 1


class Condition:
    """A line of tasks that sleep, and a lock."""

    __slots__ = ("_asleep", "_lock", "_turns")

    def __init__(self, turns: Turns, lock: Lock | None = None) -> None:
        self._turns = turns
        self._lock = Lock(turns) if lock is None else lock
        self._asleep: list[int] = []

    def wait(self) -> bool:
        turns, lock, number = self._turns, self._lock, self._turns.on
        self._asleep.append(number)
        lock.held = False
        turns.wait(lambda: not lock.held and number not in self._asleep)
        lock.held = True
        return True

    def notify(self, n: int = 1) -> None:
        del self._asleep[:n]

    def notify_all(self) -> None:
        self._asleep.clear()

    def __enter__(self) -> bool:
        return self._lock.acquire()

    def __exit__(self, *exception: object) -> None:
        self._lock.held = False


class Thread:
    """A call that is made later."""

    __slots__ = ("_args", "_ended", "_target", "_turns", "number")

    def __init__(
        self, turns: Turns, target: Callable[..., object], args: Iterable[Any] = ()
    ) -> None:
        self._turns = turns
        self._target = target
        self._args = args
        self._ended = False
        self.number = 0

    def start(self) -> None:
        self._turns.start(self)

    def join(self) -> None:
        if not self._ended:
            self._turns.wait(lambda: self._ended)

    def run(self) -> None:
        """Called by a carrier. A failure ends the task, and nothing else."""
        try:
            self._target(*self._args)
        except Exception:  # an assertion of the program's, which fails in some orders
            return
        finally:
            self._ended = True


class StandIns:
    """What a program finds under the name `verify` in a bare run."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.Shared = Shared
        self.Lock = partial(Lock, self.turns)
        self.Semaphore = partial(Semaphore, self.turns)
        self.Condition = partial(Condition, self.turns)
        self.Thread = partial(Thread, self.turns)


def run(program: Callable[[], object], turns: Turns) -> None:
    """Run a program whose `verify` are the stand-ins that have these turns."""
    try:
        program()
    except (Stuck, Exception):  # it deadlocks, or main finds fault with the result
        return
    finally:
        turns.drop()
