"""`verify check`: what it says, and its exit code."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import CROSSED, LONG, ORDERED, Cli, Write
from verify.commands import exit_codes, progress
from verify.commands.exit_codes import gravest
from verify.exploration import estimating, telling
from verify.exploration.loop import Search
from verify.exploration.strategies import STRATEGIES

EXPECTED = CROSSED.format(arguments='expect="deadlock"')
UNEXPECTED = CROSSED.format(arguments="")
RIGHT = ORDERED.format(arguments="")


def test_models_that_are_as_expected(call: Cli, write: Write) -> None:
    write("models/crossed.py", EXPECTED)
    write("models/ordered.py", ORDERED.format(arguments="classes=2"))
    done = call("check")
    assert (done.code, done.err) == (0, "")
    files = [line for line in done.out.splitlines() if line.startswith("models/")]
    assert files == ["models/crossed.py", "models/ordered.py"]
    rows = [line.split() for line in done.out.splitlines() if line.startswith("  ")]
    assert [row[:2] for row in rows] == [["VIOLATED", "crossed"], ["PROVED", "ordered"]]
    assert all(row[-2:] == ["as", "expected"] for row in rows)
    assert "2 models: 2 as expected · 1 proved, 1 refuted" in done.out
    assert done.out.count("sequential consistency") == 1
    assert len(list(Path("traces").iterdir())) == 1


def test_an_unexpected_failure_is_shown_in_full(cli: Cli, write: Write) -> None:
    """And the command that the report prints works as it is printed."""
    write("mine/crossed.py", UNEXPECTED)
    done = cli("check", "mine/crossed.py")
    assert (done.code, done.err) == (exit_codes.REFUTED, "")
    assert "NOT AS EXPECTED" in done.out
    assert "expected a proof, found deadlock" in done.out
    assert "mine/crossed.py:9" in done.out  # where the tasks wait
    (command,) = {
        line[line.index("verify replay") :]
        for line in done.out.splitlines()
        if "verify replay" in line
    }
    replayed = cli(*shlex.split(command)[1:])
    assert (replayed.code, replayed.err) == (exit_codes.REFUTED, "")
    assert "REPRODUCED" in replayed.out


def test_an_expected_failure_takes_one_line(call: Cli, write: Write) -> None:
    write("models/crossed.py", EXPECTED)
    assert "verify replay" not in call("check").out
    assert "traces/crossed" not in call("check").out
    assert "traces/crossed" in call("check", "-v").out


def test_a_proof_where_a_failure_was_expected(call: Cli, write: Write) -> None:
    write("ordered.py", ORDERED.format(arguments='expect="deadlock"'))
    done = call("check", "ordered.py")
    assert done.code == exit_codes.REFUTED
    assert "expected deadlock, found no failure" in done.out


def test_a_wrong_number_of_classes(call: Cli, write: Write) -> None:
    write("ordered.py", ORDERED.format(arguments="classes=3"))
    done = call("check", "ordered.py")
    assert done.code == exit_codes.REFUTED
    assert "expected 3 classes, found 2" in done.out


def test_a_limit_is_never_a_pass(call: Cli, write: Write) -> None:
    write("ordered.py", RIGHT)
    done = call("check", "ordered.py", "--max-executions", "1")
    assert done.code == exit_codes.UNDETERMINED
    assert "(max_executions)" in done.out
    assert "PROVED" not in done.out


def test_a_limit_before_all_classes_are_counted(call: Cli, write: Write) -> None:
    """Two of three classes may hold the deadlock or not; the count is open either way."""
    write("crossed.py", CROSSED.format(arguments='expect="deadlock", classes=3'))
    done = call("check", "crossed.py", "--max-executions", "2")
    assert done.code == exit_codes.UNDETERMINED
    assert call("check", "crossed.py").code == 0


def test_no_limit(call: Cli, write: Write) -> None:
    write("ordered.py", RIGHT)
    unlimited = ["--max-executions", "none", "--max-seconds", "none"]
    assert call("check", "ordered.py", *unlimited).code == 0


def test_all_goes_on_after_the_first_failure(call: Cli, write: Write) -> None:
    write("crossed.py", EXPECTED)
    first = json.loads(call("check", "crossed.py", "--json").out)["models"][0]
    every = json.loads(call("check", "crossed.py", "--json", "--all").out)["models"][0]
    assert not first["complete"]
    assert (every["complete"], every["executions"]) == (True, 3)
    assert every["outcomes"] == {"deadlock": 1, "ok": 2}


def test_another_strategy_counts_something_else(call: Cli, write: Write) -> None:
    """`classes` is what the model's own strategy counts; brute force runs every interleaving.

    Two strategies that run each class once are held to the same number.
    """
    write("ordered.py", ORDERED.format(arguments="classes=2"))
    document = json.loads(call("check", "ordered.py", "--json", "--strategy", "brute_force").out)
    (model,) = document["models"]
    assert (model["standing"], model["classes"]) == ("MET", None)
    assert model["executions"] > 2
    assert call("check", "ordered.py", "--strategy", "exhaustive").code == 0
    write("miscounted.py", ORDERED.format(arguments="classes=3"))
    assert call("check", "miscounted.py", "--strategy", "exhaustive").code == exit_codes.REFUTED


def test_the_help_names_every_strategy(call: Cli) -> None:
    done = call("check", "--help")
    assert done.code == 0
    assert all(strategy in done.out for strategy in STRATEGIES)


def test_json_is_one_document_and_nothing_else(cli: Cli, write: Write) -> None:
    write("models/loud.py", "print('importing')\n" + RIGHT + "    print('running')\n")
    write("models/crossed.py", EXPECTED)
    done = cli("check", "--json")
    document = json.loads(done.out)
    assert (done.code, document["exit_code"]) == (0, 0)
    crossed, ordered = document["models"]
    assert crossed["model"] == "models/crossed.py::crossed"
    assert (crossed["verdict"], crossed["standing"]) == ("VIOLATED", "MET")
    (failure,) = crossed["failures"]
    assert failure["kind"] == "deadlock"
    assert Path(failure["trace"]).is_file()
    assert (ordered["verdict"], ordered["complete"], ordered["executions"]) == ("PROVED", True, 2)
    assert document["errors"] == document["not_run"] == []


def test_one_model_of_a_file(call: Cli, write: Write) -> None:
    write("both.py", EXPECTED + RIGHT)
    done = call("check", "both.py::ordered")
    assert done.code == 0
    assert "1 model:" in done.out
    assert "crossed" not in done.out


def test_a_fault_of_ours_is_told_as_ours(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the other models are checked all the same."""
    write("models/crossed.py", EXPECTED)
    write("models/ordered.py", RIGHT)
    run = Search.run

    def broken(search: Search) -> object:
        if search.model.endswith("crossed"):
            raise KeyError("no such clock")
        return run(search)

    monkeypatch.setattr(Search, "run", broken)
    done = call("check")
    assert done.code == exit_codes.INTERNAL_FAULT
    assert "  PROVED    ordered" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("verify: internal fault: KeyError: 'no such clock'")
    assert "models/crossed.py::crossed" in line
    assert "report it" in line
    monkeypatch.setenv("VERIFY_DEBUG", "1")
    assert "Traceback" in call("check").err


