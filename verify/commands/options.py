"""The options of the command line: the commands, and what each takes."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import NoReturn

from verify import __version__, build
from verify.errors import UsageError
from verify.exploration.limits import EVERY_CORE, NO_LIMIT

SECONDS = 60.0
"""How long a model or a program may take unless it or the command line says otherwise."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = _Parser(
        prog="verify",
        description="Explore every interleaving of a concurrent program, replay what fails, "
        "and stress the same source for real.",
        epilog="Exit codes: 0 all as expected, 1 refuted, 2 bad input, 3 undetermined, "
        "4 nondeterministic, 5 a mistake in verify itself.",
        allow_abbrev=False,
    )
    top.add_argument(
        "--version", action="version", version=f"verify {__version__}, {build.in_words()}"
    )
    top.set_defaults(json=False)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
        added.add_argument(
            "--json", action="store_true", help="print one JSON document, and nothing else"
        )
        return added

    check = command("check", "Explore models and say whether they are as expected.")
    _add_paths(check)
    check.add_argument(
        "--strategy",
        metavar="NAME",
        help="how schedules are chosen: dpor (the default), source_dpor, exhaustive, brute_force; "
        "or sampled: random, pct, pos",
    )
    check.add_argument(
        "--granularity",
        choices=("operation", "internal"),
        help="what one event is: a call (the default), or a step of the monitor that carries it "
        "out on threads, which is so checked itself",
    )
    check.add_argument(
        "--preemptions",
        type=_whole,
        metavar="K",
        help="run only schedules that leave a task that could go on at most K times: no proof",
    )
    _add_limits(check, "model", f"{SECONDS:g}, or what the model says")
    check.add_argument(
        "--max-steps",
        type=_positive(int),
        metavar="N",
        help="stop a model when one execution has N steps (default: 10000)",
    )
    _add_memory(check)
    _add_seed(check)
    _add_workers(check)
    check.add_argument(
        "--engine",
        choices=("process", "dask"),
        default="process",
        help="who explores: processes here (the default), or the workers of a dask scheduler",
    )
    check.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="the scheduler for --engine dask, as in tcp://HOST:8786: whoever runs it, or its "
        "workers, can run code here, and whoever reaches it there",
    )
    _add_instrument(check)
    check.add_argument(
        "--all", action="store_true", help="go on after the first failure of a model"
    )
    check.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="save what was explored, every half a minute and when it is stopped; verify resume "
        "FILE goes on from there",
    )
    _add_reporting(check)

    resume = command("resume", "Go on with a check that was stopped, from its checkpoint.")
    resume.add_argument(
        "checkpoint", metavar="FILE", help="what check --checkpoint has written, and is kept up"
    )
    _add_paths(resume)
    _add_limits(resume, "model", "as before; seconds are counted anew")
    _add_memory(resume)
    _add_workers(resume)
    _add_reporting(resume)

    certify = command(
        "certify", "Check the proofs in a report once more, by brute force: a second opinion."
    )
    certify.add_argument("report", metavar="REPORT", help="a file with what check --json printed")
    _add_paths(certify)
    _add_instrument(certify)
    _add_limits(certify, "model", f"{SECONDS:g}")
    _add_seed(certify)

    replay = command("replay", "Run a saved counterexample again, event by event.")
    replay.add_argument("trace", metavar="TRACE", help="a file that check has written")
    _add_paths(replay)
    _add_instrument(replay)
    by_hand = replay.add_mutually_exclusive_group()
    by_hand.add_argument("--step", action="store_true", help="go through it step by step")
    by_hand.add_argument(
        "--pdb", action="store_true", help="open pdb in the model's code, just before a step"
    )
    replay.add_argument(
        "--at",
        type=_whole,
        metavar="N",
        help="the step (default: the beginning with --step, the one that fails with --pdb)",
    )

    stress = command("stress", "Run models over and over on threads, processes, or coroutines.")
    _add_paths(stress)
    stress.add_argument(
        "--on",
        choices=("threads", "processes", "coroutines"),
        default="threads",
        help="what carries the tasks",
    )
    stress.add_argument(
        "--seconds",
        type=_positive(float),
        metavar="S",
        help="how long to run each model (default: 1)",
    )
    stress.add_argument(
        "--iterations", type=_positive(int), metavar="N", help="how often to run each model"
    )
    stress.add_argument(
        "--guided",
        action="store_true",
        help="then make threads or processes show the classes that luck has not shown, for as long "
        "again",
    )
    _add_instrument(stress)
    _add_seed(stress)

    _add_paths(command("list", "List models with what is expected of them."))

    show = command("show", "Print the report of a saved counterexample, or write it as a page.")
    show.add_argument("trace", metavar="TRACE", help="a file that check has written")
    show.add_argument(
        "--html",
        metavar="FILE",
        nargs="?",
        const="",
        help="write one HTML file instead, to be stepped through in a browser (default: beside the "
        "trace, with the ending .html)",
    )

    explain = command(
        "explain", "Say why a saved counterexample fails, and what would have passed."
    )
    explain.add_argument("trace", metavar="TRACE", help="a file that check has written")

    outcomes = command(
        "outcomes", "Find all states in which models can end, and how they get there."
    )
    _add_models(outcomes)
    _add_instrument(outcomes)
    _add_limits(outcomes, "model", f"{SECONDS:g}")

    graph = command("graph", "Draw the states of models and the steps between them: DOT and SVG.")
    _add_models(graph)
    _add_instrument(graph)
    graph.add_argument(
        "--max-states",
        type=_positive(int),
        default=300,
        metavar="N",
        help="stop when a model has more than N states (default: 300)",
    )

    bench = command("bench", "Measure what exploring costs, on programs of known size.")
    bench.add_argument(
        "programs",
        metavar="PROGRAM",
        nargs="*",
        help="NAME, NAME:SIZE or NAME:SIZE,SIZE, of models/benchmarks, as in racyinc:5 (default: "
        "a choice of them)",
    )
    _add_limits(bench, "program", f"{SECONDS:g}")
    bench.add_argument(
        "--reexecuted", action="store_true", help="run each execution for real, memoise none"
    )
    _add_workers(bench)
    bench.add_argument(
        "--peers",
        action="store_true",
        help="run frontrun and interleave-test on the same programs, where they are installed",
    )
    instead = bench.add_mutually_exclusive_group()
    instead.add_argument(
        "--tasks",
        action="store_true",
        help="measure instead what creating and switching processes, threads and coroutines costs",
    )
    instead.add_argument(
        "--cores",
        action="store_true",
        help="measure instead how many cores threads and processes use, by what they do",
    )
    instead.add_argument(
        "--herd",
        action="store_true",
        help="measure instead how many servers a connection wakes, by how they wait for it",
    )
    instead.add_argument(
        "--primitives",
        action="store_true",
        help="measure instead what primitives cost, beside those of the standard library",
    )
    instead.add_argument(
        "--instrumented",
        action="store_true",
        help="measure instead what instrumented code costs where nothing is explored",
    )
    instead.add_argument(
        "--scaling",
        action="store_true",
        help="simulate instead how much faster up to 64 workers would explore the programs, from "
        "what each task of their searches takes",
    )
    return top


