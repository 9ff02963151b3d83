"""Running: each mutant in a process of its own, against the killers.

`python -m tests.mutation.running [MODULE ...]` runs the mutants of the modules, tells of each that
survives how it differs, and sums up.

    run       all mutants of a module, one after another; what became of each
    in_child  forks, and gives what a function returned there
    _mutate   has the module imported as it is changed

The process that forks has imported what is needed, but nothing of verify, and knows what is right.
A child imports verify with the mistake in it, runs the killers until one notices, and tells which.
One that takes too much time is stopped, and counts as found: a search that never ends is noticed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import pickle
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from tests.mutation.changes import Mutant, changed, mutants
from tests.mutation.explained import EXPLAINED

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("verify.operation", "verify.exploration.clocks", "verify.exploration.dpor")
SECONDS = 6
"""Of processor time that a mutant may take; without a mistake the killers take a fraction of it."""
TIMED_OUT = "a time-out"


class Fate(NamedTuple):
    """What became of a mutant: which killer found it, empty if none did, and how."""

    mutant: Mutant
    killer: str
    how: str


def path_of(module: str) -> Path:
    """The file of a module."""
    return ROOT / f"{module.replace('.', '/')}.py"


def tree_of(module: str) -> ast.Module:
    """Its syntax tree."""
    return ast.parse(path_of(module).read_text(encoding="utf-8"))


def _mutate(module: str, tree: ast.Module) -> None:
    """From now on, a module is imported as this tree has it, whoever finds its source."""
    assert not any(name.partition(".")[0] == "verify" for name in sys.modules)
    get_code = SourceFileLoader.get_code

    def code_of(self: SourceFileLoader, fullname: str) -> CodeType | None:
        if fullname == module:
            return compile(tree, str(path_of(module)), "exec")
        return get_code(self, fullname)

    SourceFileLoader.get_code = code_of  # type: ignore[method-assign]


def in_child(work: Callable[[], Any], seconds: int | None = None) -> Any:
    """What a function returns in a forked process; TIMED_OUT if that takes too much time there.

    RuntimeError if it raises: that is no mutant that was found, but a fault of ours.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            if seconds is not None:
                signal.signal(signal.SIGXCPU, signal.SIG_DFL)
                resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            answer = pickle.dumps(work())
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(answer)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        return TIMED_OUT
    if not data:
        raise RuntimeError(f"a process ended with status {status}, and said nothing")
    return pickle.loads(data)


def _programs() -> list[Any]:
    from tests.mutation.chosen import programs

    return programs()


def killed_by(known: list[Any]) -> tuple[str, str]:
    """Which killer notices that something is wrong, and how; empty if none does. In a child."""
    try:
        from tests.mutation.killers import Program, killers

        for name, killer in killers([Program(*one) for one in known]):
            try:
                killer()
            except BaseException as found:  # pytest's failures are no Exceptions
                return name, f"{type(found).__name__}: {found}"[:200]
    except BaseException as broken:
        return "the import", f"{type(broken).__name__}: {broken}"[:200]
    return "", ""


def all_programs() -> list[Any]:
    """What `run` wants to be given."""
    os.environ["VERIFY_PURE"] = "1"
    found: list[Any] = in_child(_programs)
    return found


def run(
    module: str, known: list[Any], only: Callable[[Mutant], bool] = lambda mutant: True
) -> Iterator[Fate]:
    """What becomes of the mutants of a module, one after another; `known` are the programs that are
    explored, each with what the reference says of it."""
    os.environ["VERIFY_PURE"] = "1"
    tree = tree_of(module)
    for mutant in filter(only, mutants(tree)):
        twin = changed(tree, mutant)

        def work(twin: ast.Module = twin) -> tuple[str, str]:
            _mutate(module, twin)
            return killed_by(known)

        found = in_child(work, SECONDS)
        yield Fate(mutant, found, "") if isinstance(found, str) else Fate(mutant, *found)


def main() -> None:
    """Run what the command line names, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--only", default="", help="the mutants whose names begin so")
    parser.add_argument("--units", action="store_true", help="by the tests of the units alone")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each mutant")
    given = parser.parse_args()
    known = [] if given.units else all_programs()
    for module in given.modules:
        killed: Counter[str] = Counter()
        explained = {name for names in EXPLAINED[module].values() for name in names}
        for fate in run(module, known, lambda mutant: str(mutant).startswith(given.only)):
            killed[fate.killer] += 1
            if given.json:
                print(json.dumps([str(fate.mutant), fate.killer]))
            elif not fate.killer or str(fate.mutant) in explained:
                _tell(module, fate, str(fate.mutant) in explained)
        if not given.json:
            print(
                f"{module}: {killed.total()} mutants, {killed['']} survived, {len(explained)} "
                f"explained, {killed[TIMED_OUT]} timed out"
            )


def _tell(module: str, fate: Fate, explained: bool) -> None:
    what = "explained" if explained else "SURVIVED"
    if fate.killer:
        what = f"explained, but found by {fate.killer}"
    print(f"{path_of(module).name}:{fate.mutant.line}: {what}: {fate.mutant}", flush=True)


if __name__ == "__main__":
    main()
