"""A process of its own has an address space of its own, and a table of descriptors of its own.

The child gets a copy of all that its parent has at the moment of the start (`fork`). What either
changes after that, the other never sees: they need something that is shared, such as a queue. Also
a lock is copied, as it stands. If another thread of the parent holds it at that moment, the copy is
held for ever: that thread lets go of the original, and the child does not have the thread. So
start the processes first and the threads afterwards, or share the lock.

Descriptors are entries in a table. The threads of a process have one table: what one of them
closes is closed for all, also for one that is about to read. A child has a copy of the table, and
closes for itself.

To try: in `copied_while_held` the thread holds the lock for a moment only. How often must the
program be run on a real machine until the child happens to be started just then?
"""

import verify

HEADING = "1 Processes"


def append(numbers: list[int]) -> None:
    numbers.append(1)


@verify.model(expect="assertion", classes=1)
def a_change_that_nobody_sees() -> None:
    numbers: list[int] = []
    child = verify.Process(target=append, args=(numbers,), name="child")
    child.start()
    child.join()
    assert numbers == [1], "the child appended to a copy"


@verify.model(classes=1)
def told_through_a_queue() -> None:
    numbers: verify.Queue[int] = verify.Queue()
    child = verify.Process(target=numbers.put, args=(1,), name="child")
    child.start()
    assert numbers.get() == 1
    child.join()


def log(lock: verify.Lock) -> None:
    with lock:
        pass


@verify.model(expect="deadlock", classes=3)
def copied_while_held() -> None:
    lock = verify.Lock(shared=False)
    thread = verify.Thread(target=log, args=(lock,), name="thread")
    child = verify.Process(target=log, args=(lock,), name="child")
    thread.start()
    child.start()
    thread.join()
    child.join()


@verify.model(classes=1)
def started_before_the_thread() -> None:
    lock = verify.Lock(shared=False)
    thread = verify.Thread(target=log, args=(lock,), name="thread")
    child = verify.Process(target=log, args=(lock,), name="child")
    child.start()
    thread.start()
    thread.join()
    child.join()


@verify.model(classes=2)
def shared_with_the_child() -> None:
    lock = verify.Lock()
    thread = verify.Thread(target=log, args=(lock,), name="thread")
    child = verify.Process(target=log, args=(lock,), name="child")
    thread.start()
    child.start()
    thread.join()
    child.join()


def read(connection: verify.Descriptor) -> None:
    assert connection.take() == 1


@verify.model(expect="exception", classes=2)
def closed_by_a_thread() -> None:
    connection = verify.Descriptor()
    connection.deliver()
    reader = verify.Thread(target=read, args=(connection,), name="reader")
    reader.start()
    connection.close()
    reader.join()


@verify.model(classes=2)
def closed_by_a_child() -> None:
    connection = verify.Descriptor()
    connection.deliver()
    child = verify.Process(target=connection.close, name="child")
    child.start()
    read(connection)
    child.join()
