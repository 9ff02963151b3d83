"""`verify graph`: the states of a program, as two files."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CROSSED, Cli, Write
from tests.cli.test_outcomes import INCREMENTS
from verify.commands import exit_codes

FORGETTING = """
import verify

@verify.model
def forgetting():
    cell, other = verify.Shared(0), verify.Shared(0)

    def read():
        cell.value
        cell.value
        other.value = 7

    verify.Thread(target=read, name="reader").start()
    cell.value = 1
"""

SVG = "{http://www.w3.org/2000/svg}"


def graph(call: Cli, write: Write, text: str, *options: str) -> dict[str, Any]:
    """The graph of the only model of model.py."""
    write("model.py", text)
    done = call("graph", "model.py", "--json", *options)
    assert done.err == ""
    (model,) = json.loads(done.out)["models"]
    found: dict[str, Any] = model
    return found


def test_two_increments(call: Cli, write: Write) -> None:
    """Each task is before its read, or holds what it read, or has ended; `counter` is c.

    Nobody ended: 4 states, c = 0. One has ended, the other is before its read, or holds 0, or holds
    1: 3 states for each of the two, c = 1. Both have ended: c = 1 or c = 2. In all 12. From each of
    the first four two steps lead on, from each of the next six one: 14 steps. The starts and joins
    are no steps: main waits, or has ended.
    """
    found = graph(call, write, INCREMENTS)
    assert found["complete"] is True
    states = found["states"]
    ended = Counter(
        (len({"ada", "bob"} - state["tasks"].keys()), state["objects"]["counter"])
        for state in states
    )
    assert ended == {(0, "0"): 4, (1, "1"): 6, (2, "1"): 1, (2, "2"): 1}
    out = Counter(step["source"] for step in found["steps"])
    assert sorted(out.values()) == [1] * 6 + [2] * 4
    assert [state["outcome"] for state in states if state["outcome"]] == ["ok", "ok"]
    first = states[0]["tasks"]
    assert first == {"main": "join ada", "ada": "get counter", "bob": "get counter"}
    firsts = {(step["task"], step["step"]) for step in found["steps"] if step["source"] == 0}
    assert firsts == {("ada", "get counter → 0"), ("bob", "get counter → 0")}


def test_states_that_look_alike_and_do_the_same_are_one(call: Cli, write: Write) -> None:
    """The cell is 0 or 1, and the reader is before its first read, before its second, before its
    write, or has ended: eight states, whatever it has been told, for it does not care."""
    found = graph(call, write, FORGETTING)
    kinds = {
        (state["objects"]["cell"], state["objects"]["other"], state["tasks"].get("reader"))
        for state in found["states"]
    }
    assert (
        len(kinds) == len(found["states"]) - 2
    )  # the two reads look alike, but one more follows from the first
    assert len(found["states"]) == 8


def test_states_that_were_not_looked_into_are_not_taken_for_one(call: Cli, write: Write) -> None:
    """Of those that look alike, nobody knows then whether the same follows: each is there."""
    for most in (5, 9):
        assert len(graph(call, write, FORGETTING, "--max-states", str(most))["states"]) == most


def test_crossed_locks(call: Cli, write: Write) -> None:
    """A deadlock is a final state, and red."""
    found = graph(call, write, CROSSED.format(arguments=""))
    assert Counter(state["outcome"] for state in found["states"] if state["outcome"]) == {
        "deadlock": 1,
        "ok": 1,
    }
    drawing = ElementTree.parse("model-crossed.svg").getroot()
    drawn = drawing.findall(f".//{SVG}g[@class='state']")
    assert len(drawn) == len(found["states"])
    assert len(drawing.findall(f".//{SVG}g[@class='step']")) == len(found["steps"])
    (dead,) = [state for state in drawn if state.get("data-outcome") == "deadlock"]
    (box,) = dead.findall(f"{SVG}rect")
    assert box.get("stroke") == "#c92a2a"
    assert "DEADLOCK: main" not in "".join(dead.itertext())  # it joins nobody
    dot = Path("model-crossed.dot").read_text(encoding="utf-8")
    assert len(re.findall(r"^  \d+ \[", dot, re.MULTILINE)) == len(found["states"])
    assert len(re.findall(r"^  \d+ -> \d+ \[", dot, re.MULTILINE)) == len(found["steps"])
    assert len(re.findall(r"DEADLOCK.*c92a2a", dot)) == 1


def test_it_says_what_it_has_written(call: Cli, write: Write) -> None:
    write("model.py", INCREMENTS)
    done = call("graph", "model.py::increments")
    assert (done.code, done.err) == (exit_codes.AS_EXPECTED, "")
    assert done.out.splitlines() == [
        "model.py::increments",
        "  12 states, 14 steps between them: all there are",
        "  final states: 2 ok",
        "  written: model-increments.dot and model-increments.svg",
    ]


def test_no_two_boxes_overlap_and_no_text_leaves_its_box(call: Cli, write: Write) -> None:
    graph(call, write, CROSSED.format(arguments=""))
    drawing = ElementTree.parse("model-crossed.svg").getroot()
    boxes = []
    for state in drawing.findall(f".//{SVG}g[@class='state']"):
        (box,) = state.findall(f"{SVG}rect")
        x, y, width, height = (float(box.get(key, "")) for key in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
        for text in state.findall(f"{SVG}text"):
            assert y < float(text.get("y", "")) < y + height
            assert len(text.text or "") * 7.2 <= width  # of a monospace font of 12 pixels
    for number, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:number]:
            apart = right < other[0] or other[2] < left or bottom < other[1] or other[3] < top
            assert apart
    width = float(drawing.get("width", ""))
    assert all(left > 0 and right < width for left, _, right, _ in boxes)


def test_more_states_than_may_be(call: Cli, write: Write) -> None:
    """What was not looked into is marked; nothing is said to be all there is."""
    found = graph(call, write, INCREMENTS, "--max-states", "5")
    assert (found["complete"], found["stop_reason"]) == (False, "5 states (--max-states)")
    assert len(found["states"]) == 5
    assert any(state["open"] for state in found["states"])
    assert "stroke-dasharray" in Path("model-increments.svg").read_text(encoding="utf-8")
    done = call("graph", "model.py", "--max-states", "5")
    assert done.code == exit_codes.UNDETERMINED
    assert "UNDETERMINED: 5 states" in done.out and "there are more" in done.out
    assert graph(call, write, INCREMENTS, "--max-states", "12")["complete"] is True


def test_a_loop_that_only_looks_has_an_end(call: Cli, write: Write) -> None:
    """The flag is down and the waiter has not looked, or has; it is up, and the waiter has not
    looked, or has looked before; the waiter has ended. The latter two of these differ by nothing
    but the past, so are one."""
    text = (
        "import verify\n\n@verify.model\ndef waiting():\n    flag = verify.Shared(False)\n\n"
        "    def wait():\n        while not flag.value:\n            pass\n\n"
        "    verify.Thread(target=wait, name='waiter').start()\n    flag.value = True\n"
    )
    found = graph(call, write, text)
    assert found["complete"] is True
    flags = Counter(state["objects"]["flag"] for state in found["states"])
    assert flags == {"False": 2, "True": 2}


def test_any_text_is_quoted(call: Cli, write: Write) -> None:
    text = """
