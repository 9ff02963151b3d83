"""Benchmark programs: what `verify bench` can run, found by name.

A file in models/benchmarks has models like any other, and a mapping BENCHMARKS from functions to
functions. The one runs a program of certain sizes, whole numbers from 1; the other, with the same
parameters, says how many equivalence classes it has, or None where nobody knows.

    available   all programs of the checkout
    chosen      those that a command line names, as `NAME`, `NAME:SIZE` or `NAME:SIZE,SIZE`
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from verify.collection import collect
from verify.errors import UsageError

DIRECTORY = Path("models") / "benchmarks"

Classes = Callable[..., int | None]


@dataclass(frozen=True)
class Program:
    """A program that has sizes still to be chosen."""

    function: Callable[..., object]
    classes: Classes
    file: Path
    """The file that has it in its mapping."""

    @property
    def name(self) -> str:
        """The function's name."""
        return self.function.__name__

    @property
    def usage(self) -> str:
        """How it is asked for: `lockinc:N[,REPETITIONS]`."""
        parameters = inspect.signature(self.function).parameters.values()
        usage = ""
        for parameter in parameters:
            size = ("," if usage else ":") + parameter.name.upper()
            usage += f"[{size}]" if parameter.default is not parameter.empty else size
        return self.name + usage


@dataclass(frozen=True)
class Sized:
    """A program with its sizes."""

    program: Program
    sizes: tuple[int, ...]

    @property
    def call(self) -> Callable[[], object]:
        """What is to be explored: nothing of ours, which a memoised search would not look into."""
        return partial(self.program.function, *self.sizes)

    @property
    def label(self) -> str:
        """`lockinc(7)`."""
        return f"{self.program.name}({', '.join(map(str, self.sizes))})"

    @property
    def classes(self) -> int | None:
        """How many equivalence classes it has, if that is known."""
        return self.program.classes(*self.sizes)


def available() -> dict[str, Program]:
    """The programs, by name, in the order of their files.

    They are looked for below the directory here, then beside the package. UsageError if there are
    none: an installed package comes without them.
    """
    checkout = Path(__file__).resolve().parents[2]
    for directory in (DIRECTORY, checkout / DIRECTORY):
        if directory.is_dir():
            return programs_in(directory)
    raise UsageError(
        f"there is no {DIRECTORY} here, which holds the programs to run: it comes with the sources "
        "of verify, not with an installed package; run bench in a checkout"
    )


def programs_in(path: Path) -> dict[str, Program]:
    """The programs of one file, or of those below a directory; UsageError if there are none."""
    found: dict[str, Program] = {}
    for model in collect([path]):
        for function, classes in model.function.__globals__.get("BENCHMARKS", {}).items():
            program = Program(function, classes, model.file.resolve())
            found.setdefault(program.name, program)
    if not found:
        raise UsageError(f"{path} has no benchmark programs: no file has a mapping BENCHMARKS")
    return found


def chosen(asked: Sequence[str], programs: dict[str, Program]) -> list[Sized]:
    """The programs that were asked for. UsageError for a name or sizes that there are not."""
    return [_sized(text, programs) for text in asked]


def _sized(text: str, programs: dict[str, Program]) -> Sized:
    name, _, given = text.partition(":")
    program = programs.get(name)
    if program is None:
        known = ", ".join(program.usage for program in programs.values())
        raise UsageError(f"no benchmark program is called {name!r}: there are {known}")
    sizes = given.split(",") if given else []
    wrong = [size for size in sizes if not (size.isdecimal() and int(size) > 0)]
    if wrong:
        raise UsageError(f"{text}: {wrong[0]!r} is not a size: a whole number from 1")
    numbers = tuple(map(int, sizes))
    try:
        inspect.signature(program.function).bind(*numbers)
    except TypeError:
        raise UsageError(f"{text}: these are not the sizes it has: {program.usage}") from None
    return Sized(program, numbers)
