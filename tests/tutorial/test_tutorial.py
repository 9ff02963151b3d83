"""The course in models/README.md does what it says.

Each of its commands is run, in a directory with the models, their traces and the files of its
section, and gives what is shown below it: the lines come in this order, with others between them
perhaps. No solution may be wrong, no section lack a part, no heading of the models be left out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from tests.cli.conftest import ROOT
from verify.cli import main
from verify.collection import collect

COURSE = (ROOT / "models" / "README.md").read_text(encoding="utf-8")
SLOW = "verify bench"
"""Begins the commands that measure, and take their time."""


class Section(NamedTuple):
    """A heading and all that stands below it."""

    heading: str
    text: str


class Command(NamedTuple):
    """A line to type, and what is shown of the answer."""

    line: str
    shown: tuple[str, ...]


def sections() -> list[Section]:
    """The numbered sections, in order."""
    found = re.split(r"^## (?=\d)", COURSE.partition("\n## Where to go on")[0], flags=re.MULTILINE)
    return [Section(*text.split("\n", 1)) for text in found[1:]]


def files(text: str) -> dict[str, str]:
    """The Python files in a text, by the names in their first lines."""
    blocks = re.findall(r"^```python\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(blocks)


def commands(text: str) -> list[Command]:
    """The commands in a text, with what is shown of their answers."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for part in block.split("$ ")[1:]:
            line, *shown = part.splitlines()
            found.append(Command(line, tuple(shown)))
    return found


def squeezed(text: str) -> str:
    """A text in which columns do not matter."""
    return " ".join(text.split())


def missing(command: Command, answer: str) -> list[str]:
    """What is shown and does not come, in this order."""
    lines = iter([squeezed(line) for line in answer.splitlines()])
    return [shown for shown in command.shown if not any(squeezed(shown) in line for line in lines)]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory in which the course can be followed."""
    for name in ("models", "traces"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def answer_of(arguments: str, checkout: Path) -> tuple[int, str]:
    """The exit code of a command, and all that it says."""
    surroundings = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    verb, _, pattern = arguments.partition(" ")
    if verb == "show":  # it runs nothing, and so may do that in this process
        said = StringIO()
        with (
            chdir(checkout),
            patch.dict(os.environ, surroundings),
            redirect_stdout(said),
            redirect_stderr(said),
        ):
            code = main([verb, *(str(path) for path in Path().glob(pattern))])
        return code, said.getvalue()
    done = subprocess.run(
        ["bash", "-c", f'"$0" -m verify {arguments}', sys.executable],
        cwd=checkout,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


def follow(section: Section, checkout: Path, slow: bool) -> int:
    """Do all that a section says; how many commands were run."""
    for name, source in files(section.text).items():
        (checkout / name).write_text(source, encoding="utf-8")
    chosen = [each for each in commands(section.text) if each.line.startswith(SLOW) is slow]
    for command in chosen:
        arguments = command.line.removeprefix("verify ")
        code, answer = answer_of(arguments, checkout)
        expected = 1 if arguments.startswith("replay") else 0
        assert code == expected, f"{command.line}\n{answer}"
        assert missing(command, answer) == [], f"{command.line}\n{answer}"
    return len(chosen)


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.heading)
def test_its_commands_give_what_it_shows(section: Section, checkout: Path) -> None:
    assert follow(section, checkout, slow=False) or SLOW in section.text


@pytest.mark.nightly
def test_its_measurements_can_be_made(checkout: Path) -> None:
    assert sum(follow(section, checkout, slow=True) for section in sections()) == 1


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.heading)
def test_a_section_has_all_its_parts(section: Section) -> None:
    parts = ("```console\n$ verify ", "**What it teaches.**", "**Exercise.**", "Solution</summary>")
    places = [section.text.index(part) for part in parts]
    assert places == sorted(places)
    for name in files(section.text):
        assert f"$ verify check {name}" in section.text


def test_every_heading_of_the_models_is_a_section() -> None:
    """Under the same number, and each file of such a heading is named somewhere in the course."""
    models = [model for model in collect([ROOT / "models"]) if model.heading]
    assert {model.heading for model in models} <= {section.heading for section in sections()}
    for name in {model.file.name for model in models if model.file.parent.name == "models"}:
        assert name in COURSE or name.removesuffix(".py") in COURSE, name


def test_nothing_is_missed() -> None:
    """A line that does not come, or comes too early, is found to be missing."""
    command = Command("verify", ("first", "second"))
    assert missing(command, "the first one\nother\na  second") == []
    assert missing(command, "second\nfirst") == ["second"]
    assert missing(command, "first") == ["second"]
