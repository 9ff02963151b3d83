"""Data races as they are reported: found though nothing fails, told once, replayed, or allowed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import verify
from tests.races import programs
from tests.races.fields import Field
from tests.races.programs import run
from verify.errors import UsageError
from verify.exploration.loop import Search
from verify.modelling import Model, model_of
from verify.scheduling.scheduler import active

MODELS = [found for found in map(model_of, vars(programs).values()) if found is not None]


@pytest.mark.parametrize("declared", MODELS, ids=lambda declared: declared.name)
@pytest.mark.parametrize("strategy", ["dpor", "random", "pct"])
def test_what_is_expected_is_found(declared: Model, strategy: str) -> None:
    """In all classes, and in 50 samples: there are at most four, and a race is in each of them."""
    search = declared.search(
        stop_at_first=False, strategy=strategy, max_executions=None if strategy == "dpor" else 50
    )
    report = search.run()
    found = {kind for kind in report.outcomes if kind != "ok"}
    assert found == ({declared.expect} - {"proved"})
    if strategy == "dpor":
        assert declared.disappointment(report) == ""


def test_a_race_is_found_in_the_first_execution() -> None:
    """No luck is needed: whatever the order was, nothing made it so."""
    report = verify.explore(programs.nobody_locks)
    assert (report.executions, report.failures[0].kind) == (1, "race")


def test_the_locks_are_told() -> None:
    def told(program: object) -> str:
        return verify.explore(program).failures[0].message

    assert told(programs.nobody_locks).count("holding no lock") == 2
    assert "holding lock), and read by bob-1" in told(programs.one_locks)
    both = told(programs.each_its_own_lock)
    assert "holding here" in both
    assert "holding there)" in both


def test_a_pair_of_lines_is_told_once() -> None:
    """Three tasks write ten fields in one line: 30 pairs of accesses, and one pair of lines."""

    def program() -> None:
        fields = [Field() for _ in range(10)]

        def write() -> None:
            for field in fields:
                field.put(1)

        run(write, write, write)

    report = verify.explore(program, strategy="random", max_executions=20, stop_at_first=False)
    assert report.outcomes["race"] == 20
    assert len(report.failures) == 1


def test_each_pair_of_lines_is_told() -> None:
    """A write races with a read, and with itself: two pairs of lines."""

    def program() -> None:
        field = Field()

        def both() -> None:
            field.put(1)
            field.get()

        run(both, both)

    report = verify.explore(program, stop_at_first=False)
    assert len(report.failures) == 2
    for failure in report.failures:
        first, second = (failure.trace.events[step - 1] for step in failure.trace.racing)
        assert first.path != second.path
        assert "value" in failure.message
        assert "write" in (first.operation, second.operation)


def test_a_race_behind_a_failed_assertion_is_told() -> None:
    """It counts as an assertion, and its diagnosis names the race."""
    trace = verify.explore(programs.fails_with_a_race_behind_it).failures[0].trace
    assert trace.kind == "assertion"
    assert "Data race: " in trace.diagnosis


def test_allowed_races_are_counted() -> None:
    """Each task reads and writes: the read races with the write, and the write with itself."""
    declared = model_of(programs.lost_update)
    assert declared is not None
    report = declared.search(stop_at_first=False).run()
    assert report.outcomes == {"ok": 2, "assertion": 2}
    assert report.allowed_races == 2
    alone = Search(programs.both_lock, suppress=["data_race"]).run()
    assert (alone.verdict.name, alone.allowed_races) == ("PROVED", 0)


def test_a_proof_tells_how_many_races_it_allows() -> None:
    report = Search(programs.nobody_locks, suppress=["data_race"]).run()
    assert report.verdict.name == "PROVED"
    assert str(report).endswith("; 1 data race allowed")


def test_that_races_are_allowed_holds_for_one_program() -> None:
    with pytest.raises(UsageError, match="data_race"):
        verify.model(suppress=["data_races"])
    assert verify.explore(programs.nobody_locks).outcomes == {"race": 1}


class Seat:
    """A plain object that nobody announces: it is named by who touches it first."""

    taken = 0


SEATS: list[Seat] = []
"""A global, so that they are not handed to the tasks, which would name them."""


@pytest.mark.parametrize(("third", "verdict"), [("read", "PROVED"), ("write", "VIOLATED")])
def test_objects_that_share_a_name_do_not_race(third: str, verdict: str) -> None:
    """All seats go by the name of their class, as objects do of which it is not known who names
    them first; but the first two are two all the same."""

    def program() -> None:
        SEATS[:] = [Seat(), Seat(), Seat()]
        begun = verify.Shared(0)
        plain = active().plain  # type: ignore[attr-defined]

        def sit(own: int) -> None:
            assert begun.value == 0  # it comes to the seats after others have begun
            plain.write(SEATS[own], "taken")
            getattr(plain, third)(SEATS[2], "taken")

        run(lambda: sit(0), lambda: sit(1))

    search = Search(program, memoise=False)
    search.engine.names.plain._merged.add(Seat)
    assert search.run().verdict.name == verdict


MODEL = """
import verify
from verify.scheduling.scheduler import active

