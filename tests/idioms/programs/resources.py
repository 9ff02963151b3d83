"""Several locks, and things to be had only so often: order, pools, limits, caches."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from tests.idioms.programs.tasks import run


class Account:
    def __init__(self, number: int) -> None:
        self.number = number
        self.lock = threading.Lock()
        self.balance = 10


def _ordered(one: Account, two: Account, amount: int) -> None:
    first, second = sorted((one, two), key=lambda account: account.number)
    with first.lock, second.lock:
        one.balance -= amount
        two.balance += amount


def _as_the_money_goes(one: Account, two: Account, amount: int) -> None:
    with one.lock, two.lock:
        one.balance -= amount
        two.balance += amount


def _backing_off(one: Account, two: Account, amount: int) -> None:
    while True:
        with one.lock:
            if two.lock.acquire(blocking=False):
                try:
                    one.balance -= amount
                    two.balance += amount
                finally:
                    two.lock.release()
                return


def _backing_off_once(one: Account, two: Account, amount: int) -> None:
    """Tries once, and then waits after all."""
    with one.lock:
        if not two.lock.acquire(blocking=False):
            two.lock.acquire()
        one.balance -= amount
        two.balance += amount
        two.lock.release()


def _to_and_fro(transfer: Callable[[Account, Account, int], None]) -> None:
    ann, bob = Account(1), Account(2)
    run(lambda: transfer(ann, bob, 1), lambda: transfer(bob, ann, 2))
    assert (ann.balance, bob.balance) == (11, 9)


def lock_ordering() -> None:
    _to_and_fro(_ordered)


def locked_as_the_money_goes() -> None:
    _to_and_fro(_as_the_money_goes)


def try_lock_back_off() -> None:
    _to_and_fro(_backing_off)


def tried_once() -> None:
    _to_and_fro(_backing_off_once)


def _dinner(ordered: bool) -> None:
    forks = [threading.Lock() for _ in range(3)]
    meals = []

    def dine(me: int) -> None:
        left, right = me, (me + 1) % 3
        first, second = (min(left, right), max(left, right)) if ordered else (left, right)
        with forks[first], forks[second]:
            meals.append(me)

    run(lambda: dine(0), lambda: dine(1), lambda: dine(2))
    assert sorted(meals) == [0, 1, 2]


def dining_ordered() -> None:
    _dinner(ordered=True)


def dining_left_first() -> None:
    _dinner(ordered=False)


class SemaphorePool:
    """As many permits as there are things: who has a permit finds a thing."""

    def __init__(self, size: int) -> None:
        self.permits = threading.Semaphore(size)
        self.lock = threading.Lock()
        self.free = list(range(size))

    def take(self) -> int:
        self.permits.acquire()
        with self.lock:
            return self.free.pop()

    def give(self, thing: int) -> None:
        with self.lock:
            self.free.append(thing)
        self.permits.release()


class PermitFirst(SemaphorePool):
    """The permit comes back before the thing does."""

    def give(self, thing: int) -> None:
        self.permits.release()
        with self.lock:
            self.free.append(thing)


def _shared_by_two(pool: SemaphorePool) -> None:
    used: list[int] = []

    def use() -> None:
        thing = pool.take()
        used.append(thing)
        pool.give(thing)

    run(use, use)
    assert used == [0, 0]


def semaphore_pool() -> None:
    _shared_by_two(SemaphorePool(1))


def permit_first() -> None:
    _shared_by_two(PermitFirst(1))


class ConnectionPool:
    """Makes connections up to a limit, and keeps those that come back; else it waits."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.made = 0
        self.idle: list[str] = []
        self.condition = threading.Condition()

    def take(self) -> str:
        with self.condition:
            while not self.idle and self.made == self.most:
                self.condition.wait()
            if self.idle:
                return self.idle.pop()
            self.made += 1
            return f"connection {self.made}"

    def give(self, connection: str) -> None:
        with self.condition:
            self.idle.append(connection)
            self.condition.notify()