def test_a_nondeterministic_model(call: Cli, write: Write) -> None:
    """The first run of a schedule takes a lock of its own, the second does not."""
    write(
        "fickle.py",
        "import verify\nruns = []\n\n"
        "@verify.model\ndef fickle():\n"
        "    runs.append(1)\n"
        "    shared = verify.Shared(0)\n"
        "    def bump():\n"
        "        shared.value += len(runs) % 2\n"
        "        if len(runs) % 2:\n"
        "            shared.value = 0\n"
        "    for _ in range(2):\n"
        "        verify.Thread(target=bump).start()\n",
    )
    done = call("check", "fickle.py")
    assert done.code == exit_codes.NONDETERMINISTIC
    assert "NONDETERMINISTIC" in done.out
    assert "Probable cause: fickle.py:" in done.out


def test_exit_codes_in_order_of_gravity() -> None:
    """5 internal fault, 2 bad input, 4 nondeterministic, 1 refuted, 3 undetermined, 0."""
    order = [5, 2, 4, 1, 3, 0]
    for position in range(len(order)):
        assert gravest(order[position:]) == order[position]
        assert gravest(reversed(order[position:])) == order[position]
    assert gravest([]) == 0


def test_progress_is_told_in_plain_lines_where_there_is_no_terminal(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("ordered.py", RIGHT)
    assert call("check", "ordered.py").err == ""  # it is over long before the first line is due
    monkeypatch.setattr(progress, "BETWEEN_PLAIN_LINES", 0.0)
    monkeypatch.setattr(telling, "PROGRESS_EVERY", 0.0)
    lines = call("check", "ordered.py").err.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("[1/1] ordered  ") and "\x1b" not in line for line in lines)
    assert "1 execution · " in lines[0]
    assert " deep · " in lines[0]


