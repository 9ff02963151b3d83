"""The battery: choose, sleep and now. None of them has a footprint."""

from __future__ import annotations

import pytest

import verify


def test_choose_takes_every_option(carry):
    def program():
        return verify.choose("abc")

    carry(program, 3, {"a", "b", "c"})


def test_choices_multiply_and_need_no_order(carry):
    def program():
        picked = [verify.Shared(None), verify.Shared(None)]

        def pick(i):
            picked[i].value = verify.choose(range(i + 2))

        tasks = [verify.Thread(target=pick, args=(i,)) for i in range(2)]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        return picked[0].value, picked[1].value

    # Two options times three: a choice has no footprint.
    carry(program, 6, {(a, b) for a in range(2) for b in range(3)})


def test_choosing_from_nothing(carry):
    def program():
        with pytest.raises(ValueError, match="at least one option"):
            verify.choose([])

    carry(program, 1)


def test_time_passes(carry):
    def program():
        began = verify.now()
        naps = [verify.Thread(target=verify.sleep, args=(length,)) for length in (0.01, 0.02)]
        for nap in naps:
            nap.start()
        for nap in naps:
            nap.join()
        return verify.now() - began >= 0.0199

    # Sleeping has no footprint. The joins come after both, so the longer one has passed.
    carry(program, 1, {True})


def test_virtual_time_is_the_longest_path(exactly):
    def program():
        began = verify.now()
        naps = [verify.Thread(target=verify.sleep, args=(hours * 3600,)) for hours in (1, 2)]
        for nap in naps:
            nap.start()
        for nap in naps:
            nap.join()
        return (verify.now() - began) / 3600

    assert exactly(program, {"ok": 1}) == {2.0}


def test_time_cannot_go_backwards(carry):
    def program():
        with pytest.raises(ValueError, match="non-negative"):
            verify.sleep(-1)

    carry(program, 1)
