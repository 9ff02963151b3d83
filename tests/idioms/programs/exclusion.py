"""Mutual exclusion on plain fields: Peterson, Dekker, Lamport, and tickets.

Each is tried by two threads that count in their critical section, and meet there if it fails.
"""

from __future__ import annotations

import threading

from tests.idioms.programs.tasks import run


class Peterson:
    """I want to, but it is the other's turn."""

    def __init__(self) -> None:
        self.wants = [False, False]
        self.turn = 0

    def enter(self, me: int) -> None:
        other = 1 - me
        self.wants[me] = True
        self.turn = other
        while self.wants[other] and self.turn == other:
            pass

    def leave(self, me: int) -> None:
        self.wants[me] = False


class PetersonTurnFirst(Peterson):
    def enter(self, me: int) -> None:
        other = 1 - me
        self.turn = other
        self.wants[me] = True
        while self.wants[other] and self.turn == other:
            pass


class Dekker:
    """Who wants to and has not the turn steps back until it has."""

    def __init__(self) -> None:
        self.wants = [False, False]
        self.turn = 0

    def enter(self, me: int) -> None:
        other = 1 - me
        self.wants[me] = True
        while self.wants[other]:
            if self.turn != me:
                self.wants[me] = False
                while self.turn != me:
                    pass
                self.wants[me] = True

    def leave(self, me: int) -> None:
        self.turn = 1 - me
        self.wants[me] = False


class DekkerWithoutTurns(Dekker):
    """Nobody ever steps back."""

    def enter(self, me: int) -> None:
        self.wants[me] = True
        while self.wants[1 - me]:
            pass


class Bakery:
    """Take a number one above all others; the lowest goes first. Choosing is announced."""

    def __init__(self) -> None:
        self.choosing = [False, False]
        self.number = [0, 0]

    def enter(self, me: int) -> None:
        other = 1 - me
        self.choosing[me] = True
        self.number[me] = 1 + self.number[other]
        self.choosing[me] = False
        while self.choosing[other]:
            pass
        while self.number[other] and (self.number[other], other) < (self.number[me], me):
            pass

    def leave(self, me: int) -> None:
        self.number[me] = 0


class BakeryWithoutChoosing(Bakery):
    def enter(self, me: int) -> None:
        other = 1 - me
        self.number[me] = 1 + self.number[other]
        while self.number[other] and (self.number[other], other) < (self.number[me], me):
            pass


class TicketLock:
    """As at the counter of a shop: a number from the machine, then wait until it is called."""

    def __init__(self) -> None:
        self.machine = threading.Lock()
        self.next = 0
        self.called = 0

    def enter(self, me: int) -> None:
        with self.machine:
            number = self.next
            self.next = number + 1
        while self.called != number:
            pass

    def leave(self, me: int) -> None:
        self.called += 1


class TicketsByHand(TicketLock):
    """Two may draw the same number."""

    def enter(self, me: int) -> None:
        number = self.next
        self.next = number + 1
        while self.called != number:
            pass


def _two_inside(lock: Peterson | Dekker | Bakery | TicketLock) -> None:
    count = [0]

    def work(me: int) -> None:
        lock.enter(me)
        before = count[0]
        count[0] = before + 1
        lock.leave(me)

    run(lambda: work(0), lambda: work(1))
    assert count[0] == 2, "both were inside"


def peterson() -> None:
    _two_inside(Peterson())


def peterson_turn_first() -> None:
    _two_inside(PetersonTurnFirst())


def dekker() -> None:
    _two_inside(Dekker())


def dekker_without_turns() -> None:
    _two_inside(DekkerWithoutTurns())


def bakery() -> None:
    _two_inside(Bakery())


def bakery_without_choosing() -> None:
    _two_inside(BakeryWithoutChoosing())


def ticket_lock() -> None:
    _two_inside(TicketLock())


def tickets_by_hand() -> None:
    _two_inside(TicketsByHand())
