"""What a program has that makes it worth comparing.

A generator is only as good as its programs: the sweep counts these, and demands its share of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.crosscheck.generator import Action, Description

BRANCHING = frozenset({"if", "wait until", "try", "try down"})
"""Actions whose result always decides what the task does next."""


def features(description: Description) -> frozenset[str]:
    """Its number of tasks, its objects, and whether it branches on data, starts tasks from tasks,
    goes on behind the join of one that may have done something, looks at whether tasks have ended,
    ends a process, gives one copies of objects, has loops that only look, has an invariant.
    """
    actions = [action for actions in description.tasks for action in _every(actions)]
    names = {action[0] for action in actions}
    found = {f"{len(description.tasks)} tasks", *(f"object {name}" for name in description.objects)}
    if names & BRANCHING:
        found.add("branching")
    if "start" in names:
        found.add("starting")
    if any(_goes_on(actions) for actions in description.tasks):
        found.add("joining")
    if names & {"alive", "spin while alive", "terminate"} or ("join", True) in actions:
        found.add("looking at ends")
    if any(_ends(actions) for actions in description.tasks):
        found.add("ending")
    if description.unshared and "start process" in names:
        found.add("forking")
    if any(name.startswith("spin") for name in names):
        found.add("spinning")
    if description.watched:
        found.add("watched")
    return frozenset(found)


def _goes_on(actions: list[Action]) -> bool:
    """Whether there is something behind a join, and a start before it."""
    names = [action[0] for action in actions]
    return "start" in names and "join" in names[names.index("start") : -1]


def _ends(actions: list[Action]) -> bool:
    """Whether a task starts a process and, later on, terminates what it started last."""
    names = [action[0] for action in actions]
    return "start process" in names and "terminate" in names[names.index("start process") :]


def _every(actions: Iterable[Action]) -> Iterator[Action]:
    """These actions and all that are inside them."""
    for action in actions:
        yield action
        for argument in action:
            if isinstance(argument, list):
                for inside in argument if action[0] == "choose" else [argument]:
                    yield from _every(inside)
