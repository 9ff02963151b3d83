"""Saved: the counterexample that a person means by --verify-replay=ID."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from verify.errors import UsageError
from verify.traces.format import read
from verify.traces.store import kept
from verify.traces.trace import Trace


def asked_for(asked: str, directory: Path, keys: Set[str]) -> tuple[Path, Trace]:
    """The counterexample that is called so, or "last": the latest of these models. UsageError if
    there is none, or more than one.
    """
    if asked == "last":
        files = [(path, trace) for key in keys for path, trace in kept(key, directory)]
        if not files:
            raise UsageError(
                f"--verify-replay=last: there is no counterexample of these tests in {directory}"
            )
        return max(files, key=lambda found: (found[0].stat().st_mtime, found[0].name))
    if Path(asked).is_file():
        return Path(asked), read(asked)
    known = sorted(directory.glob("*.jsonl"))
    found = [path for path in known if asked in (path.stem, path.stem.rpartition("-")[2])]
    if len(found) != 1:
        why = "several counterexamples are" if found else "no counterexample is"
        names = ", ".join(path.stem for path in found or known[:10])
        raise UsageError(
            f"--verify-replay={asked}: {why} called so in {directory} ({names or 'it is empty'})"
        )
    return found[0], read(found[0])
