"""pykka 4.5.0: whoever asks an actor that stops may wait for ever.

**Promise.** A message that is sent to an actor after it was asked to stop is answered with
`ActorDeadError`, once it has stopped.

**Bug.** `ask` looks whether the actor lives, and then puts its message into the inbox. Between the
two the actor can stop, and answer all that is in the inbox: what comes then is read by nobody.

**What the explorer shows.** A deadlock: the asker waits for an answer from a thread that has ended.
With a timeout it would have got a `Timeout` for an answer; without one, which is the default, none.
"""

from __future__ import annotations

from contextlib import suppress

from pykka import ActorDeadError, ThreadingActor
from together import together


class Echo(ThreadingActor):  # type: ignore[misc]
    def on_receive(self, message: str) -> str:
        return message


def asked_as_it_stops() -> None:
    actor = Echo.start()

    def ask() -> None:
        with suppress(ActorDeadError):
            assert actor.ask("hello") == "hello"

    together(ask, actor.stop)
