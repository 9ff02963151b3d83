"""The README and the guide tell the truth: what they show is what comes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Cli, Write
from verify.commands import exit_codes

README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
WIDTH = "96"
"""Columns of the README's report: what a page of GitHub shows without scrolling."""


def block(language: str, containing: str, page: str = README) -> str:
    """The page's code block in a language that contains a text."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (found,) = [text for text in blocks if containing in text]
    return str(found)


def timeless(text: str) -> list[str]:
    """Lines in which every duration is the same."""
    return [re.sub(r"\d+\.\d+ s", "0.00 s", line).rstrip() for line in text.splitlines()]


def test_the_report_is_what_the_program_gives(cli: Cli, write: Write) -> None:
    program = block("python", "start.py")
    assert sum(bool(line.strip()) for line in program.splitlines()) == 8 + 1  # and its file name
    write("start.py", program)
    command, _, report = block("console", "verify check").partition("\n")
    assert command == "$ verify check start.py"
    done = cli("check", "start.py", COLUMNS=WIDTH)
    assert done.code == exit_codes.REFUTED
    assert timeless(done.out) == timeless(report)


def test_the_outcomes_are_what_the_program_has(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    command, _, table = block("console", "verify outcomes", GUIDE).partition("\n")
    assert cli(*command.split()[2:], COLUMNS=WIDTH).out == table


@pytest.mark.parametrize("page", [README, GUIDE], ids=["README", "guide"])
def test_the_test_that_it_shows_is_proved(page: str, cli: Cli, write: Write) -> None:
    write("shown.py", "import verify\n\n" + block("python", "test_two_increments", page))
    done = cli("check", "shown.py")
    assert done.code == 0
    assert "PROVED" in done.out


def test_the_real_code_that_the_guide_shows_is_proved(cli: Cli, write: Write) -> None:
    write("shown.py", block("python", "test_visits", GUIDE))
    done = cli("check", "shown.py")
    assert done.code == 0
    assert "PROVED" in done.out


def test_what_the_readme_refers_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    assert len(links) >= 5
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_commands_are_where_ci_looks_for_them() -> None:
    """`.ci/run` takes the shell blocks after the marker: two, of one line each."""
    after = README[README.index("<!-- .ci/run") : README.index("## What")]
    commands = re.findall(r"^```sh\n(.*)\n```$", after, re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("verify check models")
    assert "pytest" in commands[1]
    assert Path(ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_the_case_studies_of_the_readme_are_those_of_the_guide() -> None:
    """A row is told in fewer words, with the same figures; two columns of the guide are one."""
    header = "| bug | executions to find it | runs that stress needed | fix |"
    rows = README.partition(header)[2].partition("\n\n")[0].splitlines()[2:]
    figures = [tuple(row.split(" | ")[1:]) for row in rows]
    assert 4 <= len(figures) <= 8
    assert set(figures) <= {tuple(row.split(" | ")[2:]) for row in GUIDE.splitlines()}
