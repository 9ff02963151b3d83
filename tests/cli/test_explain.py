"""`verify explain`: in words, with lines of source that are those of then, and for any terminal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, Cli, Write
from verify.commands import exit_codes
from verify.traces.format import read
from verify.traces.render_explanation import MOST_STEPS, NARROWEST_SIDE
from verify.traces.store import save
from verify.traces.trace import Trace, TraceEvent, Waiting

LOST = """
import verify

@verify.model(expect="assertion")
def lost():
    count = verify.Shared(0)

    def add():
        count.value += 1

    tasks = [verify.Thread(target=add, name=f"add-{i}") for i in (1, 2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert count.value == 2, "one is missing"
"""


@pytest.fixture
def lost(call: Cli, write: Write) -> str:
    """A trace of models/lost.py."""
    write("models/lost.py", LOST)
    assert call("check").code == 0
    (path,) = Path("traces").iterdir()
    return str(path)


def test_everything_is_told(call: Cli, lost: str) -> None:
    done = call("explain", lost)
    assert (done.code, done.err) == (exit_codes.AS_EXPECTED, "")
    verdict, what, deciding, schedules, cure = done.out.rstrip("\n").split("\n\n")
    assert verdict.startswith("VIOLATED  assertion failed in lost (models/lost.py)")
    assert "An assertion of main failed at models/lost.py:16: one is missing" in what
    assert "An update of count is lost:" in what
    assert "would do" not in what
    # Of the two writes, the second is over the first; both stand in line 9.
    trace = read(Path(lost))
    first, second = trace.racing
    writer, other = (trace.events[step - 1].task for step in trace.racing)
    assert deciding.splitlines() == [
        "The two steps whose order decides",
        f"  step {first}: {writer}: set count 1 (models/lost.py:9)",
        "      count.value += 1",
        f"  step {second}: {other}: set count 1 (models/lost.py:9)",
        "      count.value += 1",
    ]
    head, columns, *steps = schedules.splitlines()
    assert head == f"The same until step {trace.parted - 1}, and then"
    assert columns.split() == ["#", "as", "it", "failed", "as", "it", "passes"]
    for number, text in enumerate(steps, trace.parted):
        here, there = trace.events[number - 1], trace.passing[number - trace.parted]
        begin = [str(number), here.place.rpartition(":")[2], here.task, here.operation]
        assert text.split()[:4] == begin
        assert f"  {there.place.rpartition(':')[2]}  {there.task}  {there.operation}" in text
    assert len(steps) == len(trace.events) - trace.parted + 1 == len(trace.passing)
    assert cure.splitlines()[0] == "The usual cure"
    assert cure.endswith("would do.")


def test_a_cycle_has_its_lines(call: Cli, write: Write) -> None:
    write("models/crossed.py", CROSSED.format(arguments='expect="deadlock"'))
    call("check")
    (path,) = Path("traces").iterdir()
    out = call("explain", str(path)).out
    waiting = out[out.index("Who waits for whom") :].split("\n\n")[0].splitlines()
    assert [line.strip() for line in waiting[2::2]] == ["with first, second:"] * 2
    assert all("held by move-" in line for line in waiting[1::2])
    assert "The two steps" not in out


def test_as_json(call: Cli, lost: str) -> None:
    document = json.loads(call("explain", lost, "--json").out)
    trace = read(Path(lost))
    assert document["command"] == "explain"
    assert (document["kind"], document["message"]) == ("assertion", "one is missing")
    assert [event["step"] for event in document["racing"]] == list(trace.racing)
    assert {event["source"] for event in document["racing"]} == {"count.value += 1"}
    assert document["why"][0].startswith("An update of count is lost")
    assert document["cures"][0].endswith("would do.")
    failing = [(event["step"], event["operation"]) for event in document["failing"]]
    assert failing == [
        (step, event.operation)
        for step, event in enumerate(trace.events, 1)
        if step >= trace.parted
    ]
    assert len(document["passing"]) == len(trace.passing)
    assert document["exit_code"] == exit_codes.AS_EXPECTED


def test_lines_of_another_source_are_not_shown(call: Cli, lost: str, write: Write) -> None:
    write("models/lost.py", "# one line more\n" + LOST)
    done = call("explain", lost)
    assert "models/lost.py has changed since the trace was made: its lines" in " ".join(
        done.out.split()
    )
    assert "count.value += 1" not in done.out
    Path("models/lost.py").unlink()
    done = call("explain", lost)
    assert "models/lost.py is not here: its lines are left out." in " ".join(done.out.split())
    assert json.loads(call("explain", lost, "--json").out)["racing"][0]["source"] == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_what_is_no_file_is_not_read(call: Cli, lost: str) -> None:
    """A named pipe that nobody writes to: to open it would be to wait for ever."""
    Path("models/lost.py").unlink()
    os.mkfifo("models/lost.py")
    assert "is no source file" in call("explain", lost).out
    Path("models/lost.py").unlink()
    Path("models/lost.py").mkdir()
    assert "is no source file" in call("explain", lost).out


@pytest.mark.parametrize("columns", ["30", "40", "60", "80", "100", "200"])
def test_it_fits_the_terminal(
    call: Cli, lost: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = call("explain", lost).out.splitlines()
    assert max(map(len, lines)) <= max(int(columns), 40)
    together = [line for line in lines if "as it failed" in line and "as it passes" in line]
    assert len(together) == (int(columns) >= 2 * NARROWEST_SIDE + 7)
    text = " ".join(" ".join(lines).split())
    for word in ("as it failed", "as it passes", "would do."):  # broken, but never cut
        assert word in text


def test_ascii(cli: Cli, lost: str) -> None:
    done = cli("explain", lost, PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert done.out.isascii()
    assert "get count -> 0" in done.out


def test_no_schedule_passes(call: Cli, write: Write) -> None:
    write("models/wrong.py", LOST.replace("== 2", "== 3"))
    call("check")
    (path,) = Path("traces").iterdir()
    out = call("explain", str(path)).out
    assert "No schedule passes: it fails in every order of its steps." in out
    assert json.loads(call("explain", str(path), "--json").out)["hopeless"] is True


def test_a_long_way_is_cut(call: Cli) -> None:
    event = TraceEvent("main", (), 0, "get", ("x",), "m.py:1")
    steps = (event,) * (MOST_STEPS + 12)
    long = Trace("m.py::m", "", "assertion", "no", "main", 1, "", steps, (("main", ()),))
    long = Trace(**{**vars(long), "parted": 2, "passing": (event,) * 3})
    out = call("explain", str(save(long))).out
    assert out.rstrip().endswith("… 11 steps more")  # of those from step 2 on


def test_nothing_in_a_trace_controls_the_terminal(call: Cli) -> None:
    evil = "\x1b]0;owned\x07\r\u202e"
    event = TraceEvent(evil, (), 0, evil, (evil,), f"{evil}:1", evil, evil, evil)
    trace = Trace(
        f"{evil}/m.py::{evil}",
        "0" * 64,
        "deadlock",
        evil,
        evil,
        1,
        evil,
        (event, event),
        ((evil, ()),),
        (Waiting(evil, evil, (evil,), evil, (evil,)),),
        evil,
        racing=(1, 2),
        parted=1,
        passing=(event,),
    )
    out = call("explain", str(save(trace))).out
    assert all(sign.isprintable() or sign == "\n" for sign in out)


def test_bad_input_is_one_line(call: Cli, write: Write) -> None:
    write("notes.txt", "no trace\n")
    for arguments in (("notes.txt",), ("nowhere.jsonl",), (), ("a", "b")):
        done = call("explain", *arguments)
        assert done.code == exit_codes.BAD_INPUT
        assert done.err.startswith("verify: error: ")
        assert len(done.err.splitlines()) == 1
