"""Which core runs: the one that mypyc has compiled, or the plain sources.

An install on a machine with a C compiler puts an extension module beside each source of the core,
and a record of what those sources were (setup.py writes it). An extension shadows its source, so an
edit would go unnoticed and an older core run on. Hence, when verify is imported and before any of
the core is, every source is held against the record. If one differs, if there is no record, or if
VERIFY_PURE is set, the extensions are passed over and the sources are run, all of them: a core that
is half compiled has two layouts for one class.

    compiled   whether the core that runs is the compiled one
    in_words   the same for a person, with the reason

The hash is the one by which the interpreter itself tells whether a module was edited (PEP 552).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, PathFinder
from importlib.util import source_hash, spec_from_file_location
from pathlib import Path
from types import ModuleType

PURE = "VERIFY_PURE"
"""The environment variable that asks for the plain sources; set, and neither empty nor 0."""

RECORD = Path(__file__).resolve().with_name(f"_core{EXTENSION_SUFFIXES[0]}.record")
"""One for each interpreter, as there are extensions for each."""


def write_record(record: Path, made_by: bytes, sources: dict[str, bytes]) -> None:
    """Write down what the core was compiled by, and its sources by their paths within verify."""
    lines = [f"{source_hash(made_by).hex()} by\n"]
    lines += [f"{source_hash(text).hex()} {path}\n" for path, text in sorted(sources.items())]
    record.write_text("".join(lines), encoding="utf-8")


def is_made_by(record: Path, made_by: bytes) -> bool:
    """Whether there is a core that was compiled by this very program."""
    return record.is_file() and record.read_text("utf-8").startswith(source_hash(made_by).hex())


def reason_for_sources(record: Path, environment: str | None) -> str | None:
    """Why the sources must be run; None if the extensions are what they would be compiled to."""
    if environment not in (None, "", "0"):
        return f"{PURE} is set"
    if not record.is_file():
        return "not compiled"
    for line in record.read_text("utf-8").splitlines()[1:]:
        was, _, path = line.partition(" ")
        source = record.parent / path
        if not source.is_file():
            return f"verify/{path} has gone: install again"
        if source_hash(source.read_bytes()).hex() != was:
            return f"verify/{path} was edited since it was compiled: install again"
        if not source.with_suffix(EXTENSION_SUFFIXES[0]).is_file():
            return f"the extension of verify/{path} was removed: install again"
    return None


class PassOverExtensions:
    """Finds the modules of verify by their sources where an extension lies beside one."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The source that an extension shadows; None, which lets others find it, for the rest."""
        if not name.startswith("verify."):
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is None or found.origin is None:
            return None
        if not isinstance(found.loader, ExtensionFileLoader):
            return found
        source = Path(found.origin).with_name(name.rpartition(".")[2] + ".py")
        return spec_from_file_location(name, source)


def compiled() -> bool:
    """Whether the core that runs is the compiled one."""
    return _reason is None


def in_words() -> str:
    """ "compiled core", or "pure Python core" and why."""
    return "compiled core" if _reason is None else f"pure Python core ({_reason})"


_reason = reason_for_sources(RECORD, os.environ.get(PURE))
if _reason is not None:
    sys.meta_path.insert(0, PassOverExtensions)
