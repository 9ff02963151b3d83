"""Data structures with finer locks than one for all."""

from __future__ import annotations

import threading

from tests.idioms.programs.tasks import run


class StealingDeque:
    """The owner works at one end and thieves at the other; the lock decides about the last job."""

    def __init__(self, jobs: list[int]) -> None:
        self.jobs = jobs
        self.lock = threading.Lock()

    def pop(self) -> int | None:
        with self.lock:
            return self.jobs.pop() if self.jobs else None

    def steal(self) -> int | None:
        with self.lock:
            return self.jobs.pop(0) if self.jobs else None


class OwnerUnlocked(StealingDeque):
    """The owner takes no lock, since it is alone at its end, but not when one job is left."""

    def pop(self) -> int | None:
        return self.jobs.pop() if self.jobs else None


def _shared_out(deque: StealingDeque) -> None:
    done: list[int] = []

    def own() -> None:
        while (job := deque.pop()) is not None:
            done.append(job)

    def thief() -> None:
        job = deque.steal()
        if job is not None:
            done.append(job)

    run(own, thief)
    assert sorted(done) == [1, 2]


def stealing_deque() -> None:
    _shared_out(StealingDeque([1, 2]))


def owner_unlocked() -> None:
    _shared_out(OwnerUnlocked([1, 2]))


class Node:
    def __init__(self, value: int, after: Node | None) -> None:
        self.value = value
        self.after = after
        self.lock = threading.Lock()


class LinkedSet:
    """Hand over hand: the next node's lock is taken before this one's is let go."""

    def __init__(self) -> None:
        self.head = Node(0, Node(1, Node(2, None)))

    def remove(self, value: int) -> None:
        before = self.head
        before.lock.acquire()
        node = before.after
        while node is not None:
            node.lock.acquire()
            if node.value == value:
                before.after = node.after
                node.lock.release()
                break
            before.lock.release()
            before, node = node, node.after
        before.lock.release()

    def values(self) -> list[int]:
        found = []
        node = self.head.after
        while node is not None:
            found.append(node.value)
            node = node.after
        return found


class OneLockAtATime(LinkedSet):
    """Locks only the node that it changes, not the one that it takes out."""

    def remove(self, value: int) -> None:
        before = self.head
        while before.after is not None:
            with before.lock:
                node = before.after
                if node.value == value:
                    before.after = node.after
                    return
            before = node


def _neighbours_removed(numbers: LinkedSet) -> None:
    run(lambda: numbers.remove(1), lambda: numbers.remove(2))
    assert numbers.values() == [], "one came back"


def hand_over_hand() -> None:
    _neighbours_removed(LinkedSet())


def one_lock_at_a_time() -> None:
    _neighbours_removed(OneLockAtATime())


class TwoLockQueue:
    """A dummy node keeps those at the head apart from those at the tail."""

    def __init__(self) -> None:
        self.head = self.tail = Node(0, None)
        self.head_lock = threading.Lock()
        self.tail_lock = threading.Lock()

    def put(self, value: int) -> None:
        node = Node(value, None)
        with self.tail_lock:
            self.tail.after = node
            self.tail = node

    def get(self) -> int | None:
        with self.head_lock:
            node = self.head.after
            if node is None:
                return None
            self.head = node
            return node.value


class TailUnlocked(TwoLockQueue):
    def put(self, value: int) -> None:
        node = Node(value, None)
        self.tail.after = node
        self.tail = node


def _through(numbers: TwoLockQueue) -> None:
    got: list[int | None] = []
    run(lambda: numbers.put(1), lambda: numbers.put(2), lambda: got.append(numbers.get()))
    got += [numbers.get(), numbers.get()]
    assert sorted(item for item in got if item is not None) == [1, 2], "an item was lost"


def two_lock_queue() -> None:
    _through(TwoLockQueue())


def tail_unlocked() -> None:
    _through(TailUnlocked())