def test_progress_is_told_in_json_where_the_result_is(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line an event on standard error; on standard output the one document, as ever."""
    write("ordered.py", RIGHT)
    assert call("check", "ordered.py", "--json").err == ""
    monkeypatch.setattr(progress, "BETWEEN_PLAIN_LINES", 0.0)
    monkeypatch.setattr(telling, "PROGRESS_EVERY", 0.0)
    done = call("check", "ordered.py", "--json")
    assert json.loads(done.out)["models"][0]["executions"] == 2
    events = [json.loads(line) for line in done.err.splitlines()]
    assert [event["executions"] for event in events] == [1, 2]
    for event in events:
        assert (event["event"], event["model"]) == ("progress", "ordered.py::ordered")
        assert (event["estimate"], event["guarantee"], event["failures"]) == (None, "", 0)


def test_an_estimate_is_told_while_a_search_runs_and_when_a_limit_stops_it(
    call: Cli, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("long.py", LONG)
    monkeypatch.setattr(progress, "BETWEEN_PLAIN_LINES", 0.0)
    monkeypatch.setattr(telling, "PROGRESS_EVERY", 0.0)
    monkeypatch.setattr(estimating, "UNWATCHED", 0.0)
    monkeypatch.setattr(estimating, "SHARE", 10.0)
    done = call("check", "long.py", "--max-executions", "500")
    assert done.code == 3
    words = " ".join(done.out.split())
    assert re.search(r"not refuted within 500 executions \(max_executions\); about 1\d\b", words)
    assert "million classes in all" in words
    line = done.err.splitlines()[-1]
    assert re.search(r"\[1/1\] long  500 executions of about 1\d\b.* million · ", line)
    assert line.endswith(" to go")
    done = call("check", "long.py", "--max-executions", "500", "--json")
    estimate = json.loads(done.out)["models"][0]["estimate"]
    assert 10**7 < estimate["low"] <= 4**12 <= estimate["high"] < 3 * 10**7


def test_what_is_said_of_a_number_of_executions_is_the_same_every_time(
    cli: Cli, write: Write
) -> None:
    """However fast they were, and whatever strings hash to."""
    write("long.py", LONG)
    said = set()
    for seed in "01":
        done = cli("check", "long.py", "--max-executions", "200", "--json", PYTHONHASHSEED=seed)
        said.add(json.dumps(json.loads(done.out)["models"][0]["estimate"]))
    assert len(said) == 1
    assert "low" in said.pop()


def test_a_probe_that_fails_is_a_counterexample(call: Cli, write: Write) -> None:
    """The search takes hours to come to the deadlock; the probes need no search to come to it."""
    write("rare.py", LONG.replace("def move", CROSSING).replace("long", "rare"))
    done = call("check", "rare.py", "--max-executions", "100")
    assert done.code == 1
    assert "deadlock after 100 executions" in done.out
    assert len(list(Path("traces").iterdir())) == 1


CROSSING = """left, right = verify.Lock(), verify.Lock()

    def cross(first, second):
        with first, second:
            pass

    verify.Thread(target=cross, args=(left, right)).start()
    verify.Thread(target=cross, args=(right, left)).start()

    def move"""


def test_a_directory_that_cannot_be_written_costs_the_trace_alone(call: Cli, write: Write) -> None:
    write("models/crossed.py", EXPECTED)
    write("models/more.py", EXPECTED.replace("crossed", "other"))
    write("traces", "a file is in the way")
    done = call("check")
    assert done.code == 0
    assert "2 as expected" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("verify: error: ")
    assert "traces" in line


NEVER_COVERED = """
import verify

@verify.model({arguments})
def never():
    flag = verify.Shared(0)
    task = verify.Thread(target=verify.Shared(1).__repr__)
    task.start()
    task.join()
    if flag.value == 1:
        verify.cover("the flag was set")
"""
"""Nobody sets the flag; and a task that shares nothing leaves one schedule."""


def test_a_goal_that_is_never_reached_and_a_health_check(cli: Cli, write: Write) -> None:
    write("models/never.py", NEVER_COVERED.format(arguments=""))
    done = cli("check")
    assert done.code == 1
    assert "NOT AS EXPECTED" in done.out
    assert "    cover goal never reached: the flag was set\n" in done.out
    assert "    warning: only_one_schedule: " in done.out
    (model,) = json.loads(cli("check", "--json").out)["models"]
    assert (model["verdict"], model["standing"]) == ("PROVED", "NOT_MET")
    assert model["reason"] == "cover goal never reached: the flag was set"
    assert model["covered"] == {"the flag was set": False}
    assert [concern["check"] for concern in model["concerns"]] == ["only_one_schedule"]


def test_a_health_check_that_is_suppressed(cli: Cli, write: Write) -> None:
    write("models/never.py", NEVER_COVERED.format(arguments='suppress=["only_one_schedule"]'))
    assert "warning" not in cli("check").out


def test_a_health_check_that_there_is_not(cli: Cli, write: Write) -> None:
    write("models/never.py", NEVER_COVERED.format(arguments='suppress=["one_schedule"]'))
    done = cli("check")
    assert done.code == 2
    assert "there is no such health check" in done.err and "only_one_schedule" in done.err
