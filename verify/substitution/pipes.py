"""Pipes: `multiprocessing.Pipe`.

Each direction is an object of its own: what has been sent and not received, and which processes
have its two ends open. A process that is started has open what its parent had, whether it needs it
or not, as after a fork. So who reads learns of the end (EOFError) only when every process that
could write has closed that end, or has ended.

What is sent is copied, and never too much.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import BuiltinMethodType, ModuleType, TracebackType
from typing import Any, NamedTuple, Self

from verify.errors import OwnerDied
from verify.operation import EVERYONE, FIRST_LANE, Access, Kind, Outcome, States, Wake
from verify.substitution.patches import explored
from verify.substitution.runs import kept
from verify.sync.items import Fifo, Items
from verify.sync.primitive import Primitive
from verify.values import in_words


class Flow(NamedTuple):
    """What is on its way, and the processes that can write and read, by their numbers."""

    sent: Items
    writers: tuple[int, ...]
    readers: tuple[int, ...]


def _send(states: States, task: int, message: Any) -> Outcome:
    flow: Flow = states[0]
    if not flow.readers:
        raise BrokenPipeError(32, "Broken pipe")
    return None, (flow._replace(sent=flow.sent.put(message)),)


def _something(states: States, task: int, argument: Any) -> bool:
    flow: Flow = states[0]
    return len(flow.sent) > 0 or not flow.writers


def _receive(states: States, task: int, argument: Any) -> Outcome:
    flow: Flow = states[0]
    if not len(flow.sent):
        raise EOFError
    message, rest = flow.sent.get()
    return message, (flow._replace(sent=rest),)


def _there_is(states: States, task: int, argument: Any) -> Outcome:
    return True, states


def _only_writer(states: States, task: int, argument: Any) -> tuple[int, ...]:
    flow: Flow = states[0]
    if len(flow.sent) or len(flow.writers) != 1 or flow.writers[0] == task:
        return ()
    return flow.writers


def _inherit(states: States, task: int, argument: Any) -> Outcome:
    flow: Flow = states[0]
    parent, child = argument
    writers = (*flow.writers, child) if parent in flow.writers else flow.writers
    readers = (*flow.readers, child) if parent in flow.readers else flow.readers
    return None, (flow._replace(writers=writers, readers=readers),)


def _close_for_writing(states: States, task: int, process: Any) -> Outcome:
    flow: Flow = states[0]
    return None, (flow._replace(writers=tuple(one for one in flow.writers if one != process)),)


def _close_for_reading(states: States, task: int, process: Any) -> Outcome:
    flow: Flow = states[0]
    return None, (flow._replace(readers=tuple(one for one in flow.readers if one != process)),)


def _wake_all(before: States, after: States, argument: Any) -> Wake:
    return Wake(FIRST_LANE, EVERYONE, ())


SEND = Kind("send", _send, wakes=_wake_all, shows_argument=True)
RECEIVE = Kind("recv", _receive, ready=_something, waits_for=_only_writer, shows_result=True)
POLL = Kind(
    "poll",
    _there_is,
    ready=_something,
    waits_for=_only_writer,
    footprint=(Access.READ,),
    shows_result=True,
)
INHERIT = Kind("inherit", _inherit)
CLOSE_FOR_WRITING = Kind("close", _close_for_writing, wakes=_wake_all)
CLOSE_FOR_READING = Kind("close", _close_for_reading, wakes=_wake_all)


class Way(Primitive):
    """One direction of a pipe."""

    def __init__(self) -> None:
        process = _process()
        super().__init__(Flow(Fifo(), (process,), (process,)))
        self.ends = {process: {"w", "r"}}
        """By process, which ends it has open, as far as it is concerned itself."""
        _kept_ways().append(self)

    def do(self, kind: Kind, argument: Any = None, *how: Any) -> Any:
        """Carry out an operation."""
        return self._perform(kind, argument, *how)

    def close(self, end: str) -> None:
        """Close an end in the calling process."""
        process = _process()
        if end in self.ends[process]:
            self.ends[process].remove(end)
            self.do(CLOSE_FOR_WRITING if end == "w" else CLOSE_FOR_READING, process)

    @staticmethod
    def show(state: Flow, name: Callable[[int], str]) -> str:
        """What is on its way, and who can still send."""
        shown = in_words(list(state.sent))
        if not state.writers:
            return f"{shown}, closed"
        return f"{shown}, open for writing in {', '.join(map(name, state.writers))}"


def inherit(child: int) -> None:
    """A process is about to be started by the calling one, and has open whatever this has."""
    parent = _process()
    for way in _ways():
        ends = way.ends.get(parent)
        if ends:
            way.ends[child] = set(ends)
            way.do(INHERIT, (parent, child))


def leave(process: int) -> None:
    """A process ends, and closes what it has open."""
    for way in _ways():
        for end in sorted(way.ends.get(process, ())):
            way.close(end)


def pipe(duplex: bool = True) -> tuple[Connection, Connection]:
    """The two ends of a new pipe; what is sent into the second comes out of the first."""
    there = Way()
    back = Way() if duplex else None
    return Connection(there, back), Connection(back, there)


def _kept_ways() -> list[Way]:
    ways: list[Way] = kept(list, "ways")
    return ways


def _ways() -> list[Way]:
    return [*_kept_ways()]


def _process() -> int:
    scheduler: Any = explored()
    number: int = scheduler.process()
    return number


class Connection:
    """An end of a pipe, as a process has it: `multiprocessing.connection.Connection`."""

    def __init__(self, incoming: Way | None, outgoing: Way | None) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = False

    def _reading(self) -> Way:
        self._check()
        if self._incoming is None:
            raise OSError("connection is write-only")
        return self._incoming

    def _check(self) -> None:
        if self._closed:
            raise OSError("handle is closed")

    @property
    def closed(self) -> bool:
        """Whether this process has closed it."""
        return self._closed

    @property
    def readable(self) -> bool:
        """Whether anything can come out of it."""
        return self._incoming is not None

    @property
    def writable(self) -> bool:
        """Whether anything can be sent into it."""
        return self._outgoing is not None

    def send(self, obj: Any) -> None:
        """Send a copy of an object. BrokenPipeError if nobody is left to receive it."""
        self._check()
        if self._outgoing is None:
            raise OSError("connection is read-only")
        self._outgoing.do(SEND, copied(obj))

    def recv(self) -> Any:
        """Receive, sleeping while there is nothing. EOFError if nobody is left to send."""
        way = self._reading()
        try:
            return way.do(RECEIVE)
        except OwnerDied as error:  # the last that could write was killed
            raise EOFError from error

    def poll(self, timeout: float | None = 0.0) -> bool:
        """Whether `recv` would not sleep now, or within so many seconds."""
        way = self._reading()
        try:
            if timeout is not None and timeout <= 0:
                found: bool = way.do(POLL, None, False)
            else:
                found = way.do(POLL, None, True, timeout)
        except OwnerDied:
            return True
        return found

    def send_bytes(self, buf: bytes, offset: int = 0, size: int | None = None) -> None:
        """Send bytes, as a message of their own."""
        end = len(buf) if size is None else offset + size
        self.send(bytes(buf[offset:end]))

    def recv_bytes(self, maxlength: int | None = None) -> bytes:
        """Receive bytes."""
        message: bytes = self.recv()
        if maxlength is not None and len(message) > maxlength:
            self.close()
            raise OSError("bad message length")
        return message

    def close(self) -> None:
        """Close it for the calling process; once more does nothing."""
        if not self._closed:
            self._closed = True
            if self._incoming is not None:
                self._incoming.close("r")
            if self._outgoing is not None:
                self._outgoing.close("w")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def copied(value: Any) -> Any:
    """A value as it arrives in another process."""
    if isinstance(value, BuiltinMethodType) and not isinstance(value.__self__, ModuleType | None):
        return getattr(copied(value.__self__), value.__name__)
    try:
        return copy.deepcopy(value)
    except TypeError:  # a handle of something, which stays the same
        return value
