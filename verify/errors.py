"""The closed set of exceptions.

Whose fault an error is decides what a person is told, so the classes say it:

* the user's program broke a property ........ `PropertyViolated` (carries the report)
* the user's program broke the harness's rules  `Misuse`, `OwnerDied`
* the user asked for something impossible .... `UsageError` and its kinds (exit code 2)
* the program is not a function of its schedule `Nondeterministic` (exit code 4)
* we are wrong ............................... `InternalFault` (exit code 5)

`ShutDown` is the `queue` module's own, which has it from Python 3.13 on.

`TaskKilled` is no error: it unwinds a task that the harness ends, so it is a BaseException
which user code that catches `Exception` does not stop.
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 13):
    from queue import ShutDown as ShutDown
else:

    class ShutDown(Exception):
        """A queue was shut down: nothing is put any more, or nothing is left to be taken."""


class VerifyError(Exception):
    """Base of everything that the harness raises on purpose."""


class InternalFault(VerifyError):
    """A rule of the harness itself was broken: never the user's fault."""


class UsageError(VerifyError):
    """Bad input from a person: one line that names the thing, the cause and the next step."""


class ModelError(UsageError):
    """A model that cannot be loaded or cannot be run to its first choice."""


class TraceError(UsageError):
    """A file that is not a trace this version can read; says what is wrong and where."""


class CheckpointError(UsageError):
    """A file that is not a checkpoint from which this program can go on; says why."""


class Misuse(VerifyError):
    """A model broke a rule of the harness (named in the message, with the cure)."""


class OwnerDied(VerifyError):
    """The object is held by a process that died, so it will never be released.

    `lost` is the lock that a wait let go and could not take back: it is not this task's to release.
    """

    lost: object = None


class Nondeterministic(VerifyError):
    """The same schedule gave another run; the message names the first difference."""


class PropertyViolated(AssertionError):
    """Raised by a model that is called as a test and is refuted, or could not be decided."""


class TaskKilled(BaseException):
    """Unwinds a task that the harness ends; performs no operation on its way out."""
