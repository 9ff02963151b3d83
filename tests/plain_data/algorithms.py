"""Mutual exclusion with `verify.Shared`, step by step as tests/idioms has it on plain fields."""

from __future__ import annotations

from collections.abc import Callable

import verify


def _run(enter: Callable[[int], None], leave: Callable[[int], None]) -> None:
    count = verify.Shared(0)

    def work(me: int) -> None:
        enter(me)
        before = count.value
        count.value = before + 1
        leave(me)

    threads = [verify.Thread(target=work, args=(me,)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.value == 2


def _two(value: object) -> list[verify.Shared[object]]:
    return [verify.Shared(value), verify.Shared(value)]


def peterson() -> None:
    wants, turn = _two(False), verify.Shared(0)

    def enter(me: int) -> None:
        other = 1 - me
        wants[me].value = True
        turn.value = other
        while wants[other].value and turn.value == other:
            pass

    def leave(me: int) -> None:
        wants[me].value = False

    _run(enter, leave)


def dekker() -> None:
    wants, turn = _two(False), verify.Shared(0)

    def enter(me: int) -> None:
        other = 1 - me
        wants[me].value = True
        while wants[other].value:
            if turn.value != me:
                wants[me].value = False
                while turn.value != me:
                    pass
                wants[me].value = True

    def leave(me: int) -> None:
        turn.value = 1 - me
        wants[me].value = False

    _run(enter, leave)


def bakery() -> None:
    choosing, number = _two(False), _two(0)

    def enter(me: int) -> None:
        other = 1 - me
        choosing[me].value = True
        number[me].value = 1 + number[other].value  # type: ignore[operator]
        choosing[me].value = False
        while choosing[other].value:
            pass
        while number[other].value and (number[other].value, other) < (number[me].value, me):  # type: ignore[operator]
            pass

    def leave(me: int) -> None:
        number[me].value = 0

    _run(enter, leave)


def ticket_lock() -> None:
    machine, following, called = verify.Lock(), verify.Shared(0), verify.Shared(0)

    def enter(me: int) -> None:
        with machine:
            number = following.value
            following.value = number + 1
        while called.value != number:
            pass

    def leave(me: int) -> None:
        called.value += 1

    _run(enter, leave)