class Account:
    pass

@verify.model
def withdraws():
    account, lock = Account(), verify.Lock()
    account.money = 10

    def ada():
        with lock:
            active().plain.write(account, "money"); account.money = 5

    def bob():
        active().plain.read(account, "money"); print(account.money)

    threads = [verify.Thread(target=ada), verify.Thread(target=bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def command(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "verify", *arguments], cwd=directory, capture_output=True, text=True
    )


def test_it_is_checked_replayed_and_explained(tmp_path: Path) -> None:
    (tmp_path / "bank.py").write_text(MODEL)
    checked = command(tmp_path, "check", "bank.py", "--json")
    assert checked.returncode == 1
    (failure,) = json.loads(checked.stdout)["models"][0]["failures"]
    assert failure["kind"] == "race"
    assert failure["message"] == (
        "account.money is written by ada-1 (bank.py:15, holding lock), and read by bob-1 "
        "(bank.py:18, holding no lock), in no order"
    )
    replayed = command(tmp_path, "replay", failure["trace"], "bank.py")
    assert replayed.returncode == 1, replayed.stdout
    explained = command(tmp_path, "explain", failure["trace"]).stdout
    assert "Only one of the two holds a lock there" in explained
    assert 'active().plain.read(account, "money")' in explained
    assert "Holding the same lock at both would do." in explained


@verify.instrument
class Counted:
    """Counts itself, with a lock or without."""

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.number = 0

    def count(self) -> None:
        self.number += 1

    def count_alone(self) -> None:
        with self.lock:
            self.number += 1


def and_nobody_stops(count: Callable[[Counted], None]) -> Callable[[], None]:
    """Both count once; then one goes on for ever with what nobody else knows."""

    def program() -> None:
        counted, rounds = Counted(), verify.Shared(0)

        def endless() -> None:
            count(counted)
            while True:
                rounds.value += 1

        verify.Thread(target=endless).start()
        count(counted)

    return program


def test_what_there_is_of_an_execution_without_an_end_is_checked() -> None:
    """It is refuted, by the shortest part of it: a start, two accesses of the one, and the first of
    the other, which is not ordered with the write. The replay is cut there, too."""
    program = and_nobody_stops(Counted.count)
    report = verify.explore(program, max_steps=50)
    assert (report.executions, report.outcomes) == (1, {"race": 1})
    assert report.stop_reason.startswith("50 steps of one execution (max_steps)")
    trace = report.failures[0].trace
    assert (len(trace.events), trace.step, trace.racing) == (4, 4, (3, 4))
    again = verify.replay(program, trace)
    assert (again.verdict, again.failures[0].message) == (report.verdict, trace.message)


def test_an_execution_without_an_end_that_has_no_race_decides_nothing() -> None:
    report = verify.explore(and_nobody_stops(Counted.count_alone), max_steps=50)
    assert (report.verdict.name, report.executions) == ("UNDETERMINED", 0)


def test_an_exception_before_the_end_is_missing_refutes() -> None:
    def program() -> None:
        rounds = verify.Shared(0)

        def fails() -> None:
            rounds.value = 1
            raise ValueError("told")

        failing = verify.Thread(target=fails)
        failing.start()
        failing.join()
        while True:
            rounds.value += 1

    report = verify.explore(program, max_steps=50)
    assert [failure.kind for failure in report.failures] == ["exception"]
    assert len(report.failures[0].trace.events) == 2
    assert verify.replay(program, report.failures[0].trace).verdict is report.verdict
