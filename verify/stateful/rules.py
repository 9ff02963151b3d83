"""The rules of a state machine of Hypothesis's, as far as tasks can run them at once.

Refused, by name: rules with a precondition, which another task could make false between the look
and the call; bundles that are consumed, mapped or filtered, whose values would have to be known
before the rules run.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from verify.errors import UsageError


class Rules:
    """The rules of a class of state machines. UsageError for what tasks cannot run at once."""

    def __init__(self, machine: type) -> None:
        stateful = hypothesis_stateful()
        if not (isinstance(machine, type) and issubclass(machine, stateful.RuleBasedStateMachine)):
            raise UsageError(
                f"verify.concurrent takes a RuleBasedStateMachine of Hypothesis's, not {machine!r}"
            )
        members = [member for _, member in inspect.getmembers(machine)]
        self.machine = machine
        self.rules = _marked(members, stateful.RULE_MARKER)
        self.initializers = _marked(members, stateful.INITIALIZE_RULE_MARKER)
        self.invariants = _marked(members, stateful.INVARIANT_MARKER)
        if not self.rules:
            raise UsageError(f"{machine.__name__} has no rule: decorate a method with @rule")
        for rule in (*self.rules, *self.initializers):
            for name, strategy in rule.arguments.items():
                if isinstance(strategy, stateful.Bundle) and not _is_plain(strategy):
                    self._refuse(
                        rule,
                        f"draws {name} from a bundle that is consumed, mapped or filtered",
                        "what another task leaves there is not known beforehand: take the value as "
                        "it is, and let the rule say what comes of it",
                    )
            if rule.preconditions:
                self._refuse(
                    rule,
                    "has a precondition",
                    "another task may make it false between the look and the call: let the rule "
                    "look itself, and return what tells that it did nothing",
                )

    def _refuse(self, rule: Any, what: str, why: str) -> None:
        name = f"{self.machine.__name__}.{rule.function.__name__}"
        raise UsageError(f"{name} {what}, and cannot run at the same time as other rules: {why}")


def _marked(members: Sequence[Any], marker: str) -> list[Any]:
    found = (getattr(member, marker, None) for member in members)
    return [mark for mark in found if mark is not None]


def _is_plain(bundle: Any) -> bool:
    return not bundle.consume and not getattr(bundle, "_transformations", ())


def hypothesis_stateful() -> Any:
    """Hypothesis's module of state machines. UsageError without it."""
    try:
        import hypothesis.stateful
    except ImportError:
        raise UsageError(
            "verify.concurrent runs state machines of Hypothesis's: pip install hypothesis"
        ) from None
    return hypothesis.stateful
