"""Look-alikes whose iterations differ by what lies on a stack, or by the way through the code."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FunctionType

import verify
from tests.awaiting.look_alike import Flag, look, look_alike


def zeros(count: int) -> list[int]:
    return [0] * count


# ---------------------------------------------------------------------- iterators on the stack


@look_alike
def over_a_range(flag: Flag) -> None:
    for _ in range(3):
        flag.value  # noqa: B018


@look_alike
def over_equal_items(flag: Flag) -> None:
    for _ in [0, 0, 0]:
        flag.value  # noqa: B018


@look_alike
def a_while_in_a_for_over_equal_items(flag: Flag) -> None:
    """The way back to the look leads through the `for`, since the `while` ends at once."""
    for _ in [0, 0, 0]:
        while flag.value:
            pass


@look_alike
def a_while_in_a_range_that_forgets_where_it_is(flag: Flag) -> None:
    for i in range(3):
        i = 0
        while flag.value + i:
            pass
        while flag.value:
            pass


@look_alike
def a_range_that_is_a_variable(flag: Flag) -> None:
    range = zeros
    for _ in range(3):
        while flag.value:
            pass


@look_alike
def what_is_not_called_range(flag: Flag) -> None:
    for _ in zeros(3):
        while flag.value:
            pass


@look_alike
def a_range_that_is_not_the_builtin(flag: Flag) -> None:
    def loop(flag: Flag) -> None:
        for _ in range(3):
            while flag.value:
                pass

    FunctionType(loop.__code__, {"range": zeros})(flag)


@look_alike
def a_range_that_is_begun_again(flag: Flag) -> None:
    """At `i == 0` the second time, with more to come than at `i == 0` the first time."""
    sizes = [1, 2]
    while True:
        for i in range(sizes.pop() if len(sizes) > 1 else sizes[0]):  # noqa: B007
            while flag.value:
                pass
        if i == 0:
            break


@look_alike
def a_for_in_a_while(flag: Flag) -> None:
    rounds = [1, 1]
    while rounds:
        rounds.pop()
        for _ in [0, 0]:
            flag.value  # noqa: B018


@look_alike
def a_helper_in_a_for(flag: Flag) -> None:
    for _ in [0, 0, 0]:
        look(flag)


@look_alike
def a_while_in_a_helper_in_a_for(flag: Flag) -> None:
    def spin() -> None:
        while flag.value:
            pass

    for _ in [0, 0, 0]:
        spin()


@look_alike
def a_for_in_a_helper(flag: Flag) -> None:
    """Before its second look the first call stands as the second call does before its first."""
    calls: list[int] = []

    def done() -> bool:
        looked = False
        for one in (flag, flag):
            one.value  # noqa: B018
            if looked:
                return True
            looked = bool(calls)
            calls[:] = [0]
        return False

    while not done():
        pass


@look_alike
def a_comprehension(flag: Flag) -> None:
    n = 0
    while n < 2:
        [flag.value for _ in (0, 0)]
        n += 1


@look_alike
def a_generator_expression(flag: Flag) -> None:
    n = 0
    while n < 2:
        sum(flag.value for _ in (0, 0))
        n += 1


@look_alike
def a_generator_that_looks(flag: Flag) -> None:
    def looks() -> Generator[int, None, None]:
        while True:
            yield flag.value
            yield flag.value

    for _ in zip(looks(), (0, 0, 0, 0), strict=False):
        pass


@look_alike
def a_task_that_yields_in_between(flag: Flag) -> Generator[None, None, None]:
    for _ in (0, 0, 0):
        flag.value  # noqa: B018
        yield


@look_alike
def a_part_of_a_task_that_yields(flag: Flag) -> Generator[None, None, None]:
    def part() -> Generator[None, None, None]:
        while not (yield):
            flag.value  # noqa: B018

    looks = part()
    for sent in (None, None, None):
        looks.send(sent)
        yield
    looks.close()


@look_alike
def an_iterator_in_a_variable(flag: Flag) -> None:
    items = iter([1, 1, 1])
    while next(items, None):
        flag.value  # noqa: B018


@look_alike
def an_iterator_in_a_closure(flag: Flag) -> None:
    items = itertools.count()

    def more() -> bool:
        return next(items) < 3

    while more():
        flag.value  # noqa: B018


# ---------------------------------------------------------------------- values on the stack


@look_alike
def a_variable_that_was_read_before_the_call(flag: Flag) -> None:
    """The stack holds `left` of before the call, 2 at first; the variable is 1 by then."""
    left = 2

    def lowered() -> int:
        nonlocal left
        left = max(left - 1, 0)
        return flag.value

    while (left, lowered())[0]:
        pass


@look_alike
def a_value_that_was_computed_before_the_look(flag: Flag) -> None:
    values = [5]

    def first() -> int:
        return values.pop() if values else 0

    while first() + flag.value:
        pass


@look_alike
def a_manager_on_the_stack(flag: Flag) -> None:
    """What `with` calls at its end is bound to another object each time."""
    exits: list[int] = []

    class Manager:
        made = 0

        def __init__(self) -> None:
            Manager.made = self.number = Manager.made + 1

        def __enter__(self) -> None: ...

        def __exit__(self, *error: object) -> None:
            exits.append(self.number)

    while len(exits) < 3:
        with Manager():
            flag.value  # noqa: B018


@look_alike
def the_same_look_twice(flag: Flag) -> None:
    n = 0
    while n < 2:
        _ = flag.value, flag.value
        _ = look(flag) or look(flag)
        n += 1


# ---------------------------------------------------------------------- calls out of C


@look_alike
def called_back_by_map(flag: Flag) -> None:
    n = 0
    while n < 2:
        list(map(look, [flag, flag]))
        n += 1


@look_alike
def called_back_by_sorted(flag: Flag) -> None:
    n = 0
    while n < 2:
        sorted([flag, flag], key=lambda one: one.value)
        n += 1


@look_alike
def called_back_by_a_method_of_its_name(flag: Flag) -> None:
    def sort(one: Flag) -> int:
        return one.value

    n = 0
    while n < 2:
        [flag, flag].sort(key=sort)
        n += 1


@look_alike
def called_back_by_a_comparison(flag: Flag) -> None:
    class Looking:
        def __eq__(self, other: object) -> bool:
            return flag.value == 0

        __hash__ = None  # type: ignore[assignment]

    one, n = Looking(), 0
    while n < 2:
        _ = [one, one] == [0, 0]
        n += 1


@look_alike
def called_back_until_a_sentinel(flag: Flag) -> None:
    answers = iter([0, 0, 1])

    def answer() -> int:
        flag.value  # noqa: B018
        return next(answers)

    n = 0
    while n < 1:
        list(iter(answer, 1))
        n += 1


# ---------------------------------------------------------------------- ways through the code


@look_alike
def recursion(flag: Flag) -> None:
    def down(left: int) -> None:
        flag.value  # noqa: B018
        if left:
            down(left - 1)

    down(3)


@look_alike
def recursion_without_arguments(flag: Flag) -> None:
    left = [1, 1, 1]

    def down() -> None:
        flag.value  # noqa: B018
        if left:
            left.pop()
            down()

    down()


@look_alike
def a_context_manager_around_each(flag: Flag) -> None:
    count: list[int] = []

    @contextmanager
    def counting() -> Iterator[None]:
        yield
        count.append(0)

    while len(count) < 3:
        with counting():
            flag.value  # noqa: B018


@look_alike
def time_passes(flag: Flag) -> None:
    while verify.now() < 3:
        verify.sleep(1)
        flag.value  # noqa: B018


@look_alike
def time_passes_for_a_helper(flag: Flag) -> None:
    def late() -> bool:
        return verify.now() >= 3

    while not late():
        flag.value  # noqa: B018
        verify.sleep(1)


@look_alike
def tasks_are_started(flag: Flag) -> None:
    def child() -> None:
        flag.value  # noqa: B018

    last = verify.Thread(target=child)
    last.start()
    while last.name != "child-3":
        flag.value  # noqa: B018
        last = verify.Thread(target=child)
        last.start()


@look_alike
def it_may_choose_to_end(flag: Flag) -> None:
    while verify.choose([True, False]):
        flag.value  # noqa: B018
