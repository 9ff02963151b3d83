"""A process of its own for every measurement, so that none disturbs another.

    in_a_process           asks for a program to be measured, starts the worker
    figures_in_a_process   the same for a row of a table of the machine's figures
    _answer_to             starts the worker and reads the one line that it prints
    main                   what runs there: finds the program, measures, prints

The worker ends with the process that started it, however that ends: it holds one end of a pipe
whose other end nobody else has.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from verify.benchmarking.measuring import measure
from verify.benchmarking.programs import Sized, programs_in
from verify.errors import InternalFault, UsageError

PATIENCE = 60.0
"""Seconds that a worker may take beyond its limit before it is given up."""
FIGURE_SECONDS = 60.0
_PROGRAM = """
import json, sys
request = json.loads(sys.argv[1])
sys.path[:] = request["path"]
from verify.benchmarking.worker import main
main(request)
"""
"""The worker looks for modules wherever its starter does."""


def in_a_process(
    sized: Sized,
    settings: dict[str, Any],
    *,
    peer: str = "",
    scaling: bool = False,
    environment: dict[str, str] | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Measure a program in a fresh process: the fields of Measured, or of PeerMeasured; or what
    more workers would bring (scaling.py).

    `settings` are the other arguments of `measure`, or of a peer's; `seconds` is how long
    that should take at most, None for no limit. Raises UsageError for a program that cannot be
    run, InternalFault if the worker has no answer.
    """
    request = {
        "file": str(sized.program.file),
        "program": sized.program.name,
        "sizes": sized.sizes,
        "peer": peer,
        "scaling": scaling,
        "settings": settings,
    }
    return _answer_to(request, sized.label, environment or {}, seconds)


def figures_in_a_process(table: str, what: str, number: int) -> dict[str, float]:
    """Measure a row in a fresh process: see `_figures`, and above for errors."""
    request = {"table": table, "what": what, "number": number}
    label = f"{number or table + ':'} {what}"
    return _answer_to(request, label, {}, FIGURE_SECONDS)


def _answer_to(
    request: dict[str, Any], label: str, environment: dict[str, str], seconds: float | None
) -> dict[str, Any]:
    reading, writing = os.pipe()
    request = {"path": sys.path, "leash": reading, **request}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **environment},
            pass_fds=[reading],
            timeout=None if seconds is None else seconds + PATIENCE,
        )
    except subprocess.TimeoutExpired as late:
        raise InternalFault(f"{label}: no answer within {late.timeout:.0f} s") from None
    finally:
        os.close(reading)
        os.close(writing)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise InternalFault(f"{label}: {lines[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "error" in answer:
        raise UsageError(f"{label}: {answer['error']}")
    return answer


def main(request: dict[str, Any]) -> None:
    """Do what was asked for, and print the answer."""
    threading.Thread(target=_end_with, args=(request["leash"],), daemon=True).start()
    out = sys.stdout
    sys.stdout = sys.stderr  # for what a program, or a peer, may have to say
    try:
        if "table" in request:
            answer = _figures(request)
        else:
            program = programs_in(Path(request["file"]))[request["program"]]
            answer = _answer(Sized(program, tuple(request["sizes"])), request)
    except UsageError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), file=out)


def _figures(request: dict[str, Any]) -> dict[str, Any]:
    """What measures it is imported only here: it would count as memory of a program's."""
    match request["table"]:
        case "tasks":
            from verify.benchmarking.tasks import measure_tasks as measured
        case "cores":
            from verify.benchmarking.cores import measure_cores as measured
        case "herd":
            from verify.benchmarking.herd import measure_herd as measured
        case "primitives":
            from verify.benchmarking.primitives import measure_primitives as measured
        case "instrumented":
            from verify.benchmarking.instrumented import measure_instrumented as measured
    return dict(measured(request["what"], request["number"]))


def _answer(sized: Sized, request: dict[str, Any]) -> dict[str, Any]:
    if request["peer"]:
        from verify.benchmarking.peers import PEERS  # would count as memory of ours

        peer = PEERS[request["peer"]]
        return dataclasses.asdict(peer.measure(sized, request["settings"]["seconds"]))
    if request["scaling"]:
        from verify.benchmarking.scaling import measure_scaling

        return measure_scaling(sized, **request["settings"])
    return dataclasses.asdict(measure(sized, **request["settings"]))


def _end_with(leash: int) -> None:
    os.read(leash, 1)
    os._exit(1)
