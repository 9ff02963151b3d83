"""Published versions of libraries, each lot in a directory of its own, never in the environment.

There are two lots, since a library cannot be there in two versions: the versions in which something
was found, and those in which it was mended. pip installs each once for a run of the tests, also
where several workers share it. Without a network there is nothing to test, and who asks is skipped.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

FOUND = "as found"
MENDED = "as mended"
LOTS = {
    FOUND: (
        "dbutils==3.2.0",
        "fasteners==0.16.3",
        "pykka==4.5.0",
        "pymemcache==4.0.0",
        "rwlock==0.0.7",
        "six==1.17.0",  # of which fasteners is built
        "token-bucket==0.4.0",
        "watchdog==6.0.0",
    ),
    MENDED: ("fasteners==0.17.3", "watchdog==7.1.0"),
}
PIP = (
    *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
    *("--no-deps", "--no-compile", "--retries", "0", "--timeout", "20", "--target"),
)


def installed(lot: str, root: Path) -> Path:
    """The directory below `root` that holds a lot; it is filled under another name, and renamed."""
    directory = root / f"libraries {lot}"
    if not directory.exists():
        filled = Path(tempfile.mkdtemp(dir=root))
        done = subprocess.run([*PIP, str(filled), *LOTS[lot]], capture_output=True, text=True)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["nothing"]
            pytest.skip(f"pip cannot install what is published; it says: {said[-1]}")
        try:
            filled.rename(directory)
        except OSError:  # another worker was quicker
            assert directory.exists()
    return directory
