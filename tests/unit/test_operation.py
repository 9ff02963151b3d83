"""What an operation is: its kind, what it does and touches, and which depend on each other."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from verify.operation import (
    EVERY_LANE,
    EVERYONE,
    FIRST_LANE,
    NOBODY,
    NOTHING,
    READ,
    WRITE,
    Effect,
    Footprint,
    Kind,
    Lane,
    Operation,
    Outcome,
    States,
    Wake,
    as_reads,
    bits,
    carry_out,
    conflicts,
)
from verify.scheduling.task_table import BY_NAME


def is_free(states: States, task: int, argument: Any) -> bool:
    return states[0] is None


def take(states: States, task: int, argument: Any) -> Outcome:
    return "taken", (task,)


def put_both(states: States, task: int, argument: Any) -> Outcome:
    return argument, (argument, argument)


def tell(states: States, task: int, argument: Any) -> Outcome:
    return states[0], states


def leave_second(states: States, task: int, argument: Any) -> Outcome:
    return "gave up", (states[0], task)


TAKE = Kind("take", take, ready=is_free)
LOOK = Kind("look", tell, footprint=(READ,))


def test_bits() -> None:
    assert bits(0) == []
    assert bits(0b1011001) == [0, 3, 4, 6]
    assert bits(1 << 100) == [100]


def test_what_is_not_said_of_a_kind() -> None:
    """It writes its one object, is always possible, wakes nobody by itself, and its sleepers, had
    it any, would stand in one line; a person wants to see neither argument nor result."""
    kind = Kind("put", take)
    assert (kind.name, repr(kind), kind.step) == ("put", "<operation put>", take)
    assert kind.footprint == (WRITE,)
    assert kind.always
    assert kind.ready((1,), 0, None) is True
    assert kind.may_give_up((1,), 0, None) is True
    assert kind.give_up((1,), 0, None) == (False, (1,))
    assert kind.queue((1,), 0) == FIRST_LANE == Lane(position=0, number=0)
    assert kind.shown(5) == 5
    assert (kind.reads_if, kind.wakes, kind.waits_for) == (None, None, None)
    said = (kind.shows_argument, kind.shows_result, kind.looks_at_an_end)
    assert said == (False, False, False)
    assert (kind.local, kind.steady, kind.plain) == (False, False, False)
    assert LOOK.glances


def test_what_is_said_of_a_kind() -> None:
    def some(*given: Any) -> Any:
        return given

    kind = Kind(
        "all",
        take,
        ready=some,
        give_up=tell,
        may_give_up=some,
        footprint=(READ, WRITE),
        reads_if=some,
        wakes=some,
        queue=some,
        waits_for=some,
        shows_argument=True,
        shows_result=True,
        looks_at_an_end=True,
        local=True,
        steady=True,
        compares=True,
        plain=True,
        shown=some,
    )
    assert (kind.step, kind.give_up, kind.footprint) == (take, tell, (READ, WRITE))
    for function in (kind.ready, kind.may_give_up, kind.reads_if, kind.wakes, kind.queue):
        assert function is some
    assert (kind.waits_for, kind.shown) == (some, some)
    assert not kind.always
    assert kind.shows_argument and kind.shows_result and kind.looks_at_an_end
    assert kind.local and kind.steady and kind.plain


def test_looks_and_glances() -> None:
    """It may be a look if it writes nothing, or nothing sometimes; it is a glance if it needs no
    guard for that: at one object, always possible, and without code of the user's."""
    footprints = [(READ,), (WRITE,), (READ, READ), (READ, WRITE), (WRITE, WRITE), (NOTHING,)]
    for footprint in footprints:
        for guarded, sometimes, compares in itertools.product((False, True), repeat=3):
            more: dict[str, Any] = {"ready": is_free} if guarded else {}
            if sometimes:
                more["reads_if"] = is_free
            kind = Kind("look", tell, footprint=footprint, compares=compares, **more)
            looks = sometimes or WRITE not in footprint
            assert kind.looks is looks
            alone = len(footprint) == 1
            assert kind.glances is (looks and alone and not guarded and not compares)


