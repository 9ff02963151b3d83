"""Transfers between two accounts: the deadlock of two locks, and an invariant about money.

A transfer locks the account it takes from, then the one it pays into. Two transfers in opposite
directions can each hold one lock and wait for the other for ever. The cure is an order: everybody
locks the account with the smaller number first, whichever way the money goes.

No money may be made or lost. But between taking and paying in, some is on its way; an invariant
must hold after *every* step, so it has to say when the balances are meant to add up: while no
account is locked. `watched_too_closely` shows what happens to one that does not say so.

To try: a third task that adds the balances up without taking the locks, and asserts that it is 200.
"""

from collections.abc import Callable

import verify

HEADING = "2.2 Lock"


class Account:
    """A balance and the lock that guards it."""

    def __init__(self, number: int, balance: int) -> None:
        self.number = number
        self.lock = verify.Lock()
        self.balance = verify.Shared(balance)


def transfer(source: Account, target: Account, amount: int) -> None:
    with source.lock, target.lock:
        source.balance.value -= amount
        target.balance.value += amount


def transfer_in_order(source: Account, target: Account, amount: int) -> None:
    first, second = sorted((source, target), key=lambda account: account.number)
    with first.lock, second.lock:
        source.balance.value -= amount
        target.balance.value += amount


def run_against_each_other(
    pay: Callable[[Account, Account, int], None], savings: Account, checking: Account
) -> None:
    there = verify.Thread(target=pay, args=(savings, checking, 10))
    back = verify.Thread(target=pay, args=(checking, savings, 20))
    there.start()
    back.start()
    there.join()
    back.join()
    assert (savings.balance.value, checking.balance.value) == (110, 90)


# Either transfer goes first, or each holds one lock.
@verify.model(expect="deadlock", classes=3)
def locked_as_the_money_goes() -> None:
    """Wrong: each transfer may hold the lock that the other one needs."""
    run_against_each_other(transfer, Account(1, 100), Account(2, 100))


# Either transfer goes first.
@verify.model(classes=2)
def locked_in_order() -> None:
    """Right: no circle of waiting, and the balances add up whenever no account is locked."""
    savings, checking = Account(1, 100), Account(2, 100)

    def no_money_made_or_lost() -> bool:
        if savings.lock.locked() or checking.lock.locked():
            return True
        return savings.balance.value + checking.balance.value == 200

    verify.invariant(no_money_made_or_lost)
    run_against_each_other(transfer_in_order, savings, checking)


@verify.model(expect="invariant", classes=2)
def watched_too_closely() -> None:
    """Wrong: an invariant that forgets the money on its way. The program is right, it is not."""
    savings, checking = Account(1, 100), Account(2, 100)

    def no_money_made_or_lost() -> bool:
        return savings.balance.value + checking.balance.value == 200

    verify.invariant(no_money_made_or_lost)
    run_against_each_other(transfer_in_order, savings, checking)
