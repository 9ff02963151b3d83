"""The models of constructions in the reference's language: see restated.py.

A task is told its name, which is what `get_ident` gives it. The locks of waiters are there from the
beginning, one for each time that a task could wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.calls import holding, holding_again, start_and_join, started_from_main, wait
from tests.reference.programs import CONDITION, LOCK
from tests.reference.world import Body, Invariant, Program


def _whatever_comes(body: Body, release: Callable[[], Body]) -> Body:
    """The end of a `with`."""
    try:
        yield from body
    except Exception:
        yield from release()
        raise
    yield from release()


# ---------------------------------------------------------------------- rlock_on_lock


class OwnedLock:
    """An RLock on a Lock; `wrong` is what is wrong with it, if anything."""

    objects: dict[str, Any] = {"block": LOCK, "owner": None, "depth": 0, "inside": 0}  # noqa: RUF012

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong

    def acquire(self, me: str) -> Body:
        if (yield ("read", "owner")) == me:
            depth = yield ("read", "depth")
            yield ("write", "depth", depth + 1)
            return
        if self.wrong == "name too early":
            yield ("write", "owner", me)
            yield ("acquire", "block")
        else:
            yield ("acquire", "block")
            yield ("write", "owner", me)
        yield ("write", "depth", 1)

    def release(self, me: str) -> Body:
        if self.wrong != "anybody" and (yield ("read", "owner")) != me:
            raise RuntimeError("not the owner")
        depth = yield ("read", "depth")
        yield ("write", "depth", depth - 1)
        if (yield ("read", "depth")) == 0:
            if self.wrong == "name too long":
                yield ("release", "block")
                yield ("write", "owner", None)
            else:
                yield ("write", "owner", None)
                yield ("release", "block")

    def hold(self, me: str, body: Body) -> Body:
        yield from self.acquire(me)
        yield from _whatever_comes(body, lambda: self.release(me))

    def visit(self, me: str) -> Body:
        yield from self.hold(me, _go_in_and_out())

    def visit_with_a_key(self, me: str) -> Body:
        yield from self.hold(me, self.visit(me))

    def visitors(self, first_has_a_key: bool = False) -> Program:
        first = self.visit_with_a_key if first_has_a_key else self.visit
        return Program(self.objects, started_from_main((first, "first"), (self.visit, "second")))

    def burglary(self) -> Program:
        def burglar() -> Body:
            try:
                yield from self.release("burglar")
            except RuntimeError:
                return
            yield from self.visit("burglar")

        def owning() -> Body:
            yield ("add", "inside", 1)
            yield from start_and_join((burglar,))
            yield ("add", "inside", -1)

        return Program(self.objects, lambda: self.hold("main", owning()))


def _go_in_and_out() -> Body:
    assert (yield ("add", "inside", 1)) == 0
    yield ("add", "inside", -1)


# ---------------------------------------------------------------------- condition_on_locks


class Line:
    """A condition on waiter locks, over an RLock."""

    def __init__(self, wrong: str = "") -> None:
        self.wrong = wrong

    def wait(self, me: str, timed: bool = False) -> Body:
        if self.wrong in ("", "time-out") and (yield ("depth", "lock")) == 0:
            raise RuntimeError("not the owner")
        waiter = me
        yield ("acquire", waiter)
        if self.wrong == "in line too late":
            depth = yield ("let_go_whole", "lock")
            yield from self._stand_in_line(waiter)
        else:
            yield from self._stand_in_line(waiter)
            depth = yield ("let_go_whole", "lock")
        again = ("acquire", waiter)
        woken = yield ("try", again) if timed else again
        if self.wrong != "lock not taken back":
            yield ("retake", "lock", depth)
        if woken:
            return True
        line = yield ("read", "waiters")
        yield ("write", "waiters", tuple(other for other in line if other != waiter))
        return self.wrong != "time-out" and waiter not in line

    def _stand_in_line(self, waiter: str) -> Body:
        line = yield ("read", "waiters")
        yield ("write", "waiters", (*line, waiter))

    def notify(self) -> Body:
        if (yield ("depth", "lock")) == 0:
            raise RuntimeError("not the owner")
        line = yield ("read", "waiters")
        yield ("write", "waiters", line[1:])
        for waiter in line[:1]:
            yield ("release", waiter)

    def bakery(self, passer_by: bool, buyers: int, bakers: int) -> Program:
        def buy(me: str) -> Body:
            times = 0
            while (yield ("read", "loaves")) == 0:
                times += 1
                yield from self.wait(f"{me} {times}")
            loaves = yield ("read", "loaves")
            yield ("write", "loaves", loaves - 1)
            assert (yield ("read", "loaves")) >= 0

        def bake() -> Body:
            loaves = yield ("read", "loaves")
            yield ("write", "loaves", loaves + 1)
            yield from self.notify()

        def listen() -> Body:
            if (yield from self.wait("passer-by", timed=True)):
                yield from self.notify()

        def buyer(me: str) -> Body:
            yield from holding_again("lock", buy(me))

        def baker() -> Body:
            yield from holding_again("lock", bake())

        def listener() -> Body:
            yield from holding_again("lock", listen())

        names = [f"buyer {number}" for number in range(buyers)]
        children: list[tuple[Any, ...]] = [(listener,)] * passer_by
        children += [(buyer, name) for name in names] + [(baker,)] * bakers

        def main() -> Body:
            yield from start_and_join(*children)
            if self.wrong == "":
                assert (yield ("read", "loaves")) == 0

        waiters = ["passer-by", *(f"{name} {times}" for name in names for times in (1, 2, 3))]
        objects = {"lock": LOCK, "waiters": (), "loaves": 0, **dict.fromkeys(waiters, LOCK)}
        return Program(objects, main)


# ---------------------------------------------------------------------- semaphore_on_condition

CHANGED = {"m": LOCK, "changed": CONDITION}


def _take(looks_once: bool) -> Body:
    while (yield ("read", "permits")) == 0:
        yield from wait("changed", "m")
        if looks_once:
            break
    permits = yield ("read", "permits")
    yield ("write", "permits", permits - 1)


def _add() -> Body:
    permits = yield ("read", "permits")
    yield ("write", "permits", permits + 1)
    yield ("notify", "changed", "m", 1)


def three_visitors(looks_once: bool) -> Program:
    def visitor() -> Body:
        yield from holding("m", _take(looks_once))
        yield from _whatever_comes(_go_in_and_out(), lambda: holding("m", _add()))

    objects = {**CHANGED, "permits": 1, "inside": 0}
    return Program(objects, started_from_main(*[(visitor,)] * 3))


def two_openers(under_the_lock: bool) -> Program:
    def look() -> Body:
        if (yield ("read", "permits")) + 1 > 1:
            raise ValueError("released too many times")

    def look_and_add() -> Body:
        yield from look()
        yield from _add()

    def release() -> Body:
        if under_the_lock:
            yield from holding("m", look_and_add())
        else:
            yield from look()
            yield from holding("m", _add())

    def opener() -> Body:
        try:
            yield from release()
        except ValueError:
            yield ("add", "refused", 1)

    def main() -> Body:
        yield from holding("m", _take(False))
        yield from start_and_join((opener,), (opener,))
        assert (yield ("read", "refused")) == 1

    return Program({**CHANGED, "permits": 1, "refused": 0}, main)


# ---------------------------------------------------------------------- event_on_condition


def two_waiters_and_a_setter(looks_before: bool = False, told: int = 2) -> Program:
    def look_and_wait() -> Body:
        if not (yield ("read", "flag")):
            assert (yield from wait("changed", "m"))

    def waiter() -> Body:
        if not looks_before:
            yield from holding("m", look_and_wait())
        elif not (yield ("read", "flag")):
            yield from holding("m", wait("changed", "m"))

    def raising() -> Body:
        yield ("write", "flag", True)
        yield ("notify", "changed", "m", told)

    def setter() -> Body:
        yield from holding("m", raising())

    def main() -> Body:
        yield from start_and_join((waiter,), (waiter,), (setter,))
        assert (yield ("read", "flag"))

    return Program({**CHANGED, "flag": False}, main)


# ---------------------------------------------------------------------- queue_on_conditions


class Queue:
    """A queue on conditions over one lock."""

    def __init__(self, maxsize: int, wrong: str = "") -> None:
        self.maxsize = maxsize
        self.wrong = wrong
        one = wrong == "one condition"
        self.not_full = "not empty" if one else "not full"
        self.objects: dict[str, Any] = {"m": LOCK, "items": (), "unfinished": 0, "done": 0}
        for name in ("not empty", "not full", "all done"):
            self.objects[name] = CONDITION

    def put(self, item: int) -> Body:
        yield from holding("m", self._put(item))

    def get(self) -> Body:
        yield from holding("m", self._get())

    def _put(self, item: int) -> Body:
        while self.maxsize and len((yield ("read", "items"))) >= self.maxsize:
            yield from wait(self.not_full, "m")
        items = yield ("read", "items")
        yield ("write", "items", (*items, item))
        unfinished = yield ("read", "unfinished")
        yield ("write", "unfinished", unfinished + 1)
        yield ("notify", "not empty", "m", 1)

    def _get(self) -> Body:
        while not (yield ("read", "items")):
            yield from wait("not empty", "m")
            if self.wrong == "looks once":
                break
        items = yield ("read", "items")
        if not items:
            raise ValueError("nothing to unpack")
        yield ("write", "items", items[1:])
        yield ("notify", self.not_full, "m", 1)

    def _finish(self) -> Body:
        unfinished = yield ("read", "unfinished")
        yield ("write", "unfinished", unfinished - 1)
        if self.wrong == "tells one":
            if (yield ("read", "unfinished")) == 0:
                yield ("notify", "all done", "m", 1)
        elif unfinished == 1:
            yield ("notify", "all done", "m", 9)

    def _join(self) -> Body:
        while (yield ("read", "unfinished")):
            yield from wait("all done", "m")

    def two_of_each(self) -> Program:
        def count() -> Body:
            assert not (yield ("read", "items"))

        def main() -> Body:
            yield from start_and_join((self.put, 1), (self.put, 2), (self.get,), (self.get,))
            if not self.wrong:
                yield from holding("m", count())

        bound = Invariant("places", ("items",), lambda states: len(states["items"]) <= self.maxsize)
        return Program(self.objects, main, (bound,))

    def two_joiners(self) -> Program:
        def joiner() -> Body:
            yield from holding("m", self._join())
            assert (yield ("read", "done")) == 1

        def worker() -> Body:
            yield from self.get()
            yield ("add", "done", 1)
            yield from holding("m", self._finish())

        def main() -> Body:
            yield from self.put(1)
            yield from start_and_join((joiner,), (joiner,), (worker,))

        return Program(self.objects, main)


OF_CONSTRUCTIONS: dict[str, Callable[[], Program]] = {
    "rlock_on_lock.taken_again": lambda: OwnedLock().visitors(first_has_a_key=True),
    "rlock_on_lock.name_before_the_lock": lambda: OwnedLock("name too early").visitors(),
    "rlock_on_lock.name_wiped_out_too_late": lambda: OwnedLock("name too long").visitors(),
    "rlock_on_lock.released_by_its_owner": lambda: OwnedLock().burglary(),
    "rlock_on_lock.released_by_anybody": lambda: OwnedLock("anybody").burglary(),
    "condition_on_locks.heard_in_line": lambda: Line().bakery(False, 2, 2),
    "condition_on_locks.in_line_too_late": lambda: Line("in line too late").bakery(False, 1, 1),
    "condition_on_locks.lock_not_taken_back": (
        lambda: Line("lock not taken back").bakery(False, 1, 1)
    ),
    "condition_on_locks.told_that_it_was_notified": lambda: Line().bakery(True, 1, 1),
    "condition_on_locks.spent_on_one_who_has_left": lambda: Line("time-out").bakery(True, 1, 1),
    "semaphore_on_condition.one_place": lambda: three_visitors(looks_once=False),
    "semaphore_on_condition.looks_once": lambda: three_visitors(looks_once=True),
    "semaphore_on_condition.bound_under_the_lock": lambda: two_openers(under_the_lock=True),
    "semaphore_on_condition.bound_before_the_lock": lambda: two_openers(under_the_lock=False),
    "event_on_condition.seen_early_and_late": two_waiters_and_a_setter,
    "event_on_condition.looks_before_the_lock": lambda: two_waiters_and_a_setter(looks_before=True),
    "event_on_condition.wakes_one": lambda: two_waiters_and_a_setter(told=1),
    "queue_on_conditions.one_place": lambda: Queue(1).two_of_each(),
    "queue_on_conditions.one_condition_for_all": lambda: Queue(1, "one condition").two_of_each(),
    "queue_on_conditions.looks_once": lambda: Queue(1, "looks once").two_of_each(),
    "queue_on_conditions.joined": lambda: Queue(0).two_joiners(),
    "queue_on_conditions.tells_one_joiner": lambda: Queue(0, "tells one").two_joiners(),
}
"""By the model's file and name."""
