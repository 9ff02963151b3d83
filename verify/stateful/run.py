"""A run of rules on a machine, and what they give, in a form that is the same in every run."""

from __future__ import annotations

import copy
from typing import Any

from verify.errors import UsageError
from verify.stateful.plan import Made, Plan, Step
from verify.stateful.rules import Rules, hypothesis_stateful
from verify.values import frozen


class Run:
    """A machine, and what the steps that were run on it have made."""

    def __init__(self, rules: Rules) -> None:
        self.machine = rules.machine()
        self._rules = rules
        self._made: dict[int, Any] = {}

    def begin(self, plan: Plan) -> None:
        """Run what comes first."""
        left = len(self._rules.initializers)
        self.check_invariants(left)
        for done, step in enumerate(plan.beginning, 1):
            self.take(step)
            self.check_invariants(left - done)

    def take(self, step: Step) -> Any:
        """Run a rule; returns what it gives, in a form that can be compared with other runs."""
        arguments = {
            name: self._made[value.step] if isinstance(value, Made) else copy.deepcopy(value)
            for name, value in step.arguments.items()
        }
        result = step.rule.function(self.machine, **arguments)
        if isinstance(result, hypothesis_stateful().MultipleResults):
            raise UsageError(
                f"{step.rule.function.__qualname__} returns multiple(...), which cannot be held "
                "against another run: return one value"
            )
        if step.rule.targets:
            self._made[step.number] = result
        if frozen(result):
            return result
        for number, value in self._made.items():
            if value is result:
                return Made(number)
        own = "__eq__" not in {name for base in type(result).__mro__[:-1] for name in vars(base)}
        return Made(step.number) if own else copy.deepcopy(result)

    def check_invariants(self, initializers_left: int = 0) -> None:
        """Call the invariants that hold now."""
        for invariant in self._rules.invariants:
            if initializers_left > 0 and not invariant.check_during_init:
                continue
            if all(holds(self.machine) for holds in invariant.preconditions):
                invariant.function(self.machine)