def test_an_operation_names_what_it_needs() -> None:
    operation = Operation(TAKE, ("cell",), "argument")
    assert (operation.kind, operation.cells, operation.argument) == (TAKE, ("cell",), "argument")
    assert repr(operation) == "<take>"
    assert Operation(TAKE, ()).argument is None


def test_who_is_woken() -> None:
    """Everybody are more than there can ever be; all lanes are none of the lanes, and no sleeper
    that stands in none either; nobody is nobody."""
    assert EVERYONE > 10**15
    assert EVERY_LANE < BY_NAME
    assert Wake(None, 0, ()) == NOBODY


def test_success() -> None:
    effect = carry_out(TAKE, (None,), 7, None)
    assert (effect.before, effect.result, effect.error) == ((None,), "taken", None)
    assert (effect.states, effect.accesses, effect.gave_up) == ((7,), (WRITE,), False)


def test_a_success_that_only_looks() -> None:
    """So it says itself, of the states that it finds; a part that it never touches stays one."""
    kind = Kind("put", put_both, footprint=(WRITE, NOTHING), reads_if=is_free)
    assert carry_out(kind, (None, 1), 0, None).accesses == (READ, NOTHING)
    assert carry_out(kind, (2, 1), 0, None).accesses == (WRITE, NOTHING)
    assert carry_out(LOOK, (2,), 0, None).accesses == (READ,)


def test_in_vain() -> None:
    """It has looked at what it would have written; what it does instead may be to write."""
    effect = carry_out(TAKE, (3,), 7, None)
    assert (effect.result, effect.error, effect.states) == (False, None, (3,))
    assert (effect.accesses, effect.gave_up) == ((READ,), True)
    kind = Kind("wait", put_both, ready=is_free, give_up=leave_second, footprint=(WRITE, WRITE))
    effect = carry_out(kind, (3, 4), 7, None)
    assert (effect.result, effect.states) == ("gave up", (3, 7))
    assert (effect.accesses, effect.gave_up) == ((NOTHING, WRITE), True)


def test_in_vain_where_a_success_might_only_look() -> None:
    """What a success would be does not matter where there is none."""
    kind = Kind("wait", put_both, ready=is_free, give_up=leave_second, reads_if=lambda *_: True)
    assert carry_out(kind, (3, 4), 7, None).accesses == (NOTHING, WRITE)


def test_a_step_that_raises() -> None:
    def fail(states: States, task: int, argument: Any) -> Outcome:
        raise ValueError(argument)

    effect = carry_out(Kind("fail", fail, reads_if=lambda *_: False), (1,), 0, "why")
    assert isinstance(effect.error, ValueError)
    assert (effect.result, effect.states, effect.accesses) == (None, (1,), (READ,))
    assert effect.gave_up is False


def test_giving_up_forgets_no_object() -> None:
    """A kind that leaves fewer states than it found is wrong, and that is not passed over."""
    kind = Kind("lose", take, ready=is_free, give_up=lambda states, task, argument: (0, states[:1]))
    with pytest.raises(ValueError, match="zip"):
        carry_out(kind, (1, 2), 0, None)


def test_an_effect_keeps_what_it_is_given() -> None:
    error = ValueError()
    effect = Effect((1,), 2, error, (3,), (READ,), True)
    kept = (effect.before, effect.result, effect.error, effect.states, effect.accesses)
    assert kept == ((1,), 2, error, (3,), (READ,))
    assert effect.gave_up is True


def test_as_reads() -> None:
    assert as_reads((WRITE, READ, NOTHING)) == (READ, READ, NOTHING)


def test_conflicts() -> None:
    """Against the definition, object by object: both touch it, and one of them writes it. All pairs
    of what two operations may do to two objects."""
    assert (Footprint().reads, Footprint().writes) == (0, 0)
    for a, b, c, d in itertools.product(range(4), repeat=4):
        one, other = Footprint(a, b), Footprint(c, d)
        at = [
            bool((a | b) >> number & 1 and (c | d) >> number & 1 and (b | d) >> number & 1)
            for number in (0, 1, 2)
        ]
        assert [one.conflicts_at(other, number) for number in (0, 1, 2)] == at
        assert conflicts(one, other) is any(at)
