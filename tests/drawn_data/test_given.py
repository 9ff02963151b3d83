"""@given above @verify.model: Hypothesis draws, the explorer runs all schedules of each example."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, assume, given, settings, strategies as st

import verify
from verify.exploration import minimising
from verify.modelling import check_as_test, checked_by
from verify.traces.format import read

quickly = settings(deadline=None, database=None, derandomize=True, max_examples=50)


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield


def lost_updates(added: list[int]) -> None:
    total = verify.Shared(0)

    def add(number: int) -> None:
        total.value += number

    tasks = [verify.Thread(target=add, args=(number,)) for number in added]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert total.value == sum(added)


def failing(test: Callable[[], None]) -> verify.PropertyViolated:
    """The error of a test that fails, where no plugin of ours checks it."""
    with checked_by(check_as_test), pytest.raises(verify.PropertyViolated) as caught:
        test()
    return caught.value


def told(error: BaseException) -> list[str]:
    """What Hypothesis has noted on an exception."""
    return "\n".join(error.__notes__).splitlines()


def test_every_example_is_explored() -> None:
    """Two tasks with a lock have two classes, three have six: all of them run, for each example.

    The first run is one more: it shows that the program touches a list, and the search begins
    again with that known.
    """
    runs: dict[int, int] = {}

    @quickly
    @given(st.integers(2, 3))
    @verify.model
    def program(tasks: int) -> None:
        lock = verify.Lock()

        def work() -> None:
            with lock:
                pass

        workers = [verify.Thread(target=work) for _ in range(tasks)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        runs[tasks] = runs.get(tasks, 0) + 1

    program()
    assert runs[2] >= 1 + 2 and runs[3] >= 1 + 6  # some of them are run twice, to compare


def test_the_data_is_made_small() -> None:
    """One update is lost only if two tasks add, and one of them something other than 0."""

    @quickly
    @given(st.lists(st.integers(0, 100), max_size=4))
    @verify.model
    def program(added: list[int]) -> None:
        lost_updates(added)

    error = failing(program)
    assert any("[0, 1]" in line or "[1, 0]" in line for line in told(error))
    assert "Smallest failing schedule" in str(error)


def test_only_the_last_example_is_minimised_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    prove = minimising._Minimising._prove

    def noted(self: Any) -> None:
        searched.append(self)
        prove(self)

    monkeypatch.setattr(minimising._Minimising, "_prove", noted)
    examples = []

    @quickly
    @given(st.lists(st.integers(0, 100), max_size=4))
    @verify.model
    def program(added: list[int]) -> None:
        if added not in examples:
            examples.append(added)
        lost_updates(added)

    error = failing(program)
    assert len(examples) > 5
    assert len(searched) == 1
    (path,) = Path("traces").iterdir()
    arguments = read(path).settings["arguments"]
    assert f"It was given {arguments}." in str(error)
    assert any(line.strip().startswith(f"{arguments},") for line in told(error))


def test_failures_of_two_kinds_are_one_bug() -> None:
    """Else Hypothesis would report several, each with an example that nobody has made small."""

    @quickly
    @given(st.integers(0, 1000), st.integers(0, 1000))
    @verify.model
    def program(n: int, m: int) -> None:
        lock = verify.Lock()
        lock.acquire()
        if n > 40:
            lock.acquire()
        assert m <= 30

    error = failing(program)
    assert not isinstance(error, BaseExceptionGroup)


def test_the_lines_of_the_explorer_explain_nothing() -> None:
    """Hypothesis listens to what runs while it explains; around the explorer it does not."""
    heard = set()

    @settings(quickly, phases=list(Phase))
    @given(st.integers(0, 1000))
    @verify.model
    def program(n: int) -> None:
        monitoring = getattr(sys, "monitoring", None)
        heard.add(sys.gettrace() if monitoring is None else monitoring.get_events(3))
        lock = verify.Lock()
        lock.acquire()
        assert n < 10

    before = sys.gettrace()
    error = failing(program)
    assert not any("verify/exploration" in line for line in told(error))
    assert not any(type(getattr(one, "__self__", 0)).__name__ == "Tracer" for one in heard)
    assert sys.gettrace() is before


def test_an_example_that_does_not_meet_an_assumption_is_none() -> None:
    """It is passed over as in any test; and the trace is still one of the test's own file."""
    explored = set()

    @quickly
    @given(st.integers(0, 1000))
    @verify.model
    def program(n: int) -> None:
        assume(n > 500)
        explored.add(n)
        lock = verify.Lock()
        lock.acquire()
        assert n < 700

    error = failing(program)
    assert explored and min(explored) > 500
    assert any("n=700" in line for line in told(error))
    (path,) = Path("traces").iterdir()
    assert read(path).source == hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


@pytest.mark.parametrize("memoise", [True, False])
def test_an_assumption_after_some_steps(memoise: bool) -> None:
    """More than 16 executions come before, so that the search is memoised where it can be."""
    other = [] if memoise else [0]  # what changes is not closed

    @quickly
    @given(st.integers(0, 1))
    @verify.model
    def program(n: int) -> None:
        coin = verify.choose(range(40))
        if other:
            other[0] += 1
        assume(n == 0 or coin < 39)

    program()


def test_given_below_the_model_is_refused() -> None:
    @given(st.integers())
    def program(n: int) -> None:
        verify.Shared(n)

    with pytest.raises(verify.UsageError, match="swap the two, with @given above"):
        verify.model(program)


def test_data_that_is_drawn_inside_is_refused() -> None:
    @quickly
    @given(st.data())
    @verify.model
    def program(data: st.DataObject) -> None:
        data.draw(st.integers())

    with pytest.raises(verify.UsageError, match=r"program is given st.data\(\)"):
        program()


def test_an_example_with_one_schedule_is_no_concern() -> None:
    """It is one of many; that all of them have one only is not known here."""

    @quickly
    @given(st.integers(0, 3))
    @verify.model
    def program(n: int) -> None:
        task = verify.Thread(target=verify.Atomic(n).load)
        task.start()
        task.join()

    with pytest.warns() as heard:
        program()
        verify.model(lambda: program.hypothesis.inner_test.model.function(1))()
    assert [str(one.message).split(": ")[1] for one in heard] == ["only_one_schedule"]
