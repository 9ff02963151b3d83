"""Reads hostile files in a process of its own, and tells what came of it as JSON.

    python -m tests.hostile.reading traces|settings|checkpoints SEED COUNT

Whatever is needed is imported before the first file; from then on the audit events of the
interpreter are watched: a file that is read is opened, and nothing else happens; while it is shown,
no code is made, found or started. Of each file the processor time and the memory are taken.
"""

from __future__ import annotations

import io
import json
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from tests.checkpoints.programs import PROGRAMS
from tests.hostile.mutator import mutants, of_checkpoints, of_settings
from tests.unit.sample_trace import SAMPLE, crossed_locks
from verify.checkpoints.checkpoint import Checkpoint, Kept
from verify.checkpoints.format import encode as encode_checkpoint, read as read_checkpoint
from verify.collection import collect
from verify.commands.console import Console
from verify.commands.explain import explain
from verify.commands.show import show
from verify.errors import CheckpointError, TraceError, UsageError
from verify.exploration import division, frontier
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.memory import available
from verify.exploration.replaying import run_again
from verify.exploration.saving import Saved, Saver
from verify.settings import project
from verify.traces.format import encode, read
from verify.traces.render_text import render
from verify.traces.trace import Trace

ROOT = Path(__file__).resolve().parents[2]
EVERY = 7
"""How many committed traces there are for each that is changed."""
REPLAYED = 4
"""Of so many mutants that are traces, one is replayed."""
TAKEN_UP = 10
"""Of so many that are checkpoints, one search goes on."""

STARTED = {
    *("import", "marshal.loads", "pickle.find_class", "ctypes.dlopen", "subprocess.Popen"),
    *("os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.remove", "os.rename"),
    "socket.__new__",
}
"""Events of something else than the program that is replayed."""
CODE = {"exec", "compile", "code.__new__", "function.__new__"}
"""Events of a program that runs, and of ours as we look at the source of its loops."""
SETTINGS = b"""[project]
name = "one"

[tool.verify]
strategy = "dpor"
granularity = "operation"
preemptions = 3
seed = 17
stop_at_first = true
max_executions = "none"
max_seconds = 2.5
max_steps = 1_000
suppress = ["data_race"]
profile = "ci"
instrument = ["json", "."]
"""


def reads_only(event: str) -> bool:
    """Forbids everything but to open a file."""
    return event != "open"


def shows_only(event: str) -> bool:
    """Forbids to make, find or start code."""
    return event in STARTED | CODE


def runs_only(event: str) -> bool:
    """The same, but a program may run."""
    return event in STARTED


class Watch:
    """What happens while hostile files are read."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.slowest = 0.0
        self._forbids: Callable[[str], bool] | None = None
        self.megabytes = 0.0  # the most that the process has grown by while one file was read
        available()  # what a search needs to look at its memory is imported now
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        page = event == "os.rename" and ".verify-" in str(arguments[0])  # is put where it belongs
        if self._forbids is not None and self._forbids(event) and not page:
            self.events[f"{event} {arguments[:1]!r:.80}"] += 1

    @contextmanager
    def on(self, forbids: Callable[[str], bool]) -> Iterator[None]:
        """Watch, and take the time."""
        before = _memory("VmRSS", from_now_on=True)
        began = time.process_time()
        self._forbids = forbids
        try:
            yield
        finally:
            self._forbids = None
            self.slowest = max(self.slowest, time.process_time() - began)
            self.megabytes = max(self.megabytes, (_memory("VmHWM") - before) / 1024)

    def told(self, found: Counter[str]) -> dict[str, Any]:
        """What was found, what has happened, and what it took."""
        took = {"slowest": self.slowest, "megabytes": self.megabytes}
        return {**found, "events": self.events, **took}


def _memory(which: str, from_now_on: bool = False) -> int:
    """What this process has, or has had at most since it was last asked so, in kilobytes."""
    if from_now_on:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{which}:")[2].split()[0])


def printed(command: Callable[[Namespace, Console], int], arguments: Namespace) -> str:
    """What a command prints on a terminal that shows all signs."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    with redirect_stdout(out):
        assert command(arguments, Console()) == 0
    out.flush()
    return out.buffer.getvalue().decode()  # type: ignore[attr-defined]


def look(path: Path, trace: Trace) -> None:
    """Show, explain and draw it."""
    for command in (show, explain):
        text = printed(command, Namespace(trace=str(path), html=None, json=False))
        assert text.replace("\n", "").isprintable(), "it could control a terminal"
        json.loads(printed(command, Namespace(trace=str(path), html=None, json=True)))
    try:
        printed(show, Namespace(trace=str(path), html=str(path.with_suffix(".html")), json=False))
    except UsageError as error:
        assert "too many for a picture" in str(error), error
    assert read_again(path, trace) == trace


def read_again(path: Path, trace: Trace) -> Trace:
    """The trace after another round through a file."""
    path.write_bytes(encode(trace))
    return read(path)


def replay(program: Callable[[], object], trace: Trace, path: Path) -> str:
    """Replay it, and say what came of it."""
    try:
        again = run_again(program, trace)
    except TraceError as error:
        told(error)
        return "not replayed"
    assert again.summary
    assert render(again.trace, path, width=100)
    return "reproduced" if again.reproduced else "not reproduced"


def told(error: UsageError, name: str = "") -> None:
    """An error is one line for a person, and begins with the file."""
    text = str(error)
    assert text.startswith(name) and text.isprintable() and len(text) < 700, text[:1_000]


