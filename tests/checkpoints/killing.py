"""Kills a check at random moments, resumes it, and kills that, until it comes to its end.

    python -m tests.checkpoints.killing CYCLES WORKERS SEED

Each of the processes is a group of its own, with a checkpoint every few milliseconds, so that most
of them are killed with something to go on from, and some as they write.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.cli.offspring import ended

ROOT = Path(__file__).resolve().parents[2]
MODELS = Path(__file__).with_name("killed.py")
KEPT = ("model", "verdict", "complete", "executions", "blocked_executions", "steps", "outcomes")
KEPT += ("stop_reason", "nondeterminism", "covered", "allowed_races", "concerns", "failures")
RUN = """
import sys
from verify.exploration import frontier, saving
saving.EVERY = float(sys.argv.pop(1))
frontier.LEAST = int(sys.argv.pop(1))
from verify.cli import main
sys.exit(main())
"""
LEAST = 200
"""Executions before a search is divided, so that there is something to be divided."""


class Killing:
    """One check in a directory of its own."""

    def __init__(self, directory: Path, seed: int, workers: int) -> None:
        self._directory = directory
        self._rng = random.Random(seed)
        self._workers = workers
        self._took = 0.0  # seconds, if nobody is killed
        self.kills = 0
        self.taken_up = 0

    def start(self, *arguments: str, every: float) -> subprocess.Popen[str]:
        """A verify of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(every), str(LEAST), *arguments],
            cwd=self._directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "VERIFY_MARK": str(self._directory)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def whole(self) -> list[dict[str, Any]]:
        """What comes out if nobody is killed."""
        began = time.monotonic()
        check = self.start("check", str(MODELS), "--json", "--max-seconds", "none", every=1e9)
        out, err = check.communicate()
        self._took = time.monotonic() - began
        return self._told(out, err)

    def cycle(self, most: int = 1_000) -> list[dict[str, Any]]:
        """What comes out if everybody is, but the last."""
        file = str(self._directory / "checkpoint")
        workers = ["--workers", str(self._workers)]
        limit = ["--max-seconds", "none", "--json"]
        command = ["check", str(MODELS), "--checkpoint", file, *workers, *limit]
        patience = self._took
        for _ in range(most):
            running = self.start(*command, every=0.02)
            try:
                out, err = running.communicate(timeout=self._rng.uniform(0.1, 0.9) * patience)
                break
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
                running.communicate()
                self.kills += 1
                self.nobody_is_left()
            patience += 0.1 * self._took  # more and more is told again before anything new is done
            if Path(file).exists():
                command = ["resume", file, str(MODELS), *workers, *limit]
                self.taken_up += 1
        told = self._told(out, err)
        Path(file).unlink()
        for partial in self._directory.glob(".verify-*"):
            partial.unlink()
        return told

    def nobody_is_left(self) -> None:
        """No worker outlives its search, but for the moment that it takes to die."""
        mark = f"VERIFY_MARK={self._directory}".encode()
        left = [int(one.name) for one in Path("/proc").iterdir() if _has(one, mark)]
        assert all(map(ended, left)), f"{left} are left"

    def _told(self, out: str, err: str) -> list[dict[str, Any]]:
        document = json.loads(out)
        assert not document["errors"], err
        told = [{key: model[key] for key in KEPT} for model in document["models"]]
        for model in told:
            for failure in model["failures"]:
                path = self._directory / failure["trace"]
                failure["bytes"] = path.read_text()
        return told


def _has(process: Path, mark: bytes) -> bool:
    """Whether a process that still runs is one of ours."""
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" and mark in (process / "environ").read_bytes()
    except OSError:
        return False


def kill(cycles: int, workers: int, seed: int) -> dict[str, int]:
    """So many cycles; whatever happens, the same must come out."""
    kills = taken_up = 0
    with tempfile.TemporaryDirectory() as directory:
        killing = Killing(Path(directory).resolve(), seed, workers)
        whole = killing.whole()
        assert [model["verdict"] for model in whole] == ["VIOLATED", "VIOLATED", "PROVED"]
        for number in range(cycles):
            assert killing.cycle() == whole, f"cycle {number} of seed {seed}"
        kills, taken_up = killing.kills, killing.taken_up
    return {"cycles": cycles, "workers": workers, "kills": kills, "resumed": taken_up}


if __name__ == "__main__":
    print(kill(*map(int, sys.argv[1:])))
