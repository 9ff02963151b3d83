"""Claims: what the report of a check says of the models that it calls PROVED.

The report is the document that `verify check --json` prints. It may come from anybody: it is
bounded before it is parsed, nothing in it is evaluated or imported, and only what a second opinion
needs is looked at. A model is known by its key and by the hash of the file that held it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from verify.errors import UsageError
from verify.exploration.report import Verdict
from verify.exploration.strategies import STRATEGIES
from verify.scheduling.internal import GRANULARITIES
from verify.traces.fields import Wrong, shown
from verify.traces.format import load, parsed

WRITTEN_BY = "`verify check --json`"
LARGEST_COUNT = 10**15
NOT_CLASSES = ("brute_force",)
"""The strategies that can prove something, but do not count classes."""

T = TypeVar("T")


class Claim(NamedTuple):
    """That all of a model's classes were run, so many of them, and none failed.

    `source` is the hash of the model's file, `covered` the goals given to `cover`, each with
    whether an execution reached it.
    """

    model: str
    source: str
    granularity: str
    max_steps: int
    classes: int
    covered: dict[str, bool]


class Claims(NamedTuple):
    """What a report claims; `others` of its models are not PROVED. `instrument`: the modules that
    the command line had instrumented."""

    proved: list[Claim]
    others: int
    instrument: list[str]


def read(path: Path) -> Claims:
    """The claims in a file. UsageError, one line, for what is no report, or has none."""
    data = load(path, "report", WRITTEN_BY)
    try:
        found = _claims(parsed(data.decode("utf-8"), len(data)))
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a report: {_DO}") from None
    except Wrong as wrong:
        raise UsageError(f"{path} is not a report that can be certified: {wrong}; {_DO}") from None
    if not found.proved:
        raise UsageError(
            f"{path} has nothing to certify: none of its {found.others} models is PROVED, and a "
            "second opinion is on proofs (`verify replay` runs a counterexample again)"
        )
    return found


_DO = f"a report is what {WRITTEN_BY} prints"


def _claims(document: Any) -> Claims:
    if type(document) is not dict:
        raise Wrong(f"{shown(document)} is not an object")
    command = _field(document, "command", _text)
    if command != "check":
        raise Wrong(f"it is the document of another command, {shown(command)}")
    proved: list[Claim] = []
    others = 0
    for number, model in enumerate(_field(document, "models", _list), 1):
        try:
            if type(model) is not dict:
                raise Wrong(f"{shown(model)} is not an object")
            if _field(model, "verdict", _one_of([one.name for one in Verdict])) == "PROVED":
                proved.append(_claim(model))
            else:
                others += 1
        except Wrong as wrong:
            raise Wrong(f"model {number}: {wrong}") from None
    return Claims(proved, others, [_text(name) for name in _field(document, "instrument", _list)])


def _claim(model: dict[str, Any]) -> Claim:
    classes = _field(model, "executions", _count)
    outcomes = _field(model, "outcomes", _object)
    if _field(model, "complete", _truth) is not True or outcomes != {"ok": classes}:
        raise Wrong("it is PROVED, but not all of its executions were run and ended well")
    strategy = _field(model, "strategy", _one_of(STRATEGIES))
    if strategy in NOT_CLASSES:
        raise Wrong(
            f"it was proved by {strategy}, which counts no classes, and is no other opinion"
        )
    covered = _field(model, "covered", _object)
    return Claim(
        _field(model, "model", _text),
        _field(model, "source", _text),
        _field(model, "granularity", _one_of(GRANULARITIES)),
        _field(model, "max_steps", _count),
        classes,
        {goal: _truth(reached) for goal, reached in covered.items()},
    )


def _field(values: dict[str, Any], key: str, check: Callable[[Any], T]) -> T:
    if key not in values:
        raise Wrong(f"{key} is missing")
    try:
        return check(values[key])
    except Wrong as wrong:
        raise Wrong(f"{key}: {wrong}") from None


def _text(value: Any) -> str:
    if type(value) is not str or not value.isprintable():
        raise Wrong(f"{shown(value)} is not a text")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 < value <= LARGEST_COUNT:
        raise Wrong(f"{shown(value)} is not a number from 1")
    return value


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise Wrong(f"{shown(value)} is neither true nor false")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Wrong(f"{shown(value)} is not a list")
    return value


def _object(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Wrong(f"{shown(value)} is not an object")
    return value


def _one_of(names: Any) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if type(value) is not str or value not in names:
            raise Wrong(f"{shown(value)} is none of {', '.join(names)}")
        return value

    return check
