"""The battery: thread-local data.

Every task has attributes of its own, and an access is no event: the classes are those of the other
operations.
"""

from __future__ import annotations

import pytest

import verify
from tests.schedulers.running import run_tasks


@pytest.mark.parametrize("kind", [verify.Thread, verify.Process])
def test_each_task_has_its_own(carry, kind):
    if kind is verify.Process and carry.name in ("threads", "coroutines"):
        pytest.skip("a Process shares no object of these with its parent")

    def program():
        mine, met, right = verify.local(), verify.Barrier(2), verify.Atomic(0)
        mine.student = "the teacher"

        def task(name):
            assert not hasattr(mine, "student")
            mine.student = name
            met.wait()  # by now both have set it
            right.add(mine.student == name)

        run_tasks(*(kind(target=task, args=(name,)) for name in ("Alice", "Bob")))
        return right.load(), mine.student

    # They arrive in 2 orders and add in 2.
    carry(program, 4, {(2, "the teacher")})


def test_attributes_come_and_go(carry):
    def program():
        mine = verify.local()
        mine.a = 1
        mine.b = 2
        mine.a += 1
        assert mine.__dict__ == {"a": 2, "b": 2}
        del mine.b
        with pytest.raises(AttributeError, match="no attribute 'b'"):
            mine.b  # noqa: B018
        with pytest.raises(AttributeError, match="no attribute 'b'"):
            del mine.b
        with pytest.raises(AttributeError, match="read-only"):
            mine.__dict__ = {}
        return mine.a, getattr(mine, "b", None)

    carry(program, 1, {(2, None)})


class Account(verify.local):
    """A subclass: made anew for each task, with the arguments of its creation."""

    kind = "current"

    def __init__(self, balance, *, owner="nobody"):
        self.balance = balance
        self.owner = owner

    @property
    def worth(self):
        return self.balance * 2

    @worth.setter
    def worth(self, worth):
        self.balance = worth // 2

    def spend(self, amount):
        self.balance -= amount
        return self.balance


def test_a_subclass_is_initialised_in_each_task(carry):
    def program():
        account, left = Account(100, owner="all"), verify.Atomic(0)
        account.spend(60)

        def task(amount):
            account.spend(amount)
            assert account.owner == "all"
            left.add(account.balance)

        run_tasks(*(verify.Thread(target=task, args=(amount,)) for amount in (1, 2)))
        return account.balance, left.load()

    carry(program, 2, {(40, 99 + 98)})


def test_what_the_class_says(carry):
    def program():
        account = Account(100)
        account.worth = 60
        assert account.balance == 30
        assert account.worth == 60
        assert account.kind == "current"
        account.kind = "savings"
        assert account.kind == "savings"
        del account.kind
        with pytest.raises(AttributeError):
            del account.worth
        return account.kind, account.spend(1)

    carry(program, 1, {("current", 29)})


def test_arguments_need_an_init():
    with pytest.raises(TypeError, match="not supported"):
        verify.local(1)


def look_while_counting_in_a_local():
    mine, flag = verify.local(), verify.Shared(False)

    def look():
        mine.looks = 0
        while not flag.value and mine.looks < 50:
            mine.looks += 1

    run_tasks(verify.Thread(target=look))


def look_while_counting_in_a_subclass():
    account, flag = Account(50), verify.Shared(False)

    def look():
        while not flag.value and account.balance:
            account.spend(1)

    run_tasks(verify.Thread(target=look))


@pytest.mark.parametrize(
    "program", [look_while_counting_in_a_local, look_while_counting_in_a_subclass]
)
def test_a_loop_that_counts_there_comes_to_an_end(program):
    """All its events are looks, and nothing that another task could see changes. Still it is not
    one that repeats itself."""
    report = verify.explore(program)
    assert dict(report.outcomes) == {"ok": 1}


@pytest.mark.parametrize("make", [verify.local, lambda: Account(5)], ids=["plain", "subclass"])
def test_its_program_is_not_memoised(make):
    """What a task finds there follows from what it did, not from the results that it was given."""

    def program():
        mine, cell = make(), verify.Shared(0)

        def task():
            mine.seen = cell.value
            cell.value = mine.seen + 1

        run_tasks(*(verify.Thread(target=task) for _ in range(3)))

    report = verify.explore(program)
    assert (report.executions, report.complete) == (36, True)  # 3! orders of reads, 3! of writes
    assert report.carrier == "re-executed"
    assert "mine" in report.carrier_reason
