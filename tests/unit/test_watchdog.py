"""The watchdog of an exploration: it shoots at what hangs, and not at a person who thinks."""

from __future__ import annotations

import threading

import pytest

from verify.exploration.supervision import Supervision
from verify.exploration.watchdog import Stuck, Watchdog
from verify.interrupts import Interrupts
from verify.scheduling.explored import Explored


def hang(watchdog: Watchdog) -> None:
    """No progress, until somebody breaks in or a long time has passed."""
    threading.Event().wait(20 * watchdog._patience)


def test_it_looks_away_while_a_person_thinks() -> None:
    """The same wait outside of `resting` is broken into."""
    watchdog = Watchdog(lambda: 0, patience=0.05)
    with Interrupts(watchdog.raise_if_stuck).caught(), watchdog.watching():
        with watchdog.resting():
            hang(watchdog)
        assert watchdog.place is None
        with pytest.raises(Stuck):
            hang(watchdog)


def test_a_person_sees_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """What the program prints is kept back; between the two, and afterwards, too."""
    supervision = Supervision(Explored(1), "model", ())
    with supervision.on() as printed:
        print("before")
        with supervision.with_a_person():
            print("to the person")
        print("after")
    assert printed.getvalue() == "before\nafter\n"
    assert capsys.readouterr().out == "to the person\n"
