"""Find killers: go through the random programs of a seed until each broken explorer gets one wrong.

    python -m tests.broken.finding [--seed N] [--spinning] [EXPLORER ...]

tells of each the first program that it gets wrong in the way that killers.py has for it, made as
small as it can be and stay wrong like that: what is to be kept there. Of all that are kept with the
seed, if none is named; that takes some minutes. Wanted where the search has changed and a kept
program no longer does, and for a new mistake, with a program made up for it in the meantime.

    first_wrong   the search
    reduced       leaves out tasks and actions, one at a time, and puts the inside of an action in
                  its place, for as long as that can be done
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from tests.broken.killers import KILLERS
from tests.broken.mistakes import Broken
from tests.crosscheck.comparing import difference, enumerated
from tests.crosscheck.generator import Action, Description, describe
from tests.reference.enumeration import Survey, TooMany
from verify.exploration.validator import checking

PROGRAMS = 20_000
LIMIT = 500
"""As in the crosscheck: programs with more beginnings than that are left out."""


def found_wrong(explorer: type[Broken], description: Description, expected: Survey) -> str:
    """What is wrong with how a program is searched; empty if nothing is."""
    with explorer.made():
        try:
            most = 10 * len(expected.classes) + 1_000
            return difference(description, expected, lambda seed: explorer(most))
        except Exception as fault:  # whatever it is, it is no proof
            return f"{type(fault).__name__}: {fault}"


def first_wrong(
    wanted: Mapping[type[Broken], str],
    seed: int,
    spinning: bool = False,
    programs: int = PROGRAMS,
) -> Iterator[tuple[type[Broken], int, Description]]:
    """For each explorer the first program of a seed that it gets wrong, as its word says: with the
    program's number, in the order of these. None for one that gets all of so many right. `spinning`
    programs have loops that only look."""
    alive = dict(wanted)
    for number in range(programs):
        if not alive:
            return
        kind = "spinning" if spinning else ""
        description = describe(number, seed, most_tasks=4, kind=kind)
        try:
            expected = enumerated(description, LIMIT)
        except TooMany:
            continue
        for explorer, word in list(alive.items()):
            if word in found_wrong(explorer, description, expected):
                del alive[explorer]
                yield explorer, number, description


def reduced(explorer: type[Broken], description: Description, word: str) -> Description:
    """The program made smaller, for as long as the explorer gets it wrong in this word."""
    for smaller in _smaller(description):
        try:
            expected = enumerated(smaller, LIMIT)
        except TooMany:
            continue
        if difference(smaller, expected):
            continue  # it is not a program: a condition without its lock
        if word in found_wrong(explorer, smaller, expected):
            return reduced(explorer, smaller, word)
    return description


def _smaller(description: Description) -> Iterator[Description]:
    tasks = description.tasks
    for index in range(len(tasks)):
        if len(tasks) > 1:
            yield replace(description, tasks=(*tasks[:index], *tasks[index + 1 :]))
    for index, actions in enumerate(tasks):
        for fewer in _fewer(actions):
            if fewer:
                yield replace(description, tasks=(*tasks[:index], fewer, *tasks[index + 1 :]))
    for name in description.objects:
        if f"'{name}'" not in repr(tasks):
            others = tuple(other for other in description.objects if other != name)
            yield replace(description, objects=others)
    if description.permits:
        yield replace(description, permits=0)
    if description.wake != "all":
        yield replace(description, wake="all")


def _fewer(actions: list[Action]) -> Iterator[list[Action]]:
    for index, action in enumerate(actions):
        before, behind = actions[:index], actions[index + 1 :]
        yield [*before, *behind]
        for at, argument in enumerate(action):
            if isinstance(argument, list):
                choices = argument if action[0] == "choose" else [argument]
                for inside in choices:
                    yield [*before, *inside, *behind]
                if action[0] != "choose":
                    for fewer in _fewer(argument):
                        yield [*before, (*action[:at], fewer, *action[at + 1 :]), *behind]


def _main(seed: int, spinning: bool, names: Collection[str]) -> None:
    checking(False)
    kept = (seed, spinning)
    wanted = {
        explorer: known.by
        for explorer, known in KILLERS.items()
        if explorer.__name__ in names
        or (not names and known.number is not None and (known.seed, known.spinning) == kept)
    }
    for explorer, number, description in first_wrong(wanted, seed, spinning):
        small = reduced(explorer, description, wanted[explorer])
        print(f"{explorer.__name__}: program {number} of seed {seed}: {small}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="find a program for each broken explorer")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--spinning", action="store_true")
    parser.add_argument("explorers", nargs="*", metavar="EXPLORER")
    arguments = parser.parse_args()
    _main(arguments.seed, arguments.spinning, arguments.explorers)
