"""Many readers and one write: the readers do not disturb each other."""

import verify


def write(cell: verify.Shared[int]) -> None:
    cell.value = 42


def read(cell: verify.Shared[int]) -> None:
    _ = cell.value


def readers(n: int) -> None:
    """One task that writes, and n that read."""
    cell = verify.Shared(0)
    tasks = [verify.Thread(target=write, args=(cell,))]
    tasks += [verify.Thread(target=read, args=(cell,)) for _ in range(n)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """Each read comes before or after the write."""
    return 2**n


BENCHMARKS = {readers: classes}


@verify.model(classes=classes(4))
def four_readers() -> None:
    readers(4)
