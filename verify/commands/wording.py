"""Wording: numbers and times as a person reads them."""

from __future__ import annotations


def spelled(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}".replace(",", " ")


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number and what it counts."""
    return f"{spelled(number)} {noun if number == 1 else plural or noun + 's'}"


def seconds(value: float) -> str:
    """A duration, with no more digits than matter."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:.{digits}f} s"


def about(value: float) -> str:
    """A duration that is known but roughly, from seconds to years."""
    for size, name in ((365 * 86_400, "years"), (86_400, "days"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{spelled(round(value / size))} {name}"
    return f"{value:.0f} s"
