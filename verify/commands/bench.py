"""`verify bench`: what exploring costs, on programs whose numbers of classes are known.

Each row is measured in a process of its own (benchmarking/worker.py). Where the core is compiled, a
second row has the figures of the plain sources; with `--peers`, others have those of other tools.
No speed is good or bad here. A number of executions that is not the known number of classes is: the
exit code is 1 then.
"""

from __future__ import annotations

import argparse
import platform
from typing import Any

from verify import __version__, build
from verify.benchmarking.measuring import Measured
from verify.benchmarking.peers import PEERS, Peer, PeerMeasured
from verify.benchmarking.programs import Sized, available, chosen
from verify.benchmarking.worker import in_a_process
from verify.commands import exit_codes
from verify.commands.console import Console
from verify.commands.options import SECONDS
from verify.commands.wording import seconds, spelled
from verify.errors import InternalFault, UsageError
from verify.exploration.limits import as_written

DEFAULT = [
    *("racyinc:5", "lockinc:7", "semmutex:5", "lastzero:10", "readers:10", "dining:10"),
    *("buffer:2", "flagwait:4", "barrier:4", "indexer:14", "filesystem:18"),
]
"""What is run when nothing is named: about half a minute where the core is not compiled."""
PEER_SECONDS = 3.0
"""How long a peer may explore a program."""

COLUMNS = (
    ("classes", 9),
    ("executions", 11),
    ("blocked", 8),
    ("executions/s", 13),
    ("time", 8),
    ("memory", 8),
    ("× bare", 7),
)
"""After the program's name; then come the core and how executions were carried."""

FOOTNOTE = """
executions/s  blocked ones among them; in the time are the beginning and the end of the search
memory        the most that a fresh process, for this row alone, had resident
× bare        the time of an event over that of one in a bare run: the same code in one OS thread,
              with nothing that schedules, chooses or records, a lock being a flag; each task runs
              to its end before the next, and where it has to wait, the next goes on
"""
PEERS_FOOTNOTE = """\
verify ×      the executions/s of verify's first row over the peer's, which had a few seconds, and
              has its own idea of what there is to execute
"""


