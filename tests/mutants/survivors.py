"""The mutants that nothing refutes, and why: by model, then by site.

Most mistakes are none at the size that the model has: what they would break cannot happen with so
few tasks. The others break what the model does not demand.
"""

from __future__ import annotations

LEFT_OUT = "a lock left out in "
ONCE = "while to if in "
DROPPED = "a notify dropped in "
ONE = "notify_all to notify in "
SWAPPED = "an acquire pair swapped in "

NOT_COUNTED = "a measured program of the literature, which looks at nothing in the end"
NEVER_MEET = "so few tasks have inodes, blocks and places of their own"
NO_GUEST = "forks are nothing but locks: nobody would see one in two hands"
ONE_IS_NEXT = "who is woken is the next in any case: each puts once, so nobody comes in between"
UNBOUNDED = "without a bound nobody waits for room"
ACCEPTED = "woken in vain twice it accepts nothing, and nobody counts what is accepted"

SURVIVORS: dict[str, dict[str, str]] = {
    "address_spaces.started_before_the_thread": {
        LEFT_OUT + "log": "nothing is done under it; what matters is whether it can be had",
    },
    "address_spaces.shared_with_the_child": {
        LEFT_OUT + "log": "nothing is done under it; what matters is whether it can be had",
    },
    "bank.locked_in_order": {
        LEFT_OUT + "transfer_in_order": "with two accounts, the lock of the other one is enough",
        LEFT_OUT + "transfer_in_order (2)": "with two accounts, the lock of the first is enough",
        SWAPPED + "transfer_in_order": "the other way round is an order, too, and all keep to it",
    },
    "barrier.three_tasks": {
        ONCE + "arrive": "nobody is woken before all are there",
    },
    "buffer.two_of_each_and_two_places": {
        ONCE + "Buffer.put": "two items have room: nobody waits to put one",
        ONCE + "Buffer.get": "a count below zero comes right again, and nobody looks meanwhile",
        DROPPED + "Buffer.get": "two items have room: nobody waits to put one",
    },
    "distributed.shared_out": {
        ONCE + "work": "two tasks for two workers: one each is all of them",
    },
    "distributed.handed_out_again": {
        ONCE + "work": "a second worker has one task to do, and nobody misses what comes twice",
        ONCE + "careful_master": "one answer is all that there is to wait for",
    },
    "distributed.done_by_the_other": {
        ONCE + "work": "one of two tasks with one number is enough",
        ONCE + "work_and_maybe_crash": "one of two tasks with one number is enough",
        ONCE + "careful_master": "one answer is all that there is to wait for",
    },
    "dining.three_philosophers": {
        LEFT_OUT + "eat": NO_GUEST,
        LEFT_OUT + "eat (2)": NO_GUEST,
        SWAPPED + "eat": "the other way round is an order, too, and all keep to it",
    },
    "filesystem.three_files": {
        LEFT_OUT + "Block.allocate": NEVER_MEET,
        LEFT_OUT + "create": NEVER_MEET,
        ONCE + "create": NEVER_MEET,
    },
    "flagwait.two_waiters": {
        ONCE + "wait": "nobody is woken before the flag is up",
    },
    "indexer.two_indexers": {
        LEFT_OUT + "Slot.insert": NEVER_MEET,
        ONCE + "insert_all": NEVER_MEET,
    },
    "lastzero.three_entries": {ONCE + "look": NOT_COUNTED},
    "lockinc.three_tasks": {LEFT_OUT + "increment": NOT_COUNTED},
    "lockinc.twice_each": {LEFT_OUT + "increment": NOT_COUNTED},
    "semaphore_buffer.two_of_each": {
        LEFT_OUT + "move": "one place: whoever has a permit is alone",
    },
    "semmutex.three_tasks": {LEFT_OUT + "increment": NOT_COUNTED},
    "condition_on_locks.told_that_it_was_notified": {
        ONCE + "buyer": "there is one buyer, and nobody else takes the loaf",
    },
    "queue_on_conditions.one_place": {
        ONCE + "Queue.put": ONE_IS_NEXT,
        LEFT_OUT + "Queue.qsize": "all others have ended when main asks for the size",
    },
    "queue_on_conditions.joined": {
        ONCE + "Queue.put": UNBOUNDED,
        DROPPED + "Queue.put": "the item is there before the worker is",
        ONCE + "Queue.get": "the item is there before the worker is",
        DROPPED + "Queue.get": UNBOUNDED,
        ONCE + "Queue.join": "nothing is put in after all was done",
    },
    "rlock_on_lock.taken_again": {
        LEFT_OUT + "visitor_with_a_key": "the visit takes the lock in any case",
    },
    "rlock_on_lock.released_by_its_owner": {
        LEFT_OUT + "burglary": "nor can the burglar release what nobody holds",
    },
    "semaphore_on_condition.bound_under_the_lock": {
        LEFT_OUT + "Semaphore.acquire": "main takes its permit before there is anybody else",
        ONCE + "Semaphore.acquire": "main finds its permit there",
        DROPPED + "Semaphore._add": "nobody waits for a permit",
    },
    "coroutines.one_visitor_at_a_time": {
        ONCE + "turnstile (2)": "one at a time, they pay before they push",
        ONCE + "turnstile (3)": "one at a time, they push before the next one pays",
    },
    "coroutines.waiting_call": {
        LEFT_OUT
        + "answering": "the lock is the one thread of all: the less it is held, the better",
    },
    "dining_philosophers.forks_in_order": {
        LEFT_OUT + "eat": NO_GUEST,
        LEFT_OUT + "eat (2)": NO_GUEST,
        SWAPPED + "eat": "the other way round is an order, too, and all keep to it",
    },
    "dining_philosophers.with_a_butler": {
        LEFT_OUT + "eat": NO_GUEST,
        LEFT_OUT + "eat (2)": NO_GUEST,
        SWAPPED + "eat": "with one guest fewer than forks, somebody can eat either way",
    },
    "events.cleared_before_looking": {
        ONCE + "consumer_who_clears_first": "what it leaves in the basket nobody misses",
    },
    "fetch_urls.asked_for_forgiveness": {
        ONCE + "pop_and_see": "two addresses for two threads: one each is all of them",
    },
    "fetch_urls.lock_let_go": {
        LEFT_OUT + "acquire_and_finally_release": "one of the two has nothing to write",
    },
    "fetch_urls.one_at_a_time": {
        ONCE + "carefully": "two pages for two threads, and whose fetch fails goes on all the same",
    },
    "pools.built_by_hand": {
        ONCE + "worker": "two tasks for two workers: one each is all of them",
    },
    "processes.asked_to_stop": {
        LEFT_OUT + "save": "main looks when the worker has ended",
        LEFT_OUT + "asked_to_stop": "main looks when the worker has ended",
    },
    "producer_consumer.two_conditions": {ONCE + "Buffer.put": ONE_IS_NEXT},
    "producer_consumer.one_condition_notify_all": {
        ONCE + "BroadcastingBuffer.put": ONE_IS_NEXT,
        ONE + "BroadcastingBuffer.put": "whom it wakes is a consumer, who then wakes all others",
        ONE + "BroadcastingBuffer.get": "whom it wakes can go on, and then wakes all others",
    },
    "producer_consumer.semaphores": {
        LEFT_OUT + "SemaphoreBuffer.put": "one place: whoever has a permit is alone",
        LEFT_OUT + "SemaphoreBuffer.get": "one place: whoever has a permit is alone",
    },
    "rlock_reentrancy.reentrant": {
        LEFT_OUT + "Stock.take": "who takes two holds the lock already",
        LEFT_OUT + "Stock.take_two": "one bottle after the other comes to the same",
    },
    "rlock_reentrancy.depth_survives_wait": {
        LEFT_OUT + "Stock.take": "who takes it holds the lock already",
        LEFT_OUT + "Stock.take_when_there": "held once, it can be let go and taken back as well",
        LEFT_OUT
        + "Stock.take_when_there (2)": "held once, it can be let go and taken back as well",
        ONCE + "Stock.take_when_there": "there is one customer, and nobody else takes the bottle",
    },
    "spinning.raised": {
        ONCE + "wait_for": "whether it has seen the flag up, it does not say",
    },
    "thundering_herd.wake_all": {ONCE + "server": ACCEPTED},
    "thundering_herd.wake_one": {ONCE + "server": ACCEPTED},
    "thundering_herd.two_wake_ups_for_two_connections": {ONCE + "server": ACCEPTED},
}
