"""Manager: a process that serves objects to others. Signatures of
`multiprocessing.managers.BaseManager`.

    class QueueManager(verify.Manager):
        pass

    QueueManager.register("get_task_queue", callable=lambda: task_queue)
    manager = QueueManager(address=("127.0.0.1", 0), authkey=b"abc")
    manager.start()
    manager.get_task_queue().put(1)

Outside any explorer it is the standard library's, behind a socket, so that programs that are
started separately meet there. Explored, its messages are operations: `wired_server.py`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing import AuthenticationError, current_process
from typing import Any, ClassVar, Self

from verify.errors import Misuse
from verify.scheduling.scheduler import Served, current
from verify.sync.primitive import Primitive
from verify.sync.wired_server import WiredServer

LOOPBACK = "127.0.0.1"


class Manager:
    """Serves what is registered to whoever knows its address and its key.

    `address` is a host and a port; no port, or 0, leaves the choice to the system, and `address`
    tells it once the manager is started. The host must be this machine's loopback, which it is if
    it is empty: ValueError for any other. Without an `authkey` it is that of the calling process.

    What a callable returns lives in the server's process. Of an object that was there before the
    server it has a copy, as of a `queue.Queue` or a `verify.Queue(shared=False)`; whatever is done
    to the original, behind the manager's back, the server's clients never see.
    """

    _registered: ClassVar[dict[str, Callable[..., Any] | None]] = {}

    def __init__(
        self, address: tuple[str, int] | None = None, authkey: bytes | None = None
    ) -> None:
        if authkey is None:
            authkey = bytes(current_process().authkey)
        if not isinstance(authkey, bytes):
            raise TypeError(f"the authkey must be bytes, not {authkey!r}: write b'abc'")
        served = Served(type(self).__name__, self._registered, on_loopback(address), authkey)
        copies = {
            typeid: None if make is None else partial(_own, typeid, make)
            for typeid, make in served.registered.items()
        }
        self._server = current().manager(served._replace(registered=copies)) or WiredServer(served)

    @classmethod
    def register(cls, typeid: str, callable: Callable[..., Any] | None = None) -> None:
        """Give managers of this class a method of this name, whose results the server serves.

        Only the manager that starts the server needs the callable.
        """
        cls._registered = {**cls._registered, typeid: callable}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._registered:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}; registered: "
                + (", ".join(self._registered) or "nothing")
            )

        def make(*args: Any, **kwds: Any) -> Any:
            return self._server.make(name, *args, **kwds)

        return make

    @property
    def address(self) -> tuple[str, int]:
        """Where the server listens; before it is started, where it was told to."""
        address: tuple[str, int] = self._server.address
        return address

    def start(
        self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()
    ) -> None:
        """Start the server, a process, which calls `initializer(*initargs)` first.

        ProcessError if it was started before; OSError if the port is taken.
        """
        self._server.start(initializer, initargs)

    def connect(self) -> None:
        """Use the server that another manager has started.

        AuthenticationError if that one has another key; ConnectionRefusedError if there is none.
        """
        host, port = self.address
        try:
            self._server.connect()
        except AuthenticationError as error:
            raise AuthenticationError(
                f"the manager at {host}:{port} refused {type(self).__name__}, whose authkey is not "
                "its own: give both the same"
            ) from error
        except ConnectionRefusedError as error:
            raise ConnectionRefusedError(
                f"no manager listens at {host}:{port}: start it first, and connect to its `address`"
            ) from error

    def shutdown(self) -> None:
        """End the server that this manager has started, in the middle of whatever it is doing."""
        self._server.shutdown()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.shutdown()


def _own(typeid: str, make: Callable[..., Any], *args: Any, **kwds: Any) -> Any:
    """What is served through a socket. Misuse if an explorer would take it for what it is not."""
    made = make(*args, **kwds)
    if isinstance(made, Primitive) and made._shared:
        raise Misuse(
            f"{typeid} serves a {type(made).__name__} that explored processes share, and the "
            "server has a copy of its own: create it with shared=False"
        )
    return made


def on_loopback(address: tuple[str, int] | None) -> tuple[str, int]:
    """An address as it is used. ValueError if others could reach it."""
    host, port = (LOOPBACK, 0) if address is None else address
    if host in ("", "localhost"):
        return LOOPBACK, port
    try:
        local = ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError(
            f"a manager at {host!r} could be reached from other machines, and whoever has its key "
            f"runs what he likes here: use {LOOPBACK!r}"
        )
    return host, port
