"""A writer, a reader and a queue between two processes; and how not to end the reader.

The reader takes values out for ever, so its parent waits for the writer alone (`join`) and then
ends the reader (`terminate`). But that the writer has put everything in does not mean that the
reader has taken it out: the last item may still be in the queue, or in the reader's hands. A value
that says "no more" comes after all others and ends the reader when it has seen them.

A queue between processes is built of a pipe and a lock that one reader at a time takes, and holds
while it waits for an item. End a reader there and nobody ever reads again. What has no such middle,
because it takes an item out in one step, survives its readers.

To try: two readers and one "no more". What happens to the second?
"""

from collections.abc import Callable

import verify

HEADING = "1.8 Communication between processes"


def write(queue: verify.Queue[str | None]) -> None:
    for value in ("A", "B", "C"):
        queue.put(value)


def read(queue: verify.Queue[str | None], read_so_far: verify.Atomic) -> None:
    while queue.get() is not None:
        read_so_far.add(1)


@verify.model(expect="assertion", classes=27)
def join_then_terminate() -> None:
    queue: verify.Queue[str | None] = verify.Queue()
    read_so_far = verify.Atomic(0)
    writer = verify.Process(target=write, args=(queue,), name="writer")
    reader = verify.Process(target=read, args=(queue, read_so_far), name="reader")
    writer.start()
    reader.start()
    writer.join()
    reader.terminate()
    reader.join()
    assert read_so_far.load() == 3


@verify.model(classes=14)
def no_more() -> None:
    queue: verify.Queue[str | None] = verify.Queue()
    read_so_far = verify.Atomic(0)
    writer = verify.Process(target=write, args=(queue,), name="writer")
    reader = verify.Process(target=read, args=(queue, read_so_far), name="reader")
    writer.start()
    reader.start()
    writer.join()
    queue.put(None)
    reader.join()
    assert read_so_far.load() == 3


class PipedQueue:
    """A queue as it is built between processes: readers take turns at the end of a pipe."""

    def __init__(self) -> None:
        self.turn = verify.Lock()
        self.pipe: verify.Queue[str] = verify.Queue()

    def put(self, item: str) -> None:
        self.pipe.put(item)

    def get(self) -> str:
        with self.turn:
            return self.pipe.get()


def get_one(get: Callable[[], str]) -> None:
    assert get() == "A"


def two_readers(get: Callable[[], str], put: Callable[[str], None]) -> None:
    """The first is ended before there is anything to read; the item is for the second."""
    first = verify.Process(target=get_one, args=(get,), name="first")
    second = verify.Process(target=get_one, args=(get,), name="second")
    first.start()
    first.terminate()
    put("A")
    second.start()
    second.join()


@verify.model(expect="exception", classes=2)
def ended_in_the_middle_of_a_get() -> None:
    queue = PipedQueue()
    two_readers(queue.get, queue.put)


@verify.model(classes=1)
def a_get_without_a_middle() -> None:
    queue: verify.Queue[str] = verify.Queue()
    two_readers(queue.get, queue.put)
