"""`verify bench`: what its rows are about. How fast anything is, is never asserted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from math import factorial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, Write
from tests.cli.offspring import CHILDREN, ended, first_child
from verify.benchmarking import bare, peers, programs
from verify.benchmarking.bare import StandIns
from verify.benchmarking.measuring import standing_in
from verify.benchmarking.programs import Sized
from verify.commands import exit_codes
from verify.exploration.strategies import DEFAULT_STRATEGY, STRATEGIES
from verify.scheduling.explored import Explored

MISCOUNTED = """
import verify

def write(cell):
    cell.value = 1

def twice(n):
    cell = verify.Shared(0)
    for _ in range(n):
        verify.Thread(target=write, args=(cell,)).start()

BENCHMARKS = {twice: lambda n: n}

@verify.model
def once():
    twice(1)
"""
"""n writes have n! orders; n is right for two tasks, and wrong for three."""


def rows(text: str) -> dict[str, list[str]]:
    """The table: what stands in a row, by what it begins with."""
    lines = text.partition("\n\n")[0].splitlines()
    return {cells[0]: cells[1:] for cells in map(str.split, lines)}


def test_a_row_for_each_program(cli: Cli) -> None:
    """racyinc(3) has (3!)² classes, lockinc(2, 2) the 6 orders of aabb, phase01 its 6 deadlocks.

    It runs in a directory without models: the programs are found beside the package.
    """
    done = cli("bench", "racyinc:3", "lockinc:2,2", "phase01", VERIFY_PURE="1")
    assert (done.code, done.err) == (0, "")
    found = rows(done.out.replace("lockinc(2, 2)", "lockinc(2,2)"))
    head = found.pop("program")
    assert head[:4] == ["classes", "executions", "blocked", "executions/s"]
    assert {name: cells[:3] for name, cells in found.items()} == {
        "racyinc(3)": ["36", "36", "0"],
        "lockinc(2,2)": ["6", "6", "0"],
        "phase01()": ["6", "6", "0"],
    }
    carried = {name: cells[-2:] for name, cells in found.items()}
    assert carried == {
        "racyinc(3)": ["plain,", "memoised"],  # more executions than are not worth a look
        "lockinc(2,2)": ["plain,", "re-executed"],
        "phase01()": ["plain,", "re-executed"],
    }
    assert "× bare " in done.out
    assert "pure Python core (VERIFY_PURE is set)" in done.out


def document(call: Cli, *arguments: str) -> dict[str, Any]:
    done = call("bench", *arguments, "--json")
    found: dict[str, Any] = json.loads(done.out)
    assert found["exit_code"] == done.code
    return found


def test_json(call: Cli) -> None:
    """Every row of a program, compiled or not, has the same counts."""
    found = document(call, "racyinc:4", "writers:3")
    assert (found["exit_code"], found["errors"]) == (0, [])
    expected = {"racyinc": factorial(4) ** 2, "writers": factorial(3)}
    assert {row["program"] for row in found["rows"]} == set(expected)
    for row in found["rows"]:
        classes = expected[row["program"]]
        assert row["classes"] == row["executions"] == row["outcomes"]["ok"] == classes
        assert (row["blocked_executions"], row["complete"]) == (0, True)
        assert row["rate"] > 0 < row["slowdown"]
        assert row["core"] in ("compiled", "plain")
        # The program is closed; but six executions are not worth a look at it.
        carrier = "memoised" if row["program"] == "racyinc" else "re-executed"
        assert (row["carrier"], row["carrier_reason"]) == (carrier, "")
    # Two accesses for each increment, one write for each writer; a start and a join.
    assert {row["program"]: row["events"] for row in found["rows"]} == {
        "racyinc": 4 * (2 + 2),
        "writers": 3 * (1 + 2),
    }


def test_nothing_memoised(call: Cli) -> None:
    found = document(call, "racyinc:4", "--reexecuted")["rows"]
    carried = {(row["carrier"], row["carrier_reason"]) for row in found}
    assert carried == {("re-executed", "as asked")}


def test_a_limit(call: Cli) -> None:
    done = call("bench", "racyinc:4", "--max-executions", "7")
    assert done.code == 0
    assert rows(done.out)["racyinc(4)"][:2] == ["576", "7"]
    assert "stopped by 7 executions (max_executions)" in done.out


def test_the_memory_is_that_of_the_program(call: Cli) -> None:
    """A process inherits, in one account of it, what its parent had: this one has a lot."""
    ballast = b"x" * (200 << 20)
    memory = [row["memory"] for row in document(call, "writers:2")["rows"]]
    assert len(ballast) >> 20 == 200
    assert 0 < max(memory) < 150


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("sleepers:3", "no benchmark program is called 'sleepers'"),
        ("", "no benchmark program is called ''"),
        ("racyinc", "racyinc: these are not the sizes it has: racyinc:N[,REPETITIONS]"),
        ("racyinc:1,2,3", "racyinc:1,2,3: these are not the sizes it has"),
        ("racyinc:0", "racyinc:0: '0' is not a size"),
        ("racyinc:-1", "racyinc:-1: '-1' is not a size"),
        ("racyinc:many", "racyinc:many: 'many' is not a size"),
        ("store_buffering:2", "store_buffering:2: these are not the sizes it has"),
    ],
)
def test_what_there_is_not(call: Cli, asked: str, message: str) -> None:
    """Nothing is run, not even what comes before it."""
    done = call("bench", "writers:2", asked)
    assert (done.code, done.out) == (exit_codes.BAD_INPUT, "")
    (line,) = done.err.splitlines()
    assert line.startswith(f"verify: error: {message}")
    if "called" in message:
        known = programs.available()
        assert {"lastzero", "dining_ordered", "buffer_if"} <= known.keys()
        assert all(program.usage in line for program in known.values())


def test_without_a_checkout(call: Cli, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = here / "lib" / "verify" / "benchmarking"
    monkeypatch.setattr(programs, "__file__", str(package / "programs.py"))
    done = call("bench")
    assert (done.code, done.out) == (exit_codes.BAD_INPUT, "")
    (line,) = done.err.splitlines()
    assert "run bench in a checkout" in line


def test_a_wrong_count(call: Cli, write: Write) -> None:
    write("models/benchmarks/twice.py", MISCOUNTED)
    assert call("bench", "twice:2").code == 0
    done = call("bench", "twice:3")
    assert done.code == exit_codes.REFUTED
    assert "NOT EXACT: it has 3 classes" in done.out
    assert rows(done.out)["twice(3)"][:2] == ["3", "6"]


def test_a_program_that_fails_at_once(call: Cli, write: Write) -> None:
    """The others are run all the same."""
    write(
        "models/benchmarks/twice.py", MISCOUNTED.replace("Shared(0)", "Shared(0) if n > 1 else n.x")
    )
    done = call("bench", "twice:1", "twice:2")
    assert done.code == exit_codes.BAD_INPUT
    assert "verify: error: twice(1): " in done.err
    assert "has no attribute 'x'" in done.err
    assert rows(done.out)["twice(2)"][:2] == ["2", "2"]


def test_peers_that_are_not_installed(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers.Peer, "version", None)
    done = call("bench", "--peers", "--json", "writers:2")
    assert done.code == 0
    assert done.err.splitlines() == [
        "frontrun is not installed: pip install frontrun",
        "interleave-test is not installed: pip install interleave-test, "
        "which needs Python 3.12 or later",
    ]
    found = json.loads(done.out)
    assert found["missing_peers"] == done.err.splitlines()
    assert [row["program"] for row in found["rows"] if "peer" in row] == []


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_that_is_installed(call: Cli, name: str) -> None:
    """Under the lock there are two orders, and neither peer knows how to do with one."""
    if peers.PEERS[name].version is None:
        pytest.skip(f"{name} is not installed")
    found = document(call, "--peers", "lockinc:2")["rows"]
    (row,) = (row for row in found if row.get("peer") == name)
    assert row["version"] == peers.PEERS[name].version
    assert row["executions"] >= 2
    assert row["verify_times"] > 0


def test_tasks_for_a_peer_that_starts_them_itself() -> None:
    """Three increments one after another; the peer would let them race."""
    values = []
    original = peers.Cell

    class Watched(original):  # type: ignore[misc, valid-type]
        def __setattr__(self, name: str, value: Any) -> None:
            values.append(value)
            object.__setattr__(self, name, value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers.Threading, "Shared", Watched)
        tasks = peers._tasks(Sized(programs.available()["spawnjoin"], (3,)))
    assert (len(tasks), values) == (3, [0])
    for task in tasks:
        task()
    assert values == [0, 1, 2, 3]


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What passes in bare runs: for each event, by the rules of counting, the task that is on."""
    passed: list[int] = []
    carried: list[bare.Turns] = []

    def note() -> None:
        passed.append(carried[-1].on)

    def counting(original: type, names: str) -> None:
        """A stand-in whose calls of these names are an event when they come back."""

        def counted(name: str) -> Any:
            method = getattr(original, name)

            def call(*arguments: Any) -> Any:
                result = method(*arguments)
                note()
                return result

            return call

        members = {name: counted(name) for name in names.split()}
        monkeypatch.setattr(bare, original.__name__, type(original.__name__, (original,), members))

    class Turns(bare.Turns):
        def __init__(self) -> None:
            super().__init__()
            carried.append(self)

        def drop(self) -> None:
            seen = len(passed)
            super().drop()
            del passed[seen:]  # who is dropped gives its locks back, which are no events

    class Shared(bare.Shared):
        def __init__(self, value: Any) -> None:
            super().__init__(value)
            passed.pop()  # making one is no event

        def __getattribute__(self, name: str) -> Any:
            note()
            return super().__getattribute__(name)

        def __setattr__(self, name: str, value: Any) -> None:
            note()
            super().__setattr__(name, value)

    class Condition(bare.Condition):
        def wait(self) -> bool:
            note()
            return super().wait()

    monkeypatch.setattr(bare, "Condition", Condition)
    counting(bare.Condition, "wait notify notify_all __exit__")
    counting(bare.Lock, "acquire release __exit__")  # __enter__ calls acquire
    counting(bare.Semaphore, "acquire release __exit__")
    counting(bare.Thread, "start join")
    monkeypatch.setattr(bare, "Shared", Shared)
    monkeypatch.setattr(bare, "Turns", Turns)
    return passed


