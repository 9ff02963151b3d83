"""A worker of ../distributed.py, for real: see task_master.py, which has to be there first.

    python task_worker.py                       a second for each task
    python task_worker.py --seconds 60          a slow one, to be killed over its task
    python task_worker.py --key abd             one that is not let in

It takes one task after another, until its master is gone.
"""

from __future__ import annotations

import argparse
import sys
import time
from multiprocessing import AuthenticationError

import verify


class QueueManager(verify.Manager):
    """Finds the two queues by their names."""


QueueManager.register("get_task_queue")
QueueManager.register("get_result_queue")


def main() -> None:
    parser = argparse.ArgumentParser(description="Work for the master on this machine.")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--key", default="abc")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long a task takes")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    print("Connect to server 127.0.0.1...")
    manager = QueueManager(address=("127.0.0.1", arguments.port), authkey=arguments.key.encode())
    try:
        manager.connect()
    except (AuthenticationError, ConnectionRefusedError) as error:
        sys.exit(f"task_worker.py: {error}")
    try:
        task, result = manager.get_task_queue(), manager.get_result_queue()
        while True:
            number, n = task.get()
            print(f"run task {n} * {n}...")
            time.sleep(arguments.seconds)
            result.put((number, f"{n} * {n} = {n * n}"))
    except (EOFError, ConnectionError):  # the master has what it wanted, or is gone
        print("worker exit.")


if __name__ == "__main__":
    main()
