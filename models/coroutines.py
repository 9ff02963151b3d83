"""Coroutines: tasks that take turns, and let go of their own accord.

A thread is interrupted anywhere. A coroutine goes on until it says that others may, with `yield`,
or until it has to wait. Neither calls the other: they hand over, as equals, and each goes on later
where it left off. So the place in its code is the state of a coroutine, and a state machine, an
actor or a generator of items reads like a story from top to bottom.

What can go wrong is the same as with threads, wherever they let go. A `yield` lets others go first
and does not say whom, so who counts on somebody's turn must wait for him. A mailbox that is full
makes everybody wait who sends, its owner too. And who waits without letting go stops all.

To try: let the turnstile of `a_coin_for_two` count the coins. Run the file with
`verify stress models/coroutines.py --on coroutines`, where a `yield` really hands over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import verify

HEADING = "3 Coroutines"

Code = Iterator[None]


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# The numbers of classes are enumerated without the explorer in tests/counts.

# ---------------------------------------------------------------- handing over (symmetric transfer)


def player(mine: verify.Semaphore, other: verify.Semaphore, ball: verify.Shared[int]) -> Code:
    """Waits for his turn, plays, hands over to the other one."""
    for _ in range(2):
        mine.acquire()
        ball.value += 1
        other.release()
        yield


def ping_pong(serves: int) -> int:
    """How often the ball was played: two players, twice each, and one of them serves, or nobody."""
    turns = [verify.Semaphore(serves), verify.Semaphore(0)]
    ball = verify.Shared(0)
    run(
        verify.Thread(target=player, args=(turns[0], turns[1], ball)),
        verify.Thread(target=player, args=(turns[1], turns[0], ball)),
    )
    return ball.value


@verify.model(classes=1)
def handed_over() -> None:
    """Right: only one of them has the turn, and nothing of it needs a lock."""
    assert ping_pong(serves=1) == 4


@verify.model(expect="deadlock", classes=1)
def after_you_please() -> None:
    """Wrong: each waits to be handed the turn, and nobody has it to begin with."""
    ping_pong(serves=0)


# ---------------------------------------------------------------- a generator of items


@verify.model(classes=1)
def produced_when_asked() -> None:
    """Right: each goes on when the other has done its part."""
    wanted, there = verify.Semaphore(0), verify.Semaphore(0)
    place = verify.Shared(0)

    def produce() -> Code:
        for item in (1, 2):
            wanted.acquire()
            place.value = item
            there.release()
            yield

    def consume() -> None:
        for item in (1, 2):
            wanted.release()
            there.acquire()
            assert place.value == item

    run(verify.Thread(target=produce), verify.Thread(target=consume))


# The first look comes after no item, the first or both, and so does the second, but not before the
# first look: six ways. One of them is what the two hope for.
@verify.model(expect="assertion", classes=6)
def produced_and_hoped() -> None:
    """Wrong: each lets the other go first after every item, and hopes that it takes one turn."""
    place = verify.Shared(0)

    def produce() -> Code:
        for item in (1, 2):
            place.value = item
            yield

    def consume() -> Code:
        found = []
        for _ in range(2):
            found.append(place.value)
            yield
        assert found == [1, 2]

    run(verify.Thread(target=produce), verify.Thread(target=consume))


# ---------------------------------------------------------------- a state machine


def turnstile(events: verify.Queue[str], passed: verify.Atomic) -> Code:
    """Locked until somebody pays, then open until somebody goes through."""
    while True:
        while (event := events.get()) == "push":
            yield  # locked
        if event == "close":
            return
        while (event := events.get()) == "coin":
            yield  # open, and glad of another coin
        if event == "close":
            return
        passed.add(1)


def visitor(events: verify.Queue[str]) -> None:
    events.put("coin")
    events.put("push")


def opening_hours(*visitors: Callable[[verify.Queue[str]], None]) -> int:
    """How many have passed when all visitors have been there."""
    events: verify.Queue[str] = verify.Queue()
    passed = verify.Atomic(0)
    machine = verify.Thread(target=turnstile, args=(events, passed))
    machine.start()
    run(*[verify.Thread(target=each, args=(events,)) for each in visitors])
    events.put("close")
    machine.join()
    return passed.load()


# The two coins and two pushes come in 6 orders, and the close comes last. The turnstile takes the 5
# out while they come, which it can do in 42 ways (the fifth Catalan number).
@verify.model(expect="assertion", classes=6 * 42)
def a_coin_for_two() -> None:
    """Wrong: the second coin falls into a turnstile that is open, and opens it for nobody."""
    assert opening_hours(visitor, visitor) == 2


# One visitor comes first.
@verify.model(classes=2 * 42)
def one_visitor_at_a_time() -> None:
    """Right: coin and push belong together, and nobody comes in between."""
    turn = verify.Lock()

    def wait_for_the_turn(events: verify.Queue[str]) -> None:
        with turn:
            visitor(events)

    assert opening_hours(wait_for_the_turn, wait_for_the_turn) == 2


# ---------------------------------------------------------------- an actor with a mailbox

STEPS = 4
"""Two letters, and each is two steps of work."""


def posting_actor(mailbox: verify.Queue[int], done: verify.Shared[int]) -> Code:
    """Nobody else touches what it has done, so it needs no lock.

    What is left of a piece of work it posts to itself, to do first what else has come.
    """
    for _ in range(STEPS):
        left = mailbox.get() - 1
        done.value += 1
        if left:
            mailbox.put(left)
        yield


def keeping_actor(mailbox: verify.Queue[int], done: verify.Shared[int]) -> Code:
    """What is left of the work it keeps on its own desk."""
    desk: deque[int] = deque()
    for _ in range(STEPS):
        left = (desk.popleft() if desk else mailbox.get()) - 1
        done.value += 1
        if left:
            desk.append(left)
        yield


def correspondence(
    actor: Callable[[verify.Queue[int], verify.Shared[int]], Code], size: int
) -> None:
    """Two letters to an actor whose mailbox holds so many; 0: as many as come."""
    mailbox: verify.Queue[int] = verify.Queue(size)
    done = verify.Shared(0)
    run(
        verify.Thread(target=actor, args=(mailbox, done)),
        *[verify.Thread(target=mailbox.put, args=(2,), name=f"client {i}") for i in (1, 2)],
    )
    assert done.value == STEPS


# Either letter comes first, and the other before the actor takes it, before it posts what is left,
# before it takes that, or later.
@verify.model(classes=2 * 4)
def actor_with_an_endless_mailbox() -> None:
    """Right: there is always room for a letter to oneself."""
    correspondence(posting_actor, 0)


# Either letter comes first, and the other before or after the actor has posted its own.
@verify.model(expect="deadlock", classes=4)
def actor_that_writes_to_itself() -> None:
    """Wrong: if the second letter takes the one place, it waits for itself to take it out."""
    correspondence(posting_actor, 1)


# Either letter comes first.
@verify.model(classes=2)
def actor_that_keeps_its_own_work() -> None:
    """Right: the mailbox is for others."""
    correspondence(keeping_actor, 1)


# ---------------------------------------------------------------- a call that blocks
#
# All coroutines of a process are carried by one thread. Here it is a lock: who runs has it. To wait
# as a coroutine is to let it go meanwhile. A call that knows nothing of coroutines keeps it.


def waiting(thread: verify.Lock, answers: verify.Queue[int]) -> None:
    with thread:
        thread.release()
        answer = answers.get()
        thread.acquire()
        assert answer == 42


def blocking(thread: verify.Lock, answers: verify.Queue[int]) -> None:
    with thread:
        assert answers.get() == 42


def answering(thread: verify.Lock, answers: verify.Queue[int]) -> None:
    with thread:
        answers.put(42)


def conversation(asking: Callable[[verify.Lock, verify.Queue[int]], None]) -> None:
    thread = verify.Lock()
    answers: verify.Queue[int] = verify.Queue()
    run(*[verify.Thread(target=each, args=(thread, answers)) for each in (asking, answering)])


# Either runs first.
@verify.model(classes=2)
def waiting_call() -> None:
    """Right: while one waits, the other runs."""
    conversation(waiting)


@verify.model(expect="deadlock", classes=2)
def blocking_call() -> None:
    """Wrong: who asks first keeps the thread, and nobody runs who could answer."""
    conversation(blocking)
