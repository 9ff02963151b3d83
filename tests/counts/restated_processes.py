"""The models of processes, in the reference's language: see restated.py."""

from __future__ import annotations

from tests.reference.calls import await_line, holding, process, start_and_join
from tests.reference.code import Misuse
from tests.reference.programs import LINE, LOCK, QUEUE
from tests.reference.semantics import Line
from tests.reference.world import Body, Program


def life() -> Program:
    """A process that waits for a signal; it is looked at before and after."""

    def main() -> Body:
        runner = yield ("start process", process, await_line, "gun")
        assert (yield ("alive", runner))
        yield ("set", "gun")
        yield ("join", runner)
        assert not (yield ("alive", runner))
        assert not (yield ("alive", runner))

    return Program({"gun": LINE}, main)


def ended_in_its_sleep() -> Program:
    def main() -> Body:
        sleeper = yield ("start process", process, await_line, "never")
        yield ("terminate", sleeper)
        yield ("join", sleeper)
        yield ("alive", sleeper)

    return Program({"never": LINE}, main)


def waits_for_itself() -> Program:
    def patient() -> Body:
        raise Misuse
        yield

    return Program({}, lambda: start_and_join((patient,)))


def _save() -> Body:
    money = yield ("read", "money")
    yield ("write", "money", money + 1)


def ended_while_holding() -> Program:
    def main() -> Body:
        worker = yield ("start process", process, holding, "safe", _save())
        yield ("terminate", worker)
        yield from holding("safe", _count(1))

    return Program({"safe": LOCK, "money": 0}, main)


def _count(most: int) -> Body:
    assert (yield ("read", "money")) <= most


def asked_to_stop() -> Program:
    def work() -> Body:
        for _ in range(2):
            if (yield ("is_ready", "enough")):
                return
            yield from holding("safe", _save())

    def main() -> Body:
        worker = yield ("start process", process, work)
        yield ("set", "enough")
        yield ("join", worker)
        yield from holding("safe", _count(2))
        yield ("alive", worker)

    return Program({"safe": LOCK, "money": 0, "enough": LINE}, main)


def writer_and_reader(ended: bool) -> Program:
    """The reader is ended when the writer has ended; or by an item that says so."""

    def write() -> Body:
        for value in ("A", "B", "C"):
            yield ("put", "queue", value, 0)

    def read() -> Body:
        while (yield ("get", "queue")) is not None:
            yield ("add", "read so far", 1)

    def main() -> Body:
        writer = yield ("start process", process, write)
        reader = yield ("start process", process, read)
        yield ("join", writer)
        yield ("terminate", reader) if ended else ("put", "queue", None, 0)
        yield ("join", reader)
        assert (yield ("read", "read so far")) == 3

    return Program({"queue": QUEUE, "read so far": 0}, main)


def two_readers(turns: bool) -> Program:
    """The first reader is ended; where they take turns it may be in the middle."""

    def read() -> Body:
        if turns:
            yield from holding("turn", _get())
        else:
            yield from _get()

    def main() -> Body:
        first = yield ("start process", process, read)
        yield ("terminate", first)
        yield ("put", "pipe", "A", 0)
        second = yield ("start process", process, read)
        yield ("join", second)

    objects = {"turn": LOCK, "pipe": QUEUE} if turns else {"pipe": QUEUE}
    return Program(objects, main)


def _get() -> Body:
    assert (yield ("get", "pipe")) == "A"


def unseen() -> Program:
    """What the child does, nobody sees."""

    def child() -> Body:
        return
        yield

    def main() -> Body:
        yield from _started_and_joined(child)
        raise AssertionError

    return Program({}, main)


def _started_and_joined(child: object) -> Body:
    yield ("join", (yield ("start process", process, child)))


def told() -> Program:
    def child() -> Body:
        yield ("put", "numbers", 1, 0)

    def main() -> Body:
        started = yield ("start process", process, child)
        assert (yield ("get", "numbers")) == 1
        yield ("join", started)

    return Program({"numbers": QUEUE}, main)


def lock_beside_a_fork(copied: bool, thread_first: bool = True) -> Program:
    """A thread takes a lock, and a child the same one or its copy."""

    def nothing() -> Body:
        return
        yield

    def take(lock: str) -> Body:
        yield from holding(lock, nothing())

    def main() -> Body:
        thread = None
        if thread_first:
            thread = yield ("start", take, "lock")
        if copied:
            child = yield ("fork", {"lock": "copy"}, process, take, "copy")
        else:
            child = yield ("start process", process, take, "lock")
        if thread is None:
            thread = yield ("start", take, "lock")
        yield ("join", thread)
        yield ("join", child)

    return Program({"lock": LOCK, "copy": LOCK} if copied else {"lock": LOCK}, main)


def connection(by_child: bool) -> Program:
    """One closes a descriptor and one reads from it: threads of a process, or two processes."""

    def read(table: str) -> Body:
        assert (yield ("take", "connection", 1, table)) == 1

    def close(table: str) -> Body:
        yield ("close", "connection", table)

    def main() -> Body:
        yield ("deliver", "connection", 1, "all")
        if by_child:
            other = yield ("start process", process, close, "the child's")
            yield from read("main's")
        else:
            other = yield ("start", read, "main's")
            yield from close("main's")
        yield ("join", other)

    return Program({"connection": Line()}, main)
