"""What stress needs: `python -m tests.case_studies.stressing` runs the bugs on real threads.

Each program is run over and over, in a process of its own, with the interpreter's switch interval
at a microsecond, until it fails, hangs, or has had its time. The numbers in docs/guide.md come from
here; they are luck, and differ from run to run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.case_studies.published import FOUND, installed
from tests.case_studies.studies import STUDIES, loaded

SECONDS = 60.0
HANGS_AFTER = 5.0
"""Seconds without an end after which a run is taken to hang."""


def main(arguments: list[str]) -> None:
    if arguments:
        print(stressed(arguments[0]), flush=True)
        os._exit(0)  # threads that hang would be waited for
    with tempfile.TemporaryDirectory() as root:
        directory = installed(FOUND, Path(root))
        for name, study in STUDIES.items():
            if study.expect != "proved" and study.applies:
                environment = {**os.environ, "VERIFY_LIBRARIES": str(directory)}
                command = [sys.executable, "-m", "tests.case_studies.stressing", name]
                done = subprocess.run(command, env=environment, capture_output=True, text=True)
                print(f"{name:45}{done.stdout.strip() or done.stderr.strip()}", flush=True)


def stressed(name: str) -> str:
    """What came of one program, in words."""
    failed: list[BaseException] = []
    threading.excepthook = lambda raised: failed.append(raised.exc_value or Exception())
    sys.setswitchinterval(1e-6)
    libraries = os.environ.get("VERIFY_LIBRARIES", "")
    began = last = time.monotonic()
    runs = 0

    def run() -> None:
        nonlocal runs, last
        while not failed and last < began + SECONDS:
            runs, last = runs + 1, time.monotonic()
            try:
                program()
            except BaseException as error:
                failed.append(error)

    with loaded(STUDIES[name], Path(libraries)) as program:
        runner = threading.Thread(target=run, daemon=True)
        runner.start()
        while runner.is_alive():
            runner.join(0.5)
            if runner.is_alive() and time.monotonic() - last > HANGS_AFTER:
                return f"hangs in run {runs}"
    return f"fails in run {runs}: {failed[0]}" if failed else f"nothing in {runs} runs"


if __name__ == "__main__":
    main(sys.argv[1:])
