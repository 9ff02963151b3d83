"""Every primitive is proved on the explored monitor, and behaves as one step a call.

For each menu: all programs of three tasks with one action each, and of two tasks with one to three
each. In every class of each program every guard is left, no sleeper's operation is ready at the end
(so no wake-up was lost), and the calls are linearizable with respect to the steps of their kinds:
`Internal` asks for that at the end of every execution, and these tests see what it found.

By default every so many of them are run; all under `nightly`. What they come to is printed, see
`pytest -s`.
"""

from __future__ import annotations

from itertools import islice

import pytest

from tests.internal.exploring import Tally, explore, one_each, prove, up_to
from tests.internal.menus import MENUS, WITH_CONDITION, Menu

EVERY = 2_503
"""A prime, so that the programs that are run differ in all of their actions."""
EVERY_SMALL = 7
"""The same for programs of one action a task."""


@pytest.mark.parametrize("menu", MENUS, ids=str)
def test_some_of_three_tasks_of_one_operation(menu: Menu) -> None:
    prove(menu, islice(one_each(menu), 0, None, EVERY_SMALL))


@pytest.mark.parametrize("menu", MENUS, ids=str)
def test_some_of_two_tasks_of_up_to_three(menu: Menu) -> None:
    prove(menu, islice(up_to(menu), 0, None, EVERY))


@pytest.mark.nightly
@pytest.mark.parametrize("menu", MENUS, ids=str)
def test_three_tasks_of_one_operation(menu: Menu) -> None:
    prove(menu, one_each(menu))


@pytest.mark.nightly
@pytest.mark.parametrize("menu", MENUS, ids=str)
def test_two_tasks_of_up_to_three(menu: Menu) -> None:
    prove(menu, up_to(menu))


def test_a_condition_with_its_lock() -> None:
    programs = [*one_each(WITH_CONDITION, 2), (("wait",), ("wait",), ("notify",))]
    prove(WITH_CONDITION, programs)


@pytest.mark.nightly
def test_three_tasks_at_a_condition_with_its_lock() -> None:
    """One timed wait at most: two have some hundred thousand classes, three have millions."""
    programs = [tasks for tasks in one_each(WITH_CONDITION) if tasks.count(("timed wait",)) <= 1]
    prove(WITH_CONDITION, programs)


@pytest.mark.parametrize("menu", MENUS, ids=str)
def test_a_call_is_as_good_as_one_step(menu: Menu) -> None:
    """What tasks can get at internal granularity is what they can get at the other, no more and no
    less. That no more is the soundness of exploring calls as one event each."""
    for tasks in [*one_each(menu, 2), *islice(up_to(menu), 0, None, 2 * EVERY)]:
        found = []
        for internal in (False, True):
            tally = Tally()
            explore(menu, tasks, tally, internal=internal)
            assert not tally.failures
            found.append(tally.shown)
        assert found[0] == found[1], tasks
