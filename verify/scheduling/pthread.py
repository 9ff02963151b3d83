"""The C library's robust mutexes and semaphores, through ctypes, on memory that processes share.

A robust mutex is the one lock whose owner's death others notice: whoever takes it next is told
(EOWNERDEAD). Its first word is the kernel's futex word, which holds the owner's thread id and
loses it when that thread dies, however it dies (Linux, Documentation/locking/robust-futex-ABI).
So *is the owner alive* is one read of memory: no signal, no pid that could have been reused.

Calls that never wait keep the interpreter lock (PyDLL), which costs a third of letting it go;
calls that may wait let it go (CDLL). Mutexes check for errors, so that an interrupted task can
take or free one twice without harm. All functions but `unlock` return C's error numbers. Those of
semaphores take an address, those of mutexes what `mutex_at` makes of one, once: to make a pointer
of a number in each call takes a third of its time. A bare number would be cut in half there.
"""

from __future__ import annotations

import ctypes
import mmap
import threading
import time
from functools import cache
from typing import Any

from verify.errors import UsageError

MUTEX_BYTES = 48
SEMAPHORE_BYTES = 32

OWNER = 0x3FFF_FFFF
"""The bits of a mutex's first word that hold the thread id of a living owner."""

TAKEN = 0xFFFF_FFFF
"""The bits of that word that are all 0 only in a mutex which nobody holds or has died holding."""

_SHARED = 1
_ROBUST = 1
_ERROR_CHECK = 2
_CLOCK_MONOTONIC = 1

KEEPING = (
    "pthread_mutexattr_init",
    "pthread_mutexattr_setpshared",
    "pthread_mutexattr_setrobust",
    "pthread_mutexattr_settype",
    "pthread_mutex_init",
    "pthread_mutex_trylock",
    "pthread_mutex_unlock",
    "pthread_mutex_consistent",
    "sem_init",
    "sem_post",
    "sem_trywait",
)
"""Functions that never wait."""

WAITING = ("pthread_mutex_lock", "sem_clockwait")


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


def mutex_at(address: int) -> Any:
    """The mutex at an address, as the functions of mutexes take it."""
    return ctypes.byref(ctypes.c_char.from_address(address))


class Pthread:
    """The functions, bound once. UsageError on a platform that lacks any of them."""

    def __init__(self) -> None:
        keeping, waiting = ctypes.PyDLL(None), ctypes.CDLL(None)
        for library, names in ((keeping, KEEPING), (waiting, WAITING)):
            for name in names:
                if not hasattr(library, name):
                    raise UsageError(_without(f"the C library has no {name}"))
        if ctypes.sizeof(ctypes.c_void_p) != 8 or ctypes.sizeof(ctypes.c_long) != 8:
            raise UsageError(_without("it is not a 64-bit platform"))
        for name in ("sem_post", "sem_trywait"):
            getattr(keeping, name).argtypes = [ctypes.c_void_p]
        self.trylock = keeping.pthread_mutex_trylock
        self.unlock = keeping.pthread_mutex_unlock
        self.unlock.restype = None
        self.post = keeping.sem_post
        self.try_wait = keeping.sem_trywait
        self.lock = waiting.pthread_mutex_lock
        self._consistent = keeping.pthread_mutex_consistent
        self._mutex_init = keeping.pthread_mutex_init
        self._semaphore_init = keeping.sem_init
        self._clockwait = waiting.sem_clockwait
        self._attributes = ctypes.create_string_buffer(64)
        if (
            keeping.pthread_mutexattr_init(self._attributes)
            or keeping.pthread_mutexattr_setpshared(self._attributes, _SHARED)
            or keeping.pthread_mutexattr_setrobust(self._attributes, _ROBUST)
            or keeping.pthread_mutexattr_settype(self._attributes, _ERROR_CHECK)
        ):
            raise UsageError(_without("its mutexes are not both robust and shared"))
        self._check_owner_word()

    def _check_owner_word(self) -> None:
        """Everything rests on where the owner's thread id stands, so look once."""
        with mmap.mmap(-1, mmap.PAGESIZE) as memory:
            word = ctypes.c_uint32.from_buffer(memory)
            mutex = mutex_at(ctypes.addressof(word))
            self.new_mutex(mutex)
            self.trylock(mutex)
            found = word.value & OWNER
            self.unlock(mutex)
            del word
        if found != threading.get_native_id():
            raise UsageError(_without("its mutexes do not name their owner"))

    def new_mutex(self, mutex: Any) -> None:
        """Make a free mutex of its `MUTEX_BYTES`."""
        ctypes.memset(mutex, 0, MUTEX_BYTES)
        self._mutex_init(mutex, self._attributes)

    def new_semaphore(self, address: int) -> None:
        """Make a semaphore of the `SEMAPHORE_BYTES` at an address; its count is 0."""
        self._semaphore_init(ctypes.c_void_p(address), _SHARED, 0)

    def make_consistent(self, mutex: Any) -> None:
        """After EOWNERDEAD: the mutex, held now, becomes an ordinary one again."""
        self._consistent(mutex)

    def wait(self, semaphore: int, until: float) -> None:
        """Sleep until posted, interrupted, or `time.monotonic()` is `until`: the caller looks."""
        moment = _Time(int(until), int(until % 1.0 * 1e9))
        self._clockwait(ctypes.c_void_p(semaphore), _CLOCK_MONOTONIC, ctypes.byref(moment))


@cache
def pthread() -> Pthread:
    """This process's binding. UsageError on a platform without robust mutexes."""
    return Pthread()


def clock() -> float:
    """The clock that `wait` sleeps by, in seconds."""
    return time.monotonic()


def _without(cause: str) -> str:
    return (
        f"real processes cannot share objects on this platform ({cause}): explore the program, "
        "or stress it on threads; both work here"
    )
