"""Sources: what was read where, so that two processes know that they run the same.

digests     the sha-256 of the files of modules, by their names
module_of   by which name others can import a file
differing   the modules that are in both, and differ
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from verify.substitution.holders import names_of, takes_part

_OURS = "verify"


def digests() -> dict[str, str]:
    """Of all modules that are imported and are the program's, a library's that is installed, or
    verify's.
    """
    found = {}
    for name, module in list(sys.modules.items()):
        ours = name.partition(".")[0] == _OURS
        file = _file(module) if name != "__main__" and (ours or takes_part(name)) else None
        if file is not None:
            found[name] = digest(file)
    return {name: text for name, text in found.items() if text}


def _file(module: ModuleType) -> Path | None:
    """Its source; also of one that is compiled, beside which it lies."""
    name = dict(names_of(module)).get("__file__")
    if not isinstance(name, str):
        return None
    path = Path(name)
    return path if path.suffix == ".py" else path.parent / f"{path.name.partition('.')[0]}.py"


def digest(file: Path | str) -> str:
    """The sha-256 of a file; empty if it cannot be read."""
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


def module_of(file: Path) -> str:
    """The name by which a file is imported: its packages are the directories with an __init__.py
    around it.
    """
    parts = [] if file.stem == "__init__" else [file.stem]
    directory = file.parent
    while (directory / "__init__.py").is_file():
        parts.insert(0, directory.name)
        directory = directory.parent
    return ".".join(parts)


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """The names of modules that are in both and not the same."""
    return sorted(name for name, text in ours.items() if theirs.get(name, text) != text)
