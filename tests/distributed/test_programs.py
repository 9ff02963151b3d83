"""task_master.py and task_worker.py: separate programs that meet on loopback.

A worker that is to be killed over its task is a slow one: it says which task it runs, and would
then take ten minutes for it.
"""

from __future__ import annotations

import queue
import re
import runpy
from collections import Counter

import pytest

from tests.distributed.conftest import Stage
from tests.distributed.programs import PROGRAMS, Program, is_open
from tests.processes.watching import SOON

TASK = re.compile(r"^Put task (\d+)\.\.\.$", re.MULTILINE)
RESULT = re.compile(r"^Result: (\d+) \* (\d+) = (\d+)$", re.MULTILINE)
PATIENCE = 5.0
"""Seconds in which a worker, which is started in the meantime, gives its first answer."""


def results(master: Program) -> Counter[int]:
    """The numbers whose squares the master has got, and how often."""
    found = RESULT.findall(master.said)
    assert all(int(n) == int(again) and int(square) == int(n) ** 2 for n, again, square in found)
    return Counter(int(n) for n, _, _ in found)


def tasks(master: Program) -> Counter[int]:
    """The numbers that it has put."""
    return Counter(map(int, TASK.findall(master.said)))


def taken_along(stage: Stage) -> int:
    """A worker gets a task and is killed over it; the number."""
    slow = stage.worker("--seconds", 600)
    n, again = slow.says("run task ").removesuffix("...").split(" * ")
    assert n == again
    slow.kill()
    return int(n)


def test_ten_tasks_and_two_workers(stage: Stage) -> None:
    """Each task is run once, by either, and each result comes once. The first worker, while it is
    at its task, is made to wait until the second one has got one."""
    master = stage.master("--patience", 60)
    workers = [stage.worker("--seconds", 0.5)]
    workers[0].says("run task ")
    workers[0].pause()
    workers.append(stage.worker("--seconds", 0))
    workers[1].says("run task ")
    workers[0].resume()
    assert master.ended() == 0
    assert [worker.ended() for worker in workers] == [0, 0]
    assert results(master) == tasks(master)
    assert tasks(master).total() == 10
    assert sum(worker.said.count("run task") for worker in workers) == 10
    assert all(worker.said.endswith("worker exit.\n") for worker in workers)
    assert master.said.endswith("master exit.\n")


def test_a_killed_worker_takes_its_task_along(stage: Stage) -> None:
    """The master gets nine results, waits in vain for the tenth, and says which one it is."""
    master = stage.master("--patience", PATIENCE)
    lost = taken_along(stage)
    worker = stage.worker("--seconds", 0)
    master.says("Result:")
    assert master.ended(within=PATIENCE + 2 * SOON) == 1
    assert worker.ended() == 0
    assert results(master) == tasks(master) - Counter([lost])
    assert re.search(rf"lost: task \d \({lost}\)$", master.complained.strip())


def test_a_careful_master_hands_it_out_again(stage: Stage) -> None:
    master = stage.master("--patience", 1, "--careful")
    lost = taken_along(stage)
    worker = stage.worker("--seconds", 0)
    assert master.ended() == 0
    assert worker.ended() == 0
    assert results(master) == tasks(master)
    assert results(master)[lost] == tasks(master)[lost]
    assert "again..." in master.said


def test_a_task_that_was_done_twice_counts_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A worker that was only slow answers after another one has done its task again."""
    result: queue.Queue[tuple[int, str]] = queue.Queue()
    for answer in ((0, "first"), (0, "second"), (1, "other")):
        result.put(answer)
    careful = runpy.run_path(str(PROGRAMS / "task_master.py"))["careful"]
    assert careful(queue.Queue(), result, {0: 5, 1: 6}, 60) == set()
    assert capsys.readouterr().out == "Result: first\nResult: other\n"


def test_a_careful_master_whom_nobody_answers_gives_up(stage: Stage) -> None:
    master = stage.master("--patience", 0.01, "--careful")
    assert master.ended() == 1
    assert master.complained.count("(") == 10


def test_another_key(stage: Stage) -> None:
    """Both sides say so, the worker fails, and the master goes on serving others."""
    master = stage.master("--patience", 60)
    stranger = stage.worker("--key", "abd")
    assert stranger.ended() == 1
    at = f"the manager at 127.0.0.1:{stage.port} refused"
    assert at in stranger.complained
    assert "Traceback" not in stranger.complained
    worker = stage.worker("--seconds", 0)
    assert master.ended() == 0
    assert worker.ended() == 0
    assert f"{at} a client, whose authkey is not its own" in master.complained
    assert results(master) == tasks(master)


def test_nobody_listens(stage: Stage) -> None:
    stage.master("--patience", 60).kill()
    worker = stage.worker()
    assert worker.ended() == 1
    assert f"no manager listens at 127.0.0.1:{stage.port}" in worker.complained


def test_somebody_listens_already(stage: Stage) -> None:
    first = stage.master("--patience", 60)
    second = stage.start("task_master.py", "--port", stage.port)
    assert second.ended() == 1
    assert "Address already in use" in second.complained
    assert "Traceback" not in second.complained
    first.kill()


def test_a_killed_master_takes_its_server_along(stage: Stage) -> None:
    """The worker has no more to do when it has done its task."""
    master = stage.master("--patience", 60)
    worker = stage.worker("--seconds", 0.5)
    master.says("Try get results...")
    worker.says("run task ")
    assert is_open(stage.port)
    master.kill()
    assert worker.ended() == 0
