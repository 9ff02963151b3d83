"""The battery: Barrier. To arrive is a write, to leave no access: the arrivals make the classes."""

from __future__ import annotations

from math import factorial
from threading import BrokenBarrierError

import pytest

import verify
from tests.schedulers.running import run
from verify.scheduling.scheduler import current


@pytest.mark.parametrize("parties", [1, 2, 3])
def test_nobody_goes_on_before_all_are_there(carry, parties):
    def program():
        barrier = verify.Barrier(parties)
        here = [verify.Shared(False) for _ in range(parties)]
        index = [verify.Shared(None) for _ in range(parties)]

        def arrive(i):
            here[i].value = True
            index[i].value = barrier.wait()
            assert all(share.value for share in here)

        run(*(lambda i=i: arrive(i) for i in range(parties)))
        return tuple(sorted(share.value for share in index))

    carry(program, factorial(parties), {tuple(range(parties))})


def test_it_can_be_used_again(carry):
    def program():
        barrier = verify.Barrier(2)
        sums = [verify.Atomic(0), verify.Atomic(0)]

        def arrive():
            for total in sums:
                total.add(barrier.wait())

        run(arrive, arrive)
        return tuple(total.load() for total in sums)

    # Each of two generations has two orders of arrival, and two of adding up what it returned. All
    # four are free: nobody who leaves waits for the other, who may add to the first sum only after
    # the second arrival.
    carry(program, 16, {(1, 1)})


def test_the_last_runs_the_action_before_anybody_goes_on(carry):
    def program():
        count = verify.Shared(0)

        def action():
            count.value += 1

        barrier = verify.Barrier(2, action)
        seen = [verify.Shared(None), verify.Shared(None)]

        def arrive(i):
            barrier.wait()
            seen[i].value = count.value

        run(lambda: arrive(0), lambda: arrive(1))
        return seen[0].value, seen[1].value

    # Two orders of arrival; what follows is in order, but for two reads.
    carry(program, 2, {(1, 1)})


def test_nobody_comes_in_while_the_action_runs(carry):
    def program():
        count = verify.Shared(0)

        def action():
            count.value += 1

        barrier = verify.Barrier(1, action)
        run(barrier.wait, barrier.wait)
        return count.value

    # Two generations of one, in either order: no update is lost.
    carry(program, 2, {2})


@pytest.mark.parametrize("carry", ["threads", "processes"], indirect=True)
def test_who_comes_while_the_action_runs_is_woken_when_it_ends(carry):
    def program():
        def action():
            if rounds.add(1) == 0:  # the first round lasts until the other task sleeps
                while not any(task.operation == "arrive" for task in current().blocked()):
                    verify.sleep(0.001)

        rounds = verify.Atomic(0)
        barrier = verify.Barrier(1, action)
        run(barrier.wait, barrier.wait)
        return rounds.load()

    carry(program, 2, {2})


def test_an_action_that_raises_breaks_it(carry):
    def program():
        def action():
            raise KeyError("action")

        barrier = verify.Barrier(2, action)
        seen = [verify.Shared(None), verify.Shared(None)]

        def arrive(i):
            try:
                barrier.wait()
            except (KeyError, BrokenBarrierError) as error:
                seen[i].value = type(error).__name__

        run(lambda: arrive(0), lambda: arrive(1))
        assert barrier.broken
        with pytest.raises(BrokenBarrierError):
            barrier.wait()
        return tuple(sorted(share.value for share in seen))

    carry(program, 2, {("BrokenBarrierError", "KeyError")})


def _attempt(barrier, seen, timeout=None):
    try:
        barrier.wait(timeout)
        seen.value = "through"
    except BrokenBarrierError:
        seen.value = "broken"


@pytest.mark.parametrize("where", ["call", "barrier"])
def test_a_time_out_breaks_it(carry, where):
    def program():
        barrier = verify.Barrier(2, timeout=0.001 if where == "barrier" else None)
        with pytest.raises(BrokenBarrierError):
            barrier.wait(0.001 if where == "call" else None)
        broken = [barrier.broken]
        with pytest.raises(BrokenBarrierError):
            barrier.wait()
        barrier.reset()
        return (*broken, barrier.broken, barrier.n_waiting)

    carry(program, 1, {(True, False, 0)})


