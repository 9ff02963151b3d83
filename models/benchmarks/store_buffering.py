"""Store buffering: under sequential consistency not both reads come before both writes."""

import verify


def task(mine: verify.Shared[int], other: verify.Shared[int]) -> None:
    mine.value = 1
    _ = other.value


def store_buffering() -> None:
    """Two tasks; each writes its own cell and reads the other's."""
    x, y = verify.Shared(0), verify.Shared(0)
    tasks = [verify.Thread(target=task, args=pair) for pair in ((x, y), (y, x))]
    for each in tasks:
        each.start()
    for each in tasks:
        each.join()


def classes() -> int:
    """Each read before or after the other's write, but not both before: that goes in a circle."""
    return 3


BENCHMARKS = {store_buffering: classes}


@verify.model(classes=classes())
def two_cells() -> None:
    store_buffering()
