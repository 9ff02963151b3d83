"""Settings: what may be said of how models are explored, and the pyproject.toml that says it.

The same names stand in `@verify.model(...)` and in the table `[tool.verify]` of the project's
pyproject.toml, where "none" takes a limit away. What the command line says goes first, then what a
model says of itself, then what the project says, then what a command does by default.

    demand    checks settings that somebody gives; one UsageError names what is wrong, and where
    project   the settings of the project that one stands in
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from verify.errors import UsageError
from verify.exploration.health import HEALTH_CHECKS
from verify.exploration.limits import EVERY_CORE, NO_LIMIT, as_written
from verify.exploration.strategies import STRATEGIES
from verify.scheduling.internal import GRANULARITIES

FILE = "pyproject.toml"
TABLE = "tool.verify"
PROFILES = ("dev", "ci", "nightly")
LARGEST_FILE = 512 * 1024
"""Bytes of a pyproject.toml: many times what people write, and read in a second whatever they are.
"""
LONGEST_NUMBER = 100
"""Digits, as in a trace."""
LONGEST_SHOWN = 200
"""Characters of what was given that an error repeats."""
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_LONG_KEY = re.compile(rf"""(?<![\w."'\\-])(?:{_PART}[ \t]*+\.[ \t]*+){{100}}""", re.ASCII)
"""A key of more than 100 parts, each a table in the one before: reading one takes time that grows
with the square of its length."""


class _Sort(NamedTuple):
    """What a setting must be: in words, and by a test."""

    words: str
    holds: Callable[[Any], bool]


def _one_of(names: Any) -> _Sort:
    return _Sort(f"one of {', '.join(names)}", lambda value: _text(value) and value in names)


def _shown(value: Any) -> str:
    try:
        return _cut(repr(value))
    except ValueError:  # there is a whole number in it of more digits than Python writes
        return f"something with a number of more than {LONGEST_NUMBER} digits"


def _cut(text: str) -> str:
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _whole(value: Any, least: int | None = None) -> bool:
    if type(value) is not int or abs(value) >= 10**LONGEST_NUMBER:
        return False
    return least is None or value >= least


def _seconds(value: Any) -> bool:
    return _whole(value, 1) or (type(value) is float and 0 < value < float("inf"))


def _unlimited(sort: _Sort) -> _Sort:
    return _Sort(
        f'{sort.words}, or "{NO_LIMIT}"',
        lambda value: value is None or value == NO_LIMIT or sort.holds(value),
    )


_POSITIVE = _Sort("a whole number from 1", lambda value: _whole(value, 1))
_HEALTH = _Sort(
    f"a list of {', '.join(HEALTH_CHECKS)}",
    lambda value: (
        isinstance(value, list | tuple)
        and all(_text(name) and name in HEALTH_CHECKS for name in value)
    ),
)

OF_MODELS: Mapping[str, _Sort] = {
    "strategy": _one_of(STRATEGIES),
    "granularity": _one_of(GRANULARITIES),
    "preemptions": _unlimited(_Sort("a whole number from 0", lambda value: _whole(value, 0))),
    "seed": _Sort("a whole number", _whole),
    "stop_at_first": _Sort("true or false", lambda value: type(value) is bool),
    "max_executions": _unlimited(_POSITIVE),
    "max_seconds": _unlimited(_Sort("a number of seconds greater than 0", _seconds)),
    "max_steps": _POSITIVE,
    "max_memory": _unlimited(_POSITIVE),
    "suppress": _HEALTH,
    "workers": _Sort(
        f'a whole number from 1, or "{EVERY_CORE}"',
        lambda value: value == EVERY_CORE or _whole(value, 1),
    ),
}
"""What a model may say of itself."""

OF_PROJECTS: Mapping[str, _Sort] = {
    **OF_MODELS,
    "profile": _one_of(PROFILES),
    "instrument": _Sort(
        'a list of the names of packages and modules, or "."',
        lambda value: isinstance(value, list) and all(_text(name) for name in value),
    ),
}
"""What a project may say."""


def demand(settings: Mapping[str, Any], known: Mapping[str, _Sort], where: str) -> dict[str, Any]:
    """The settings, with None for no limit. UsageError for one that is unknown or of a wrong type.

    `where` is who gives them, for the error.
    """
    for name, value in settings.items():
        sort = known.get(name)
        if sort is None:
            raise UsageError(
                f"{where} has no setting {_cut(name)}; the settings are {', '.join(sorted(known))}"
            )
        if not sort.holds(value):
            raise UsageError(f"{where}: {name} = {_shown(value)} is not {sort.words}")
    return {name: as_written(value) for name, value in settings.items()}


def project(directory: Path | None = None) -> dict[str, Any]:
    """What the nearest pyproject.toml, in a directory (by default this one) or above, says.

    UsageError if it cannot be read, or says something that is no setting.
    """
    here = Path.cwd() if directory is None else directory
    for place in (here, *here.parents):
        table = _table(place / FILE)
        if table is not None:
            return _checked(place / FILE, table)
    return {}


def _table(file: Path) -> dict[str, Any] | None:
    """All that a file says, which is bounded before it is parsed; None if there is no such file."""
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > LARGEST_FILE:
            raise ValueError(f"it has {status.st_size:,} bytes, more than {LARGEST_FILE:,}")
        if not status.st_size:  # also what the kernel writes as it is read, perhaps without end
            return {}
        text = file.read_text(encoding="utf-8")
        if found := _LONG_KEY.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise ValueError(f"line {line} has a key of more than 100 parts")
        import tomllib  # here: most commands need none

        return tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except RecursionError:
        reason: object = "its lists or tables are too deep in each other"
    except (OSError, ValueError) as error:  # a syntax error is a ValueError, like a wrong encoding
        reason = getattr(error, "strerror", None) or error
    raise UsageError(f"{file} cannot be read: {reason}")


def _checked(file: Path, table: Any) -> dict[str, Any]:
    for part in TABLE.split("."):
        table = table.get(part, {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise UsageError(f"{file}: {TABLE} is not a table: write [{TABLE}] above its settings")
    return demand(table, OF_PROJECTS, f"{file}, [{TABLE}]")
