"""The command line: `verify check` and the other commands.

    main    parse (commands/options.py), run one command (each a file in verify/commands), and turn
            whatever ends it into an exit code

Nothing heavy is imported until a command needs it, so that `verify --help` answers at once. Exit
codes are part of the interface (README); an exception that nobody planned is our fault and says so.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from verify import __version__
from verify.commands.console import Console, OutputGone
from verify.commands.exit_codes import BAD_INPUT, INTERNAL_FAULT, UNDETERMINED
from verify.commands.options import parser
from verify.errors import UsageError


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
    if "paths" in arguments:  # before any model is imported
        from verify.commands.gathering import instrument

        instrument(getattr(arguments, "instrument", ()))
    match arguments.command:
        case "check":
            from verify.commands.check import check

            return check(arguments, console)
        case "resume":
            from verify.commands.resume import resume

            return resume(arguments, console)
        case "replay":
            from verify.commands.replay import replay

            return replay(arguments, console)
        case "certify":
            from verify.commands.certify import certify

            return certify(arguments, console)
        case "stress":
            from verify.commands.stress import stress

            return stress(arguments, console)
        case "list":
            from verify.commands.list_models import list_models

            return list_models(arguments, console)
        case "show":
            from verify.commands.show import show

            return show(arguments, console)
        case "explain":
            from verify.commands.explain import explain

            return explain(arguments, console)
        case "outcomes":
            from verify.commands.outcomes import outcomes

            return outcomes(arguments, console)
        case "graph":
            from verify.commands.graph import graph

            return graph(arguments, console)
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
            if arguments.instrumented:
                from verify.commands.bench_instrumented import bench_instrumented

                return bench_instrumented(arguments, console)
            if arguments.scaling:
                from verify.commands.bench_scaling import bench_scaling

                return bench_scaling(arguments, console)
            from verify.commands.bench import bench

            return bench(arguments, console)
    raise UsageError(
        "which command? check, resume, certify, replay, stress, list, show, explain, outcomes, "
        "graph or bench: see verify --help"
    )
