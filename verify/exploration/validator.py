"""A validator of the search's data: what must hold of the path and the clocks at every step.

`checking(True)` has every search check itself; the tests do so always. A violation is a fault of
ours, named after the rule that was broken, and found where it arises rather than by the class that
is lost or run twice much later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from verify.errors import InternalFault
from verify.exploration.clocks import Clocks, bits
from verify.exploration.wakeup_tree import Branch, Choosing
from verify.operation import conflicts
from verify.scheduling.event import Choice


class Checks:
    """Whether searches check themselves."""

    def __init__(self) -> None:
        self.on = False


CHECKS: Final = Checks()


class Node(Protocol):
    """A step of the path, as far as it is checked."""

    enabled: list[int]
    sleep: list[Choosing]
    branches: list[Branch]


def checking(on: bool) -> None:
    """Turn the checks on or off."""
    CHECKS.on = on


def check_node(node: Node, depth: int) -> None:
    """Check the node that is about to be explored at a depth."""
    choices = [branch.choice for branch in node.branches]
    _demand(bool(choices), depth, "a node on the path has something to explore")
    _demand(len(set(choices)) == len(choices), depth, "no choice is planned twice at one node")
    asleep = [(one.task, one.option) for one in node.sleep]
    _demand(len(set(asleep)) == len(asleep), depth, "no choice sleeps twice")
    _demand(not set(choices) & set(asleep), depth, "what sleeps is not explored")
    tasks = {one.task for one in node.sleep}
    _demand(tasks <= set(node.enabled), depth, "a sleeping task could go on")
    _demand(choices[0][0] in node.enabled, depth, "what is explored can go on")


def check_clocks(clocks: Clocks) -> None:
    """Check the happens-before order of an execution."""
    for position in range(len(clocks.events)):
        past = clocks.events[position].past
        _demand(bool(past >> position & 1), position, "an event is in its own past")
        _demand(not past >> (position + 1), position, "no later event is in a past")
        base = clocks.events[position].base
        _demand(not base & ~past, position, "what enables an event is in its past")
        for other in bits(past):
            _demand(not clocks.events[other].past & ~past, position, "a past holds the pasts in it")
    for position in range(clocks.length):
        _check_dependent(clocks, position)


def _check_dependent(clocks: Clocks, position: int) -> None:
    event = clocks.events[position]
    for other in range(position):
        earlier = clocks.events[other]
        dependent = earlier.task == event.task or conflicts(earlier, event)
        ordered = bool(clocks.events[position].past >> other & 1)
        _demand(ordered or not dependent, position, "dependent events are ordered")


def check_path(path: Sequence[Node], executed: Sequence[Choice]) -> None:
    """Check that the path is what was executed."""
    planned = [node.branches[0].choice for node in path]
    _demand(planned == list(executed), len(path), "the path is the schedule that was run")


def _demand(holds: bool, step: int, rule: str) -> None:
    if not holds:
        raise InternalFault(f"the search broke its own rule at step {step + 1}: {rule}")
