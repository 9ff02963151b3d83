"""A process of its own for every measurement, so that none disturbs another.

    in_a_process   starts the worker and reads the one line that it prints
    main           what runs there: finds the program, measures, prints

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
    environment: dict[str, str] | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Measure a program in a fresh process: the fields of Measured, or of PeerMeasured.

    `settings` are the other arguments of `measure`, or of a peer's; `seconds` is how long
    that should take at most, None for no limit. Raises UsageError for a program that cannot be
    run, InternalFault if the worker has no answer.
    """
    reading, writing = os.pipe()
    request = {
        "path": sys.path,
        "leash": reading,
        "file": str(sized.program.file),
        "program": sized.program.name,
        "sizes": sized.sizes,
        "peer": peer,
        "settings": settings,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, **(environment or {})},
            pass_fds=[reading],
            timeout=None if seconds is None else seconds + PATIENCE,
        )
    except subprocess.TimeoutExpired as late:
        raise InternalFault(f"{sized.label}: no answer within {late.timeout:.0f} s") from None
    finally:
        os.close(reading)
        os.close(writing)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise InternalFault(f"{sized.label}: {lines[-1]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "error" in answer:
        raise UsageError(f"{sized.label}: {answer['error']}")
    return answer


def main(request: dict[str, Any]) -> None:
    """Do what was asked for, and print the answer."""
    threading.Thread(target=_end_with, args=(request["leash"],), daemon=True).start()
    out = sys.stdout
    sys.stdout = sys.stderr  # for what a program, or a peer, may have to say
    try:
        program = programs_in(Path(request["file"]))[request["program"]]
        answer = _answer(Sized(program, tuple(request["sizes"])), request)
    except UsageError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), file=out)


def _answer(sized: Sized, request: dict[str, Any]) -> dict[str, Any]:
    if request["peer"]:
        from verify.benchmarking.peers import PEERS  # would count as memory of ours

        peer = PEERS[request["peer"]]
        return dataclasses.asdict(peer.measure(sized, request["settings"]["seconds"]))
    return dataclasses.asdict(measure(sized, **request["settings"]))


def _end_with(leash: int) -> None:
    os.read(leash, 1)
    os._exit(1)
