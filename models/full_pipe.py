"""Processes and a pipe: why a process whose pipe is full must not be joined.

Items go from process to process through a pipe, and a pipe has room for so much. A writer that
finds it full waits until somebody reads. If the only one who would read waits for the writer's
*end* first, both wait for ever. So read everything, then join.

How much room there is decides whether a mistake shows: with small items it never does in a test,
and does with the first large one.

To try: room for two in `joined_before_reading`. Is it right now?
"""

import verify

HEADING = "1.8 Communication between processes"

ITEMS = ("A", "B")


def write(pipe: "verify.Queue[str]") -> None:
    for item in ITEMS:
        pipe.put(item)


# The writer and the reader take turns: there is room for one.
@verify.model(classes=1)
def read_before_joining() -> None:
    """Right: the pipe is empty when the writer is waited for."""
    pipe: verify.Queue[str] = verify.Queue(maxsize=1)
    writer = verify.Process(target=write, args=(pipe,))
    writer.start()
    assert tuple(pipe.get() for _ in ITEMS) == ITEMS
    writer.join()


@verify.model(expect="deadlock", classes=1)
def joined_before_reading() -> None:
    """Wrong: the writer waits for room, and who could make room waits for the writer."""
    pipe: verify.Queue[str] = verify.Queue(maxsize=1)
    writer = verify.Process(target=write, args=(pipe,))
    writer.start()
    writer.join()
    assert tuple(pipe.get() for _ in ITEMS) == ITEMS
