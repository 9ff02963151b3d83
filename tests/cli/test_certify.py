"""`verify certify`: a second opinion on the proofs in a report, and what is no such thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import CROSSED, ORDERED, Cli as Call, Write
from verify.commands import exit_codes

REPORT = "report.json"

UNSEEN = """
import verify

@verify.model
def unseen():
    seen, turns = [], verify.Shared(0)

    def look(name):
        turns.value
        seen.append(name)
        if seen[0] == name:
            turns.value

    verify.Thread(target=look, args=("a",)).start()
    verify.Thread(target=look, args=("b",)).start()
"""
"""Nothing but reads, so one class; but who reads twice follows from a list that nobody sees."""

LATE = """
import verify

@verify.model
def late():
    seen, turns = [], verify.Shared(0)

    def look(name):
        turns.value
        seen.append(name)
        assert seen[0] == "a"

    verify.Thread(target=look, args=("a",)).start()
    verify.Thread(target=look, args=("b",)).start()
"""
"""The same with an assertion, which fails in an order that makes no difference to whom can see."""

GOALS = """
import verify

@verify.model
def goals():
    cell = verify.Shared(0)

    def write():
        cell.value = 1

    verify.Thread(target=write).start()
    if cell.value:
        verify.cover("written first")
"""

WRITING = """
import verify

@verify.model
def writing():
    cell = verify.Shared(0)

    def write(value):
        cell.value = value

    for value in range(4):
        verify.Thread(target=write, args=(value,)).start()
