"""What `import verify` and a command's start bring in.

The package is imported by every test file of a user, and `verify --help` should answer at once, so
the libraries that only some commands need must not come along. Which modules are there is asserted
in a fresh interpreter; the time is printed, not asserted, because machines differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

HEAVY = {"asyncio", "concurrent.futures", "multiprocessing", "networkx", "pytest", "rich"}


def modules_after(statement: str) -> dict[str, Any]:
    """What a fresh interpreter has imported after a statement, and how many seconds it took."""
    program = (
        "import json, sys, time\n"
        "before = set(sys.modules)\n"
        "began = time.perf_counter()\n"
        f"{statement}\n"
        "took = time.perf_counter() - began\n"
        "print(json.dumps({'new': sorted(set(sys.modules) - before), 'took': took}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "import verify",
        "import verify; verify.Lock, verify.Thread, verify.model",
        "from verify.commands.options import parser; parser()",
    ],
)
def test_nothing_heavy_is_imported(statement: str) -> None:
    found = modules_after(statement)
    print(f"{statement}: {found['took'] * 1000:.0f} ms, {len(found['new'])} modules")
    assert "verify" in found["new"]
    assert HEAVY.isdisjoint(found["new"])


def test_the_check_can_fail() -> None:
    assert "rich" in modules_after("import verify, rich")["new"]