class PoolThatConnectsOutside(ConnectionPool):
    """Does not connect under its lock, and forgets to count before it lets go of it."""

    def take(self) -> str:
        with self.condition:
            while not self.idle and self.made == self.most:
                self.condition.wait()
            if self.idle:
                return self.idle.pop()
        with self.condition:
            self.made += 1
            return f"connection {self.made}"


def _connected_by_two(pool: ConnectionPool) -> None:
    def use() -> None:
        connection = pool.take()
        assert connection == "connection 1", "more than the limit"
        pool.give(connection)

    run(use, use)


def connection_pool() -> None:
    _connected_by_two(ConnectionPool(1))


def pool_that_connects_outside() -> None:
    _connected_by_two(PoolThatConnectsOutside(1))


class TokenBucket:
    """Tokens come with time, which the caller tells; each call takes one, if there is one."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.tokens = capacity
        self.filled_at = 0
        self.lock = threading.Lock()

    def allow(self, now: int) -> bool:
        with self.lock:
            return self._take(now)

    def _take(self, now: int) -> bool:
        if now > self.filled_at:
            self.tokens = min(self.capacity, self.tokens + now - self.filled_at)
            self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class UnlockedBucket(TokenBucket):
    def allow(self, now: int) -> bool:
        return self._take(now)


def _limited(bucket: TokenBucket) -> None:
    allowed: list[bool] = []
    run(lambda: allowed.append(bucket.allow(0)), lambda: allowed.append(bucket.allow(0)))
    assert allowed.count(True) == 1, "more calls than tokens"


def token_bucket() -> None:
    _limited(TokenBucket(1))


def token_bucket_unlocked() -> None:
    _limited(UnlockedBucket(1))


class LruCache:
    """What was asked for last goes to the end; what is at the front is dropped."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.items: OrderedDict[str, int] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: str) -> int | None:
        with self.lock:
            if key not in self.items:
                return None
            self.items.move_to_end(key)
            return self.items[key]

    def put(self, key: str, value: int) -> None:
        with self.lock:
            self.items[key] = value
            if len(self.items) > self.size:
                self.items.popitem(last=False)


class LruReadUnlocked(LruCache):
    def get(self, key: str) -> int | None:
        if key not in self.items:
            return None
        self.items.move_to_end(key)
        return self.items[key]


def _evicted_while_read(cache: LruCache) -> None:
    cache.put("a", 1)

    def read() -> None:
        assert cache.get("a") in (1, None)

    run(read, lambda: cache.put("b", 2))
    assert len(cache.items) == 1


def lru_cache() -> None:
    _evicted_while_read(LruCache(1))


def lru_read_unlocked() -> None:
    _evicted_while_read(LruReadUnlocked(1))


class StripedCounts:
    """A lock for each stripe of keys; a key has always the same."""

    def __init__(self, stripes: int) -> None:
        self.locks = [threading.Lock() for _ in range(stripes)]
        self.counts = {0: 0, 1: 0, 2: 0}

    def stripe(self, key: int, caller: int) -> threading.Lock:
        return self.locks[key % len(self.locks)]

    def count(self, key: int, caller: int) -> None:
        with self.stripe(key, caller):
            self.counts[key] = self.counts[key] + 1


class StripedByCaller(StripedCounts):
    def stripe(self, key: int, caller: int) -> threading.Lock:
        return self.locks[caller % len(self.locks)]


def _counted(counts: StripedCounts) -> None:
    run(lambda: counts.count(0, 0), lambda: counts.count(1, 1), lambda: counts.count(0, 1))
    assert counts.counts == {0: 2, 1: 1, 2: 0}, "a count was lost"


def lock_striping() -> None:
    _counted(StripedCounts(2))


def striped_by_caller() -> None:
    _counted(StripedByCaller(2))