"""

Reported = Callable[..., dict[str, Any]]


@pytest.fixture
def reported(call: Call, write: Write, here: Path) -> Reported:
    """Write a model, check it, and keep the report with these changes to what it says of it."""

    def report(text: str, *options: str, **changes: Any) -> dict[str, Any]:
        write("models/model.py", text)
        document = json.loads(call("check", "--json", *options).out)
        document["models"][0].update(changes)
        (here / REPORT).write_text(json.dumps(document))
        found: dict[str, Any] = document
        return found

    return report


def test_the_whole_space(reported: Reported, call: Call) -> None:
    """If the second task takes the lock first, both were started before: one interleaving. If the
    first does, the second is started before that, between its two steps, or after them: three."""
    reported(ORDERED.format(arguments=""))
    done = call("certify", REPORT)
    assert (done.code, done.err) == (exit_codes.AS_EXPECTED, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("CERTIFIED  models/model.py::ordered · ")
    assert lines[1].startswith("  The whole space: 2 classes, as in the report, and none fails.")
    assert "every interleaving: 4 executions" in " ".join(done.out.split())
    assert lines[-1] == "1 proof: 1 certified"


def test_as_json(reported: Reported, call: Call) -> None:
    reported(ORDERED.format(arguments=""))
    done = call("certify", REPORT, "--json")
    document = json.loads(done.out)
    [found] = document["models"]
    assert (document["command"], document["exit_code"], done.code) == ("certify", 0, 0)
    assert (found["judgement"], found["extent"]) == ("CERTIFIED", "INTERLEAVINGS")
    assert (found["claimed"], found["classes"], found["executions"]) == (2, 2, 4)


def test_beginnings(reported: Reported, call: Call) -> None:
    """Of 10 executions 2 may be for every interleaving, of which there are more, and 6 for the
    beginnings."""
    reported(ORDERED.format(arguments=""))
    done = call("certify", REPORT, "--max-executions", "10", "--json")
    [found] = json.loads(done.out)["models"]
    assert (found["judgement"], found["extent"]) == ("CERTIFIED", "BEGINNINGS")
    assert (found["classes"], found["drawn"]) == (2, 0)


def test_a_sample_is_no_certificate(reported: Reported, call: Call) -> None:
    """Of 10 executions, 8 are not enough for the 24 orders of four writes, whatever they are."""
    document = reported(WRITING)
    assert document["models"][0]["executions"] == 24
    done = call("certify", REPORT, "--max-executions", "10", "--seed", "7")
    assert done.code == exit_codes.UNDETERMINED
    said = " ".join(done.out.split())
    assert said.startswith("SAMPLED models/model.py::writing")
    assert " of the report's 24 classes (" in said
    assert " in 10 executions, of which 2 drawn at random (seed 7)." in said
    again = call("certify", REPORT, "--max-executions", "10", "--seed", "7").out
    assert again.partition("\n")[2] == done.out.partition("\n")[2]


def test_a_class_too_few(reported: Reported, call: Call) -> None:
    reported(ORDERED.format(arguments=""), executions=1, outcomes={"ok": 1})
    done = call("certify", REPORT)
    assert done.code == exit_codes.REFUTED
    assert done.out.startswith("CONTRADICTED  models/model.py::ordered · ")
    assert "The report has 1 class, none of which fails, but there are at least 2 classes" in (
        " ".join(done.out.split())
    )


def test_a_class_too_many(reported: Reported, call: Call) -> None:
    reported(ORDERED.format(arguments=""), executions=3, outcomes={"ok": 3})
    done = call("certify", REPORT)
    assert done.code == exit_codes.REFUTED
    assert "The report has 3 classes, none of which fails, but there are 2 classes: the search has "
    assert "run some more than once" in " ".join(done.out.split())


def test_an_execution_that_fails(reported: Reported, call: Call, here: Path) -> None:
    """A model with a deadlock, of which the report says that it has none: here is one."""
    reported(
        CROSSED.format(arguments=""),
        verdict="PROVED",
        complete=True,
        executions=3,
        outcomes={"ok": 3},
    )
    [trace] = (here / "traces").glob("*.jsonl")
    trace.unlink()
    done = call("certify", REPORT)
    assert done.code == exit_codes.REFUTED
    assert "but an execution fails: deadlock (" in " ".join(done.out.split())
    assert "VIOLATED  deadlock in crossed" in done.out
    [trace] = (here / "traces").glob("*.jsonl")
    assert f"verify replay {trace.relative_to(here)}" in done.out
    assert call("replay", str(trace)).code == exit_codes.REFUTED


def test_an_execution_that_goes_on(reported: Reported, call: Call) -> None:
    reported(ORDERED.format(arguments=""), max_steps=5)
    done = call("certify", REPORT)
    assert done.code == exit_codes.REFUTED
    assert "but an execution goes on after 5 steps" in " ".join(done.out.split())


@pytest.mark.parametrize(("text", "said"), [(UNSEEN, "should make no"), (LATE, "fails: assertion")])
def test_what_tasks_share_unseen(text: str, said: str, reported: Reported, call: Call) -> None:
    """The search, which takes the two orders of two reads for one, proves it."""
    document = reported(text)
    assert document["models"][0]["verdict"] == "PROVED"
    done = call("certify", REPORT, "--max-executions", "4" if text is UNSEEN else "100")
    assert done.code == exit_codes.REFUTED
    assert said in " ".join(done.out.split())


@pytest.mark.parametrize(("claimed", "code"), [(True, 0), (False, 1)])
def test_goals(claimed: bool, code: int, reported: Reported, call: Call) -> None:
    document = reported(GOALS, covered={"written first": claimed})
    assert document["models"][0]["verdict"] == "PROVED"
    done = call("certify", REPORT)
    assert done.code == code
    assert ("the goal 'written first' is reached" in done.out) is not claimed


def test_settings_of_the_check(reported: Reported, call: Call) -> None:
    """At granularity internal there are other classes: as many as were counted there."""
    document = reported(ORDERED.format(arguments=""), "--granularity", "internal")
    assert document["models"][0]["granularity"] == "internal"
    assert document["models"][0]["executions"] > 2
    assert call("certify", REPORT).code == exit_codes.AS_EXPECTED


def test_seen_from_elsewhere(
    reported: Reported, call: Call, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(ORDERED.format(arguments=""))
    monkeypatch.chdir(here / "models")
    assert call("certify", str(here / REPORT), "model.py").code == exit_codes.AS_EXPECTED


# ------------------------------------------------------------------ what cannot be certified


def refused(call: Call, *arguments: str) -> str:
    """The one line that says why."""
    done = call("certify", REPORT, *arguments)
    assert done.code == exit_codes.BAD_INPUT
    [line] = done.err.splitlines()
    assert line.startswith("verify: error: ")
    return line


def test_another_program(reported: Reported, call: Call, write: Write) -> None:
    reported(ORDERED.format(arguments=""))
    write("models/model.py", ORDERED.format(arguments="") + "\n")
    assert "models/model.py::ordered has changed since the report was written" in refused(call)


def test_a_model_that_is_not_there(reported: Reported, call: Call, write: Write) -> None:
    reported(ORDERED.format(arguments=""))
    write("other.py", CROSSED.format(arguments=""))
    assert "::ordered, and it is not among the 1 models in other.py" in refused(call, "other.py")


def test_another_verdict(reported: Reported, call: Call) -> None:
    reported(CROSSED.format(arguments=""))
    assert "none of its 1 models is PROVED" in refused(call)


def test_a_proof_by_brute_force(reported: Reported, call: Call) -> None:
    reported(ORDERED.format(arguments=""), "--strategy", "brute_force")
    assert "model 1: it was proved by brute_force" in refused(call)


def test_other_instrumented_code(reported: Reported, call: Call, here: Path) -> None:
    document = reported(ORDERED.format(arguments=""))
    document["instrument"] = ["shop"]
    (here / REPORT).write_text(json.dumps(document))
    assert refused(call).endswith("certify it with --instrument shop")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[]", "a list is not an object"),
        ("{}", "command is missing"),
        ('{"command": "list"}', "the document of another command, 'list'"),
        ('{"command": "check", "models": {}}', "models: a dict is not a list"),
        ('{"command": "check", "models": [1]}', "model 1: 1 is not an object"),
        ('{"command": "check", "models": [{}]}', "model 1: verdict is missing"),
        ('{"command": "check", "models": [{"verdict": "YES"}]}', "verdict: 'YES' is none of"),
        ('{"command": "check", "models": [{"verdict": "PROVED"}]}', "executions is missing"),
        ("[" * 100_000, "brackets are open at once"),
        ("\ud800", "is not a report"),
        ('{"command": NaN}', "NaN is not a number"),
    ],
)
def test_what_is_no_report(text: str, said: str, here: Path, call: Call) -> None:
    (here / REPORT).write_bytes(text.encode("utf-8", "surrogatepass"))
    line = refused(call)
    assert said in line
    assert "a report is what `verify check --json` prints" in line


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"complete": False}, "not all of its executions were run"),
        ({"outcomes": {"ok": 1, "deadlock": 1}}, "not all of its executions were run"),
        ({"executions": -1}, "executions: -1 is not a number from 1"),
        ({"max_steps": "many"}, "max_steps: 'many' is not a number"),
        ({"granularity": "fine"}, "granularity: 'fine' is none of operation, internal"),
        ({"strategy": "luck"}, "strategy: 'luck' is none of"),
        ({"model": "a\nb"}, "is not a text"),
        ({"covered": {"goal": 1}}, "1 is neither true nor false"),
        ({"source": None}, "source: None is not a text"),
    ],
)
def test_what_is_wrong_with_a_claim(
    changes: dict[str, Any], said: str, reported: Reported, call: Call
) -> None:
    reported(ORDERED.format(arguments=""), **changes)
    assert said in refused(call)


def test_no_file(call: Call) -> None:
    assert refused(call).endswith(
        "report.json: No such file or directory: the report cannot be read"
    )
