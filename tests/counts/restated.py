"""The models once more, in the reference's language: where their numbers of classes come from.

Objects are declared in the order in which the model's main task creates them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.counts import restated_coroutines, restated_processes as processes
from tests.counts.restated_constructions import OF_CONSTRUCTIONS
from tests.counts.restated_distributed import OF_DISTRIBUTED
from tests.counts.restated_herds import OF_HERDS
from tests.counts.restated_loops import door, flag, lock_of_one_word, lock_that_is_tried
from tests.counts.restated_results import OF_RESULTS
from tests.counts.restated_threads import OF_THREADS
from tests.reference import programs
from tests.reference.calls import (
    holding,
    holding_again,
    start_and_join,
    started_from_main,
    wait,
    with_permit,
)
from tests.reference.programs import CONDITION, LOCK, QUEUE
from tests.reference.world import Body, Invariant, Program


def two_increments() -> Program:
    def increment() -> Body:
        value = yield ("read", "count")
        yield ("write", "count", value + 1)

    def main() -> Body:
        yield from start_and_join((increment,), (increment,))
        assert (yield ("read", "count")) == 2

    return Program({"count": 0}, main)


def three_at_once() -> Program:
    def increment() -> Body:
        yield ("add", "count", 1)

    def main() -> Body:
        yield from start_and_join(*[(increment,)] * 3)
        assert (yield ("read", "count")) == 3

    return Program({"count": 0}, main)


def bank(ordered: bool, watched: str = "") -> Program:
    """Two transfers in opposite directions, watched closely, loosely or not at all."""

    def transfer(source: str, target: str, amount: int) -> Body:
        first, second = sorted((source, target)) if ordered else (source, target)
        yield ("acquire", first + " lock")
        yield ("acquire", second + " lock")
        for account, change in ((source, -amount), (target, amount)):
            balance = yield ("read", account)
            yield ("write", account, balance + change)
        yield ("release", second + " lock")
        yield ("release", first + " lock")

    def main() -> Body:
        yield from start_and_join((transfer, "1", "2", 10), (transfer, "2", "1", 20))
        assert (yield ("read", "1")) == 110
        assert (yield ("read", "2")) == 90

    def adds_up(states: dict[str, Any]) -> bool:
        return bool(states["1"] + states["2"] == 200)

    def adds_up_at_rest(states: dict[str, Any]) -> bool:
        return bool(states["1 lock"] or states["2 lock"] or adds_up(states))

    objects = {"1 lock": LOCK, "1": 100, "2 lock": LOCK, "2": 100}
    invariants = {
        "": (),
        "closely": (Invariant("money", ("1", "2"), adds_up),),
        "loosely": (Invariant("money", tuple(objects), adds_up_at_rest),),
    }
    return Program(objects, main, invariants[watched])


def butler(guests: int) -> Program:
    def guest(seat: int) -> Body:
        left, right = f"fork{seat}", f"fork{(seat + 1) % guests}"

        def eat() -> Body:
            yield ("acquire", left)
            yield ("acquire", right)
            yield ("release", right)
            yield ("release", left)

        yield from with_permit("butler", eat())

    forks: dict[str, Any] = {f"fork{seat}": LOCK for seat in range(guests)}
    return Program(
        {**forks, "butler": guests - 1},
        started_from_main(*((guest, seat) for seat in range(guests))),
    )


def broadcasting_buffer() -> Program:
    """One condition and notify_all; two of each, one place."""

    def change(full: int, by: int) -> Body:
        while (yield ("read", "n")) == full:
            yield from wait("c", "m")
        count = yield ("read", "n")
        yield ("write", "n", count + by)
        yield ("notify", "c", "m", 9)

    def task(full: int, by: int) -> Body:
        yield from holding("m", change(full, by))

    children = [(task, 1, 1)] * 2 + [(task, 0, -1)] * 2
    return Program({"m": LOCK, "c": CONDITION, "n": 0}, started_from_main(*children))


def signalling_buffer() -> Program:
    """One semaphore that says "something has changed"; two of each, one place."""

    def attempt(full: int, by: int) -> Body:
        count = yield ("read", "n")
        if count == full:
            return False
        count = yield ("read", "n")
        yield ("write", "n", count + by)
        return True

    def task(full: int, by: int) -> Body:
        while not (yield from holding("m", attempt(full, by))):
            yield ("down", "changed")
        yield ("up", "changed", 1)

    children = [(task, 1, 1)] * 2 + [(task, 0, -1)] * 2
    return Program({"changed": 0, "m": LOCK, "n": 0}, started_from_main(*children))


def queue_of_one_place() -> Program:
    def put(item: int) -> Body:
        yield ("put", "q", item, 1)

    def get() -> Body:
        yield ("get", "q")

    return Program({"q": QUEUE}, started_from_main((put, 1), (put, 2), (get,), (get,)))


def cooks_and_a_waiter(cooks: int) -> Program:
    def change(blocked: int, after: int) -> Body:
        while (yield ("read", "dishes")) == blocked:
            yield from wait("bell", "m")
        yield ("write", "dishes", after)
        yield ("notify", "bell", "m", 1)

    def cook() -> Body:
        yield from holding("m", change(1, 1))

    def waiter() -> Body:
        for _ in range(cooks):
            yield from holding("m", change(0, 0))

    objects = {"m": LOCK, "bell": CONDITION, "dishes": 0}
    return Program(objects, started_from_main(*[(cook,)] * cooks, (waiter,)))


def stock(reentrant: bool) -> Program:
    """Two customers who take two bottles each, one method calling another."""
    hold = holding_again if reentrant else holding

    def take() -> Body:
        bottles = yield ("read", "bottles")
        yield ("write", "bottles", bottles - 1)

    def take_two() -> Body:
        yield from hold("lock", take())
        yield from hold("lock", take())

    def customer() -> Body:
        yield from hold("lock", take_two())

    objects = {"lock": LOCK, "restocked": CONDITION, "bottles": 4}
    return Program(objects, started_from_main((customer,), (customer,)))


def patient_customer() -> Program:
    def take() -> Body:
        bottles = yield ("read", "bottles")
        yield ("write", "bottles", bottles - 1)

    def take_when_there() -> Body:
        while (yield ("read", "bottles")) == 0:
            yield from wait("restocked", "lock")
        yield from holding_again("lock", take())

    def customer() -> Body:
        yield from holding_again("lock", holding_again("lock", take_when_there()))

    def restock() -> Body:
        bottles = yield ("read", "bottles")
        yield ("write", "bottles", bottles + 1)
        yield ("notify", "restocked", "lock", 1)

    def supplier() -> Body:
        yield from holding_again("lock", restock())

    def main() -> Body:
        yield from start_and_join((customer,), (supplier,))
        assert (yield ("read", "bottles")) == 0

    return Program({"lock": LOCK, "restocked": CONDITION, "bottles": 0}, main)


def impostor() -> Program:
    def owning() -> Body:
        yield ("up", "taken", 1)
        yield ("down", "tried")

    def owner() -> Body:
        yield from holding_again("lock", owning())

    def other() -> Body:
        yield ("down", "taken")
        try:
            yield ("rerelease", "lock")
        except RuntimeError:
            yield ("up", "tried", 1)
            raise
        yield ("up", "tried", 1)

    objects = {"lock": LOCK, "taken": 0, "tried": 0}
    return Program(objects, started_from_main((owner,), (other,)))


def room(places: int, visitors: int, careless: bool, bounded: bool) -> Program:
    bound = (places,) if bounded else ()

    def visit(extra: bool) -> Body:
        yield ("down", "door")
        try:
            yield ("add", "inside", 1)
            yield ("add", "inside", -1)
            if extra:
                yield ("up", "door", 1, *bound)
        except ValueError:
            yield ("up", "door", 1, *bound)
            raise
        yield ("up", "door", 1, *bound)

    children = [(visit, True)] * careless + [(visit, False)] * visitors
    at_most = Invariant("places", ("inside",), lambda states: bool(states["inside"] <= places))
    return Program({"door": places, "inside": 0}, started_from_main(*children), (at_most,))


RESTATED: dict[str, Callable[[], Program]] = {
    **restated_coroutines.RESTATED,
    "address_spaces.a_change_that_nobody_sees": processes.unseen,
    "address_spaces.told_through_a_queue": processes.told,
    "address_spaces.copied_while_held": lambda: processes.lock_beside_a_fork(copied=True),
    "address_spaces.started_before_the_thread": (
        lambda: processes.lock_beside_a_fork(copied=True, thread_first=False)
    ),
    "address_spaces.shared_with_the_child": lambda: processes.lock_beside_a_fork(copied=False),
    "address_spaces.closed_by_a_thread": lambda: processes.connection(by_child=False),
    "address_spaces.closed_by_a_child": lambda: processes.connection(by_child=True),
    "bank.locked_as_the_money_goes": lambda: bank(ordered=False),
    "bank.locked_in_order": lambda: bank(ordered=True, watched="loosely"),
    "bank.watched_too_closely": lambda: bank(ordered=True, watched="closely"),
    "counter.lost_update": two_increments,
    "counter.locked": lambda: programs.spawnjoin(3),
    "counter.atomic": three_at_once,
    "dining_philosophers.left_fork_first": lambda: programs.dining(5),
    "dining_philosophers.forks_in_order": lambda: programs.dining(5, ordered=True),
    "dining_philosophers.with_a_butler": lambda: butler(3),
    "peterson.one_at_a_time": lambda: door(turns=True),
    "peterson.the_turn_first": lambda: door(turns=True, turn_first=True),
    "peterson.after_you": lambda: door(turns=False),
    "processes.from_ready_to_done": processes.life,
    "processes.ended_in_its_sleep": processes.ended_in_its_sleep,
    "processes.waits_for_itself": processes.waits_for_itself,
    "processes.ended_while_holding": processes.ended_while_holding,
    "processes.asked_to_stop": processes.asked_to_stop,
    "producer_consumer.two_conditions": lambda: programs.buffer(2, 2),
    "producer_consumer.one_condition_notify": lambda: programs.buffer(2, 2, one_condition=True),
    "producer_consumer.one_condition_notify_all": broadcasting_buffer,
    "producer_consumer.if_for_while": lambda: programs.buffer(2, 2, use_if=True),
    "producer_consumer.semaphores": lambda: programs.semaphore_buffer(2, 2),
    "producer_consumer.one_semaphore_as_a_signal": signalling_buffer,
    "producer_consumer.with_a_queue": queue_of_one_place,
    "producer_consumer.three_cooks_and_a_waiter": lambda: cooks_and_a_waiter(3),
    "rlock_reentrancy.reentrant": lambda: stock(reentrant=True),
    "rlock_reentrancy.not_reentrant": lambda: stock(reentrant=False),
    "rlock_reentrancy.depth_survives_wait": patient_customer,
    "rlock_reentrancy.released_by_another": impostor,
    "semaphore_bounds.never_more_than_the_places": lambda: room(2, 3, False, bounded=False),
    "semaphore_bounds.released_once_too_often": lambda: room(1, 2, True, bounded=False),
    "semaphore_bounds.checked_by_a_bounded_semaphore": lambda: room(1, 1, True, bounded=True),
    "spinning.raised": lambda: flag(True),
    "spinning.never_raised": flag,
    "spinning.lowered_too_early": lambda: flag(True, False),
    "spinning.lock_of_one_word": lock_of_one_word,
    "spinning.lock_that_is_tried": lock_that_is_tried,
    "terminated_reader.join_then_terminate": lambda: processes.writer_and_reader(ended=True),
    "terminated_reader.no_more": lambda: processes.writer_and_reader(ended=False),
    "terminated_reader.ended_in_the_middle_of_a_get": lambda: processes.two_readers(turns=True),
    "terminated_reader.a_get_without_a_middle": lambda: processes.two_readers(turns=False),
    "barrier.three_tasks": lambda: programs.barrier(3),
    "buffer.two_of_each_and_two_places": lambda: programs.buffer(2, 2, 2),
    "classics.looks_too_late": programs.lazy01,
    "dining.three_philosophers": lambda: programs.dining(3, ordered=True),
    "filesystem.three_files": lambda: programs.filesystem(3),
    "flagwait.two_waiters": lambda: programs.flagwait(2),
    "indexer.two_indexers": lambda: programs.indexer(2),
    "lastzero.three_entries": lambda: programs.lastzero(3),
    "lockinc.three_tasks": lambda: programs.lockinc(3),
    "lockinc.twice_each": lambda: programs.lockinc(2, 2),
    "racyinc.three_tasks": lambda: programs.racyinc(3),
    "racyinc.twice_each": lambda: programs.racyinc(2, 2),
    "readers.four_readers": lambda: programs.readers(4),
    "semaphore_buffer.two_of_each": lambda: programs.semaphore_buffer(2, 2),
    "semmutex.three_tasks": lambda: programs.semmutex(3),
    "spawnjoin.three_tasks": lambda: programs.spawnjoin(3),
    "store_buffering.two_cells": programs.store_buffering,
    "writers.four_writers": lambda: programs.writers(4),
    **OF_CONSTRUCTIONS,
    **OF_HERDS,
    **OF_THREADS,
    **OF_RESULTS,
    **OF_DISTRIBUTED,
}
"""By the model's file and name."""
