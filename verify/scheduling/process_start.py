"""Starting an operating system's process that runs one Python object's `main`.

`fork_to` copies the calling process; closures simply go with it. `spawn_to` starts a fresh
interpreter and sends it the object pickled: by the standard library's own means, so that whatever
`multiprocessing` can pass to a spawned child can be passed here, but without its resource tracker,
a process that would stay behind (nothing here has a name that could leak).
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from multiprocessing import context, reduction, spawn, util
from multiprocessing.popen_spawn_posix import Popen
from typing import Any, NoReturn, Protocol

from verify.errors import Misuse
from verify.scheduling.signalling import be_terminable, terminable


class Main(Protocol):
    """What a new process does."""

    def main(self) -> int:
        """Run; returns the exit code. Must not raise."""


class _Spawning:
    """What pickling asks of the process that is being started: which descriptors it gets."""

    DupFd = Popen.DupFd

    def __init__(self) -> None:
        self.descriptors: list[int] = []

    def duplicate_for_child(self, descriptor: int) -> int:
        self.descriptors.append(descriptor)
        return descriptor


_IN_CHILD = (
    "import os, pickle; from multiprocessing import spawn; stream = os.fdopen({}, 'rb'); "
    "spawn.prepare(pickle.load(stream)); child = pickle.load(stream); stream.close(); "
    "os._exit(child.main())"
)


def fork_to(child: Main) -> int:
    """Start a copy of this process that runs `child.main()`; its pid.

    SIGTERM ends the copy from its first moment on, whatever it does to this process.
    """
    _flush()
    with terminable():
        pid = os.fork()
        if pid == 0:
            be_terminable()
            _run(child)
    return pid


def _run(child: Main) -> NoReturn:
    code = 1
    try:
        code = child.main()
    finally:
        os._exit(code)


def spawn_to(child: Main, name: str) -> int:
    """Start a fresh interpreter that runs `child.main()`; its pid.

    Misuse, before anything is started, if the object cannot be pickled.
    """
    spawning = _Spawning()
    data = spawn.get_preparation_data(name)
    data.pop("authkey", None)
    stream = io.BytesIO()
    context.set_spawning_popen(spawning)  # type: ignore[arg-type]
    try:
        pickle.dump(data, stream)
        reduction.dump(child, stream)
    except (pickle.PicklingError, AttributeError, TypeError, RuntimeError) as error:
        raise Misuse(
            f"{name} cannot be sent to a spawned process ({error}): make its target a function of "
            "a module and its arguments picklable, or start processes with fork"
        ) from error
    finally:
        context.set_spawning_popen(None)
    _flush()
    reading, writing = os.pipe()
    try:
        pid: int = util.spawnv_passfds(
            os.fsencode(spawn.get_executable()),
            [*_interpreter(), "-c", _IN_CHILD.format(reading)],
            [*spawning.descriptors, reading],
        )
        os.close(reading)
        reading = -1
        with os.fdopen(writing, "wb", closefd=False) as pipe:
            pipe.write(stream.getbuffer())
    except BrokenPipeError:
        pass  # it died as it was born: everybody will see that
    finally:
        os.close(writing)
        if reading >= 0:
            os.close(reading)
    return pid


def _interpreter() -> list[bytes | str]:
    options: list[Any] = util._args_from_interpreter_flags()  # type: ignore[attr-defined]
    return [os.fsencode(spawn.get_executable()), *options]


def _flush() -> None:
    """What stands in the buffers now must not be written a second time by the child."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
