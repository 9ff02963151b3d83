"""Settings: what may be said of how models are explored, and the pyproject.toml that says it.

The same names stand in `@verify.model(...)` and in the table `[tool.verify]` of the project's
pyproject.toml, where "none" takes a limit away. What the command line says goes first, then what a
model says of itself, then what the project says, then what a command does by default.

    demand    checks settings that somebody gives; one UsageError names what is wrong, and where
    project   the settings of the project that one stands in
"""

from __future__ import annotations

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


class _Sort(NamedTuple):
    """What a setting must be: in words, and by a test."""

    words: str
    holds: Callable[[Any], bool]


def _one_of(names: Any) -> _Sort:
    return _Sort(f"one of {', '.join(names)}", lambda value: _text(value) and value in names)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _whole(value: Any, least: int | None = None) -> bool:
    return type(value) is int and (least is None or value >= least)


def _seconds(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < float("inf")


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
                f"{where} has no setting {name}; the settings are {', '.join(sorted(known))}"
            )
        if not sort.holds(value):
            raise UsageError(f"{where}: {name} = {value!r} is not {sort.words}")
    return {name: as_written(value) for name, value in settings.items()}


def project(directory: Path | None = None) -> dict[str, Any]:
    """What the nearest pyproject.toml, in a directory (by default this one) or above, says.

    UsageError if it cannot be read, or says something that is no setting.
    """
    here = Path.cwd() if directory is None else directory
    for place in (here, *here.parents):
        if (place / FILE).is_file():
            return _read(place / FILE)
    return {}


def _read(file: Path) -> dict[str, Any]:
    import tomllib  # here: most commands need none

    try:
        table: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # a syntax error is a ValueError, like a wrong encoding
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{file} cannot be read: {reason}") from None
    for part in TABLE.split("."):
        table = table.get(part, {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise UsageError(f"{file}: {TABLE} is not a table: write [{TABLE}] above its settings")
    return demand(table, OF_PROJECTS, f"{file}, [{TABLE}]")
