"""Chances: what executions drawn at random are worth when none of them has failed, in words.

What is said is never more than what holds: probabilities are rounded up, odds towards the more
likely.
"""

from __future__ import annotations

import math

CONFIDENCE = 0.95


def missing(runs: int, odds: int) -> str:
    """The most likely that so many executions all miss what each finds with 1 in `odds`."""
    chance = (1 - 1 / odds) ** runs
    if chance <= 0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(chance)) - 1)
    return f"{math.ceil(chance / unit - 1e-9) * unit:.2g}"


def failing(runs: int) -> str:
    """How many executions may fail, most likely, of those from which these were drawn.

    If one in m of them failed, so many in a row would all be right with a probability of
    (1 - 1/m)^runs. That is less than 1 - CONFIDENCE for the m that is said. Nothing follows for a
    bug that has a certain depth: a random walk may reach it as rarely as one schedule of all.
    """
    if runs == 0:
        return ""
    share = 1 - (1 - CONFIDENCE) ** (1 / runs)
    odds = f"fewer than 1 in {math.floor(1 / share)}" if share < 0.5 else "not all"
    return (
        f"{odds} of such executions fail, with {CONFIDENCE:.0%} confidence; of a bug of a certain "
        "depth nothing is known"
    )
