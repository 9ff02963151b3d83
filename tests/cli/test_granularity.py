"""`verify check --granularity internal`: the monitor is checked along with the models."""

from __future__ import annotations

import json

from tests.cli.conftest import Cli, Write
from verify.commands import exit_codes

MODELS = """
import verify

@verify.model(classes=2)
def right():
    lock = verify.Lock()
    def hold():
        with lock:
            pass
    tasks = [verify.Thread(target=hold) for _ in range(2)]
    for task in tasks: task.start()
    for task in tasks: task.join()

@verify.model(expect="deadlock")
def wrong():
    lock = verify.Lock()
    lock.acquire()
    lock.acquire()

@verify.model(granularity="internal", classes=4)
def inside():
    right.__wrapped__()
"""


def test_models_are_checked_at_internal_granularity(cli: Cli, write: Write) -> None:
    """The classes of `right` are stated for the other granularity, and do not count here."""
    write("models.py", MODELS)
    done = cli("check", "models.py", "--granularity", "internal")
    assert done.code == exit_codes.AS_EXPECTED, done
    assert "3 as expected" in done.out
    text = " ".join(done.out.split())
    assert "the steps in which the monitor of the threads carries the models' calls out" in text
    assert "each call one operation" not in text


def test_a_model_may_ask_for_it(cli: Cli, write: Write) -> None:
    write("models.py", MODELS)
    done = cli("check", "models.py", "--json")
    assert done.code == exit_codes.AS_EXPECTED, done
    models = json.loads(done.out)["models"]
    assert {model["name"]: (model["granularity"], model["classes"]) for model in models} == {
        "right": ("operation", 2),
        "wrong": ("operation", None),
        "inside": ("internal", 4),
    }
    other = cli("check", "models.py", "--granularity", "operation")
    assert "3 as expected" in other.out


def test_a_counterexample_is_replayed_at_its_granularity(cli: Cli, write: Write) -> None:
    write("models.py", MODELS.replace('expect="deadlock"', 'expect="proved"'))
    done = cli("check", "models.py::wrong", "--granularity", "internal", "--json")
    assert done.code == exit_codes.REFUTED, done
    [model] = json.loads(done.out)["models"]
    trace = model["failures"][0]["trace"]
    shown = cli("replay", trace, "models.py")
    assert shown.code == exit_codes.REFUTED, shown
    assert "REPRODUCED" in shown.out and "park" in shown.out


def test_an_unknown_granularity_is_bad_input(cli: Cli, write: Write) -> None:
    write("models.py", MODELS)
    done = cli("check", "models.py", "--granularity", "atom")
    assert done.code == exit_codes.BAD_INPUT
    assert "operation" in done.err and "internal" in done.err
