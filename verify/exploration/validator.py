"""A validator of the search's data: what must hold of the path and the clocks at every step.

`checking(True)` has every search check itself; the tests do so always. A violation is a fault of
ours, named after the rule that was broken, and found where it arises rather than by the class that
is lost or run twice much later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from verify.errors import InternalFault
from verify.exploration.clocks import Clocks
from verify.exploration.races import Race
from verify.exploration.wakeup_tree import Branch
from verify.operation import bits, conflicts
from verify.scheduling.event import Choice, Execution
from verify.scheduling.step import Move


class Checks:
    """Whether searches check themselves."""

    def __init__(self) -> None:
        self.on = False


CHECKS: Final = Checks()


class Node(Protocol):
    """A step of the path, as far as it is checked."""

    ready: int
    position: int
    sleep: list[Move]
    branches: list[Branch]
    choice: Choice | None


def checking(on: bool) -> None:
    """Turn the checks on or off."""
    CHECKS.on = on


def check_node(node: Node, depth: int) -> None:
    """Check the node that is about to be explored at a depth."""
    chosen = node.choice
    choices = [(branch.first.task, branch.first.option) for branch in node.branches]
    choices = [chosen, *choices] if chosen is not None else choices
    _demand(chosen is not None, depth, "a node on the path explores something")
    _demand(len(set(choices)) == len(choices), depth, "no choice is planned twice at one node")
    asleep = [(step.task, step.option) for step in node.sleep]
    _demand(len(set(asleep)) == len(asleep), depth, "no choice sleeps twice")
    _demand(not set(choices) & set(asleep), depth, "what sleeps is not explored")
    could = all(node.ready >> step.task & 1 for step in node.sleep)
    _demand(could, depth, "a sleeping task could go on")
    _demand(bool(node.ready >> choices[0][0] & 1), depth, "what is explored can go on")


def check_clocks(clocks: Clocks) -> None:
    """Check the happens-before order of an execution."""
    for position, event in enumerate(clocks.steps):
        past, base = event.past, event.base
        _demand(event.index == position, position, "an event knows its place")
        _demand(bool(past >> position & 1), position, "an event is in its own past")
        _demand(not past >> (position + 1), position, "no later event is in a past")
        _demand(not base & ~past, position, "what enables an event is in its past")
        for other in bits(past):
            _demand(not clocks.steps[other].past & ~past, position, "a past holds the pasts in it")
    for position in range(clocks.length):
        _check_dependent(clocks, position)
    for task, line in enumerate(clocks.lines):
        own = sum(1 << event.index for event in clocks.steps if event.task == task)
        _demand(line.own == own, len(clocks.steps), "a task's line holds its events")


def _check_dependent(clocks: Clocks, position: int) -> None:
    event = clocks.steps[position]
    for other in range(position):
        earlier = clocks.steps[other]
        dependent = earlier.task == event.task or conflicts(earlier.step, event.step)
        ordered = bool(event.past >> other & 1)
        _demand(ordered or not dependent, position, "dependent events are ordered")


def check_reversal(race: Race, clocks: Clocks, remaining: int, asleep: Sequence[Move]) -> None:
    """Check the sequence that reverses a race: what its late event does, and what comes behind.

    The step that is being explored before the early event can begin no such sequence, so one is
    looked for in the branches behind it alone. One option of a task that sleeps there covers it:
    the task takes that one in it, or another. `Reversal.is_initial` relies on the last rule where
    the late event touches something else.
    """
    dependent = conflicts(race.early.step, race)
    _demand(dependent, race.early.index, "what is in a race stays so where it is reversed")
    for one in asleep:
        taken = one.options == 1 or clocks.lines[one.task].own & remaining
        _demand(bool(taken), race.early.index, "who has a choice to make makes it")
    late = race.late.index
    for index in bits(remaining >> late + 1 << late + 1):
        behind = clocks.steps[index]
        ordered = bool(behind.past >> late & 1)
        _demand(ordered or not conflicts(behind.step, race), index, "nobody newly depends on it")


def check_path(path: Sequence[Node], execution: Execution) -> None:
    """Check that the path is what was executed, and that nobody was asked for the rest."""
    planned = {node.position: node.choice for node in path}
    for position, event in enumerate(execution.events):
        if event.step.local:
            _demand(position not in planned, position, "what is local is not planned")
        else:
            chosen = planned.get(position) == event.choice
            _demand(chosen, position, "the path is the schedule that was run")
    asked = sum(not event.step.local for event in execution.events)
    _demand(asked == len(path), len(path), "the path is as long as the execution")


def _demand(holds: bool, step: int, rule: str) -> None:
    if not holds:
        raise InternalFault(f"the search broke its own rule at step {step + 1}: {rule}")
