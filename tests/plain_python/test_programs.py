"""The five programs: each refuted within a second from plain pytest, the locked one proved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
from verify.exploration.report import Verdict
from verify.modelling import Model

verify.instrument("tests.plain_python.programs")

from tests.plain_python import programs  # noqa: E402  (rewritten, since it was asked for first)

BUGS = {
    programs.lost_update: programs.lost_update_locked,
    programs.check_then_act: programs.check_then_act_locked,
    programs.iterate_while_appending: programs.iterate_while_appending_locked,
    programs.double_checked_once: programs.double_checked_locked,
    programs.closure_counter: programs.closure_counter_locked,
}


@pytest.mark.parametrize("program", BUGS, ids=lambda program: program.__name__)
def test_the_bug_is_found_within_a_second(program: Callable[[], object]) -> None:
    report = verify.explore(program, max_seconds=1.0)
    assert report.verdict is Verdict.VIOLATED, str(report)


@pytest.mark.parametrize("program", BUGS.values(), ids=lambda program: program.__name__)
def test_the_locked_program_is_proved(program: Callable[[], object]) -> None:
    report = verify.explore(program, max_seconds=10.0)
    assert report.verdict is Verdict.PROVED, str(report)


def test_double_checked_locking_has_a_race_on_purpose() -> None:
    """The first look is outside the lock. Allowed to be a race, it is proved all the same."""
    assert [f.kind for f in verify.explore(programs.double_checked).failures] == ["race"]
    allowed = Model(programs.double_checked, settings={"suppress": ["data_race"]})
    assert allowed.search().run().verdict is Verdict.PROVED


TEST_FILE = """
import verify
import programs

@verify.model
def test_lost_update():
    programs.lost_update()

@verify.model
def test_lost_update_locked():
    programs.lost_update_locked()
"""


def test_from_plain_pytest(pytester: pytest.Pytester) -> None:
    """A project that names the package is all that it takes: the program is as it was."""
    shutil.copy(Path(__file__).with_name("programs.py"), pytester.path)
    pytester.makepyprojecttoml('[tool.verify]\ninstrument = ["programs"]\n')
    pytester.makepyfile(test_bank=TEST_FILE)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    lines = (pytester.path / "programs.py").read_text().splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "s.a[0].v = s.a[0].v + 1" in text)
    result.stdout.fnmatch_lines([f"*Data race: *(programs.py:{line}, holding no lock)*"])
