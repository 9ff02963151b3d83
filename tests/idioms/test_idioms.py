"""No false alarm: published idioms are proved, their broken twins refuted with the same settings.

The programs are plain Python. They are instrumented as they are imported, here, and otherwise run
as they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest

import verify
from tests.idioms.catalogue import IDIOMS, PROGRAMS, Idiom
from verify.exploration.report import Report, Verdict
from verify.modelling import Model

verify.instrument(PROGRAMS)

SAMPLED_SECONDS = 2.0
NIGHTLY_SECONDS = 60.0
PROVED = [idiom for idiom in IDIOMS if not idiom.sampled]
SAMPLED = [idiom for idiom in IDIOMS if idiom.sampled]


def program(name: str) -> Callable[[], object]:
    file, _, function = name.partition(".")
    found: Callable[[], object] = getattr(import_module(f"{PROGRAMS}.{file}"), function)
    return found


def explored(idiom: Idiom, name: str, seconds: float = 10.0) -> Report:
    settings: dict[str, object] = {"suppress": ["data_race"]} if idiom.racy else {}
    if idiom.sampled:
        settings["strategy"] = "random"
    return Model(program(name), settings=settings).search(max_seconds=seconds).run()


def named(idiom: Idiom) -> str:
    return idiom.name


def test_there_are_enough() -> None:
    assert len(IDIOMS) >= 30
    assert len(PROVED) >= 20
    assert len({idiom.right for idiom in IDIOMS}) == len({idiom.name for idiom in IDIOMS})


@pytest.mark.parametrize("idiom", PROVED, ids=named)
def test_an_idiom_is_proved(idiom: Idiom) -> None:
    report = explored(idiom, idiom.right)
    assert report.verdict is Verdict.PROVED, str(report)


@pytest.mark.parametrize("idiom", SAMPLED, ids=named)
def test_an_idiom_without_end_is_not_refuted(idiom: Idiom) -> None:
    report = explored(idiom, idiom.right, SAMPLED_SECONDS)
    assert not report.failures, str(report)
    assert report.executions > 100


@pytest.mark.nightly
@pytest.mark.parametrize("idiom", SAMPLED, ids=named)
def test_an_idiom_without_end_is_not_refuted_in_a_minute(idiom: Idiom) -> None:
    assert not explored(idiom, idiom.right, NIGHTLY_SECONDS).failures


@pytest.mark.parametrize("idiom", IDIOMS, ids=named)
def test_the_twin_is_refuted(idiom: Idiom) -> None:
    report = explored(idiom, idiom.twin)
    assert report.verdict is Verdict.VIOLATED, str(report)
    assert [failure.kind for failure in report.failures] == [idiom.fails]
