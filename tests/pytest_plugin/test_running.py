"""Models as tests: what passes, what fails, and what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import ENDLESS, LOST, Run, Write, section, traces

TWO = f"{LOST}\n@verify.model\ndef test_two():\n    adding(2)\n"


def test_a_right_model_passes_and_says_what_was_proved(run: Run, write: Write) -> None:
    """One addition has nobody to race with: one class, of start, read, write, join, read."""
    write(f"{LOST}\n@verify.model\ndef test_one():\n    adding(1)\n")
    result = run()
    result.assert_outcomes(passed=1)
    (line,) = section(result, "Verify")
    assert line.split("  ")[0] == "PROVED"
    assert "::test_one" in line and "1 class · 5 steps" in line


def test_a_wrong_model_shows_its_counterexample_and_no_code_of_ours(run: Run, write: Write) -> None:
    file = write(TWO)
    result = run()
    result.assert_outcomes(failed=1)
    shown = section(result, "test_two")
    assert shown[0].startswith(f"VIOLATED  assertion failed in test_two ({file.name})")
    assert not [line for line in shown if line.startswith((">", "E  ")) or "def " in line]
    assert any(f"pytest {file.name} --verify-replay=" in line for line in shown)
    result.stdout.fnmatch_lines([f"FAILED {file.name}::test_two - assertion: an addition was*"])
    assert traces() == ["test-two"]


def test_the_account_is_coloured_where_pytest_is(run: Run, write: Write) -> None:
    write(TWO)
    assert "\x1b[1;31mVIOLATED\x1b[0m  assertion" in run("--color=yes").stdout.str()
    assert "\x1b" not in run("--color=no").stdout.str()


def test_junit_holds_the_account(run: Run, write: Write) -> None:
    write(TWO)
    run("--junitxml=junit.xml", "--color=yes")
    text = Path("junit.xml").read_text(encoding="utf-8")
    assert "VIOLATED  assertion failed" in text and "x1B" not in text
    assert 'message="assertion: an addition was lost' in text


def test_a_counterexample_that_cannot_be_saved_is_shown(run: Run, write: Write) -> None:
    write(TWO)
    Path("traces").touch()
    result = run()
    result.assert_outcomes(failed=1)
    shown = section(result, "test_two")
    assert "cannot be kept as" in shown[0]
    assert shown[1].startswith("VIOLATED  assertion failed in test_two")


def test_paths_do_not_depend_on_where_the_test_stands(run: Run, write: Write) -> None:
    """It is somewhere else when its report is made."""
    write(
        f"import os, pytest\n{LOST}\n@pytest.fixture(autouse=True)\ndef away(tmp_path):\n"
        "    before = os.getcwd()\n    os.chdir(tmp_path)\n    yield\n    os.chdir(before)\n\n"
        "@verify.model\ndef test_two():\n    adding(2)\n"
    )
    shown = section(run(), "test_two")
    assert any("replay   pytest test_it.py --verify-replay=" in line for line in shown)
    assert any("verify show traces/test-two-" in line for line in shown)
    assert traces() == ["test-two"]


def test_an_expected_deadlock_passes(run: Run, write: Write) -> None:
    write(
        "import verify\n\n@verify.model(expect='deadlock')\ndef test_wait():\n"
        "    verify.Event().wait()\n\n@verify.model(expect='deadlock')\ndef test_no_wait():\n"
        "    verify.Event().set()\n"
    )
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    assert section(result, "test_no_wait")[0] == "expected deadlock, found no failure"
    proved, refuted = sorted(line for line in section(result, "Verify") if "test_" in line)
    assert proved.startswith("PROVED") and "::test_no_wait" in proved
    assert refuted.startswith("VIOLATED") and "as expected" in refuted


def test_parameters_and_fixtures(run: Run, write: Write) -> None:
    """Of one addition, and of two by two ways of counting, the two that race fail."""
    write(
        f"import pytest\n{LOST}\n"
        "@pytest.fixture\ndef more():\n    return 0\n\n"
        "@pytest.mark.parametrize('name', ['x', 'y'])\n"
        "@pytest.mark.parametrize('count', [1, 2])\n"
        "@verify.model\ndef test_many(count, more, name):\n    adding(count + more)\n"
    )
    result = run()
    result.assert_outcomes(passed=2, failed=2)
    assert traces() == ["test-many-2-x", "test-many-2-y"]
    assert section(result, "test_many[2-x]")[0].startswith(
        "VIOLATED  assertion failed in test_many[2-x]"
    )


def test_methods(run: Run, write: Write) -> None:
    write(
        f"import unittest\n{LOST}\n"
        "class TestPlain:\n    @verify.model\n    def test_it(self):\n        adding(2)\n\n"
        "class TestCase(unittest.TestCase):\n"
        "    @verify.model\n    def test_it(self):\n        adding(2)\n"
        "    @verify.model\n    def test_right(self):\n        adding(1)\n"
        "    @verify.model\n    def test_equal(self):\n        self.assertEqual(1, 2)\n"
        "    @verify.model\n    def test_skipped(self):\n        self.skipTest('not today')\n"
    )
    result = run()
    result.assert_outcomes(passed=1, failed=3, skipped=1)
    for title in ("TestPlain.test_it", "TestCase.test_it"):
        head = section(result, title)[0]
        assert head.startswith("VIOLATED  assertion failed in test_it (test_it.py) ")
    assert any("at test_it.py:" in line for line in section(result, "TestCase.test_equal"))
    keys = {line.split()[1] for line in section(result, "Verify")}
    assert "test_it.py::TestPlain::test_it" in keys
    assert "test_it.py::TestCase::test_it" in keys


def test_async_functions_are_refused(run: Run, write: Write) -> None:
    write("import verify\n\n@verify.model\nasync def test_it():\n    pass\n")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*UsageError: test_it is an async function*verify.Thread"])


def test_outcomes_of_pytest_keep_their_meaning(run: Run, write: Write) -> None:
    """In a task of its own each; `fail` only where the task comes second, which is one of two."""
    template = (
        "@verify.model\ndef test_{name}():\n    cell = verify.Shared(0)\n"
        "    def look():\n        if cell.value == 1:\n            {does}\n"
        "    verify.Thread(target=look).start()\n    cell.value = 1\n\n"
    )
    write(
        "import pytest, verify\n\n"
        + template.format(name="skip", does="pytest.skip('not today')")
        + template.format(name="xfail", does="pytest.xfail('known')")
        + template.format(name="fail", does="pytest.fail('seen too late')")
    )
    result = run("-rsx")
    result.assert_outcomes(skipped=1, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["SKIPPED * not today", "XFAIL *known"])
    shown = section(result, "test_fail")
    assert shown[0].startswith("VIOLATED  assertion failed in test_fail")
    assert any("failed at test_it" in line and "seen too late" in line for line in shown)


def test_asserts_are_explained(run: Run, write: Write) -> None:
    write(
        "import verify\n\n@verify.model\ndef test_it():\n    cell = verify.Shared(0)\n"
        "    found = [cell.value]\n    assert found == [1]\n"
    )
    assert any("assert [0] == [1]" in line for line in section(run(), "test_it"))


def test_output_is_that_of_the_counterexample(run: Run, write: Write) -> None:
    """Two orders of two tasks at least are run before the wrong one is found; one is shown."""
    write(
        f"import logging, sys\n{LOST}\n@verify.model\ndef test_two():\n"
        "    print('printed')\n    print('to standard error', file=sys.stderr)\n"
        "    logging.getLogger('mine').warning('logged')\n    adding(2)\n\n"
        "@verify.model\ndef test_one():\n    print('of a right one')\n    adding(1)\n"
        "    logging.warning('of a right one')\n"
    )
    text = run("-rP").stdout.str()
    for what in ("    printed\n", "    to standard error\n", "    WARNING mine: logged\n"):
        assert text.count(what) == 1
    assert "of a right one" not in text


LEAKING = """
import pytest, verify