def bench(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code. UsageError for programs or sizes that there are not."""
    with console.imports_kept_apart():
        programs = chosen(arguments.programs or DEFAULT, available())
    return _Bench(arguments, programs, console).run()


class _Bench:
    """One run of the command."""

    def __init__(
        self, arguments: argparse.Namespace, programs: list[Sized], console: Console
    ) -> None:
        limit = arguments.max_seconds
        self._seconds = SECONDS if limit is None else as_written(limit)
        executions = arguments.max_executions
        self._reexecuted = arguments.reexecuted
        self._settings = {
            "memoise": not self._reexecuted,
            "workers": arguments.workers or 1,
            "max_executions": as_written(executions),
            "max_seconds": self._seconds,
        }
        self._with_peers = arguments.peers
        self._json = arguments.json
        self._programs = programs
        self._console = console
        labels = [program.label for program in programs]
        self._width = max(map(len, [*labels, _PLAIN, *(f"  {name}" for name in PEERS)]))
        self._peers: list[tuple[Peer, str]] = []
        self._rows: list[dict[str, Any]] = []
        self._codes: set[int] = set()
        self._errors: list[str] = []
        self._missing: list[str] = []

    def run(self) -> int:
        if self._with_peers:
            self._find_peers()
        names = [name for name, _ in COLUMNS]
        self._line("program", *names, "core, executions")
        try:
            for program in self._programs:
                self._compare(program)
        except KeyboardInterrupt:
            self._codes.add(exit_codes.UNDETERMINED)
            self._refuse("interrupted")
        code = exit_codes.gravest(self._codes)
        if self._json:
            self._console.document(self._document(code))
        else:
            self._foot()
        return code

    def _find_peers(self) -> None:
        for peer in PEERS.values():
            version = peer.version
            if version is None:
                missing = f"{peer.name} is not installed: {peer.installation}"
                self._missing.append(missing)
                self._console.note(missing)
            else:
                self._peers.append((peer, version))

    def _compare(self, program: Sized) -> None:
        """The rows of one program."""
        ours = self._measure(program, program.label, {})
        if ours is None:
            return
        if ours.core == "compiled":
            self._measure(program, _PLAIN, {build.PURE: "1"})
        for peer, version in self._peers:
            self._run_peer(program, peer, version, ours)

    def _measure(self, program: Sized, label: str, environment: dict[str, str]) -> Measured | None:
        """One row of ours; None if it could not be had."""
        try:
            answer = in_a_process(
                program, self._settings, environment=environment, seconds=self._seconds
            )
        except UsageError as error:
            self._codes.add(exit_codes.BAD_INPUT)
            self._refuse(str(error))
            return None
        except InternalFault as fault:
            self._codes.add(exit_codes.INTERNAL_FAULT)
            self._refuse(str(fault))
            return None
        measured = Measured(**answer)
        slowdown = measured.slowdown
        self._rows.append(
            {
                **_identity(program),
                "classes": program.classes,
                **answer,
                "rate": measured.rate,
                "slowdown": slowdown,
            }
        )
        self._line(
            label,
            "–" if program.classes is None else spelled(program.classes),
            spelled(measured.executions),
            spelled(measured.blocked_executions),
            spelled(round(measured.rate)),
            seconds(measured.elapsed),
            f"{measured.memory:.0f} MB",
            "–" if slowdown is None else f"{slowdown:.1f}",
            f"{measured.core}, {measured.carrier}",
        )
        self._judge(program, measured)
        return measured

    def _judge(self, program: Sized, measured: Measured) -> None:
        if measured.carrier_reason and not self._reexecuted:
            self._line(f"  re-executed: {measured.carrier_reason}")
        if not measured.complete:
            self._line(f"  stopped by {measured.stop_reason}")
        elif program.classes not in (None, measured.executions):
            self._codes.add(exit_codes.REFUTED)
            self._line(f"  NOT EXACT: it has {program.classes} classes")

    def _run_peer(self, program: Sized, peer: Peer, version: str, ours: Measured) -> None:
        row = {**_identity(program), "peer": peer.name, "version": version}
        self._rows.append(row)
        label = f"  {peer.name}"
        try:
            answer = in_a_process(
                program,
                {"seconds": PEER_SECONDS},
                peer=peer.name,
                environment=peer.environment,
                seconds=PEER_SECONDS,
            )
        except (UsageError, InternalFault) as error:
            row["error"] = str(error)
            self._line(f"{label} could not run it: {error}")
            return
        theirs = PeerMeasured(**answer)
        ratio = ours.rate / theirs.rate if theirs.executions else None
        row.update(answer, rate=theirs.rate, verify_times=ratio)
        end = ", to the end" if theirs.complete else ""
        self._line(
            label,
            "",
            spelled(theirs.executions),
            "",
            spelled(round(theirs.rate)),
            seconds(theirs.elapsed),
            "",
            "",
            "–" if ratio is None else f"verify × {spelled(round(ratio))}{end}",
        )

    def _refuse(self, error: str) -> None:
        self._errors.append(error)
        self._console.error(error)

    def _line(self, label: str, *cells: str) -> None:
        """A row of the table: a cell for each column, and what comes after them."""
        if self._json:
            return
        text = f"{label:<{self._width}}" if cells else label
        for (_, width), cell in zip(COLUMNS, cells, strict=False):
            text += cell.rjust(width)
        self._console.line("  ".join([text, *cells[len(COLUMNS) :]]))

    def _foot(self) -> None:
        notes = FOOTNOTE + PEERS_FOOTNOTE * bool(self._peers)
        for text in notes.splitlines():
            self._console.line(text)
        peers = [f"{peer.name} {version}" for peer, version in self._peers]
        self._console.line(", ".join([_interpreter(), build.in_words(), *peers]))

    def _document(self, code: int) -> dict[str, Any]:
        return {
            "verify": __version__,
            "command": "bench",
            "python": _interpreter(),
            "core": build.in_words(),
            "rows": self._rows,
            "missing_peers": self._missing,
            "errors": self._errors,
            "exit_code": code,
        }


_PLAIN = "  plain sources"


def _interpreter() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}"


def _identity(program: Sized) -> dict[str, Any]:
    return {"program": program.program.name, "sizes": list(program.sizes)}
