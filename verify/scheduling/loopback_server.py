"""A manager's server behind a socket on loopback: `multiprocessing.managers`, as it stands.

Added is what it leaves open. It runs by fork, so that what is registered can be a lambda. It ends
with the process that started it, however that ends (`leash.py`). It says so when it refuses a
client, where only the client would. And a server that cannot listen is an error of its starter's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from multiprocessing import AuthenticationError, get_context
from multiprocessing.managers import BaseManager, Server
from typing import Any

from verify.scheduling.leash import Leash
from verify.scheduling.scheduler import Served


class LoopbackServer:
    """The server as its manager sees it: started by this one, or by another program."""

    def __init__(self, served: Served) -> None:
        kind: type[BaseManager] = type(served.name, (_Manager,), {})
        for typeid, make in served.registered.items():
            kind.register(typeid, callable=make)
        self._manager = kind(served.address, served.authkey, ctx=get_context("fork"))
        self._leash: Leash | None = None

    @property
    def address(self) -> Any:
        """Where it listens."""
        return self._manager.address

    def start(
        self, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()
    ) -> None:
        """Start the process, and wait until it listens."""
        leash = Leash()
        try:
            self._manager.start(_begin, (leash, initializer, tuple(initargs)))
        except BaseException as error:
            leash.cut()
            if isinstance(error, EOFError):
                raise self._why_it_ended() from error
            raise
        self._leash = leash

    def _why_it_ended(self) -> Exception:
        process: Any = self._manager._process  # type: ignore[attr-defined]
        process.join()
        host, port = self.address
        if process.exitcode > 1:
            why = os.strerror(process.exitcode)
            return OSError(process.exitcode, f"no manager can listen at {host}:{port}: {why}")
        return EOFError("the manager's server ended as it began: it has said above why")

    def connect(self) -> None:
        """Become a client of a server that another has started."""
        self._manager.connect()

    def make(self, typeid: str, *args: Any, **kwds: Any) -> Any:
        """Have the server make an object."""
        return getattr(self._manager, typeid)(*args, **kwds)

    def shutdown(self) -> None:
        """End the process that this one has started."""
        if self._leash is not None:
            self._manager.shutdown()
            self._leash.cut()
            self._leash = None


def _begin(
    leash: Leash, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]
) -> None:
    """In the server, before it listens."""
    leash.wear()
    if initializer is not None:
        initializer(*initargs)


class _Server(Server):
    """Tells whoever looks at the server's side what it tells the client alone."""

    def __init__(self, registry: Any, address: Any, authkey: bytes, serializer: str) -> None:
        try:
            super().__init__(registry, address, authkey, serializer)
        except OSError as error:
            sys.exit(error.errno)

    def handle_request(self, conn: Any) -> None:
        overheard: Any = _Overheard(conn, self.address)
        super().handle_request(overheard)


class _Manager(BaseManager):
    _Server = _Server


class _Overheard:
    """A connection of the server's."""

    def __init__(self, connection: Any, address: Any) -> None:
        self._connection = connection
        self._address = address

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def send(self, message: Any) -> None:
        kind, told = message
        if kind == "#TRACEBACK" and AuthenticationError.__name__ in told:
            host, port = self._address
            print(
                f"the manager at {host}:{port} refused a client, whose authkey is not its own",
                file=sys.stderr,
                flush=True,
            )
        self._connection.send(message)