SIZED = [
    *(Sized(one, (3,) * one.usage.count(":")) for one in programs.available().values()),
    Sized(programs.available()["buffer"], (2, 2)),
    Sized(programs.available()["lockinc"], (2, 2)),
]
"""Every program in a small size; of two, another in which tasks wait more, or repeat."""


@pytest.mark.parametrize("sized", SIZED, ids=lambda sized: sized.label)
def test_a_bare_run_goes_the_way_of_the_first_execution(sized: Sized, events: list[int]) -> None:
    """So it passes as many events, and the time of one can be held against that of the other.

    Only main joins later, when everything has ended, which is the same to all others.
    """
    strategy = STRATEGIES[DEFAULT_STRATEGY](0)
    assert strategy.begin()
    first = [event.task for event in Explored().run(sized.call, strategy.choose).events]
    with standing_in(sized, StandIns()) as stand_ins:
        for _ in range(2):
            events.clear()
            bare.run(sized.call, stand_ins.turns)
            assert list(filter(None, events)) == list(filter(None, first))
            assert len(events) == len(first)


@pytest.mark.skipif(not CHILDREN.exists(), reason="there is no list of a process's children")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(end: signal.Signals) -> None:
    """A search without end, and bench ends in the middle of it: by Ctrl-C, or without a word."""
    bench = subprocess.Popen(
        [sys.executable, "-m", "verify", "bench", "lastzero:40", "--max-seconds", "none"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    worker = first_child(bench)
    try:
        bench.send_signal(end)
        _, err = bench.communicate(timeout=60)
        assert ended(worker)
    finally:
        bench.kill()
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    if end is signal.SIGINT:
        assert bench.returncode == exit_codes.UNDETERMINED
        assert err.decode() == "verify: error: interrupted\n"
