"""Dice: the harness's own random numbers, seeded, and the same whatever is being explored.

A class of its own, so that they are told from those of the program that is explored.
"""

from __future__ import annotations

from random import Random


class Dice(Random):
    """A generator of random numbers."""
