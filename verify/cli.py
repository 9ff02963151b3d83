"""The command line: `verify check | replay | stress | list | show | bench`.

    main      parse, run one command, turn whatever ends it into an exit code
    parser    the commands and their options; each command is a file in verify/commands

Nothing heavy is imported until a command needs it, so that `verify --help` answers at once. Exit
codes are part of the interface (README); an exception that nobody planned is our fault and says so.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import NoReturn

from verify import __version__, build
from verify.commands.console import Console, OutputGone
from verify.commands.exit_codes import BAD_INPUT, INTERNAL_FAULT, UNDETERMINED
from verify.errors import UsageError

NO_LIMIT = "none"
"""What to say for a limit that shall not be there."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code. Nothing but an exit code ever comes out."""
    console = Console()
    as_json = False
    try:
        arguments = parser().parse_args(argv)
        as_json = arguments.json
        code = _run(arguments, console)
        console.flush()
        return code
    except SystemExit as ended:  # argparse: 0 after --help and --version
        return ended.code if isinstance(ended.code, int) else BAD_INPUT
    except OutputGone:
        return UNDETERMINED
    except KeyboardInterrupt:
        console.error("interrupted")
        return UNDETERMINED
    except UsageError as error:
        console.error(error)
        message, code = str(error), BAD_INPUT
    except Exception as fault:
        console.fault(fault)
        message, code = f"internal fault: {type(fault).__name__}: {fault}", INTERNAL_FAULT
    if as_json:
        console.document({"verify": __version__, "error": message, "exit_code": code})
    return code


def _run(arguments: argparse.Namespace, console: Console) -> int:
    match arguments.command:
        case "check":
            from verify.commands.check import check

            return check(arguments, console)
        case "replay":
            from verify.commands.replay import replay

            return replay(arguments, console)
        case "stress":
            from verify.commands.stress import stress

            return stress(arguments, console)
        case "list":
            from verify.commands.list_models import list_models

            return list_models(arguments, console)
        case "show":
            from verify.commands.show import show

            return show(arguments, console)
        case "bench":
            if arguments.tasks:
                from verify.commands.bench_tasks import bench_tasks

                return bench_tasks(arguments, console)
            if arguments.cores:
                from verify.commands.bench_cores import bench_cores

                return bench_cores(arguments, console)
            if arguments.herd:
                from verify.commands.bench_herd import bench_herd

                return bench_herd(arguments, console)
            if arguments.primitives:
                from verify.commands.bench_primitives import bench_primitives

                return bench_primitives(arguments, console)
            from verify.commands.bench import bench

            return bench(arguments, console)
    raise UsageError("which command? check, replay, stress, list, show or bench: see verify --help")


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
    check.add_argument(
        "--max-executions",
        type=_limit(int),
        metavar="N",
        help=f"stop a model after N executions (default: {NO_LIMIT})",
    )
    check.add_argument(
        "--max-seconds",
        type=_limit(float),
        metavar="S",
        help=f"stop a model after S seconds (default: 60, or what the model says; "
        f'"{NO_LIMIT}" for no limit)',
    )
    check.add_argument(
        "--max-steps",
        type=_positive(int),
        metavar="N",
        help="stop a model when one execution has N steps (default: 10000)",
    )
    _add_seed(check)
    check.add_argument(
        "--all", action="store_true", help="go on after the first failure of a model"
    )
    check.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="say how each model was run, and name the trace files of its counterexamples",
    )

    replay = command("replay", "Run a saved counterexample again, event by event.")
    replay.add_argument("trace", metavar="TRACE", help="a file that check has written")
    _add_paths(replay)

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
    _add_seed(stress)

    _add_paths(command("list", "List models with what is expected of them."))

    show = command("show", "Print the report of a saved counterexample.")
    show.add_argument("trace", metavar="TRACE", help="a file that check has written")

    bench = command("bench", "Measure what exploring costs, on programs of known size.")
    bench.add_argument(
        "programs",
        metavar="PROGRAM",
        nargs="*",
        help="NAME, NAME:SIZE or NAME:SIZE,SIZE, of models/benchmarks, as in racyinc:5 (default: "
        "a choice of them)",
    )
    bench.add_argument(
        "--max-executions",
        type=_limit(int),
        metavar="N",
        help=f"stop a program after N executions (default: {NO_LIMIT})",
    )
    bench.add_argument(
        "--max-seconds",
        type=_limit(float),
        metavar="S",
        help=f'stop a program after S seconds (default: 60; "{NO_LIMIT}" for no limit)',
    )
    bench.add_argument(
        "--reexecuted", action="store_true", help="run each execution for real, memoise none"
    )
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
    return top


def _add_paths(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="files, directories, or FILE::MODEL (default: models, else this directory)",
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
