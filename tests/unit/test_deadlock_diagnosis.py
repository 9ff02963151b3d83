"""Why nothing moves, in English.

Each program in deadlocking.py and locking.py can go wrong in one way; what has to be said follows
from its source. The turns are written by hand, so that the run is the same whatever the strategies
do. Where none are given, the plainest run (one task after the other, in start order) deadlocks
already.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit import deadlocking, locking
from tests.unit.turns import places, trace_along
from verify.scheduling.explored import Explored
from verify.sync.shared import Shared
from verify.traces.recording import record_on

AT = {**places(Path(deadlocking.__file__)), **places(Path(locking.__file__))}


def line(mark: str) -> str:
    """A line of a file that has just been named."""
    return f"line {AT[mark].rpartition(':')[2]}"


def diagnosis(program: Callable[[], object], turns: list[str] | None = None) -> str:
    """What is said of a run that must end in a deadlock."""
    trace = trace_along(program, turns or [])
    assert trace.kind == "deadlock"
    return trace.diagnosis


STARTS = ["main"] * 4


def test_the_notify_that_woke_the_wrong_task_is_named() -> None:
    # Both consumers sleep (3 events each). producer-1 fills the buffer, and its notify wakes
    # consumer-1, first in line (6 events). producer-2 finds it full and sleeps behind consumer-2.
    # consumer-1 empties the buffer, and its notify wakes consumer-2, who finds nothing.
    turns = [*STARTS, *["consumer-1"] * 3, *["consumer-2"] * 3, *["producer-1"] * 5]
    turns += [*["producer-2"] * 3, *["consumer-1"] * 5, *["consumer-2"] * 3]
    assert diagnosis(deadlocking.one_condition, turns) == (
        "Everyone is asleep and nobody is left to wake them. "
        f"The notify by consumer-1 at {AT['consumer notifies']} woke consumer-2, whose condition "
        "(count.value != 0) was false; producer-2, whose condition (count.value != 1) is true, "
        "was not woken. notify_all(), or one Condition for each predicate, would do."
    )


def test_the_wrong_task_with_three_against_one_plain_state_and_wait_for() -> None:
    # The guest sleeps, then takes each loaf in between. At the end baker-3 stands in line before
    # the guest, so that the notify of baker-2, who fills the shelf, wakes baker-3.
    turns = [*STARTS, *["baker-1"] * 3, *["baker-2"] * 2, *["baker-3"] * 2, *["guest-1"] * 5]
    text = diagnosis(deadlocking.three_bakers, turns)
    assert (
        f"The notify by baker-2 at {AT['baker notifies']} woke baker-3, whose condition "
        "(len(self.loaves) < self.__room) was false; guest-1, whose condition (self.loaves) is "
        "true, was not woken." in text
    )


@pytest.mark.parametrize(
    ("program", "mark", "goes_on"),
    [
        (deadlocking.changed_semaphore, "consumer releases", "count.value != 0"),
        (
            deadlocking.changed_semaphore_endless_loop,
            "consumer releases in a loop",
            "count.value > 0",
        ),
    ],
)
def test_a_permit_that_the_wrong_task_took(
    program: Callable[[], object], mark: str, goes_on: str
) -> None:
    # producer-1 fills and leaves a permit (5 events); producer-2 finds the buffer full, takes the
    # permit, looks once more and sleeps (7); consumer-1 empties it and leaves a permit (5);
    # consumer-2 finds nothing, takes that permit, looks once more and sleeps (7), although now
    # there is room for producer-2.
    turns = [*STARTS, *["producer-1"] * 5, *["producer-2"] * 7, *["consumer-1"] * 5]
    text = diagnosis(program, [*turns, *["consumer-2"] * 7])
    assert f"The release by consumer-1 at {AT[mark]} gave a permit to consumer-2" in text
    assert (
        f"whose condition ({goes_on}) was false; producer-2, whose condition (count.value" in text
    )
    assert text.endswith("is true, got none. A semaphore for each predicate would do.")


def test_wake_one_leaves_sleepers_beside_data() -> None:
    # Three servers look and sleep; one delivery of three units wakes the first, who takes one.
    assert diagnosis(deadlocking.wake_one) == (
        "Everyone is asleep and nobody is left to wake them. server-2 and server-3 sleep on door "
        f"at {AT['servers wait']}, though 2 of its data are ready. The deliver by client-1 at "
        f"{AT['client delivers']} woke server-1 alone, which did not take everything. Taking "
        "everything, waking all, or passing the wake-up on would do."
    )


def test_a_notify_that_came_before_the_wait() -> None:
    # The waiter looks (not ready), the setter sets and notifies nobody, the waiter goes to sleep.
    turns = ["main", "main", "waiter-1", *["setter-1"] * 4]
    text = diagnosis(deadlocking.notify_before_wait, turns)
    assert text == (
        f"waiter-1 sleeps on cond at {AT['waiter waits']}, though its condition (ready.value) is "
        "true, and nobody is left to wake it. No notify came after it began to wait; the notify by "
        f"setter-1 at {AT['setter notifies']} came before and found nobody waiting. Testing the "
        "state in a while loop, under the lock, before waiting would do."
    )


def test_a_wait_that_tests_nothing() -> None:
    text = diagnosis(deadlocking.wait_without_test)
    assert text.startswith(f"waiter-1 sleeps on cond at {AT['untested wait']}, and nobody is left")
    assert f"setter-1 at {AT['untested notify']} came before and found nobody waiting" in text


def test_a_notify_on_the_wrong_condition() -> None:
    # get sleeps first (3 events), then put counts, but notifies the other condition.
    text = diagnosis(deadlocking.wrong_condition, ["main", "main", "get-1", "get-1", "get-1"])
    assert f"not_empty at {AT['get waits']}, though its condition (count.value != 0)" in text
    assert "Nobody ever notified not_empty." in text
    assert text.endswith(
        f"A notify on not_empty after the set by put-1 at {AT['put counts']} would do."
    )


def test_a_right_wake_up_is_not_accused() -> None:
    # Two getters, one item: the notify woke getter-1, who took it. Nothing is wrong with that.
    turns = ["main"] * 3 + ["getter-1"] * 3
    assert diagnosis(deadlocking.one_item_too_few, turns) == (
        f"getter-2 sleeps on cond at {AT['getter waits']} for count.value > 0 and True, which is "
        "false, and nobody is left to wake it. The last notify, by putter-1 at "
        f"{AT['putter notifies']}, woke getter-1. Nobody is left to make it true. Doing so, and "
        "notifying, would do."
    )


def test_who_changed_something_and_came_back_is_not_accused() -> None:
    # getter-1 and watcher-1 sleep (3 events each). The notify wakes getter-1, who takes, counts and
    # sleeps again: what is missing is a notify after it counted.
    turns = ["main"] * 3 + ["getter-1"] * 3 + ["watcher-1"] * 3
    text = diagnosis(deadlocking.changed_and_came_back, turns)
    assert "was false" not in text
    assert f"A notify on cond after the set by getter-1 at {AT['getter counts']} would do." in text


def test_who_fell_asleep_later_was_not_passed_over() -> None:
    # The notify of poker-1 woke early-1 in vain, but when it came late-1 was not asleep yet.
    turns = ["main"] * 4 + ["early-1"] * 3 + ["poker-1"] * 3 + ["early-1"] * 3 + ["late-1"] * 3
    text = diagnosis(deadlocking.fell_asleep_later, turns)
    assert "was not woken" not in text
    assert f"A notify on cond after the set by setter-1 at {AT['setter sets y']} would do." in text


def test_a_pulse_that_came_too_early() -> None:
    text = diagnosis(deadlocking.pulse)
    assert text.startswith(f"waiter-1 sleeps on go at {AT['waiter sleeps']}, and nobody is left")
    assert (
        f"The set by pulser-1 at {AT['pulser sets']} came before it began to wait and was undone "
        f"by the clear by pulser-1 at {AT['pulser clears']}" in text
    )


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (deadlocking.never_set, "wait-1 sleeps on go, and nobody is left to wake it. Nobody ever"),
        (
            deadlocking.empty_queue,
            f"cook-1 waits at {AT['cook gets']} for an item from orders, which is empty, and "
            "nobody is left to put one.",
        ),
        (
            deadlocking.full_queue,
            f"waiter-1 waits at {AT['waiter puts']} for room in orders, which is full, and nobody "
            "is left to take an item.",
        ),
        (
            deadlocking.unfinished_queue,
            f"waiter-1 waits at {AT['waiter joins']} until every item of orders is done, but 1 "
            "never will be.",
        ),
        (
            deadlocking.short_barrier,
            f"walker-1 and walker-2 wait at {AT['walker waits']} for gate to fill: only 2 came,",
        ),
        (
            deadlocking.signals_once,
            f"worker-2 waits for a permit of signal at {AT['worker acquires']}, and nobody is left "
            f"to wake it. The last release, by boss-1 at {AT['boss releases']}, gave a permit, but "
            f"worker-1 took the last one at {AT['worker acquires']}.",
        ),
    ],
)
def test_what_a_sleeper_waits_for_in_vain(program: Callable[[], object], said: str) -> None:
    text = diagnosis(program)
    assert said in text
    assert text.endswith((" would do.", " must reach it."))


@pytest.mark.parametrize(
    ("program", "sort", "semaphore"),
    [
        (locking.crossed, "lock", ""),
        (locking.crossed_semaphores, "semaphore", "semaphore "),
    ],
)
def test_a_cycle_of_two(program: Callable[[], object], sort: str, semaphore: str) -> None:
    # Each takes its first, then wants the other's.
    left = line(f"left takes {semaphore}a"), AT[f"left wants {semaphore}b"]
    right = line(f"right takes {semaphore}b"), AT[f"right wants {semaphore}a"]
    assert diagnosis(program, ["main", "main", "left-1", "right-1"]) == (
        "They wait for one another in a cycle: "
        f"left-1 waits for right-1 on {sort} b ({left[1]}, held since {right[0]}) and "
        f"right-1 waits for left-1 on {sort} a ({right[1]}, held since {left[0]}). "
        "Taking a and b in the same order everywhere would do."
    )


def test_a_cycle_of_three_goes_round_from_the_first() -> None:
    turns = ["main"] * 3 + ["philosopher-1", "philosopher-2", "philosopher-3"]
    text = diagnosis(locking.philosophers, turns)
    steps = [
        f"philosopher-{a} waits for philosopher-{b} on lock" for a, b in [(1, 2), (2, 3), (3, 1)]
    ]
    assert [text.index(step) for step in steps] == sorted(text.index(step) for step in steps)
    assert [f"lock forks[{i}] (" in text for i in range(3)] == [True] * 3


def test_a_join_can_close_a_cycle() -> None:
    assert diagnosis(locking.join_under_lock) == (
        "They wait for one another in a cycle: "
        f"main waits for worker-1 to end ({AT['main joins']}) and worker-1 waits for main on lock "
        f"({AT['worker wants the lock']}, held since {line('main takes the lock')}). "
        "Letting go of the lock before joining would do."
    )


def test_a_lock_that_its_owner_wants_again() -> None:
    assert diagnosis(locking.twice) == (
        f"outer-1 waits for itself: it acquires lock guard at {AT['inner wants']}, which it has "
        f"held since {AT['outer takes']}. An RLock would do."
    )


def test_a_lock_whose_holder_has_ended() -> None:
    assert diagnosis(locking.left_held) == (
        f"waiter-1 waits at {AT['waiter wants']} for lock guard, which leaver-1 took at "
        f"{AT['leaver takes']} and had not released when it ended. Taking it with `with guard:` "
        "would do."
    )


def test_a_sleeper_that_holds_what_others_need() -> None:
    assert diagnosis(locking.sleeps_with_lock) == (
        f"waiter-1 sleeps on cond at {AT['waiter sleeps with outer']} for ready.value, which is "
        f"false, while it holds outer, for which setter-1 at {AT['setter wants outer']} waits: who "
        "could wake it cannot get there. Letting go of outer before going to sleep would do."
    )


def test_a_semaphore_for_signalling_has_no_holder() -> None:
    # `mutex` is given back where it is taken, `room` by the other task: so the producer does not
    # wait for itself, though it took the last permit of `room`.
    text = diagnosis(locking.sleeps_with_mutex)
    assert text.startswith(f"producer-1 waits for a permit of room at {AT['producer wants room']},")
    assert f"while it holds mutex, for which consumer-1 at {AT['consumer wants mutex']}" in text


@pytest.mark.parametrize(
    "program",
    [
        locking.predicate_with_side_effect,
        locking.predicate_that_raises,
        locking.predicate_of_stale_variable,
    ],
)
def test_what_cannot_be_known_is_not_claimed(program: Callable[[], object]) -> None:
    text = diagnosis(program)
    assert "is true" not in text
    assert "is false" not in text
    assert "was false" not in text


def test_evaluating_predicates_leaves_the_program_as_it_was() -> None:
    # The predicate was called once, when the wait began: it counted to 1. Looking whether it holds
    # now would count again, and is refused.
    engine = Explored(1000, recording=True)
    record_on(
        engine,
        locking.predicate_with_side_effect,
        lambda view: (view.enabled[0], 0),
        "program",
        {},
    )
    assert [cell.state for cell in engine.cells if cell.of is Shared] == [1]


WAITING = """
import verify

