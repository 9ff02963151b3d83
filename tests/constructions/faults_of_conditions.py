"""Mistakes in what is built on conditions: a Semaphore, an Event, a Queue."""

from __future__ import annotations

from queue import Empty, Full

from models.constructions import event_on_condition, semaphore_on_condition
from models.constructions.event_on_condition import Event
from models.constructions.queue_on_conditions import Queue
from models.constructions.semaphore_on_condition import Semaphore
from tests.constructions.fault import Fault

# ---------------------------------------------------------------------- Semaphore on a Condition


class OnACondition(Fault):
    as_a = "Semaphore"


class IfForWhile(OnACondition, Semaphore):
    """Who is woken does not look again: somebody else may have come first."""

    tasks = (("acquire", "release"), ("acquire",), ("acquire",))

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        with self.changed:
            if self.permits.value == 0 and (not blocking or not self.changed.wait(timeout)):
                return False
            self.permits.value -= 1
            return True


class ReleaseForgetsToNotify(OnACondition, Semaphore):
    """A permit is there, and nobody is told."""

    tasks = (("acquire", "release"), ("acquire",))

    def _add(self, n: int) -> None:
        self.permits.value += n


class TwoPermitsNotifyOne(OnACondition, Semaphore):
    """However many permits are given back, one sleeper is told."""

    tasks = (("acquire", "acquire"), ("acquire",), ("release 2",))

    def _add(self, n: int) -> None:
        self.permits.value += n
        self.changed.notify()


class TestAndSetInTwo(OnACondition, Semaphore):
    """A try looks without the lock, and takes with it."""

    __test__ = False  # no test, whatever pytest thinks of the name
    tasks = (("try",), ("try",))

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        if blocking:
            return super().acquire(blocking, timeout)
        if self.permits.value == 0:
            return False
        with self.changed:
            self.permits.value -= 1
            return True


class ATimeOutTakesAPermit(OnACondition, Semaphore):
    """Does not look at what `wait` says, only at the number, and takes what another was told of."""

    tasks = (("acquire", "acquire"), ("timed",))

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        with self.changed:
            while self.permits.value == 0:
                if not blocking:
                    return False
                self.changed.wait(timeout)
                if timeout is not None:
                    break
            self.permits.value -= 1
            return True


class BoundBeforeTheLock(Fault, semaphore_on_condition.AsInTheChapter):
    """Two releases find room for one, and both give it back."""

    as_a = "BoundedSemaphore"
    tasks = (("acquire", "release"), ("release",))


# ---------------------------------------------------------------------- Event on a Condition


class OfAFlag(Fault):
    as_a = "Event"


class SetForgetsToNotify(OfAFlag, Event):
    """The flag is up, and those who sleep are not told."""

    tasks = (("wait",), ("set",))

    def set(self) -> None:
        with self.changed:
            self.flag.value = True


class SetWakesOne(OfAFlag, event_on_condition.WakesOne):
    """The flag is up for all, and one is told."""

    tasks = (("wait",), ("wait",), ("set",))


class LooksBeforeTheLock(OfAFlag, event_on_condition.LooksBeforeTheLock):
    """The flag goes up between the look and the line."""

    tasks = (("wait",), ("set",))


class ClearTakesTheWakeUpBack(OfAFlag, Event):
    """Who was woken looks at the flag once more, and says what it sees."""

    tasks = (("wait",), ("set", "clear"))

    def wait(self, timeout: float | None = None) -> bool:
        with self.changed:
            if not self.flag.value:
                self.changed.wait(timeout)
            return self.flag.value


# ---------------------------------------------------------------------- Queue on three Conditions


class OfItems(Fault):
    as_a = "Queue"


class PutTellsThePutters(OfItems, Queue):
    """An item is there, and the wrong line is told."""

    tasks = (("get",), ("put",))

    def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
        with self.mutex:
            while 0 < self.maxsize <= len(self.items.value):
                if not block or not self.not_full.wait(timeout):
                    raise Full
            self.items.value += (item,)
            self.unfinished.value += 1
            self.not_full.notify()


class PutLooksOnce(OfItems, Queue):
    """Another putter may come between the wake-up and the lock."""

    tasks = (("put", "put"), ("get",), ("put",))

    def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
        with self.mutex:
            if 0 < self.maxsize <= len(self.items.value) and (
                not block or not self.not_full.wait(timeout)
            ):
                raise Full
            self.items.value += (item,)
            self.unfinished.value += 1
            self.not_empty.notify()


class GetForgetsThePutters(OfItems, Queue):
    """There is room, and nobody is told."""

    tasks = (("put", "put"), ("get",))

    def get(self, block: bool = True, timeout: float | None = None) -> int:
        with self.mutex:
            while not self.items.value:
                if not block or not self.not_empty.wait(timeout):
                    raise Empty
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            return item


class GetLooksOnce(OfItems, Queue):
    """Another taker may come between the wake-up and the lock."""

    tasks = (("get",), ("get",), ("put",))

    def get(self, block: bool = True, timeout: float | None = None) -> int:
        with self.mutex:
            if not self.items.value and (not block or not self.not_empty.wait(timeout)):
                raise Empty
            item, *rest = self.items.value
            self.items.value = tuple(rest)
            self.not_full.notify()
            return item


class FullBeforeTheLock(OfItems, Queue):
    """Looks for room, and then takes the lock to put."""

    tasks = (("put nowait",), ("put nowait",))

    def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
        if block:
            super().put(item, block, timeout)
        elif len(self.items.value) < self.maxsize:
            with self.mutex:
                self.items.value += (item,)
                self.unfinished.value += 1
                self.not_empty.notify()
        else:
            raise Full


class ToBeJoined(Fault):
    as_a = "Queue to be joined"


class TaskDoneForgetsTheJoiners(ToBeJoined, Queue):
    """All is done, and nobody is told."""

    tasks = (("put", "task_done"), ("join",))

    def task_done(self) -> None:
        with self.mutex:
            if self.unfinished.value == 0:
                raise ValueError("task_done() called too many times")
            self.unfinished.value -= 1


class TaskDoneTellsOneJoiner(TaskDoneForgetsTheJoiners):
    """All is done, and of those who wait for it one is told."""

    tasks = (("put", "task_done"), ("join",), ("join",))

    def task_done(self) -> None:
        super().task_done()
        with self.mutex:
            if self.unfinished.value == 0:
                self.all_tasks_done.notify()


class TooManyBeforeTheLock(ToBeJoined, Queue):
    """Looks whether there is something to report, and then takes the lock to report it."""

    tasks = (("put", "task_done"), ("task_done",))

    def task_done(self) -> None:
        if self.unfinished.value == 0:
            raise ValueError("task_done() called too many times")
        with self.mutex:
            self.unfinished.value -= 1
            if self.unfinished.value == 0:
                self.all_tasks_done.notify_all()


ON_CONDITIONS: list[type[Fault]] = [
    kind for kind in vars().copy().values() if isinstance(kind, type) and "tasks" in vars(kind)
]
"""What has a program of its own that shows it."""
