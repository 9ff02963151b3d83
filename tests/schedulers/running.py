"""What the battery's programs do over and over: run some tasks at the same time."""

from __future__ import annotations

import verify


def run_tasks(*tasks):
    """Start them all, and join them in this order."""
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def run(*targets):
    """The same with a task for each target."""
    run_tasks(*(verify.Thread(target=target) for target in targets))