def traces(seed: int, count: int, directory: Path) -> dict[str, Any]:
    """Read mutants of committed traces, and of one with something in every field; show, explain,
    draw and replay what can be read."""
    files = sorted((ROOT / "traces").glob("*.jsonl"))[::EVERY]
    originals = [*(file.read_bytes() for file in files), encode(SAMPLE)]
    models = {model.key: model.function for model in collect([Path("models")])}
    programs = [*(models[read(file).model] for file in files), crossed_locks]
    path = directory / "mutant.jsonl"
    for data, program in zip(originals, programs, strict=True):  # all that is lazy is done now
        path.write_bytes(data)
        look(path, read(path))
        expected = "not reproduced" if program is crossed_locks else "reproduced"
        assert replay(program, read(path), path) == expected
    found: Counter[str] = Counter()
    watch = Watch()
    for index, (number, data) in enumerate(mutants(originals, seed, count)):
        path.write_bytes(data)
        try:
            with watch.on(reads_only):
                trace = read(path)
        except TraceError as error:
            told(error, str(path))
            found["before the events" if str(error).startswith(f"{path} ") else "refused"] += 1
            continue
        except Exception:
            raise AssertionError(f"mutant {index} of seed {seed}") from None
        found["traces"] += 1
        with watch.on(shows_only):
            look(path, trace)
        if found["traces"] % REPLAYED == 0:
            with watch.on(runs_only):
                found[replay(programs[number], trace, path)] += 1
    return watch.told(found)


def settings(seed: int, count: int, directory: Path) -> dict[str, Any]:
    """Read mutants of a pyproject.toml."""
    path = directory / "pyproject.toml"
    path.write_bytes(SETTINGS)
    assert len(project(directory)) == 11
    found: Counter[str] = Counter()
    watch = Watch()
    for data in of_settings(SETTINGS, seed, count):
        path.write_bytes(data)
        try:
            with watch.on(reads_only):
                project(directory)
            found["settings"] += 1
        except UsageError as error:
            told(error, str(path))
            found["refused" if "[tool.verify]" in str(error) else "not TOML"] += 1
    return watch.told(found)


def half_way(program: Callable[[], object], executions: int) -> bytes:
    """The checkpoint of a search that was stopped after so many executions."""
    found: list[Saved] = []
    limits = Limits(max_executions=executions)
    Search(program, limits=limits, stop_at_first=False, saver=Saver(found.append)).run()
    given = {"seed": 1, "stop_at_first": False, "max_seconds": None, "workers": 2}
    models = [Kept("m.py::other", "0" * 64), Kept("m.py::program", "1" * 64, found[-1])]
    return encode_checkpoint(Checkpoint(given, {"profile": "ci"}, ("json",), models))


def take_up(program: Callable[[], object], saved: Saved) -> str:
    """Go on from a checkpoint for a while; the verdict."""
    limits = Limits(max_seconds=0.3)
    try:
        return Search(program, limits=limits, saver=Saver(lambda _: None, saved)).run().verdict.name
    except UsageError as error:
        told(error)
        return "refused to begin"


def checkpoints(seed: int, count: int, directory: Path) -> dict[str, Any]:
    """Read mutants of checkpoints of searches that had learnt, seen and planned; go on from some of
    those that can be read."""
    frontier.LEAST = 5
    names = ("lost late", "learns late", "chooses", "orders of locks", "awaits", "starts more")
    programs = [PROGRAMS[name] for name in names]
    originals = [half_way(program, 12) for program in programs]
    division.LEAST, division.CROWDED = 5, 0
    for name, executions in (("reads or not", 3), ("reads or not", 12), ("lastzero", 12)):
        programs.append(PROGRAMS[name])  # before it is divided, and by cases
        originals.append(half_way(programs[-1], executions))
    path = directory / "checkpoint"
    for data, program in zip(originals, programs, strict=True):  # all that is lazy is done now
        path.write_bytes(data)
        saved = read_checkpoint(path).models[1].search
        assert saved is not None
        verdict = take_up(program, saved)
        assert verdict in ("VIOLATED", "PROVED", "UNDETERMINED"), verdict
    found: Counter[str] = Counter()
    watch = Watch()
    for index, (number, data) in enumerate(of_checkpoints(originals, seed, count)):
        path.write_bytes(data)
        try:
            with watch.on(reads_only):
                checkpoint = read_checkpoint(path)
        except CheckpointError as error:
            told(error, str(path))
            deep = "the checkpoint" not in str(error) and "sum" not in str(error)
            found["refused" if deep else "before the lines"] += 1
            continue
        except Exception:
            raise AssertionError(f"mutant {index} of seed {seed}") from None
        found["checkpoints"] += 1
        searches = [kept.search for kept in checkpoint.models if kept.search is not None]
        if searches and found["checkpoints"] % TAKEN_UP == 0:
            with watch.on(runs_only):
                found[take_up(programs[number], searches[-1])] += 1
    return watch.told(found)


def main(kind: str, seed: str, count: str) -> None:
    """Read so many files of a kind."""
    with tempfile.TemporaryDirectory() as directory:
        run = {"traces": traces, "settings": settings, "checkpoints": checkpoints}[kind]
        print(json.dumps(run(int(seed), int(count), Path(directory))))


if __name__ == "__main__":
    main(*sys.argv[1:])
