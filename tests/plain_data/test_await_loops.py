"""Spinning on plain data is spinning on `Shared`: as many classes, and as many ways to fail."""

from __future__ import annotations

from importlib import import_module

import pytest

import verify
from tests.plain_data import algorithms
from verify.exploration.report import Verdict
from verify.modelling import Model

verify.instrument("tests.idioms.programs")


@pytest.mark.parametrize("name", ["peterson", "dekker", "bakery", "ticket_lock"])
def test_as_many_classes(name: str) -> None:
    plain = getattr(import_module("tests.idioms.programs.exclusion"), name)
    known = verify.explore(getattr(algorithms, name))
    found = Model(plain, settings={"suppress": ["data_race"]}).search().run()
    assert found.verdict is known.verdict is Verdict.PROVED
    assert found.executions == known.executions > 1
