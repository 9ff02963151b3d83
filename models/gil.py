"""The interpreter's own lock: why it does not make `n += 1` safe.

The interpreter executes instructions, and whoever wants to execute one must hold the GIL. After so
many instructions it lets the GIL go, and another thread may take it. `n += 1` is two of them that
matter: load n, store the sum. If the GIL is handed over between the two, the update of another
thread is lost, just as if there were no GIL. Only where the hand-over falls decides: after every
instruction, after every third, an update can be lost; after every whole increment, never. No
program can choose that, which is why it needs a lock of its own.

To try: hand over after every fourth instruction. Why is nothing lost? Would you rely on it?
What the real one leaves of the cores to threads, and to processes, `verify bench --cores` measures.
"""

import verify

HEADING = "2.9 Multi-core and the GIL"


class Interpreter:
    """One GIL, which the thread that runs hands over after `every` so many instructions."""

    def __init__(self, every: int) -> None:
        self.every = every
        self.gil = verify.Lock()
        self.n = verify.Shared(0)

    def run(self, increments: int) -> None:
        """A thread of the program: `n += 1`, so many times."""
        self.gil.acquire()
        left = self.every
        for _ in range(increments):
            left = self.instruction(left)
            loaded = self.n.value
            left = self.instruction(left)
            self.n.value = loaded + 1
        self.gil.release()

    def instruction(self, left: int) -> int:
        """Before an instruction: hand the GIL over if it is time; how many are left then."""
        if left == 0:
            self.gil.release()
            self.gil.acquire()
            left = self.every
        return left - 1


def two_threads(interpreter: Interpreter, increments: int) -> None:
    tasks = [verify.Thread(target=interpreter.run, args=(increments,)) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert interpreter.n.value == 2 * increments, "an update was lost"


# Everything happens under the GIL, so a class is an order in which it changes hands.


# Two turns of each, each in its order: 6 ways, of which 2 lose nothing.
@verify.model(expect="assertion", classes=6)
def after_every_instruction() -> None:
    """Wrong: both load n before either stores it."""
    two_threads(Interpreter(1), 1)


# Two increments are four instructions, hence two turns: 6 ways.
@verify.model(expect="assertion", classes=6)
def after_every_third() -> None:
    """Wrong: the third instruction is the second load."""
    two_threads(Interpreter(3), 2)


@verify.model(classes=6)
def after_every_increment() -> None:
    """Right, by luck: nobody comes between a load and its store."""
    two_threads(Interpreter(2), 2)
