"""A plan: which rules run first, and which ones each task runs then.

It is drawn before anything runs, so a value of a bundle is known by the step that will make it: one
of the beginning, or an earlier one of the same task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from verify.stateful.rules import Rules, hypothesis_stateful
from verify.values import in_words

LONGEST_BEGINNING = 4
"""Rules that run one after the other before the tasks start."""


@dataclass(frozen=True)
class Made:
    """What a step has made, whatever it is in one run: it is known by the number of the step."""

    step: int

    def __repr__(self) -> str:
        return f"value_{self.step}"


@dataclass(frozen=True, eq=False)
class Step:
    """A rule with its arguments; the values of bundles are `Made`."""

    number: int
    rule: Any
    arguments: Mapping[str, Any]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={in_words(value)}" for name, value in self.arguments.items())
        call = f"{self.rule.function.__name__}({shown})"
        return f"{Made(self.number)} = {call}" if self.rule.targets else call


class Plan(NamedTuple):
    """An example: what runs first, and what each task runs."""

    beginning: Sequence[Step]
    branches: Sequence[Sequence[Step]]

    def __str__(self) -> str:
        calls = [("at first", self.beginning)] if self.beginning else []
        calls += [(f"task-{number}", branch) for number, branch in enumerate(self.branches, 1)]
        return "\n".join(f"  {who:8}  {'; '.join(map(repr, steps))}" for who, steps in calls)


def plans(draw: Callable[[Any], Any], rules: Rules, tasks: int, steps: int) -> Plan:
    """Have Hypothesis draw an example."""
    from hypothesis import strategies as st

    count = 0
    bundle = hypothesis_stateful().Bundle

    def step(among: Sequence[Any], known: dict[str, list[Made]]) -> Step:
        nonlocal count
        count += 1
        possible = [rule for rule in among if all(known.get(name) for name in _bundles(rule))]
        rule = draw(st.sampled_from(possible) if possible else st.nothing())
        arguments = {
            name: draw(
                st.sampled_from(known[strategy.name]) if isinstance(strategy, bundle) else strategy
            )
            for name, strategy in rule.arguments.items()
        }
        for target in rule.targets:
            known.setdefault(target, []).append(Made(count))
        return Step(count, rule, arguments)

    made: dict[str, list[Made]] = {}
    beginning = []
    left = list(rules.initializers)
    while left:
        beginning.append(step(left, made))
        left.remove(beginning[-1].rule)
    for _ in range(draw(st.integers(0, LONGEST_BEGINNING))):
        beginning.append(step(rules.rules, made))
    branches = []
    for _ in range(draw(st.integers(2, tasks))):
        own = {name: list(values) for name, values in made.items()}
        branches.append([step(rules.rules, own) for _ in range(draw(st.integers(1, steps)))])
    return Plan(beginning, branches)


def orders(branches: Sequence[Sequence[Step]]) -> Iterator[tuple[Step, ...]]:
    """All orders of the steps that keep the order of each branch."""
    if not any(branches):
        yield ()
    for index, branch in enumerate(branches):
        if branch:
            left = [*branches[:index], branch[1:], *branches[index + 1 :]]
            for order in orders(left):
                yield branch[0], *order


def _bundles(rule: Any) -> list[str]:
    """The names of the bundles from which a rule draws."""
    bundle = hypothesis_stateful().Bundle
    return [value.name for value in rule.arguments.values() if isinstance(value, bundle)]