import verify

@verify.model
def quoting():
    cell = verify.Shared('plain')
    cell.value = '</text><script>"\\\\n\\x1b\\ud800 ' + 'long' * 50
"""
    graph(call, write, text)
    drawing = ElementTree.parse("model-quoting.svg").getroot()
    assert "".join(drawing.itertext()).count("</text><script>") == 3  # twice a state, once a step
    assert drawing.find(f".//{SVG}script") is None
    dot = Path("model-quoting.dot").read_text(encoding="utf-8")
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", dot)
    assert "script" not in unquoted and '"' not in unquoted


def test_what_it_prints_is_kept_back(call: Cli, write: Write) -> None:
    write("model.py", INCREMENTS.replace("counter.value += 1", "counter.value += 1; print('x')"))
    assert "x\n" not in call("graph", "model.py").out.replace("model.py", "")


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "the following arguments are required: MODEL"),
        (("nowhere.py",), "no such file"),
        (("model.py", "--max-states", "0"), "not greater than 0"),
    ],
)
def test_bad_input(call: Cli, write: Write, arguments: tuple[str, ...], words: str) -> None:
    write("model.py", INCREMENTS)
    done = call("graph", *arguments)
    assert (done.code, done.out) == (exit_codes.BAD_INPUT, "")
    (line,) = done.err.splitlines()
    assert words in line


def test_a_model_that_cannot_be_run_and_a_place_that_cannot_be_written(
    call: Cli, write: Write
) -> None:
    write("model.py", INCREMENTS + "\n@verify.model\ndef broken():\n    1 / 0\n")
    Path("model-increments.dot").mkdir()
    done = call("graph", "model.py")
    assert done.code == exit_codes.BAD_INPUT
    first, second = done.err.splitlines()
    assert "model-increments.dot: Is a directory" in first
    assert "broken failed before its first operation" in second


def test_the_same_bytes_under_any_hash_seed(cli: Cli, write: Write) -> None:
    write("model.py", CROSSED.format(arguments=""))
    pictures = set()
    for seed in ("1", "22"):
        assert cli("graph", "model.py", PYTHONHASHSEED=seed).code == 0
        pictures.add(tuple(Path(f"model-crossed.{kind}").read_bytes() for kind in ("dot", "svg")))
    assert len(pictures) == 1