@pytest.fixture
def number():
    return 7

@pytest.fixture(scope="module")
def wide():
    return []

@pytest.fixture(autouse=True)
def unnamed(tmp_path):
    return tmp_path

@verify.model
def test_harmless(number, wide):
    verify.Event().set()

@verify.model
def test_leak({fixture}):
    verify.Event().set()

@verify.model(suppress=["function_scoped_fixture"])
def test_allowed({fixture}):
    verify.Event().set()
"""


@pytest.mark.parametrize("fixture", ["tmp_path", "monkeypatch", "capsys", "caplog"])
def test_fixtures_that_would_leak_are_noticed(fixture: str, run: Run, write: Write) -> None:
    write(LEAKING.format(fixture=fixture))
    result = run()
    result.assert_outcomes(passed=2, failed=1)
    shown = " ".join(section(result, "test_leak"))
    assert shown.startswith(f"{fixture} is a function-scoped fixture")
    assert '@verify.model(suppress=["function_scoped_fixture"])' in shown


def test_parameters_are_no_fixtures_unless_one_makes_something_of_them(
    run: Run, write: Write
) -> None:
    write(
        "import pytest, verify\n\n@pytest.fixture\ndef boxed(request):\n"
        "    return [request.param]\n\n"
        "@pytest.mark.parametrize('numbers', [[1, 2]])\n"
        "@verify.model\ndef test_handed_on(numbers):\n    verify.Event().set()\n\n"
        "@pytest.mark.parametrize('boxed', [1], indirect=True)\n"
        "@verify.model\ndef test_boxed(boxed):\n    verify.Event().set()\n"
    )
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    assert section(result, "test_boxed[1]")[0].startswith("boxed is a function-scoped fixture")


def test_undetermined_is_a_warning_at_the_model(run: Run, write: Write) -> None:
    file = write(ENDLESS.format(arguments="max_executions=5"))
    result = run()
    result.assert_outcomes(passed=1, warnings=1)
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "@verify" in text)
    result.stdout.fnmatch_lines(
        [
            f"*{file.name}:{line}: Undetermined: UNDETERMINED: not refuted within 5 executions*",
            "UNDETERMINED *::test_endless *5 executions*",
            "*not refuted within 5 executions (max_executions)",
        ]
    )


def test_undetermined_as_an_error_is_told_without_code(run: Run, write: Write) -> None:
    write(ENDLESS.format(arguments="max_executions=5"))
    result = run("-W", "error")
    result.assert_outcomes(failed=1)
    assert section(result, "test_endless") == [
        "UNDETERMINED: not refuted within 5 executions (max_executions)"
    ]


@pytest.mark.parametrize("profile", ["ci", "nightly"])
def test_undetermined_is_a_failure(profile: str, run: Run, write: Write) -> None:
    write(ENDLESS.format(arguments="max_executions=5"))
    result = run(f"--verify-profile={profile}")
    result.assert_outcomes(failed=1)
    assert section(result, "test_endless")[0].startswith("UNDETERMINED: not refuted within 5 ")


def test_the_profile_where_ci_is_set(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    write(ENDLESS.format(arguments="max_executions=5"))
    run().assert_outcomes(failed=1)
    run("--verify-profile=dev").assert_outcomes(passed=1, warnings=1)


def test_a_model_that_another_test_calls(run: Run, write: Write) -> None:
    """It may be refuted, which the test expects: nothing is saved, since nothing failed."""
    write(
        f"import pytest\nfrom verify.errors import PropertyViolated\n{LOST}\n"
        "@verify.model\ndef two():\n    adding(2)\n\n"
        "def test_it():\n    with pytest.raises(PropertyViolated, match='was lost'):\n"
        "        two()\n"
    )
    result = run()
    result.assert_outcomes(passed=1)
    assert traces() == []
    (line,) = section(result, "Verify")
    assert line.startswith("VIOLATED") and "::two" in line and "as its test expects" in line
    assert section(run("-q"), "Verify")[0] == "1 model as expected"


def test_quiet(run: Run, write: Write) -> None:
    write(f"{TWO}\n@verify.model\ndef test_one():\n    adding(1)\n")
    lines = section(run("-q"), "Verify")
    assert len(lines) == 2
    assert lines[0].startswith("VIOLATED") and lines[1] == "1 model as expected"


def test_projects_without_models_see_nothing(run: Run, write: Write) -> None:
    write("def test_it():\n    assert 1 == 2\n")
    result = run()
    result.assert_outcomes(failed=1)
    assert "Verify" not in result.stdout.str()
    assert "E       assert 1 == 2" in result.outlines
