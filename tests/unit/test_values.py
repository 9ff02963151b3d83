"""Values in words: what `repr` says, except that it is the same under every hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from verify.values import in_words

ORDERED: list[Any] = [
    0,
    "a",
    None,
    (),
    (1,),
    (1, "b"),
    [],
    [1, [2]],
    {},
    {"k": (1,), 2: []},
    set(),
    frozenset(),
    {1},
]


@pytest.mark.parametrize("value", ORDERED, ids=repr)
def test_without_sets_of_several_it_is_repr(value: Any) -> None:
    assert in_words(value) == repr(value)


def test_sets_are_sorted_however_deep() -> None:
    assert in_words([{"b", "a"}, {"k": frozenset("dc")}]) == (
        "[{'a', 'b'}, {'k': frozenset({'c', 'd'})}]"
    )


def test_a_list_that_holds_itself() -> None:
    value: list[Any] = []
    value.append(value)
    assert in_words(value) == repr(value)


RECORD = """
import verify
from verify.traces.format import encode
def program():
    cell, queue = verify.Shared(set()), verify.Queue()
    cell.value = set("abcdefgh")
    queue.put(frozenset("abcdefgh"))
    assert queue.get() is None
import sys
sys.stdout.buffer.write(encode(verify.explore(program).failures[0].trace))
"""


def test_a_trace_with_sets_has_the_same_bytes_under_every_hash_seed() -> None:
    found = set()
    for seed in ("1", "2", "3"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        done = subprocess.run(
            [sys.executable, "-c", RECORD], env=environment, capture_output=True, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()
        found.add(done.stdout)
    assert len(found) == 1
    assert b"'a', 'b', 'c'" in found.pop()