def waits():
    condition, count = verify.Condition(), verify.Shared(0)
    with condition:
        while {test}:
            condition.wait()
"""


@pytest.mark.parametrize("changed", [False, True])
def test_a_file_that_has_changed_is_not_evaluated(tmp_path: Path, changed: bool) -> None:
    """Its text is no longer that of the code that runs, and nobody has loaded it."""
    file, trodden = tmp_path / "waiting.py", tmp_path / "trodden"
    file.write_text(WAITING.format(test="count.value == 0"))
    loaded = importlib.util.spec_from_file_location("waiting", file)
    assert loaded is not None and loaded.loader is not None
    module = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(module)
    if changed:
        file.write_text(WAITING.format(test=f"open({str(trodden)!r}, 'w')"))
    said = diagnosis(module.waits)
    assert not trodden.exists()
    # What is known of the predicate only by evaluating it: that it does not hold.
    assert ("which is false" in said) is not changed, said


def test_a_lock_that_was_copied_while_it_was_held() -> None:
    assert diagnosis(locking.copied_while_held, ["main", "holder-1", "main"]) == (
        f"child waits at {AT['child wants']} for lock child's guard, a copy that was made when "
        f"child was started at {AT['main forks']}, while holder-1 held guard (taken at "
        f"{AT['holder takes']}). Letting guard go does not let the copy go, and nobody else has "
        "it. Starting the process while nobody can hold guard, before any thread that takes it, "
        "would do."
    )
