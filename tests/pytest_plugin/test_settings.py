"""Settings: on the command line, in a model, in pyproject.toml; which goes first, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import ENDLESS, LOST, Run, Write, section
from verify import UsageError, model
from verify.cli import main
from verify.commands import exit_codes
from verify.settings import OF_MODELS, OF_PROJECTS

RIGHT = "import verify\n\n@verify.model({arguments})\ndef test_it():\n    verify.Event().set()\n"


def project(*lines: str) -> None:
    Path("pyproject.toml").write_text("\n".join(["[tool.verify]", *lines]), encoding="utf-8")


def strategy_of(result: pytest.RunResult) -> str:
    """The strategy that --verify-statistics tells, without the seed."""
    (line,) = [line for line in section(result, "Verify") if "strategy" in line]
    return line.strip().partition(",")[0].removeprefix("strategy ")


def test_who_goes_first(run: Run, write: Write) -> None:
    """Each says another strategy; what goes first is taken away, one after the other."""
    write(RIGHT.format(arguments="strategy='exhaustive'"))
    project('strategy = "source_dpor"')
    assert strategy_of(run("--verify-statistics", "--verify-strategy=brute_force")) == "brute_force"
    assert strategy_of(run("--verify-statistics")) == "exhaustive"
    write(RIGHT.format(arguments=""))
    assert strategy_of(run("--verify-statistics")) == "source_dpor"
    project()
    assert strategy_of(run("--verify-statistics")) == "dpor"


def test_seconds_and_seed(run: Run, write: Write) -> None:
    write(ENDLESS.format(arguments="strategy='random'"))
    result = run("--verify-seconds=0.05", "--verify-seed=7", "--verify-statistics")
    result.assert_outcomes(passed=1, warnings=1)
    text = "\n".join(section(result, "Verify"))
    assert "not refuted within 0.05 seconds" in text and "strategy random, seed 7" in text


def test_the_profile_of_a_project(run: Run, write: Write) -> None:
    write(ENDLESS.format(arguments=""))
    project('profile = "ci"', "max_executions = 3")
    result = run()
    result.assert_outcomes(failed=1)
    assert "within 3 executions" in section(result, "test_endless")[0]
    run("--verify-profile=dev").assert_outcomes(passed=1, warnings=1)


def test_another_strategy_counts_something_else(run: Run, write: Write) -> None:
    """Two tasks that share nothing: one class, as the author says, of three interleavings."""
    write(
        "import verify\n\n@verify.model(classes=1)\ndef test_it():\n    for _ in range(2):\n"
        "        verify.Thread(target=verify.Event().set).start()\n"
    )
    run().assert_outcomes(passed=1)
    result = run("--verify-strategy=brute_force")
    result.assert_outcomes(passed=1)
    assert "interleavings" in section(result, "Verify")[0]


def test_the_command_line_heeds_the_project(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(ENDLESS.format(arguments=""))
    project("max_executions = 3", 'strategy = "source_dpor"')
    main(["check", "--json", "test_it.py"])
    (found,) = json.loads(capsys.readouterr().out)["models"]
    assert found["executions"] == 3 and found["strategy"] == "source_dpor"
    main(["check", "--json", "--max-executions", "2", "test_it.py"])
    (found,) = json.loads(capsys.readouterr().out)["models"]
    assert found["executions"] == 2


def test_the_nearest_project_counts(
    write: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(ENDLESS.format(arguments=""))
    project("max_executions = 3")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    main(["check", "--json", "../test_it.py"])
    (found,) = json.loads(capsys.readouterr().out)["models"]
    assert found["executions"] == 3


WRONG = [
    ("max_secnds = 3", "has no setting max_secnds; the settings are"),
    ('max_seconds = "3"', "max_seconds = '3' is not a number of seconds greater than 0"),
    ("max_seconds = 0", "max_seconds = 0 is not"),
    ("max_executions = 1.5", "max_executions = 1.5 is not a whole number from 1"),
    ("max_executions = true", "max_executions = True is not"),
    ('strategy = "nix"', "strategy = 'nix' is not one of dpor"),
    ("strategy = 3", "strategy = 3 is not one of dpor"),
    ('seed = "x"', "seed = 'x' is not a whole number"),
    ("stop_at_first = 1", "stop_at_first = 1 is not true or false"),
    ('profile = "nix"', "profile = 'nix' is not one of dev, ci, nightly"),
    ('suppress = "function_scoped_fixture"', "suppress = 'function_scoped_fixture' is not a list"),
    ('suppress = ["nix"]', "suppress = ['nix'] is not a list of only_one_schedule, real_"),
]


@pytest.mark.parametrize(("line", "words"), WRONG)
def test_a_wrong_setting_is_one_error_that_names_it(
    line: str, words: str, run: Run, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write(RIGHT.format(arguments=""))
    project(line)
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (error,) = [text for text in result.errlines if text]
    assert "pyproject.toml" in error and words in error
    capsys.readouterr()
    assert main(["check", "test_it.py"]) == exit_codes.BAD_INPUT
    (error,) = capsys.readouterr().err.splitlines()
    assert "pyproject.toml" in error and words in error


def test_a_project_that_cannot_be_read(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """pytest itself reads it, too, and would not begin."""
    write(RIGHT.format(arguments=""))
    project("max_seconds =")
    assert main(["check", "test_it.py"]) == exit_codes.BAD_INPUT
    (error,) = capsys.readouterr().err.splitlines()
    assert "pyproject.toml cannot be read: Invalid value" in error


def test_what_is_no_table(run: Run, write: Write) -> None:
    write(RIGHT.format(arguments=""))
    Path("pyproject.toml").write_text("[tool]\nverify = 3\n", encoding="utf-8")
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "tool.verify is not a table" in result.stderr.str()


def test_projects_without_models_may_say_what_they_like(run_apart: Run, write: Write) -> None:
    write("def test_it():\n    pass\n")
    project("max_secnds = 3")
    run_apart().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--verify-strategy=nix", "'nix' is not one of dpor"),
        ("--verify-seconds=-1", "-1.0 is not a number of seconds"),
        ("--verify-seconds=soon", "'soon' is not a number of seconds"),
        ("--verify-seed=x", "invalid int value"),
        ("--verify-profile=x", "invalid choice"),
        ("--verify-stress=x", "invalid choice"),
    ],
)
def test_a_wrong_option(option: str, words: str, run: Run, write: Write) -> None:
    write(RIGHT.format(arguments=""))
    result = run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"max_secnds": 3}, "a model has no setting max_secnds"),
        ({"profile": "ci"}, "a model has no setting profile"),
        ({"max_seconds": "3"}, "max_seconds = '3' is not a number"),
        ({"suppress": ["nix"]}, "suppress"),
    ],
)
def test_a_wrong_setting_of_a_model(settings: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        model(**settings)  # type: ignore[arg-type]


def test_no_limit(run: Run, write: Write) -> None:
    """The profile's ten seconds are taken away: a model that ends is not stopped."""
    write(f"{LOST}\n@verify.model(max_seconds=None)\ndef test_one():\n    adding(1)\n")
    project('max_executions = "none"')
    run("--verify-seconds=none").assert_outcomes(passed=1)


def test_the_guide_names_all_settings() -> None:
    guide = Path(__file__).resolve().parents[2] / "docs" / "guide.md"
    text = guide.read_text(encoding="utf-8")
    assert [name for name in {**OF_MODELS, **OF_PROJECTS} if f"`{name}`" not in text] == []
