"""Programs that do what a model cannot do: told in one line, never with a traceback of ours."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

import verify
from verify.errors import ModelError
from verify.exploration import watchdog


def test_a_generator_shared_between_tasks() -> None:
    """It is the program's own exception, and the report says what Python's message does not."""

    def program() -> None:
        count = verify.Shared(0)

        def numbers() -> Any:
            while True:
                count.value += 1
                yield count.value

        shared = numbers()
        threads = [verify.Thread(target=lambda: next(shared)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    (failure,) = verify.explore(program).failures
    assert (failure.kind, failure.message) == (
        "exception",
        "ValueError: generator already executing",
    )
    assert "Holding one lock at each next() would do." in failure.trace.diagnosis


def test_tasks_that_take_turns_may_share_a_generator() -> None:
    def program() -> None:
        lock, taken = verify.Lock(), verify.Shared(0)

        def numbers() -> Any:
            while True:
                taken.value += 1
                yield taken.value

        shared = numbers()

        def take() -> None:
            with lock:
                next(shared)

        threads = [verify.Thread(target=take) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert taken.value == 2

    assert verify.explore(program, memoise=False).complete


def test_a_real_thread_that_uses_an_object_of_the_model() -> None:
    """It has run since before the exploration, and gets as far as its first operation."""
    handed: list[Any] = []
    over: list[int] = []

    def stranger() -> None:
        while not handed:
            pass
        try:
            handed[0].value = 1
        except SystemExit:  # which ends a thread without a word, but not under pytest
            over.append(1)

    def program() -> None:
        shared = verify.Shared(0)
        handed.append(shared)
        while not over:
            pass
        _ = shared.value

    thread = threading.Thread(target=stranger)
    thread.start()
    with pytest.raises(ModelError, match=r"a real thread called set at .*test_bad_input\.py:\d+"):
        verify.explore(program)
    thread.join()
    assert verify.explore(lambda: verify.Shared(0).value).complete  # and nothing is left of it


def test_an_object_that_outlives_its_run_is_refused_in_any_thread() -> None:
    """By name: if the thread that uses it ended without a word, others would wait for it."""
    kept: list[threading.Lock] = []
    verify.explore(lambda: kept.append(threading.Lock()))
    told: list[str] = []

    def use() -> None:
        try:
            kept[0].acquire()
        except BaseException as error:
            told.append(f"{type(error).__name__}: {error}")

    use()
    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    refusal = "Misuse: an object of another run was used: create it inside the model function"
    assert told == [refusal, refusal]


@pytest.mark.parametrize("call", ["sleep", "pause"])
def test_a_c_function_that_blocks_is_named(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog.Watchdog.__init__, "__defaults__", (0.3,))
    blocks = getattr(ctypes.CDLL(None), call)
    line = test_a_c_function_that_blocks_is_named.__code__.co_firstlineno + 9

    def program() -> None:
        shared = verify.Shared(0)
        shared.value = 1
        blocks(60)

    with pytest.raises(ModelError, match=rf"test_bad_input\.py:{line} \(blocks\(60\)\)"):
        verify.explore(program)


MODEL = """
import os
import verify

@verify.model
def moody():
    shared = verify.Shared(0)
    thread = verify.Thread(target=lambda: setattr(shared, "value", os.urandom(8)))
    thread.start()
    assert shared.value == 0
    thread.join()

@verify.model
def in_the_order_of_a_set():
    one, two, three, four = (verify.Shared(0) for _ in range(4))
    cells = {"one": one, "two": two, "three": three, "four": four}
    for name in set(cells):
        cells[name].value = 1
    assert one.value == 0
"""


def command(directory: Path, seed: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "verify", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": str(seed), "PATH": "", "COLUMNS": "300"},
    )


def test_the_command_tells_the_cause(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(textwrap.dedent(MODEL))
    checked = command(tmp_path, 0, "check", "odd.py::moody")
    assert checked.returncode == 4
    assert "Probable cause: odd.py:8 uses os.urandom." in checked.stdout


def test_a_replay_in_another_process_tells_the_cause(tmp_path: Path) -> None:
    """Within one process the order of a set of texts is always the same; it depends on the hash
    seed. Four have 24 orders, so that four seeds hardly agree."""
    (tmp_path / "odd.py").write_text(textwrap.dedent(MODEL))
    assert command(tmp_path, 0, "check", "odd.py::in_the_order_of_a_set").returncode == 1
    (trace,) = map(str, (tmp_path / "traces").glob("in-the-order*.jsonl"))
    found = [command(tmp_path, seed, "replay", trace, "odd.py") for seed in range(4)]
    assert found[0].returncode == 1
    differing = [replayed for replayed in found if replayed.returncode == 4]
    assert differing
    assert "probable cause: odd.py:17 makes a set, whose order is no order" in differing[0].stdout
