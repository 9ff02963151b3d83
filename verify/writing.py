"""Writing: a file appears whole or not at all, and what was there before stays until then.

write_whole   under another name in the same directory, synced to the disk, then renamed
try_out       could that be done?
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Have a file hold this. OSError if it cannot.

    What is there and is no file, such as /dev/stdout or a pipe, is written to instead.
    """
    if _is_no_file(path):
        with path.open("wb") as there:
            there.write(data)
        return
    place = _place(path)
    partial = _beside(place)
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(place)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    _sync_directory(place.parent)


def try_out(path: Path) -> None:
    """Look whether a file could be written, as far as can be seen before. OSError if it cannot."""
    if _is_no_file(path):
        path.open("ab").close()
        return
    place = _place(path)
    made = _beside(place) if place.exists() else place  # its name may be too long
    made.open("xb").close()
    made.unlink()


def _is_no_file(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _place(path: Path) -> Path:
    """Where a file is that may be named by a link, which stays."""
    return Path(os.path.realpath(path))


def _beside(place: Path) -> Path:
    return place.with_name(f".verify-{os.urandom(8).hex()}")


def _sync_directory(directory: Path) -> None:
    """Make the new name survive a power cut, where a directory can be synced at all."""
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
