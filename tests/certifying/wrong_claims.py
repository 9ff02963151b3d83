"""Proofs by explorers that are broken on purpose, and what brute force says of each.

`python -m tests.certifying.wrong_claims`, with the plain core, prints as JSON each claim that is
wrong: the mistake, the program, how many classes are claimed, and the judgement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from unittest.mock import patch

from tests.broken import orders, searches
from tests.broken.mistakes import Broken, Endless
from tests.counts import programs
from verify.certifying.claims import Claim
from verify.certifying.opinion import second_opinion
from verify.errors import VerifyError
from verify.exploration.exploring import explore
from verify.exploration.limits import Limits
from verify.exploration.report import Report, Verdict
from verify.exploration.strategies import STRATEGIES
from verify.exploration.validator import checking
from verify.modelling import Model

MISTAKES = (
    orders.ReadsAfterNoWrite,
    orders.WritesAfterNoRead,
    orders.WritesRaceWithNoRead,
    orders.ReadsRaceWithNothing,
    orders.ForgetsTheBlocked,
    searches.NobodyWakes,
    searches.ReversesOneRace,
    searches.TreesAreLeaves,
    searches.FirstStepOnly,
)
PROGRAMS: dict[str, tuple[Callable[[], object], int]] = {
    "store_buffering": (programs.store_buffering(), 3),
    "racyinc(2)": (programs.racyinc(2), 4),
    "readers(2)": (programs.readers(2), 4),
    "writers(3)": (programs.writers(3), 6),
    "lastzero(3)": (programs.lastzero(3), 12),
    "lazy01": (programs.lazy01(), 6),
    "dining(3)": (programs.dining(3), 7),
}
"""Each with the number of its classes (tests/counts)."""


def claimed(mistake: type[Broken], program: Callable[[], object]) -> Report | None:
    """What a broken explorer reports; None if it comes to no end, or notices."""
    with patch.dict(STRATEGIES, dpor=lambda seed: mistake(1_000)), mistake.made():
        try:
            return explore(program, stop_at_first=False)
        except (Endless, VerifyError, AssertionError):
            return None


def wrong_claims() -> Iterator[tuple[str, str, int, str]]:
    """Each proof that is none."""
    for mistake in MISTAKES:
        for name, (program, classes) in PROGRAMS.items():
            report = claimed(mistake, program)
            if report is None or report.verdict is not Verdict.PROVED:
                continue
            if report.executions == classes:
                continue
            claim = Claim(name, "", "operation", 10_000, report.executions, {})
            opinion = second_opinion(Model(program), claim, Limits(max_executions=10_000))
            yield mistake.__name__, name, report.executions, opinion.judgement.name


if __name__ == "__main__":
    checking(False)
    print(json.dumps(list(wrong_claims())))
