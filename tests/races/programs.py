"""Programs with and without data races."""

from __future__ import annotations

import verify
from tests.races.fields import Field


def run(*targets: object) -> None:
    """Run these side by side, and wait for all."""
    threads = [verify.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@verify.model(expect="race")
def nobody_locks() -> None:
    count = Field()

    def ada() -> None:
        count.put(1)

    def bob() -> None:
        count.get()

    run(ada, bob)


@verify.model
def both_lock() -> None:
    count, lock = Field(), verify.Lock()

    def ada() -> None:
        with lock:
            count.put(count.get() + 1)

    run(ada, ada)
    assert count.get() == 2


@verify.model(expect="race")
def one_locks() -> None:
    count, lock = Field(), verify.Lock()

    def ada() -> None:
        with lock:
            count.put(1)

    def bob() -> None:
        count.get()

    run(ada, bob)


@verify.model(expect="race")
def each_its_own_lock() -> None:
    count, here, there = Field(), verify.Lock(), verify.RLock()

    def ada() -> None:
        with here:
            count.put(1)

    def bob() -> None:
        with there, there:
            count.put(2)

    run(ada, bob)


@verify.model
def handed_over_in_a_queue() -> None:
    items: verify.Queue[Field] = verify.Queue()

    def ada() -> None:
        item = Field()
        item.put(1)
        items.put(item)

    def bob() -> None:
        item = items.get()
        item.put(item.get() + 1)

    run(ada, bob)


@verify.model
def before_the_start_and_after_the_join() -> None:
    count = Field()
    count.put(1)

    def ada() -> None:
        count.put(2)

    run(ada)
    count.put(3)


@verify.model
def guarded_by_an_event() -> None:
    count, done = Field(), verify.Event()

    def ada() -> None:
        count.put(1)
        done.set()

    def bob() -> None:
        done.wait()
        count.put(2)

    run(ada, bob)


@verify.model
def only_read() -> None:
    count = Field(5)
    run(count.get, count.get)


@verify.model(expect="race")
def behind_a_racy_flag() -> None:
    flag, count = Field(), Field()

    def ada() -> None:
        count.put(1)
        flag.put(1)

    def bob() -> None:
        if flag.get():
            count.put(2)

    run(ada, bob)


@verify.model(expect="assertion", suppress=["data_race"])
def lost_update() -> None:
    count = Field()

    def ada() -> None:
        count.put(count.get() + 1)

    run(ada, ada)
    assert count.value == 2, "an update was lost"


@verify.model(expect="assertion")
def fails_with_a_race_behind_it() -> None:
    count = Field()

    def ada() -> None:
        count.put(1)

    def bob() -> None:
        count.get()
        raise AssertionError("always")

    run(ada, bob)


@verify.model(expect="race")
def then_a_deadlock() -> None:
    count, lock = Field(), verify.Lock()

    def ada() -> None:
        count.put(1)
        lock.acquire()

    run(ada, ada)
