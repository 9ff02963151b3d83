"""The lost update: the smallest race there is.

`count.value += 1` reads, adds, and writes. Two tasks that both read before either writes count one
step, not two. A lock round the three makes them one; so does an object that adds in one step.

To try: start three tasks instead of two in `lost_update`. How many of the ways in which three reads
and three writes can interleave lose nothing?
"""

import verify

HEADING = "2.2 Lock"


def increment(count: verify.Shared[int]) -> None:
    count.value += 1


def increment_locked(count: verify.Shared[int], lock: verify.Lock) -> None:
    with lock:
        count.value += 1


def increment_at_once(count: verify.Atomic[int]) -> None:
    count.add(1)


def run(tasks: list[verify.Thread]) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


# Of the 6 orders of two reads and two writes, two differ from others only in which of two
# neighbouring reads comes first, and that is no difference: 4 are left, 2 of which lose an update.
@verify.model(expect="assertion", classes=4)
def lost_update() -> None:
    """Wrong: an update can be lost between the read and the write of another."""
    count = verify.Shared(0)
    run([verify.Thread(target=increment, args=(count,)) for _ in range(2)])
    assert count.value == 2, "an update was lost"


# 3! orders of three critical sections.
@verify.model(classes=6)
def locked() -> None:
    """Right: one at a time."""
    count, lock = verify.Shared(0), verify.Lock()
    run([verify.Thread(target=increment_locked, args=(count, lock)) for _ in range(3)])
    assert count.value == 3


# 3! orders of three writes.
@verify.model(classes=6)
def atomic() -> None:
    """Right: reading, adding and writing are one step."""
    count = verify.Atomic(0)
    run([verify.Thread(target=increment_at_once, args=(count,)) for _ in range(3)])
    assert count.load() == 3
