"""`verify outcomes`: every state in which a program can end, and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import CROSSED, Cli, Write
from verify.commands import exit_codes

INCREMENTS = """
import verify

@verify.model
def increments():
    counter = verify.Shared(0)

    def increment():
        counter.value += 1

    tasks = [verify.Thread(target=increment, name=name) for name in ("ada", "bob")]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
"""
"""Four classes: one increment wholly before the other, either way round, gives 2; both reads before
the first write give 1, whichever write comes last."""

LOCKED = INCREMENTS.replace("counter.value += 1", "with lock: counter.value += 1").replace(
    "    counter = ", "    lock = verify.Lock()\n    counter = "
)
"""Two classes, both give 2."""

SAYING = """
import verify

@verify.model
def saying():
    lock = verify.Lock()

    def say(word):
        with lock:
            print(word)

    verify.Thread(target=say, args=("a",)).start()
    verify.Thread(target=say, args=("b",)).start()
"""
"""Two classes, which end in the same state, but print in another order."""

LOOKING = """
import verify

@verify.model
def looking():
    flag, other = verify.Shared(False), verify.Shared(0)

    def look():
        if not flag.value:
            other.value

    verify.Thread(target=look).start()
    flag.value = True
"""
"""Two classes: in one of them nobody uses `other`. It is 0 at the end of both."""

AWAITING = """
import verify

@verify.model
def awaiting():
    flag = verify.Shared(False)

    def look():
        while not flag.value:
            pass

    verify.Thread(target=look).start()
    flag.value = True
"""
"""Two classes: the flag is looked at once, or once in vain before. The search begins again when it
finds that there is such a loop; what it had found by then counts no more."""

CHOOSING = """
import verify

@verify.model
def choosing():
    chosen = verify.Shared(0)
    chosen.value = verify.choose([2, 3, 2])
