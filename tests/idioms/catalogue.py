"""The idioms: where each is published, the program that shows it, and its broken twin.

Most are proved. Of one that can go on for ever, a sample is run (`sampled`). A race that an idiom
has on purpose is no failure of its program, and is none of its twin's, either: the twin has to fail
in another way, which is stated.
"""

from __future__ import annotations

from dataclasses import dataclass

PROGRAMS = "tests.idioms.programs"


@dataclass(frozen=True)
class Idiom:
    """An idiom, by what it is called in its source."""

    name: str
    source: str
    right: str
    twin: str
    fails: str
    """How the twin fails: the kind that the search finds first."""
    racy: bool = False
    sampled: bool = False


GOETZ = "Goetz and others, Java Concurrency in Practice (2006)"
COURTOIS = "Courtois, Heymans, Parnas, Concurrent control with readers and writers (1971)"
DOWNEY = "Downey, The little book of semaphores (2016)"
JAVA = "java.util.concurrent"
LIBRARY = "Python's library reference"

IDIOMS = [
    Idiom(
        "double-checked locking",
        "Schmidt, Harrison, Double-checked locking (1997)",
        "once.double_checked",
        "once.checked_once",
        "assertion",
        racy=True,
    ),
    Idiom(
        "singleton",
        "Gamma and others, Design patterns (1994)",
        "once.singleton",
        "once.singleton_unguarded",
        "race",
    ),
    Idiom(
        "once",
        "Go's sync.Once",
        "once.once",
        "once.once_flagged_early",
        "assertion",
        racy=True,
    ),
    Idiom(
        "memoizer of futures",
        f"{GOETZ}, 5.6",
        "once.memoizer",
        "once.memoizer_that_looks_first",
        "assertion",
    ),
    Idiom(
        "atomic dict.setdefault",
        f"{LIBRARY}, dict",
        "once.setdefault",
        "once.setdefault_in_two_steps",
        "assertion",
    ),
    Idiom(
        "thread-local cache",
        f"{LIBRARY}, threading.local",
        "once.thread_local_cache",
        "once.shared_cache",
        "assertion",
    ),
    Idiom(
        "counter with a lock",
        f"{GOETZ}, 2.2",
        "counting.counter",
        "counting.counter_unlocked",
        "race",
    ),
    Idiom(
        "serial numbers from itertools.count",
        "CPython's threading, which names its threads so",
        "counting.serial_numbers",
        "counting.serial_numbers_by_hand",
        "race",
    ),
    Idiom(
        "latch",
        f"{JAVA}.CountDownLatch",
        "counting.latch",
        "counting.latch_counted_outside",
        "race",
    ),
    Idiom(
        "cyclic barrier",
        f"{JAVA}.CyclicBarrier",
        "counting.cyclic_barrier",
        "counting.barrier_without_generations",
        "deadlock",
    ),
    Idiom(
        "rendezvous",
        f"{DOWNEY}, 3.3",
        "counting.rendezvous",
        "counting.rendezvous_that_waits_first",
        "deadlock",
    ),
    Idiom(
        "condition-guarded queue",
        f"{LIBRARY}, threading.Condition",
        "buffers.guarded_queue",
        "buffers.queue_that_looks_once",
        "assertion",
    ),
    Idiom(
        "bounded buffer",
        "Hoare, Monitors (1974)",
        "buffers.bounded_buffer",
        "buffers.buffer_with_one_condition",
        "deadlock",
    ),
    Idiom(
        "bounded buffer of semaphores",
        "Dijkstra, Cooperating sequential processes (1965)",
        "buffers.semaphore_buffer",
        "buffers.mutex_first",
        "deadlock",
    ),
    Idiom(
        "deque as a queue",
        f"{LIBRARY}, collections.deque",
        "buffers.deque_as_queue",
        "buffers.deque_looked_at",
        "exception",
    ),
    Idiom(
        "poison pill",
        f"{GOETZ}, 7.2.3",
        "buffers.poison_pills",
        "buffers.one_pill_for_two",
        "deadlock",
    ),
    Idiom(
        "event-stopped worker",
        f"{LIBRARY}, threading.Event",
        "buffers.event_stopped_worker",
        "buffers.worker_that_clears",
        "livelock",
    ),
    Idiom(
        "cancellation flag",
        f"{GOETZ}, 7.1",
        "buffers.cancellation_flag",
        "buffers.worker_that_resets",
        "livelock",
        racy=True,
    ),
    Idiom(
        "task_done in finally",
        f"{LIBRARY}, queue.Queue.join",
        "buffers.task_done_in_finally",
        "buffers.task_done_on_success",
        "deadlock",
    ),
    Idiom(
        "promise",
        "Liskov, Shrira, Promises (1988)",
        "buffers.promise",
        "buffers.promise_ready_too_soon",
        "race",
    ),
    Idiom(
        "Peterson's algorithm",
        "Peterson, Myths about the mutual exclusion problem (1981)",
        "exclusion.peterson",
        "exclusion.peterson_turn_first",
        "assertion",
        racy=True,
    ),
    Idiom(
        "Dekker's algorithm",
        "Dijkstra, Cooperating sequential processes (1965)",
        "exclusion.dekker",
        "exclusion.dekker_without_turns",
        "livelock",
        racy=True,
    ),
    Idiom(
        "bakery algorithm",
        "Lamport, A new solution of Dijkstra's concurrent programming problem (1974)",
        "exclusion.bakery",
        "exclusion.bakery_without_choosing",
        "assertion",
        racy=True,
    ),
    Idiom(
        "ticket lock",
        "Mellor-Crummey, Scott, Algorithms for scalable synchronization (1991)",
        "exclusion.ticket_lock",
        "exclusion.tickets_by_hand",
        "livelock",
        racy=True,
    ),
    Idiom(
        "readers first",
        f"{COURTOIS}, problem 1",
        "readers.readers_first",
        "readers.readers_uncounted",
        "race",
    ),
    Idiom(
        "writers first",
        f"{COURTOIS}, problem 2",
        "readers.writers_first",
        "readers.door_taken_last",
        "deadlock",
    ),
    Idiom(
        "seqlock",
        "the Linux kernel's documentation, seqlock",
        "readers.seqlock",
        "readers.seqlock_read_once",
        "assertion",
        racy=True,
    ),
    Idiom(
        "copy-on-write list",
        f"{JAVA}.CopyOnWriteArrayList",
        "readers.copy_on_write",
        "readers.copied_unlocked",
        "assertion",
        racy=True,
    ),
    Idiom(
        "immutable value, swapped",
        f"{GOETZ}, 3.4.2",
        "readers.swapped_settings",
        "readers.settings_read_twice",
        "assertion",
        racy=True,
    ),
    Idiom(
        "iterating over a snapshot",
        f"{LIBRARY}, dictionary view objects",
        "readers.snapshot_iterated",
        "readers.dict_iterated",
        "exception",
    ),
    Idiom(
        "lock ordering",
        f"{GOETZ}, 10.1.2",
        "resources.lock_ordering",
        "resources.locked_as_the_money_goes",
        "deadlock",
    ),
    Idiom(
        "try-lock and back off",
        f"{GOETZ}, 13.1.1",
        "resources.try_lock_back_off",
        "resources.tried_once",
        "deadlock",
        sampled=True,
    ),
    Idiom(
        "dining philosophers, ordered",
        "Dijkstra, Hierarchical ordering of sequential processes (1971)",
        "resources.dining_ordered",
        "resources.dining_left_first",
        "deadlock",
    ),
    Idiom(
        "semaphore pool",
        f"{JAVA}.Semaphore",
        "resources.semaphore_pool",
        "resources.permit_first",
        "assertion",
    ),
    Idiom(
        "connection pool",
        "Kircher, Jain, Pooling (2002)",
        "resources.connection_pool",
        "resources.pool_that_connects_outside",
        "assertion",
    ),
    Idiom(
        "token bucket",
        "Tanenbaum, Computer networks (1996), 5.3",
        "resources.token_bucket",
        "resources.token_bucket_unlocked",
        "race",
    ),
    Idiom(
        "LRU cache with a lock",
        f"{LIBRARY}, collections.OrderedDict",
        "resources.lru_cache",
        "resources.lru_read_unlocked",
        "exception",
    ),
    Idiom(
        "lock striping",
        f"{GOETZ}, 11.4.3",
        "resources.lock_striping",
        "resources.striped_by_caller",
        "assertion",
    ),
    Idiom(
        "observer and reentrant lock",
        f"{GOETZ}, 2.3.2",
        "callbacks.reentrant_observer",
        "callbacks.observer_and_plain_lock",
        "deadlock",
    ),
    Idiom(
        "publish to a copy",
        "java.util.Observable",
        "callbacks.publish_a_copy",
        "callbacks.publish_live",
        "assertion",
    ),
    Idiom(
        "open call",
        f"{GOETZ}, 10.1.4",
        "callbacks.open_call",
        "callbacks.call_under_a_lock",
        "deadlock",
    ),
    Idiom(
        "cancelled timer",
        f"{LIBRARY}, threading.Timer",
        "callbacks.timer_cancelled",
        "callbacks.timer_trusted",
        "race",
    ),
    Idiom(
        "work-stealing deque with a lock",
        "Blumofe, Leiserson, Scheduling multithreaded computations by work stealing (1999)",
        "structures.stealing_deque",
        "structures.owner_unlocked",
        "exception",
    ),
    Idiom(
        "hand over hand",
        "Bayer, Schkolnick, Concurrency of operations on B-trees (1977)",
        "structures.hand_over_hand",
        "structures.one_lock_at_a_time",
        "race",
    ),
    Idiom(
        "two-lock queue",
        "Michael, Scott, Simple, fast, and practical concurrent queue algorithms (1996)",
        "structures.two_lock_queue",
        "structures.tail_unlocked",
        "assertion",
        racy=True,
    ),
]
