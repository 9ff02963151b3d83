"""An event, built on a condition: a flag, and a line for those who find it down.

`wait` looks at the flag and stands in line under the same lock under which `set` raises it and
wakes everybody, so no `set` comes between the look and the line. This is the one place where `if`
is right and `while` is not: a pulse, `set` and then `clear`, must wake those who sleep. Woken
they need not look again; if they do, the flag is down, and they sleep on.

To try: what does `wait` give if the flag is up, and what if it is not, and a pulse comes?
"""

from __future__ import annotations

import verify

HEADING = "2.6 Event"


class Event:
    """As `verify.Event`."""

    def __init__(self) -> None:
        self.changed = verify.Condition(verify.Lock())
        self.flag = verify.Shared(False)

    def wait(self, timeout: float | None = None) -> bool:
        with self.changed:
            if not self.flag.value:
                return self.changed.wait(timeout)
            return True

    def set(self) -> None:
        with self.changed:
            self.flag.value = True
            self.changed.notify_all()

    def clear(self) -> None:
        with self.changed:
            self.flag.value = False

    def is_set(self) -> bool:
        return self.flag.value


class LooksBeforeTheLock(Event):
    """Looks, and then takes the lock to stand in line."""

    def wait(self, timeout: float | None = None) -> bool:
        if self.flag.value:
            return True
        with self.changed:
            return self.changed.wait(timeout)


class WakesOne(Event):
    """Raises the flag for everybody, and tells one."""

    def set(self) -> None:
        with self.changed:
            self.flag.value = True
            self.changed.notify()


def waiter(event: Event) -> None:
    assert event.wait()


def setter(event: Event) -> None:
    event.set()


def run(*tasks: verify.Thread) -> None:
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def two_waiters_and_a_setter(event: Event) -> None:
    run(
        *(verify.Thread(target=waiter, args=(event,)) for _ in range(2)),
        verify.Thread(target=setter, args=(event,)),
    )
    assert event.is_set()


# The numbers of classes are enumerated without the explorer in tests/counts.


@verify.model(classes=10)
def seen_early_and_late() -> None:
    """Right: those who sleep are woken, those who come late see the flag."""
    two_waiters_and_a_setter(Event())


@verify.model(expect="deadlock", classes=15)
def looks_before_the_lock() -> None:
    """Wrong: the flag goes up between the look and the line, and nobody comes any more."""
    two_waiters_and_a_setter(LooksBeforeTheLock())


@verify.model(expect="deadlock", classes=8)
def wakes_one() -> None:
    """Wrong: two sleep, and one is told."""
    two_waiters_and_a_setter(WakesOne())