"""
"""Three executions, of which two end alike."""


def found(call: Cli, text: str, write: Write, *options: str) -> list[dict[str, Any]]:
    """The outcomes of the only model of a file."""
    write("model.py", text)
    done = call("outcomes", "model.py", "--json", *options)
    assert (done.code, done.err) == (exit_codes.AS_EXPECTED, "")
    (model,) = json.loads(done.out)["models"]
    assert model["complete"] is True
    assert model["executions"] == sum(outcome["classes"] for outcome in model["outcomes"])
    outcomes: list[dict[str, Any]] = model["outcomes"]
    return outcomes


@pytest.mark.parametrize(
    "text, ends",
    [
        (INCREMENTS, [("ok", {"counter": "1"}, 2), ("ok", {"counter": "2"}, 2)]),
        (LOCKED, [("ok", {"lock": "free", "counter": "2"}, 2)]),
        (
            CROSSED.format(arguments=""),
            [
                ("ok", {"left": "free", "right": "free"}, 2),
                ("deadlock", {"left": "held by move-1", "right": "held by move-2"}, 1),
            ],
        ),
        (SAYING, [("ok", {"lock": "free"}, 1), ("ok", {"lock": "free"}, 1)]),
        (LOOKING, [("ok", {"flag": "True", "other": "0"}, 2)]),
        (AWAITING, [("ok", {"flag": "True"}, 2)]),
        (CHOOSING, [("ok", {"chosen": "2"}, 2), ("ok", {"chosen": "3"}, 1)]),
    ],
    ids=["increments", "locked", "crossed", "saying", "looking", "awaiting", "choosing"],
)
def test_all_ends_and_how_many_classes_end_so(
    call: Cli, write: Write, text: str, ends: list[tuple[str, dict[str, str], int]]
) -> None:
    outcomes = found(call, text, write)
    assert [(each["kind"], each["states"], each["classes"]) for each in outcomes] == ends


def test_the_smallest_schedule_of_each(call: Cli, write: Write) -> None:
    """2 needs no preemption; 1 needs one, at once after a read."""
    lost, kept = found(call, INCREMENTS, write)
    assert (lost["preemptions"], kept["preemptions"]) == (1, 0)
    assert kept["schedule"] in (
        "ada: get counter → 0, set counter 1 | bob: get counter → 1, set counter 2",
        "bob: get counter → 0, set counter 1 | ada: get counter → 1, set counter 2",
    )
    assert lost["schedule"] in (
        "ada: get counter → 0 | bob: get counter → 0, set counter 1 | ada: set counter 1",
        "bob: get counter → 0 | ada: get counter → 0, set counter 1 | bob: set counter 1",
    )
    assert [step["operation"] for step in lost["steps"]][:2] == ["start", "start"]


def test_what_is_printed_tells_ends_apart(call: Cli, write: Write) -> None:
    assert [each["printed"] for each in found(call, SAYING, write)] == ["a\nb\n", "b\na\n"]
    shown = call("outcomes", "model.py").out
    assert "printed 'a\\nb\\n'" in shown and "printed 'b\\na\\n'" in shown


def test_the_table(call: Cli, write: Write) -> None:
    """What is the same at every end is said once; what a program prints is kept back."""
    write(
        "model.py",
        INCREMENTS.replace("+= 1", '+= 1; print("never seen")').replace(
            "    counter =", "    gate = verify.Event()\n    counter ="
        ),
    )
    done = call("outcomes", "model.py::increments")
    assert (done.code, done.err) == (exit_codes.AS_EXPECTED, "")
    lines = done.out.splitlines()
    assert lines[0] == "model.py::increments"
    assert lines[1] == "  2 outcomes of 4 classes: all there are"
    assert "  ok  counter: 1; (2 classes)" in lines
    assert "  ok  counter: 2; (2 classes)" in lines
    assert lines[-1] == "  always  gate: unset"
    assert "never seen" not in done.out


def test_a_limit_leaves_it_undetermined(call: Cli, write: Write) -> None:
    write("model.py", INCREMENTS)
    done = call("outcomes", "model.py", "--max-executions", "1")
    assert done.code == exit_codes.UNDETERMINED
    assert "UNDETERMINED: 1 outcome within 1 execution (max_executions)" in done.out
    document = json.loads(call("outcomes", "model.py", "--max-executions", "1", "--json").out)
    assert document["exit_code"] == exit_codes.UNDETERMINED
    assert document["models"][0]["complete"] is False


def test_a_failure_is_an_end_like_any_other(call: Cli, write: Write) -> None:
    """The assertion of the last line, wherever it fails; the exit code says that all were found."""
    outcomes = found(call, INCREMENTS + "    assert counter.value == 2, 'lost'\n", write)
    assert [(each["kind"], each["message"]) for each in outcomes] == [
        ("ok", ""),
        ("assertion", "lost"),
    ]
    assert [each["states"]["counter"] for each in outcomes] == ["2", "1"]


def test_a_program_that_is_not_a_function_of_its_schedule(call: Cli, write: Write) -> None:
    write(
        "model.py",
        "import itertools, verify\nrun = itertools.count()\n"
        + INCREMENTS.replace(
            "counter.value += 1", "next(run) % 3 and verify.Lock().acquire(); counter.value += 1"
        ),
    )
    done = call("outcomes", "model.py")
    assert done.code == exit_codes.NONDETERMINISTIC
    assert "NONDETERMINISTIC" in done.out


def test_a_model_that_cannot_be_run_does_not_stop_the_others(call: Cli, write: Write) -> None:
    write("model.py", INCREMENTS + "\n@verify.model\ndef broken():\n    1 / 0\n")
    done = call("outcomes", "model.py")
    assert done.code == exit_codes.BAD_INPUT
    (line,) = done.err.splitlines()
    assert "model.py::broken failed before its first operation" in line
    assert "2 outcomes of 4 classes" in done.out


@pytest.mark.parametrize(
    "arguments, words",
    [
        ((), "the following arguments are required: MODEL"),
        (("nowhere.py",), "no such file"),
        (("model.py::missing",), "no model missing"),
        (("model.py", "--max-executions", "0"), "not greater than 0"),
    ],
)
def test_bad_input(call: Cli, write: Write, arguments: tuple[str, ...], words: str) -> None:
    write("model.py", INCREMENTS)
    done = call("outcomes", *arguments)
    assert (done.code, done.out) == (exit_codes.BAD_INPUT, "")
    (line,) = done.err.splitlines()
    assert words in line


def test_the_same_bytes_under_any_hash_seed(cli: Cli, write: Write) -> None:
    write("model.py", CROSSED.format(arguments=""))
    outputs = {
        cli("outcomes", "model.py", PYTHONHASHSEED=seed, COLUMNS="40").out for seed in ("1", "22")
    }
    assert len(outputs) == 1
    (out,) = outputs
    assert max(map(len, out.splitlines())) <= 40
