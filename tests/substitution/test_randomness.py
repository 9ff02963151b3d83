"""`random`, explored: the same numbers in each execution, others in each task."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from random import randint
from typing import Any

from tests.substitution.exploring import outcomes
from verify import explore

Say = Callable[[Any], None]

SEEDED = random.Random(42)
SEEDED.random()
UNSEEDED = random.Random()


def drawn(generator: Any) -> tuple[Any, ...]:
    """Something by each way of drawing."""
    numbers = list(range(10))
    generator.shuffle(numbers)
    return (
        generator.random(),
        generator.gauss(0, 1),
        generator.gauss(0, 1),
        generator.randrange(1000),
        generator.choice(numbers),
        tuple(numbers),
        generator.randbytes(4),
    )


def test_every_execution_draws_the_same() -> None:
    def program(say: Say) -> None:
        other = threading.Thread(target=lambda: randint(0, 1_000_000))
        other.start()
        say(tuple(drawn(one) for one in (random, random.Random(), SEEDED, UNSEEDED)))
        other.join()

    assert len(outcomes(program)) == 1


def test_a_seed_means_what_it_means() -> None:
    def program(say: Say) -> None:
        random.seed(7)
        assert drawn(random) == drawn(random.Random(7))
        say(drawn(random.Random(7)))
        say(drawn(SEEDED))

    as_ever = random.Random(42)
    as_ever.random()
    assert outcomes(program) == {drawn(random.Random(7)), drawn(as_ever)}


def test_generators_from_before_are_left_as_they_were() -> None:
    states = [random.getstate(), SEEDED.getstate(), UNSEEDED.getstate()]
    outcomes(lambda say: say(drawn(random) + drawn(SEEDED) + drawn(UNSEEDED)))
    assert states == [random.getstate(), SEEDED.getstate(), UNSEEDED.getstate()]


def test_tasks_draw_from_streams_of_their_own() -> None:
    def program(say: Say) -> None:
        shared = random.Random(1)
        found: dict[int, Any] = {}

        def draw(key: int) -> None:
            found[key] = (random.random(), shared.random(), SEEDED.random())

        tasks = [threading.Thread(target=draw, args=(key,)) for key in range(2)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        draw(2)
        assert len({number for numbers in found.values() for number in numbers}) == 9
        say(tuple(found[key] for key in sorted(found)))

    assert len(outcomes(program)) == 1


def test_the_harness_draws_its_own_numbers() -> None:
    """A random strategy still takes another way each time."""

    def program() -> None:
        tasks = [threading.Thread(target=random.random) for _ in range(3)]
        order.append([])
        ways = threading.Lock()

        def note(key: int) -> None:
            with ways:
                order[-1].append(key)

        tasks = [threading.Thread(target=note, args=(key,)) for key in range(3)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()

    order: list[list[int]] = []
    explore(program, strategy="random", max_executions=60)
    assert len({tuple(way) for way in order}) == 6


def test_what_the_system_gives_is_left_alone() -> None:
    assert len(outcomes(lambda say: say(random.SystemRandom().random()))) > 1
