"""The file system: each task creates a file, which takes an inode and the next free block.

Inodes and blocks have a lock each; tasks meet only where there are more of them than half the
blocks. Flanagan, Godefroid: Dynamic Partial-Order Reduction for Model Checking Software (POPL
2005).
"""

import verify

INODES = 32
BLOCKS = 26
ALONE = 13
"""So many tasks begin to look at blocks of their own."""


class Inode:
    """Holds the number of its file's block, counted from 1; 0 if there is none."""

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.block = verify.Shared(0)


class Block:
    """In use or not."""

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.busy = verify.Shared(False)

    def allocate(self) -> bool:
        with self.lock:
            free = not self.busy.value
            if free:
                self.busy.value = True
            return free


def create(inode: Inode, blocks: tuple[Block, ...], number: int) -> None:
    with inode.lock:
        if inode.block.value == 0:
            block = number * 2 % BLOCKS
            while not blocks[block].allocate():
                block = (block + 1) % BLOCKS
            inode.block.value = block + 1


def filesystem(n: int) -> None:
    """n tasks that create a file each."""
    inodes = tuple(Inode() for _ in range(INODES))
    blocks = tuple(Block() for _ in range(BLOCKS))
    tasks = [
        verify.Thread(target=create, args=(inodes[number % INODES], blocks, number % INODES))
        for number in range(n)
    ]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def classes(n: int) -> int:
    """From the fourteenth on, each task begins at the block of another: who is there first?"""
    return int(2 ** max(0, n - ALONE))


BENCHMARKS = {filesystem: classes}


@verify.model(classes=classes(3))
def three_files() -> None:
    filesystem(3)
