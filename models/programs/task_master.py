"""The master of ../distributed.py, for real: ten tasks for whoever comes and asks for them.

    python task_master.py                       then, in other terminals:
    python task_worker.py                       as many of these as you like

It listens at port 5000 of this machine, or at `--port`; 0 lets the system choose, and the first
line that is printed says what it chose. Kill a worker while it is at work (`--seconds 60` gives you
the time). The master as it stands waits `--patience` seconds for an answer, names the tasks that
are lost, and fails. With `--careful` it hands them out again.
"""

from __future__ import annotations

import argparse
import queue
import random
import sys
from typing import Any

import verify

GIVE_UP = 100
"""How often a careful master hands out again while nobody answers at all."""


class QueueManager(verify.Manager):
    """Serves the queue of tasks and the queue of results."""


def trusting(task: Any, result: Any, numbers: dict[int, int], patience: float) -> set[int]:
    """Wait for as many results as there are tasks; those that have not come in time."""
    missing = set(numbers)
    try:
        for _ in numbers:
            number, text = result.get(timeout=patience)
            print(f"Result: {text}")
            missing.discard(number)
    except queue.Empty:
        pass
    return missing


def careful(task: Any, result: Any, numbers: dict[int, int], patience: float) -> set[int]:
    """Hand out again what is missing when no answer has come for a while. Whichever answer to a
    task comes first is the one; a worker that was only slow gives another one."""
    missing = set(numbers)
    silent = 0
    while missing and silent < GIVE_UP:
        try:
            number, text = result.get(timeout=patience)
        except queue.Empty:
            silent += 1
            for number in sorted(missing):
                print(f"Put task {number} again...")
                task.put((number, numbers[number]))
        else:
            silent = 0
            if number in missing:
                print(f"Result: {text}")
                missing.remove(number)
    return missing


def main() -> None:
    parser = argparse.ArgumentParser(description="Hand out tasks and collect the results.")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--key", default="abc")
    parser.add_argument("--patience", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--careful", action="store_true")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    task_queue: queue.Queue[tuple[int, int]] = queue.Queue()
    result_queue: queue.Queue[tuple[int, str]] = queue.Queue()
    QueueManager.register("get_task_queue", callable=lambda: task_queue)
    QueueManager.register("get_result_queue", callable=lambda: result_queue)
    manager = QueueManager(address=("", arguments.port), authkey=arguments.key.encode())
    try:
        manager.start()
    except OSError as error:
        sys.exit(f"task_master.py: {error.strerror}: end what listens there, or choose a --port")
    host, port = manager.address
    print(f"Listening at {host}:{port}")

    task, result = manager.get_task_queue(), manager.get_result_queue()
    numbers = {number: random.randint(0, 10000) for number in range(10)}
    for number, n in numbers.items():
        print(f"Put task {n}...")
        task.put((number, n))
    print("Try get results...")
    collect = careful if arguments.careful else trusting
    missing = collect(task, result, numbers, arguments.patience)
    manager.shutdown()
    if missing:
        lost = ", ".join(f"{number} ({numbers[number]})" for number in sorted(missing))
        sys.exit(f"task_master.py: no answer for {arguments.patience:g} s; lost: task {lost}")
    print("master exit.")


if __name__ == "__main__":
    main()