@pytest.mark.parametrize("acts", [False, True])
def test_a_time_out_beside_an_arrival(carry, acts):
    def program():
        opened = verify.Shared(0)

        def action():
            opened.value = 1

        barrier = verify.Barrier(2, action if acts else None)
        seen = [verify.Shared(None), verify.Shared(None)]
        run(
            lambda: _attempt(barrier, seen[0], 0.001),
            lambda: _attempt(barrier, seen[1]),
        )
        return seen[0].value, seen[1].value

    # The timed one arrives first, and gives up before the other comes, or not; or it arrives last,
    # and need not wait. Both share one fate: while the action runs it is too late to give up.
    carry(program, 3, {("through", "through"), ("broken", "broken")})


def test_a_time_out_breaks_it_for_those_who_wait_for_ever(carry):
    def program():
        barrier = verify.Barrier(3)
        seen = [verify.Shared(None), verify.Shared(None)]
        run(
            lambda: _attempt(barrier, seen[0], 0.001),
            lambda: _attempt(barrier, seen[1]),
        )
        return seen[0].value, seen[1].value

    # The arrivals in either order, then the time-out; or the time-out before the other arrives.
    carry(program, 3, {("broken", "broken")})


def test_abort(carry):
    def program():
        barrier, seen = verify.Barrier(2), verify.Shared(None)
        run(lambda: _attempt(barrier, seen), barrier.abort)
        return seen.value, barrier.broken, barrier.n_waiting

    # Before or after the abort: broken either way.
    carry(program, 2, {("broken", True, 0)})


def test_reset_refuses_those_who_wait(carry):
    def program():
        barrier, seen = verify.Barrier(2), verify.Shared(None)
        run(lambda: _attempt(barrier, seen, 0.001), barrier.reset)
        return seen.value

    # Arrived before the reset, and refused by it, or timed out even before; or arrived after it,
    # and timed out.
    carry(program, 3, {"broken"})


def test_who_comes_after_a_reset_waits_for_the_others(exactly):
    def program():
        barrier, seen = verify.Barrier(2), verify.Shared(None)
        run(lambda: _attempt(barrier, seen), barrier.reset)

    exactly(program, {"ok": 1, "deadlock": 1})


def test_who_has_been_let_go_leaves_whatever_happens(carry):
    def program():
        barrier = verify.Barrier(2)
        seen = [verify.Shared(None), verify.Shared(None)]

        def arrive(i):
            _attempt(barrier, seen[i])
            if i:
                barrier.abort()

        run(lambda: arrive(0), lambda: arrive(1))
        return seen[0].value, seen[1].value

    # Two orders of arrival; the abort comes after both, and nobody's leaving conflicts with it.
    carry(program, 2, {("through", "through")})


def test_somebody_is_left_over(exactly):
    def program():
        barrier = verify.Barrier(2)
        run(*[barrier.wait] * 3)

    # Six orders of arrival; the third waits for ever.
    exactly(program, {"deadlock": 6})


def test_what_can_be_seen_of_it(carry):
    def program():
        barrier = verify.Barrier(3)
        return barrier.parties, barrier.n_waiting, barrier.broken

    carry(program, 1, {(3, 0, False)})


def test_the_number_of_those_who_wait(carry):
    def program():
        barrier, seen = verify.Barrier(2), verify.Shared(None)

        def look():
            seen.value = barrier.n_waiting
            barrier.wait()

        run(barrier.wait, look)
        return seen.value

    # The look comes before the other's arrival, and then both arrive in either order, or after it.
    carry(program, 3, {0, 1})


def test_a_barrier_for_nobody(carry):
    def program():
        with pytest.raises(ValueError, match="parties"):
            verify.Barrier(0)

    carry(program, 1)
