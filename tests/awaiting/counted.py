"""Look-alikes that count their iterations somewhere."""

from __future__ import annotations

import random
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

from tests.awaiting.look_alike import Flag, look_alike


def begin() -> None:
    global COUNT
    COUNT = 0


def more() -> bool:
    global COUNT
    COUNT += 1
    return COUNT < 3


@look_alike
def counted_in_a_variable(flag: Flag) -> None:
    n = 0
    while n < 3:
        flag.value  # noqa: B018
        n += 1


@look_alike
def counted_in_types(flag: Flag) -> None:
    """1, True, 1.0: equal, and yet another each time."""
    n: Any = 1
    while type(n) is not float:
        flag.value  # noqa: B018
        n = True if type(n) is int else 1.0


@look_alike
def counted_in_a_sign(flag: Flag) -> None:
    zero = 0.0
    while True:
        flag.value  # noqa: B018
        if str(zero).startswith("-"):
            break
        zero = -zero


@look_alike
def counted_in_a_list(flag: Flag) -> None:
    seen: list[int] = []
    while len(seen) < 3:
        seen.append(flag.value)


@look_alike
def counted_in_a_nested_list(flag: Flag) -> None:
    seen: tuple[dict[str, list[int]], ...] = ({"seen": []},)
    while len(seen[0]["seen"]) < 3:
        seen[0]["seen"].append(flag.value)


@look_alike
def counted_in_the_order_of_a_dictionary(flag: Flag) -> None:
    order = {"a": 0, "b": 0, "c": 0}
    while next(iter(order)) != "c":
        name = next(iter(order))
        order[name] = order.pop(name) + flag.value
        del name


@look_alike
def counted_in_an_ordered_dictionary(flag: Flag) -> None:
    order = OrderedDict(a=0, b=0, c=0)
    while next(iter(order)) != "c":
        flag.value  # noqa: B018
        order.move_to_end(next(iter(order)))


@look_alike
def counted_in_a_deque(flag: Flag) -> None:
    left = deque([1, 1, 1])
    while left:
        flag.value  # noqa: B018
        left.pop()


@look_alike
def counted_in_a_set(flag: Flag) -> None:
    seen: set[int] = set()
    while len(seen) < 3:
        seen.add(len(seen) + flag.value)


@look_alike
def counted_in_bytes(flag: Flag) -> None:
    seen = bytearray(3)
    while seen:
        flag.value  # noqa: B018
        del seen[-1]


@look_alike
def counted_in_an_attribute(flag: Flag) -> None:
    class Counter:
        n = 0

    counter = Counter()
    while counter.n < 3:
        flag.value  # noqa: B018
        counter.n += 1


@look_alike
def counted_in_a_slot(flag: Flag) -> None:
    class Counter:
        __slots__ = ("n",)

    counter = Counter()
    counter.n = 0
    while counter.n < 3:
        flag.value  # noqa: B018
        counter.n += 1


@look_alike
def counted_in_a_class(flag: Flag) -> None:
    class Counter:
        n = 0

    while Counter.n < 3:
        flag.value  # noqa: B018
        Counter.n += 1


@look_alike
def counted_in_a_property(flag: Flag) -> None:
    count: list[int] = []

    class Counter:
        @property
        def done(self) -> bool:
            count.append(flag.value)
            return len(count) == 3

    counter = Counter()
    while not counter.done:
        pass


@look_alike
def counted_in_an_object_that_is_called(flag: Flag) -> None:
    class Counter:
        n = 0

        def __call__(self) -> bool:
            self.n += 1
            return self.n < 3

    more = Counter()
    while more():
        flag.value  # noqa: B018


@look_alike
def counted_in_a_closure(flag: Flag) -> None:
    n = 0

    def more() -> bool:
        nonlocal n
        n += 1
        return n < 3

    def spin(more: Callable[[], bool]) -> None:
        while more():
            flag.value  # noqa: B018

    spin(more)


@look_alike
def counted_behind_a_method(flag: Flag) -> None:
    class Counter:
        n = 0

        def more(self) -> bool:
            self.n += 1
            return self.n < 3

    more = Counter().more
    while more():
        flag.value  # noqa: B018


@look_alike
def counted_behind_a_builtin_method(flag: Flag) -> None:
    pop = [0, 1, 1].pop
    while pop():
        flag.value  # noqa: B018


@look_alike
def counted_behind_a_partial(flag: Flag) -> None:
    take = partial([0, 1, 1].pop, -1)
    while take():
        flag.value  # noqa: B018


@look_alike
def counted_in_a_default(flag: Flag) -> None:
    def more(left: list[int] = [1, 1, 1]) -> int:  # noqa: B006
        return left.pop() if left else 0

    while more():
        flag.value  # noqa: B018


@look_alike
def counted_in_an_attribute_of_a_function(flag: Flag) -> None:
    def more() -> bool:
        more.n += 1  # type: ignore[attr-defined]
        return bool(more.n < 3)  # type: ignore[attr-defined]

    more.n = 0  # type: ignore[attr-defined]
    while more():
        flag.value  # noqa: B018


COUNT = 0
SPACE = ModuleType("space")
SPACE.count = 0  # type: ignore[attr-defined]


@look_alike
def counted_in_a_global(flag: Flag) -> None:
    global COUNT
    COUNT = 0
    while COUNT < 3:
        flag.value  # noqa: B018
        COUNT += 1


@look_alike
def counted_in_a_global_of_a_helper(flag: Flag) -> None:
    begin()
    while more():
        flag.value  # noqa: B018


@look_alike
def counted_in_the_namespace(flag: Flag) -> None:
    globals()["COUNT"] = 0
    while globals()["COUNT"] < 3:
        flag.value  # noqa: B018
        globals()["COUNT"] += 1


@look_alike
def counted_in_a_module(flag: Flag) -> None:
    SPACE.count = 0  # type: ignore[attr-defined]
    while SPACE.count < 3:
        flag.value  # noqa: B018
        SPACE.count += 1


@look_alike
def counted_in_a_module_by_name(flag: Flag) -> None:
    setattr(SPACE, "count", 0)  # noqa: B010
    while getattr(SPACE, "count") < 3:  # noqa: B009
        flag.value  # noqa: B018
        setattr(SPACE, "count", getattr(SPACE, "count") + 1)  # noqa: B009, B010


@look_alike
def counted_in_a_module_in_a_variable(flag: Flag) -> None:
    def loop(space: Any) -> None:
        space.count = 0
        while space.count < 3:
            flag.value  # noqa: B018
            space.count += 1

    loop(SPACE)


@look_alike
def counted_by_the_interpreter(flag: Flag) -> None:
    own = threading.local()
    own.n = 0
    while own.n < 3:
        flag.value  # noqa: B018
        own.n += 1


@look_alike
def counted_in_a_cache(flag: Flag) -> None:
    @lru_cache
    def seen() -> list[int]:
        return []

    while len(seen()) < 3:
        seen().append(flag.value)


@look_alike
def drawn_from_a_seed(flag: Flag) -> None:
    draw = random.Random(1)
    while draw.random() < 0.9:
        flag.value  # noqa: B018


@look_alike
def told_apart_by_identity(flag: Flag) -> None:
    """Equal numbers, the last of which is the one that is looked for."""
    first, last = float("2.5"), float("2.5")
    number = first
    while True:
        flag.value  # noqa: B018
        if number is last:
            break
        number = last
