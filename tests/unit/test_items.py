"""What queues hold: each collection against a plain one that does the same, and as a value."""

from __future__ import annotations

import copy
import heapq
import pickle
from collections import deque

import pytest
from hypothesis import given, settings, strategies as st

from verify.sync.items import Fifo, Lifo, Sorted

GET = object()
CALLS = st.lists(st.one_of(st.just(GET), st.integers(0, 5)), max_size=40)


class _Deque(deque):
    put, get = deque.append, deque.popleft


class _List(list):
    put, get = list.append, list.pop


class _Heap(list):
    def put(self, item):
        heapq.heappush(self, item)

    def get(self):
        return heapq.heappop(self)


PLAIN = {Fifo: _Deque, Lifo: _List, Sorted: _Heap}


@pytest.fixture(params=PLAIN)
def kind(request):
    return request.param


@pytest.mark.parametrize("kind", PLAIN)
@settings(max_examples=50, deadline=None)
@given(calls=CALLS)
def test_they_do_what_plain_collections_do(kind, calls):
    items, plain = kind(), PLAIN[kind]()
    for call in calls:
        before, shown = items, list(items)
        if call is not GET:
            items = items.put(call)
            plain.put(call)
        elif plain:
            item, items = items.get()
            assert item == plain.get()
        assert list(before) == shown, "the old collection was changed"
        assert len(items) == len(plain)
        assert list(items) == (sorted(plain) if kind is Sorted else list(plain))


def test_how_they_are_linked_makes_no_difference(kind):
    straight = kind.of([1, 2, 3])
    detour = kind.of([0, 1]).get()[1] if kind is not Lifo else kind.of([1, 0]).get()[1]
    detour = detour.put(2).put(3)
    assert list(detour) == [1, 2, 3]
    assert straight == detour
    assert hash(straight) == hash(detour)
    assert straight != kind.of([1, 2])
    assert straight != kind.of([1, 2, 4])


def test_different_kinds_are_different():
    assert Fifo() != Lifo()
    assert Fifo.of([1]) != (1,)


def test_they_show_as_a_list(kind):
    assert repr(kind.of([1, 2])) == "[1, 2]"
    assert repr(kind()) == "[]"


def test_long_ones_are_copied_compared_and_forgotten_without_recursion(kind):
    long = kind.of(range(20_000)) if kind is not Sorted else Sorted(tuple(range(20_000)))
    assert pickle.loads(pickle.dumps(long)) == long
    assert copy.deepcopy(long) == long
    assert hash(long) == hash(kind.of(range(20_000)) if kind is not Sorted else long)


def test_equal_items_leave_in_the_order_in_which_they_came():
    class Job:
        def __init__(self, name):
            self.name = name

        def __lt__(self, other):
            return False

    items = Sorted.of([Job("a"), Job("b"), Job("c")])
    assert [job.name for job in items] == ["a", "b", "c"]


def test_an_item_equals_itself_even_if_it_says_no(kind):
    nan = float("nan")
    assert kind.of([nan]) == kind.of([nan])