def _add_paths(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="files, directories, or FILE::MODEL (default: models, else this directory)",
    )


def _add_models(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths", metavar="MODEL", nargs="+", help="FILE::MODEL, or a file for all that are in it"
    )


def _add_instrument(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--instrument",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="see also what this package or module does to plain attributes, variables and "
        'containers ("." for the files of the models themselves); may be given several times',
    )


def _add_reporting(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--junit", metavar="FILE", help="also write the results as JUnit XML, for CI servers"
    )
    command.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="say how each model was run, and name the trace files of its counterexamples",
    )


def _add_limits(command: argparse.ArgumentParser, what: str, seconds: str) -> None:
    command.add_argument(
        "--max-executions",
        type=_limit(int),
        metavar="N",
        help=f"stop a {what} after N executions (default: {NO_LIMIT})",
    )
    command.add_argument(
        "--max-seconds",
        type=_limit(float),
        metavar="S",
        help=f'stop a {what} after S seconds (default: {seconds}; "{NO_LIMIT}" for no limit)',
    )


def _add_memory(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--max-memory",
        type=_limit(int),
        metavar="MB",
        help="stop a model when its search, with all its processes, takes so many megabytes "
        "(default: four fifths of what the machine or container has free)",
    )


def _add_workers(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        help="how many processes explore a long search together, or "
        f'"{EVERY_CORE}" for one on each core; what comes out is the same for any (default: 1)',
    )


def _add_seed(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--seed", type=int, metavar="N", help="what random choices are drawn from (default: 0)"
    )


def _positive(number: Callable[[str], float]) -> Callable[[str], float]:
    """A parser of numbers greater than 0; argparse turns its error into a line."""

    def parse(text: str) -> float:
        try:
            value = number(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not (value > 0 and math.isfinite(value)):
            raise argparse.ArgumentTypeError(f"{text} is not greater than 0")
        return value

    return parse


def _workers(text: str) -> int | str:
    """A number from 1, or one for each core."""
    return text if text == EVERY_CORE else int(_positive(int)(text))


def _whole(text: str) -> int:
    """A number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def _limit(number: Callable[[str], float]) -> Callable[[str], float | str]:
    """The same for a limit, which "none" takes away."""
    positive = _positive(number)

    def parse(text: str) -> float | str:
        if text == NO_LIMIT:
            return text
        try:
            return positive(text)
        except argparse.ArgumentTypeError as error:
            raise argparse.ArgumentTypeError(f'{error} ("{NO_LIMIT}" for no limit)') from None

    return parse
