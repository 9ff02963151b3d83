"""What all of these programs do: start some threads, and join them."""

from __future__ import annotations

import threading
from collections.abc import Callable


def run(*targets: Callable[[], object]) -> None:
    threads = [threading.Thread(target=target) for target in targets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
