"""The last zero: a reader looks for it from the end of an array while every task adds an entry.

Task j makes a[j] one more than a[j - 1]; the reader goes down from a[n] until it finds a zero, and
a[0] always is one. How far it goes depends on what it reads, so the search has to follow it.
Abdulla, Aronis, Jonsson, Sagonas: Optimal Dynamic Partial Order Reduction (POPL 2014).
"""

import verify


def look(cells: list[verify.Shared[int]]) -> None:
    i = len(cells) - 1
    while cells[i].value != 0:
        i -= 1


def fill(cells: list[verify.Shared[int]], j: int) -> None:
    cells[j].value = cells[j - 1].value + 1


def lastzero(n: int) -> None:
    """One reader and n writers."""
    cells = [verify.Shared(0) for _ in range(n + 1)]
    tasks = [verify.Thread(target=look, args=(cells,))]
    tasks += [verify.Thread(target=fill, args=(cells, j)) for j in range(1, n + 1)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """Whether writer j comes before writer j + 1, and where the reader stops, as the paper has it:
    (n + 3) · 2^(n - 2)."""
    return (n + 3) * 2**n // 4


BENCHMARKS = {lastzero: classes}


@verify.model(classes=classes(3))
def three_entries() -> None:
    lastzero(3)
