"""Each case study comes out as it says: the bug within a few executions, the fix proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.case_studies.published import installed
from tests.case_studies.studies import STUDIES, Study, loaded
from verify.exploration.report import Verdict
from verify.modelling import Model

SECONDS = 120.0


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where the libraries are: all workers of a run share it."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.mark.parametrize("name", STUDIES)
def test_it_comes_out_as_it_says(name: str, root: Path) -> None:
    study: Study = STUDIES[name]
    if not study.applies:
        pytest.skip("of another Python")
    libraries = installed(study.libraries, root) if study.libraries else None
    settings: dict[str, object] = {"suppress": list(study.suppress)}
    if study.sampled:
        settings |= {"strategy": "random", "max_executions": study.sampled}
    with loaded(study, libraries, instrumented=True) as program:
        model = Model(program, study.expect, settings=settings)
        report = model.search(max_seconds=SECONDS).run()
    if study.expect != "proved":
        assert model.disappointment(report) == "", str(report)
        assert report.executions <= study.most
    else:
        assert report.verdict is Verdict.PROVED, str(report)
