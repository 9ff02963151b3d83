"""A manager's server, built of what processes share, and its clients: explored managers.

The server is a process. It listens for clients at a queue, and has a thread for each of them, which
carries out one request after another: so a client that waits in a `get` keeps nobody else waiting.
Each task that calls a proxy has a wire of its own, made at its first call, as it has a connection
of its own in `multiprocessing`. In call order:

    Client.ask       (client) connects if need be, asks, and waits for the answer
    listen           (server) starts a thread for each who comes
    serve            (thread) checks the authkey, then makes objects and calls their methods

What is said is a copy, as on its way through a socket. To shut the server down is to end its
process, in the middle of whatever it is doing.

Simpler than the real thing: `connect` keeps the connection; a client that goes is not noticed, its
thread waits for ever; nothing is counted, so objects stay as long as the server.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from multiprocessing import AuthenticationError, ProcessError
from typing import Any, NamedTuple

from verify.errors import Misuse, OwnerDied
from verify.scheduling.scheduler import Served, current
from verify.sync.local import local
from verify.sync.thread import Process, Thread
from verify.sync.wire import Knock, Listener, Wire
from verify.values import in_words

Registered = Mapping[str, Callable[..., Any] | None]


class Token(NamedTuple):
    """Which object of the server's: the thread that made it, at which of its requests."""

    thread: int
    request: int

    def __repr__(self) -> str:
        return "a token"


class Request(NamedTuple):
    """A call of an object's method; or, without a token, of what is registered: makes an object."""

    token: Token | None
    name: str
    args: tuple[Any, ...]
    kwds: dict[str, Any]

    def __repr__(self) -> str:
        passed = [in_words(value) for value in self.args]
        passed += [f"{name}={in_words(value)}" for name, value in self.kwds.items()]
        return f"{self.name}({', '.join(passed)})"


class Answer(NamedTuple):
    """The result; or what was raised."""

    good: bool
    outcome: Any

    def __repr__(self) -> str:
        return in_words(self.outcome) if self.good else f"raised {in_words(self.outcome)}"


class Port(int):
    """The number of a port, and who listens there: without sockets, that must be handed on."""

    listener: Listener
    server: int

    @staticmethod
    def open(number: int, listener: Listener, server: int) -> Port:
        """The port at which this task listens."""
        port = Port(number)
        port.listener = listener
        port.server = server
        return port


ANY_PORT = 49152
"""The port of a server that leaves the choice: the first that is nobody's."""


class WiredServer:
    """The server as its manager sees it: started by this one, or by another."""

    def __init__(self, served: Served) -> None:
        self.address = served.address
        self._served = served
        self._process: Process | None = None
        self._client: Client | None = None

    def start(
        self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()
    ) -> None:
        """Start the process."""
        if self._client is not None:
            raise ProcessError("Already started server")
        served, listener = self._served, Listener()
        self._process = Process(
            target=listen,
            name=served.name,
            args=(listener, served.registered, served.authkey, initializer, tuple(initargs)),
            daemon=True,
        )
        self._process.start()
        host, number = self.address
        server = self._process.ident
        assert server is not None
        port = Port.open(number or ANY_PORT, listener, server)
        self.address = host, port
        self._client = Client(port, served.authkey)

    def connect(self) -> None:
        """Become a client of a server that another has started."""
        host, port = self.address
        if not isinstance(port, Port):
            raise Misuse(
                f"{self._served.name} would connect to {host}:{port}, and an explored manager is "
                "found by the address that it has once it is started: hand `manager.address` on"
            )
        client = Client(port, self._served.authkey)
        client.connect()
        self._client = client

    def make(self, typeid: str, *args: Any, **kwds: Any) -> Proxy:
        """Have the server make an object."""
        if self._client is None:
            raise AssertionError("server not yet started")
        return Proxy(self._client, self._client.ask(Request(None, typeid, args, kwds)))

    def shutdown(self) -> None:
        """End the process that this one has started."""
        if self._process is not None:
            self._process.terminate()
            self._process.join()

    def __deepcopy__(self, memo: dict[int, Any]) -> WiredServer:
        """In the copied address space of a process: a handle to the same server."""
        return self


class Client:
    """A way to a server, for all tasks of a program: each has a wire of its own."""

    def __init__(self, port: Port, authkey: bytes) -> None:
        self._port = port
        self._authkey = authkey
        self._mine = local()

    def connect(self) -> None:
        """Lay the calling task's wire.

        ConnectionRefusedError if the server has been shut down, AuthenticationError if its key is
        another one.
        """
        wire = Wire(self._port.server)
        self._port.listener.put(Knock(wire, self._authkey))
        try:
            answer: Answer = wire.learn()
        except OwnerDied:
            raise ConnectionRefusedError("nobody listens there") from None
        if not answer.good:
            raise answer.outcome
        self._mine.wire = wire

    def ask(self, request: Request) -> Any:
        """What comes of a request; its exception is raised. EOFError if the server has died."""
        if not hasattr(self._mine, "wire"):
            self.connect()
        wire: Wire = self._mine.wire
        wire.ask(copy.deepcopy(request))
        try:
            answer: Answer = copy.deepcopy(wire.learn())
        except OwnerDied:
            del self._mine.wire
            raise EOFError(f"the manager was shut down before it answered {request!r}") from None
        if not answer.good:
            raise answer.outcome
        return answer.outcome


class Proxy:
    """An object at the server: a call of a method is a request."""

    def __init__(self, client: Client, token: Token) -> None:
        self._client = client
        self._token = token

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"a manager calls no method with a name like {name}")
        return partial(self._call, name)

    def _call(self, name: str, *args: Any, **kwds: Any) -> Any:
        return self._client.ask(Request(self._token, name, args, kwds))


def listen(
    listener: Listener,
    registered: Registered,
    authkey: bytes,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
) -> None:
    """What the server's process does."""
    if initializer is not None:
        initializer(*initargs)
    objects: dict[Token, Any] = {}
    while True:
        wire, key = listener.get()
        client = (wire, key == authkey, registered, objects)
        Thread(target=serve, args=client, daemon=True).start()


def serve(wire: Wire, welcome: bool, registered: Registered, objects: dict[Token, Any]) -> None:
    """What a thread of the server does for a client.

    The objects are in the hands of all threads. Who asks for one has been told of it after it was
    made, so what a thread finds there does not depend on who was quicker.
    """
    if not welcome:
        wire.answer(Answer(False, AuthenticationError("digest sent was rejected")))
        return
    wire.answer(Answer(True, "welcome"))
    for number in itertools.count():
        token, name, args, kwds = wire.hear()
        try:
            if token is not None:
                outcome = getattr(objects[token], name)(*args, **kwds)
            else:
                outcome = Token(current().current(), number)
                objects[outcome] = _registered_as(name, registered)(*args, **kwds)
            answer = Answer(True, outcome)
        except Exception as error:
            answer = Answer(False, error)
        wire.answer(answer)


def _registered_as(name: str, registered: Registered) -> Callable[..., Any]:
    make = registered.get(name)
    if make is None:
        raise KeyError(f"the server has nothing registered as {name}")
    return make
