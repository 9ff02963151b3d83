"""The models of threads and locks in the reference's language: see restated.py."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tests.reference.calls import await_line, holding, start_and_join, started_from_main, wait
from tests.reference.programs import CONDITION, LINE, LOCK
from tests.reference.semantics import Empty
from tests.reference.world import Body, Program

# ---------------------------------------------------------------------- fetch_urls

POP = ("try", ("get", "urls", True))


def _urls(*urls: str) -> dict[str, Any]:
    return {"urls": (urls, len(urls), False), "fetched": 0, "file": (), "lock": LOCK}


def _write(page: str) -> Body:
    yield ("add", "file", (page,))
    yield ("add", "file", (page,))


def _whole() -> Body:
    """The pages in the file, each in two pieces."""
    pieces = yield ("read", "file")
    assert pieces[::2] == pieces[1::2]
    return sorted(pieces[::2])


def look_and_pop() -> Program:
    def fetcher() -> Body:
        while (yield ("qsize", "urls")):
            yield POP
            yield ("add", "fetched", 1)

    return Program(_urls("news"), started_from_main((fetcher,), (fetcher,)))


def pop_and_see() -> Program:
    def fetcher() -> Body:
        while True:
            try:
                yield POP
            except Empty:
                return
            yield ("add", "fetched", 1)

    def main() -> Body:
        yield from start_and_join((fetcher,), (fetcher,))
        assert (yield ("read", "fetched")) == 2

    return Program(_urls("news", "mail"), main)


def pages(locked: bool) -> Program:
    def fetcher(page: str) -> Body:
        yield from holding("lock", _write(page)) if locked else _write(page)

    def main() -> Body:
        yield from start_and_join((fetcher, "news"), (fetcher, "mail"))
        assert (yield from _whole()) == ["mail", "news"]

    return Program(_urls(), main)


def failing_under_the_lock(released: bool) -> Program:
    def fetcher(page: str) -> Body:
        yield ("acquire", "lock")
        if page:
            yield from _write(page)
        if page or released:
            yield ("release", "lock")

    def main() -> Body:
        yield from start_and_join((fetcher, ""), (fetcher, "mail"))
        assert len((yield from _whole())) == 1

    return Program(_urls(), main)


def last_page_again() -> Program:
    def fetcher() -> Body:
        page = ""
        while (yield ("qsize", "urls")):
            url = yield POP
            page = url or page
            yield from _write(page)

    def main() -> Body:
        yield from start_and_join((fetcher,))
        assert len((yield from _whole())) == 1

    return Program(_urls("", "news"), main)


def one_at_a_time() -> Program:
    def one() -> Body:
        if not (yield ("qsize", "urls")):
            return False
        url = yield POP
        if url:
            yield from _write(url)
        return True

    def fetcher() -> Body:
        while (yield from holding("lock", one())):
            pass

    def main() -> Body:
        yield from start_and_join((fetcher,), (fetcher,))
        assert (yield from _whole()) == ["mail", "news"]

    return Program(_urls("", "news", "mail"), main)


# ---------------------------------------------------------------------- lock_rules

ROOM = {"lock": LOCK, "taken": False, "found": False, "inside": 0}


def _visit() -> Body:
    assert (yield ("add", "inside", 1)) == 0
    yield ("add", "inside", -1)


def the_four_rules() -> Program:
    def opener() -> Body:
        yield ("release", "lock")

    def main() -> Body:
        yield ("acquire", "lock")
        assert (yield ("locked", "lock"))
        other = yield ("start", opener)
        yield ("acquire", "lock")
        yield ("join", other)
        yield ("release", "lock")
        assert not (yield ("locked", "lock"))
        try:
            yield ("release", "lock")
        except RuntimeError:
            return
        raise AssertionError

    return Program(ROOM, main)


def visitors(count: int, visitor: Callable[[], Body]) -> Program:
    return Program(ROOM, started_from_main(*[(visitor,)] * count))


def well_behaved() -> Body:
    yield ("acquire", "lock")
    yield from _visit()
    yield ("release", "lock")


def two_steps() -> Body:
    if not (yield ("read", "taken")):
        yield ("write", "taken", True)
        yield from _visit()
        yield ("write", "taken", False)


def impatient() -> Body:
    mine = yield ("try", ("acquire", "lock"))
    yield from _visit()
    if mine:
        yield ("release", "lock")


def thorough() -> Body:
    yield ("acquire", "lock")
    yield from _visit()
    for _ in range(2):
        with suppress(RuntimeError):
            yield ("release", "lock")


def in_a_hurry() -> Body:
    yield ("acquire", "lock")
    if (yield ("read", "found")):
        return
    yield from _visit()
    yield ("write", "found", True)
    yield ("release", "lock")


def two_openers() -> Program:
    def opener() -> Body:
        yield ("release", "lock")

    return Program({"lock": ((), 1)}, started_from_main((opener,), (opener,)))


def acquired_twice() -> Program:
    def main() -> Body:
        yield ("acquire", "lock")
        yield ("acquire", "lock")

    return Program(ROOM, main)


# ---------------------------------------------------------------------- conditions

BASKET = {"lock": LOCK, "changed": CONDITION, "integers": ()}


def _append(integer: int, notify: bool = True) -> Body:
    integers = yield ("read", "integers")
    yield ("write", "integers", (*integers, integer))
    if notify:
        yield ("notify", "changed", "lock", 1)


def _pop() -> Body:
    integers = yield ("read", "integers")
    yield ("write", "integers", integers[:-1])


def _produce(*integers: int) -> Body:
    for integer in integers:
        yield from holding("lock", _append(integer))


def _produce_and_call_outside() -> Body:
    yield from holding("lock", _append(1, notify=False))
    yield ("notify", "changed", "lock", 1)


def _look_again() -> Body:
    while not (yield ("read", "integers")):
        yield from wait("changed", "lock")
    yield from _pop()


def _look_once() -> Body:
    if not (yield ("read", "integers")):
        yield from wait("changed", "lock")
    assert (yield ("read", "integers"))
    yield from _pop()


def _do_not_look() -> Body:
    yield from wait("changed", "lock")
    yield from _pop()


def _look_too_early() -> Body:
    if not (yield ("read", "integers")):
        yield from holding("lock", wait("changed", "lock"))
    yield from holding("lock", _pop())


def basket(producer: tuple[Any, ...], consume: Callable[[], Body], consumers: int = 1) -> Program:
    """`consume` is what a consumer does under the lock."""

    def consumer() -> Body:
        yield from holding("lock", consume())

    return Program(BASKET, started_from_main(producer, *[(consumer,)] * consumers))


def lost_between_look_and_wait() -> Program:
    return Program(BASKET, started_from_main((_produce, 1), (_look_too_early,)))


# ---------------------------------------------------------------------- events


def event(producer: Callable[[int], Body], consumer: Callable[[int], Body], count: int) -> Program:
    objects = {"filled": LINE, "integers": 0}
    return Program(objects, started_from_main((consumer, count), (producer, count)))


def pulse(count: int) -> Body:
    for _ in range(count):
        yield ("add", "integers", 1)
        yield ("set", "filled")
        yield ("clear", "filled")


def leave_up(count: int) -> Body:
    for _ in range(count):
        yield ("add", "integers", 1)
        yield ("set", "filled")


def take_once(count: int) -> Body:
    yield from await_line("filled")
    assert (yield ("swap", "integers", 0)) == count


def clear_and_take(count: int) -> Body:
    while count:
        yield from await_line("filled")
        yield ("clear", "filled")
        count -= yield ("swap", "integers", 0)


def take_and_clear(count: int) -> Body:
    while count:
        yield from await_line("filled")
        count -= yield ("swap", "integers", 0)
        yield ("clear", "filled")


OF_THREADS: dict[str, Callable[[], Program]] = {
    "fetch_urls.emptied_list": look_and_pop,
    "fetch_urls.asked_for_forgiveness": pop_and_see,
    "fetch_urls.torn_pages": lambda: pages(locked=False),
    "fetch_urls.whole_pages": lambda: pages(locked=True),
    "fetch_urls.stranded_lock": lambda: failing_under_the_lock(released=False),
    "fetch_urls.lock_let_go": lambda: failing_under_the_lock(released=True),
    "fetch_urls.last_page_again": last_page_again,
    "fetch_urls.one_at_a_time": one_at_a_time,
    "lock_rules.the_four_rules": the_four_rules,
    "lock_rules.kept": lambda: visitors(3, well_behaved),
    "lock_rules.rule_1_broken": lambda: visitors(2, two_steps),
    "lock_rules.rule_2_broken": lambda: visitors(2, impatient),
    "lock_rules.rule_3_broken": lambda: visitors(3, thorough),
    "lock_rules.rule_3_kept": two_openers,
    "lock_rules.rule_4_forgotten": lambda: visitors(3, in_a_hurry),
    "lock_rules.acquired_twice": acquired_twice,
    "conditions.heard": lambda: basket((_produce, 1, 2), _look_again, 2),
    "conditions.lost": lambda: basket((_produce, 1), _do_not_look),
    "conditions.lost_between_look_and_wait": lost_between_look_and_wait,
    "conditions.stolen": lambda: basket((_produce, 1, 2), _look_once, 2),
    "conditions.called_without_the_lock": lambda: basket((_produce_and_call_outside,), _look_again),
    "events.pulse": lambda: event(pulse, take_once, 1),
    "events.left_up": lambda: event(leave_up, take_once, 1),
    "events.cleared_before_looking": lambda: event(leave_up, clear_and_take, 2),
    "events.cleared_after_looking": lambda: event(leave_up, take_and_clear, 2),
}
"""By the model's file and name."""
