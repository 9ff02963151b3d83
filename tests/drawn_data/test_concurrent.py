"""verify.concurrent: the rules of a state machine, run by several tasks."""

from __future__ import annotations

import sys
import unittest
from typing import Any

import pytest
from hypothesis import assume, errors, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

import verify
from verify.stateful.plan import Plan, Step, orders

quickly = settings(deadline=None, database=None, derandomize=True, max_examples=60)


def run(machine: type[RuleBasedStateMachine], examples: int | None = None, **sizes: int) -> None:
    """Run the test of a machine, as unittest would."""
    case: Any = verify.concurrent(machine, **sizes)
    case.settings = quickly if examples is None else settings(quickly, max_examples=examples)
    case("runTest").debug()


def violated(machine: type[RuleBasedStateMachine], **sizes: int) -> str:
    with pytest.raises(verify.PropertyViolated) as caught:
        run(machine, **sizes)
    return str(caught.value)


class Stack(RuleBasedStateMachine):
    """A stack under a lock: its rules give what they give one at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = verify.Lock()
        self.items = verify.Shared(())

    @rule(item=st.integers(0, 9))
    def push(self, item: int) -> None:
        with self.lock:
            self.items.value = (*self.items.value, item)

    @rule()
    def pop(self) -> int | None:
        with self.lock:
            items = self.items.value
            if not items:
                return None
            self.items.value = items[:-1]
            last: int = items[-1]
            return last

    @invariant()
    def holds_a_tuple(self) -> None:
        assert isinstance(self.items.value, tuple)


class TornStack(Stack):
    """Pop looks and takes under two locks: two tasks may pop the same item."""

    @rule()
    def pop(self) -> int | None:
        with self.lock:
            items = self.items.value
        if not items:
            return None
        with self.lock:
            self.items.value = items[:-1]
        last: int = items[-1]
        return last


TestStack = verify.concurrent(Stack)
TestStack.settings = settings(quickly, max_examples=20)  # type: ignore[attr-defined]


def test_it_is_a_test_case_like_a_state_machines_own() -> None:
    assert issubclass(TestStack, unittest.TestCase)
    assert TestStack.__name__ == "Stack.concurrent"
    result = unittest.TestResult()
    TestStack("runTest").run(result)
    assert result.wasSuccessful() and result.testsRun == 1


def test_a_call_that_no_order_explains() -> None:
    """The smallest example: an item, and two tasks that pop it. Where the item comes from is told
    by the plan: a push at first, or by one of the tasks before it pops."""
    text = violated(TornStack)
    assert "TornStack is wrong when tasks run its rules at once" in text
    assert "no order explains that pop() by task-" in text
    assert text.count("pop()") >= 2
    assert "Smallest failing schedule" in text and "replay" not in text
    calls = [line.split() for line in text.splitlines() if line.startswith("  task-")]
    assert len(calls) >= 2


def test_a_deadlock() -> None:
    class Crossed(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right = verify.Lock(), verify.Lock()

        @rule()
        def to_the_right(self) -> None:
            with self.left, self.right:
                pass

        @rule()
        def to_the_left(self) -> None:
            with self.right, self.left:
                pass

    text = violated(Crossed)
    assert "deadlock" in text
    assert "to_the_right()" in text and "to_the_left()" in text


def test_an_invariant_that_only_tasks_break() -> None:
    class Counter(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.count = verify.Shared(0)
            self.calls = verify.Atomic(0)

        @rule()
        def increment(self) -> None:
            self.calls.add(1)
            self.count.value += 1

        @invariant()
        def counts_all_calls(self) -> None:
            assert self.count.value == self.calls.load()

    text = violated(Counter)
    assert "Counter is wrong when tasks run its rules at once: VIOLATED: assertion" in text


def test_a_rule_that_fails_by_itself_is_told_as_such() -> None:
    class Wrong(RuleBasedStateMachine):
        @rule(n=st.integers(0, 100))
        def small(self, n: int) -> None:
            assert n < 50

    text = violated(Wrong)
    assert "Wrong fails although its rules run one at a time: VIOLATED: assertion" in text
    assert "small(n=50)" in text


def test_an_exception_that_only_tasks_raise_is_something_that_was_given() -> None:
    class Toggle(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.on = verify.Shared(False)

        @rule()
        def twice(self) -> None:
            if self.on.value:
                raise RuntimeError("seen while it was on")
            self.on.value = True
            self.on.value = False

    assert "raised RuntimeError: seen while it was on" in violated(Toggle)


def test_a_rule_that_chooses_may_give_what_it_can_choose() -> None:
    class Coin(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.tosses = verify.Atomic(0)

        @rule()
        def toss(self) -> tuple[str, int]:
            return verify.choose(("heads", "tails")), self.tosses.add(1)

    run(Coin, examples=10, steps=1)


# ------------------------------------------------------------------------------ examples


def test_waiting_is_passed_over_unless_no_order_waits() -> None:
    """A get of an empty queue waits, in some order: such an example says nothing about tasks."""

    class Channel(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.queue: verify.Queue[int] = verify.Queue()

        @rule(item=st.integers(0, 3))
        def put(self, item: int) -> None:
            self.queue.put(item)

        @rule()
        def get(self) -> int:
            return self.queue.get()

    run(Channel, examples=20)


def test_an_assumption_passes_an_example_over() -> None:
    class Picky(RuleBasedStateMachine):
        @rule(n=st.integers(0, 9))
        def any_but_seven(self, n: int) -> int:
            assume(n != 7)
            return verify.Atomic(n).load()

    run(Picky, examples=20)


class Registry(RuleBasedStateMachine):
    """Handles are whatever a run makes: only which is which can be compared."""

    handles = Bundle("handles")
    broken = False

    def __init__(self) -> None:
        super().__init__()
        self.values = verify.Shared(())

    @initialize(target=handles)
    def first(self) -> object:
        return self._make()

    @rule(target=handles)
    def make(self) -> object:
        return self._make()

    @rule(handle=handles)
    def place(self, handle: object) -> object:
        """The handle before this one, or itself."""
        values = self.values.value
        return values[max(0, values.index(handle) - 1)]

    def _make(self) -> object:
        class Handle:
            pass

        made = Handle()
        self.values.value = (*self.values.value, made)
        return made


def test_bundles_and_initializers() -> None:
    """Two tasks that make handles at once lose one, and who asks for it does not find it."""
    text = violated(Registry, examples=500)
    assert "at first" in text and "value_1 = first()" in text
    assert "make()" in text and "place(handle=value_" in text


def test_bundles_of_a_right_machine() -> None:
    class Locked(Registry):
        def __init__(self) -> None:
            super().__init__()
            self.lock = verify.Lock()

        def _make(self) -> object:
            with self.lock:
                return super()._make()

        @rule(handle=Registry.handles)
        def place(self, handle: object) -> object:
            return handle

        @rule()
        def fresh(self) -> object:
            """Another one in every run, and equal to none."""
            return object()

    run(Locked, examples=20)


def test_all_orders_keep_the_order_of_each_task() -> None:
    """Two tasks of two steps: 4! / (2! 2!) = 6 orders; three of one, one and two: 4! / 2! = 12."""
    steps = [Step(number, None, {}) for number in range(4)]
    found = [[step.number for step in order] for order in orders([steps[:2], steps[2:]])]
    assert len(found) == len({tuple(order) for order in found}) == 6
    assert all(order.index(0) < order.index(1) for order in found)
    assert all(order.index(2) < order.index(3) for order in found)
    assert len(list(orders([steps[:1], steps[1:2], steps[2:]]))) == 12


@pytest.mark.parametrize(("tasks", "steps"), [(2, 2), (3, 1)])
def test_sizes(tasks: int, steps: int) -> None:
    sizes = set()

    class Noting(RuleBasedStateMachine):
        @rule()
        def nothing(self) -> None:
            verify.Atomic(0).load()

    from verify.stateful import concurrent as module

    real = module.at_once

    def noted(rules: Any, plan: Plan, given: Any) -> None:
        sizes.add((len(plan.branches), max(map(len, plan.branches))))
        real(rules, plan, given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "at_once", noted)
        run(Noting, tasks=tasks, steps=steps)
    assert sizes == {(many, long) for many in range(2, tasks + 1) for long in range(1, steps + 1)}


# ------------------------------------------------------------------------------ refusals


def test_a_precondition_is_refused_by_name() -> None:
    class Guarded(RuleBasedStateMachine):
        @precondition(lambda self: True)
        @rule()
        def pop(self) -> None: ...

    with pytest.raises(verify.UsageError, match=r"Guarded.pop has a precondition, and cannot run"):
        verify.concurrent(Guarded)


@pytest.mark.parametrize("how", ["consumed", "mapped", "filtered"])
def test_bundles_whose_values_must_be_known_are_refused(how: str) -> None:
    things = Bundle("things")
    drawn = {"consumed": consumes(things), "mapped": things.map(str)}
    drawn["filtered"] = things.filter(bool)

    class Taking(RuleBasedStateMachine):
        @rule(target=things)
        def make(self) -> int:
            return 1

        @rule(thing=drawn[how])
        def take(self, thing: int) -> None: ...

    with pytest.raises(verify.UsageError, match=r"Taking.take draws thing from a bundle that is"):
        verify.concurrent(Taking)


def test_multiple_results_are_refused_by_name() -> None:
    things = Bundle("things")

    class Many(RuleBasedStateMachine):
        @rule(target=things)
        def make(self) -> Any:
            return multiple(1, 2)

    assert "Many.make returns multiple(...)" in violated(Many)


@pytest.mark.parametrize(
    ("sizes", "why"),
    [({"tasks": 1}, "tasks=1"), ({"steps": 0}, "steps=0"), ({"tasks": "2"}, "tasks='2'")],
)
def test_sizes_that_are_none(sizes: Any, why: str) -> None:
    with pytest.raises(verify.UsageError, match=why):
        verify.concurrent(Stack, **sizes)


def test_what_is_no_state_machine() -> None:
    with pytest.raises(verify.UsageError, match="takes a RuleBasedStateMachine"):
        verify.concurrent(int)  # type: ignore[arg-type]

    class Empty(RuleBasedStateMachine):
        pass

    with pytest.raises(verify.UsageError, match="Empty has no rule"):
        verify.concurrent(Empty)


def test_without_hypothesis(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "hypothesis"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(verify.UsageError, match="pip install hypothesis"):
        verify.concurrent(Stack)


def test_a_machine_with_waiting_alone_satisfies_nobody() -> None:
    class Waiting(RuleBasedStateMachine):
        @rule()
        def wait(self) -> None:
            verify.Event().wait()

    with pytest.raises(errors.Unsatisfiable):
        run(Waiting)
