"""What only processes do: die, and leave others behind. The runner outlives them all."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

import verify
from tests.stress.conftest import ABSENT

pytestmark = pytest.mark.skipif(bool(ABSENT), reason=ABSENT)


def lives(pid: int) -> bool:
    """Whether a process is there and not merely waiting for its parent to take notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def all_gone(pids: list[int]) -> bool:
    until = time.monotonic() + 5
    while any(map(lives, pids)):
        if time.monotonic() > until:
            return False
    return True


def test_every_process_of_a_hang_is_gone_at_the_end(tmp_path: Path) -> None:
    """The main task, a child that loops, its own child that is parked: three processes."""
    pids = str(tmp_path / "pids")

    def note() -> None:
        with open(pids, "a") as file:  # noqa: PTH123
            file.write(f"{os.getpid()}\n")

    def parked() -> None:
        note()
        verify.Event().wait()

    def looping() -> None:
        task = verify.Thread(target=parked)
        task.start()
        note()
        while True:
            pass

    def program() -> None:
        note()
        task = verify.Thread(target=looping)
        task.start()
        task.join()

    report = verify.stress(program, on="processes", seconds=30, patience=0.3)
    assert report.failures == {"hang": 1}, str(report)
    noted = [int(line) for line in Path(pids).read_text().split()]
    assert len(set(noted)) == 3 and os.getpid() not in noted
    assert all_gone(noted)
    for task in ("main", "looping-1", "parked-1"):
        assert f"stack of {task}, " in report.hang
    assert "no answer" not in report.hang
    mapped = Path("/proc/self/maps").read_text()
    assert "memfd:verify" not in mapped


def test_a_main_task_that_is_killed_is_a_failure_and_the_next_run_begins_anew() -> None:
    def program() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    report = verify.stress(program, on="processes", iterations=2)
    assert report.failures == {"exception": 2}
    assert report.first[0].message == "the main task's process ended by signal 9"


def test_a_task_killed_with_a_lock_leaves_its_owner_dead() -> None:
    """The others get OwnerDied; nobody waits for ever."""

    def program() -> None:
        lock = verify.Lock()

        def die() -> None:
            lock.acquire()
            os.kill(os.getpid(), signal.SIGKILL)

        task = verify.Process(target=die)
        task.start()
        task.join()
        lock.acquire()

    report = verify.stress(program, on="processes", iterations=1)
    assert report.failures == {"exception": 1}
    assert report.first[0].message.startswith("OwnerDied")


def test_a_main_task_that_cannot_be_unwound_is_killed_and_its_account_kept() -> None:
    """It catches whatever is raised in it, and waits again."""

    def program() -> None:
        event = verify.Event()
        while True:
            try:
                event.wait()
            except BaseException:
                continue

    report = verify.stress(program, on="processes", seconds=30)
    assert report.failures == {"deadlock": 1}
    assert report.stuck == ["main"] and "event.wait()" in report.hang
    assert report.elapsed < 10


def test_a_program_that_shares_a_list_is_refused_by_name() -> None:
    def program() -> None:
        seen: list[int] = []
        task = verify.Thread(target=lambda: seen.append(1), name="adder")
        task.start()
        task.join()
        assert seen == [1]

    assert verify.stress(program, iterations=2).ok
    report = verify.stress(program, on="processes", seconds=30)
    assert "adder" in report.refusal and "seen" in report.refusal
    assert str(report).startswith("not run on processes")


def test_a_program_that_passes_a_lock_on_is_refused() -> None:
    """Processes get the objects of verify at their start: this one only threads can run. Whatever
    comes of the misuse is not the program's fault."""

    def program() -> None:
        lock, box = verify.Lock(), verify.Shared[verify.Lock | None](None)

        def task() -> None:
            with lock:
                try:
                    box.value = verify.Lock()
                finally:
                    lock.release()

        thread = verify.Thread(target=task)
        thread.start()
        thread.join()
        assert box.value is not None

    report = verify.stress(program, on="processes", seconds=30)
    assert str(report).startswith("not run on processes: a value put into Shared 1 cannot be sent")
    assert report.runs == 0 and not report.ok


def test_each_task_is_a_process() -> None:
    """The children's pids are different from the main task's, which is not the runner's."""
    runner = os.getpid()

    def program() -> None:
        first, second = verify.Shared(0), verify.Shared(0)

        def one() -> None:
            first.value = os.getpid()

        def other() -> None:
            second.value = os.getpid()

        tasks = [verify.Thread(target=one), verify.Process(target=other)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        assert len({runner, os.getpid(), first.value, second.value}) == 4

    assert verify.stress(program, on="processes", iterations=3).ok


def test_stacks_of_forked_tasks_begin_with_their_own_code() -> None:
    """Not with what the processes that they were forked from were doing, this test included."""

    def program() -> None:
        task = verify.Thread(target=verify.Event().wait)
        task.start()
        task.join()

    report = verify.stress(program, on="processes", iterations=1)
    for stack in report.hang.split("stack of ")[1:]:
        assert "pytest" not in stack and "test_stacks_of" not in stack
    assert "task.join()" in report.hang
