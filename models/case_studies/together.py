"""Functions run at the same time, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


def together(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
