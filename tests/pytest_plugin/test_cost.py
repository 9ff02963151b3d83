"""What the plugin costs where there are no models: what it imports, and, printed, the time.

Every run of pytest loads it. What it imports is asserted; the time is printed, not asserted,
because machines differ: that of runs with the plugin and without it, in turn.
"""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.pytest_plugin.conftest import Run, Write

ALLOWED = {
    "verify",
    "verify._core__mypyc",
    "verify.build",
    "verify.errors",
    "verify.operation",
    "verify.pytest_plugin",
    "verify.scheduling",
    "verify.scheduling.scheduler",
}
"""What `import verify` brings, and the plugin."""
RUNS = 20

LOOK = """
import sys

def test_it():
    found = sorted(name for name in sys.modules if name.partition(".")[0] == "verify")
    print("found", *found)
"""


def test_a_foreign_project_loads_next_to_nothing(run_apart: Run, write: Write) -> None:
    write(LOOK)
    result = run_apart("-rP")
    result.assert_outcomes(passed=1)
    (line,) = [line for line in result.outlines if line.startswith("found")]
    found = set(line.split()[1:])
    assert "verify.pytest_plugin" in found
    assert found <= ALLOWED


def test_the_check_can_fail(run_apart: Run, write: Write) -> None:
    write(f"from verify import model\n{LOOK}")
    result = run_apart("-rP")
    (line,) = [line for line in result.outlines if line.startswith("found")]
    assert not set(line.split()[1:]) <= ALLOWED


@pytest.mark.nightly
@pytest.mark.parametrize("arguments", [("--version",), ("-q",)])
def test_the_time_is_printed(arguments: tuple[str, ...], write: Write) -> None:
    """Processor time, of which other work on the machine changes less."""
    write("def test_it():\n    pass\n")
    least = {}
    for _ in range(RUNS):
        for without in ((), ("-p", "no:verify")):
            took = seconds("-p", "no:cacheprovider", *without, *arguments)
            least[without] = min(took, least.get(without, took))
    with_plugin, without_plugin = least.values()
    print(f"pytest {arguments[0]}: {(with_plugin - without_plugin) * 1000:.1f} ms more")


def seconds(*arguments: str) -> float:
    """What a run of pytest takes of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], stdout=subprocess.DEVNULL, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
