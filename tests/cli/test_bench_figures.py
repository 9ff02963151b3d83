"""`verify bench` with --tasks, --cores, --herd: that each row is there. No figure is asserted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.cli.conftest import Cli
from tests.cli.offspring import CHILDREN, children, ended, first_child
from tests.cli.test_bench import document
from verify.benchmarking.herd import CONNECTIONS, SERVERS, WAYS
from verify.commands import bench_cores, bench_herd, bench_tasks


def test_tasks(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for each thing that carries a task, and one for each crowd."""
    monkeypatch.setattr(bench_tasks, "CROWDS", (("function", 100), ("generator", 200)))
    found = document(call, "--tasks")
    assert (found["exit_code"], found["errors"]) == (0, [])
    rows = {(row["tasks"], row["number"]): row for row in found["rows"]}
    assert rows.keys() == {
        *((what, 0) for what in ("process", "thread", "function", "generator")),
        *bench_tasks.CROWDS,
    }
    for (_, number), row in rows.items():
        assert row.keys() - {"tasks", "number"} == (
            {"live", "elapsed", "cpu", "memory"} if number else {"create", "switch", "memory"}
        )
        assert all(row[key] > 0 for key in row if key not in ("tasks", "number", "memory"))


def test_a_table_of_tasks(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_tasks, "ROWS", {"thread": "thread"})
    monkeypatch.setattr(bench_tasks, "CROWDS", (("generator", 1000),))
    done = call("bench", "--tasks")
    assert (done.code, done.err) == (0, "")
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["task", "create", "switch", "memory"]
    assert lines[1][0] == "thread"
    assert any(line[:3] == ["1", "000", "generators"] for line in lines)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few sizes, since each takes half a second."""
    monkeypatch.setattr(bench_cores, "sizes", lambda cores: [cores, cores + 1])
    monkeypatch.setattr(bench_cores, "WAITING", (1, 3))


@pytest.mark.usefixtures("few")
def test_cores(call: Cli) -> None:
    """A row for each kind of group and each size."""
    found = document(call, "--cores")
    assert (found["exit_code"], found["errors"]) == (0, [])
    rows = {(row["cores"], row["number"]): row for row in found["rows"]}
    cores = len(os.sched_getaffinity(0))
    assert list(rows) == [
        (what, number)
        for what in bench_cores.ROWS
        for number in ((1, 3) if what == "ask on threads" else (cores, cores + 1))
    ]
    for row in rows.values():
        assert row.keys() - {"cores", "number"} == {"rate", "used", "others", "elapsed"}
        assert all(row[figure] > 0 for figure in ("rate", "used", "elapsed"))
        assert row["others"] >= 0


@pytest.mark.usefixtures("few")
def test_a_table_of_cores(call: Cli) -> None:
    """The last lines say what the figures come to."""
    done = call("bench", "--cores")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for name in bench_cores.ROWS.values():
        assert any(line.startswith(name) for line in lines)
    assert "hashing in C:     as many as cores do 1.00 × what one does" in done.out
    assert max(map(len, lines)) <= 100


def test_a_row_that_cannot_be_had(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and nothing is said of all rows together."""
    monkeypatch.setattr(bench_cores, "ROWS", {"sleep": "sleeping"})
    monkeypatch.setattr(bench_cores, "sizes", lambda cores: [1])
    done = call("bench", "--cores")
    assert done.code == 2
    assert done.err.startswith("verify: error: 1 sleep: ")
    assert "Measured" not in done.out


def test_which_sizes() -> None:
    """Fewer than there are cores, as many, and more."""
    assert bench_cores.sizes(1) == [1, 2, 4]
    assert bench_cores.sizes(2) == [1, 2, 4, 8]
    assert bench_cores.sizes(64) == [1, 32, 64, 128, 256]


def test_a_herd(call: Cli) -> None:
    """A row for each way to wait; how they come out is for tests/processes/test_herd.py."""
    found = document(call, "--herd")
    assert (found["exit_code"], found["errors"]) == (0, [])
    assert sorted(row["herd"] for row in found["rows"]) == sorted(WAYS)
    assert bench_herd.ROWS.keys() <= WAYS.keys()
    for row in found["rows"]:
        assert row["number"] == SERVERS
        assert row["returned"] >= CONNECTIONS and row["elapsed"] > 0


def test_a_table_of_a_herd(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a connection: a blocking accept returns once for each."""
    monkeypatch.setattr(bench_herd, "ROWS", {"accept": "in accept"})
    done = call("bench", "--herd")
    assert (done.code, done.err) == (0, "")
    head, row, *_ = (line.split() for line in done.out.splitlines())
    assert head == ["servers", "wait", "returned", "in", "vain", "slept", "time", "held"]
    assert row[:4] == ["in", "accept", "1.00", "0.00"]
    assert row[-1] == "–"  # it returns with the connection, so that there is nothing to hold


def test_one_table_at_a_time(call: Cli) -> None:
    done = call("bench", "--cores", "--herd")
    assert done.code == 2
    assert "--herd: not allowed with argument --cores" in done.err


@pytest.mark.skipif(not CHILDREN.exists(), reason="there is no list of a process's children")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_server_is_left(end: signal.Signals) -> None:
    """Nor the worker that started them: bench ends by Ctrl-C, or without a word."""
    command = [sys.executable, "-m", "verify", "bench", "--herd"]
    bench = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    started: list[int] = []
    try:
        while len(started) <= SERVERS:
            assert bench.poll() is None, "it has ended before its first herd was complete"
            worker = first_child(bench)
            started = [worker, *children(worker)]
        bench.send_signal(end)
        _, err = bench.communicate(timeout=60)
        assert all(map(ended, started))
    finally:
        bench.kill()
        for process in started:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    if end is signal.SIGINT:
        assert (bench.returncode, err) == (3, b"verify: error: interrupted\n")
