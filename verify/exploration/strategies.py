"""The strategies by name: how an explored run can choose its next task."""

from __future__ import annotations

from collections.abc import Callable

from verify.exploration.depth_first import BruteForce, Exhaustive
from verify.exploration.pct import Pct
from verify.exploration.pieces import Pieces
from verify.exploration.pos import Pos
from verify.exploration.random_walk import RandomWalk
from verify.exploration.source_dpor import SourceDpor
from verify.exploration.strategy import Strategy

STRATEGIES: dict[str, Callable[[int], Strategy]] = {
    "dpor": lambda seed: Pieces(),
    "source_dpor": lambda seed: SourceDpor(),
    "exhaustive": lambda seed: Exhaustive(),
    "brute_force": lambda seed: BruteForce(),
    "random": RandomWalk,
    "pct": Pct,
    "pos": Pos,
}
"""Makes a strategy from a seed; only the samplers look at it."""
DEFAULT_STRATEGY = "dpor"
RUNS_CLASSES = ("dpor", "source_dpor", "exhaustive")
"""Those of whose executions it can be estimated how many there are."""
