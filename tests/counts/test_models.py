"""Every number that a model states is enumerated by code that the explorer does not share.

The model is written a second time in the reference's language (restated.py). Classes, outcomes and
the explorer's own run of the model have to agree.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.counts.restated import RESTATED
from tests.reference.enumeration import Survey, survey
from verify.collection import collect
from verify.modelling import Model

MODELS = {f"{m.file.stem}.{m.name}": m for m in collect([Path(__file__).parents[2] / "models"])}
STATED = [name for name, model in MODELS.items() if model.classes is not None]

WITH_SLEEP_SETS = ("address_spaces", "distributed", "processes", "terminated_reader")
"""Models that look at the ends of tasks, end them, or start what gets copies of objects: DPOR gives
way to sleep sets there, which cut some runs short. So what `exhaustive` does is done twice."""
FOUND = [
    pytest.param(
        name,
        strategy,
        marks=pytest.mark.nightly
        if strategy == "exhaustive" and name.partition(".")[0] in WITH_SLEEP_SETS
        else (),
    )
    for name in STATED
    for strategy in ("dpor", "exhaustive")
]


@cache
def _enumerated(name: str) -> Survey:
    return survey(RESTATED[name](), main_first=True)


def test_every_stated_number_has_a_second_source() -> None:
    assert sorted(set(STATED) - set(RESTATED)) == []
    assert sorted(set(RESTATED) - set(MODELS)) == []


@pytest.mark.parametrize("name", RESTATED)
def test_what_the_author_states(name: str) -> None:
    """The enumeration finds the stated classes, and fails in the expected way and in no other."""
    model, enumerated = MODELS[name], _enumerated(name)
    failing = set(enumerated.outcomes) - {"ok"}
    assert failing == ({model.expect} if model.expect != "proved" else set())
    if model.classes is not None:
        assert len(enumerated.classes) == model.classes


@pytest.mark.parametrize(("name", "strategy"), FOUND)
def test_what_the_explorer_finds(name: str, strategy: str) -> None:
    model, enumerated = MODELS[name], _enumerated(name)
    report = model.search(strategy=strategy).run()
    assert model.disappointment(report) == ""
    assert report.outcomes == enumerated.outcomes
    if strategy == "dpor" and name.partition(".")[0] not in WITH_SLEEP_SETS:
        assert report.blocked_executions == 0


def test_models_without_a_number_meet_their_expectation() -> None:
    unstated: list[Model] = [model for name, model in MODELS.items() if name not in STATED]
    assert [m.name for m in unstated if m.disappointment(m.search(max_seconds=20).run())] == []
