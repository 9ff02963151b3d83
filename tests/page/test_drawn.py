"""What the page draws, asked of a browser: each event, span and arrow, where it belongs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.page.conftest import NARROW, WIDE, Browser, Written
from tests.page.stories import RACE, long
from verify.page.page import write
from verify.traces.format import encode, read
from verify.traces.table import texts
from verify.traces.trace import Trace

BUFFER = "models/producer_consumer.py::one_condition_notify"
COUNTER = "models/counter.py::lost_update"
DINING = "models/dining_philosophers.py::left_fork_first"
ROWS = """[...document.querySelectorAll(".row[data-step]")].map((row) => {
    const mark = document.querySelector(`circle.node[data-step="${row.dataset.step}"]`);
    const [box, dot] = [row.getBoundingClientRect(), mark.getBoundingClientRect()];
    return { ...row.dataset, text: row.innerText, area: box.width * box.height * dot.width,
             inside: box.top <= dot.top && dot.bottom <= box.bottom,
             x: dot.x + dot.width / 2, colour: getComputedStyle(mark).fill };
})"""
SPANS = "[...document.querySelectorAll(arguments[0])].map((one) => ({ ...one.dataset }))"


@pytest.fixture
def race(tmp_path: Path) -> Path:
    """The page of a race."""
    path = tmp_path / "till.jsonl"
    path.write_bytes(encode(RACE))
    return write(path)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("key", [BUFFER, COUNTER, DINING])
def test_every_event_is_drawn(
    browser: Browser, written: Written, key: str, size: tuple[int, int]
) -> None:
    """A row with its number, task, text and line, and a mark beside it on the task's own line."""
    path, page = written(key)
    trace = read(path)
    browser.open(page, size)
    rows = browser.run(ROWS)
    told = texts(trace, trace.events, "→")
    assert [int(row["step"]) for row in rows] == [*range(1, len(trace.events) + 1)]
    lanes: dict[str, set[float]] = {}
    for row, event, text in zip(rows, trace.events, told, strict=True):
        line = event.place.rpartition(":")[2]
        assert (row["task"], row["line"]) == (event.task, line)
        race = ["race"] if size is WIDE and int(row["step"]) in trace.racing else []
        assert row["text"].split() == [row["step"], event.task, *text.split(), *race, line]
        assert row["area"] > 0 and row["inside"]
        lanes.setdefault(event.task, set()).add(round(row["x"], 1))
    assert all(len(xs) == 1 for xs in lanes.values()), "a task has one lane"
    assert len(set().union(*lanes.values())) == len(lanes), "and no other task has the same"
    if size is WIDE:
        heads = "[...document.querySelectorAll('#heads text')].map((one) => one.textContent)"
        assert browser.run(heads) == [name for name, _ in trace.tasks]


def held(trace: Trace) -> set[tuple[str, str, str, str]]:
    """Who holds what, from which step to which: each step that changes the holders is looked at."""
    found = set()
    since: dict[tuple[str, str], int] = {}
    for step, event in enumerate(trace.events, 1):
        for name, owners in event.owners:
            for task, _ in trace.tasks:
                if task in owners:
                    since.setdefault((task, name), step)
                elif (task, name) in since:
                    found.add((task, name, str(since.pop((task, name))), str(step)))
    return found | {(task, name, str(step), "") for (task, name), step in since.items()}


@pytest.mark.parametrize("key", [BUFFER, DINING])
def test_spans_in_which_a_lock_is_held(browser: Browser, written: Written, key: str) -> None:
    path, page = written(key)
    browser.open(page)
    expected = held(read(path))
    drawn = browser.run(SPANS, "#lanes .held")
    assert {(one["task"], one["object"], one["first"], one["last"]) for one in drawn} == expected
    assert len(drawn) == len(expected) >= 4


def test_spans_in_which_a_task_is_asleep(browser: Browser, written: Written) -> None:
    """From each wait on the condition to the notify that names the task, or to the end."""
    path, page = written(BUFFER)
    trace = read(path)
    expected = set()
    for step, event in enumerate(trace.events, 1):
        if event.operation == "wait":
            after = enumerate(trace.events[step:], step + 1)
            woken = (str(later) for later, other in after if event.task in other.woke)
            expected.add((event.task, str(step), next(woken, "")))
    stuck = {(one.task, "") for one in trace.waiting if one.operation == "wake"}
    assert stuck and stuck <= {(task, last) for task, _, last in expected}
    browser.open(page)
    drawn = browser.run(SPANS, "#lanes .asleep")
    assert {(one["task"], one["first"], one["last"]) for one in drawn} == expected


def test_what_happened_before_what(browser: Browser, race: Path) -> None:
    """The arrows are the steps in `after`; those of the step that is shown stand out."""
    browser.open(race, step="#step=6")
    drawn = browser.run(
        "[...document.querySelectorAll('#lanes .before')].map((e) => ({...e.dataset}))"
    )
    arrows = {(int(one["from"]), int(one["to"])) for one in drawn}
    assert arrows == {(1, 3), (2, 4), (3, 5), (4, 6), (5, 6), (6, 7)}
    now = [(one["from"], one["to"]) for one in browser.run(SPANS, "#lanes .before.now")]
    assert now == [("4", "6"), ("5", "6"), ("6", "7")]


def test_the_race_is_red(browser: Browser, race: Path) -> None:
    browser.open(race)
    (line,) = browser.run(SPANS, "#lanes .race")
    assert (line["from"], line["to"]) == ("3", "5")
    style = "getComputedStyle(document.querySelector(arguments[0])).stroke"
    red, green, blue = parts(browser.run(style, "#lanes .race"))
    assert red > 2 * max(green, blue)
    marked = browser.run("[...document.querySelectorAll('.row.racing')].map((e) => e.innerText)")
    assert [text.split()[0] for text in marked] == ["3", "5"]
    assert all("race" in text for text in marked)
    assert browser.run(style, "circle.node[data-step='3']") == browser.run(style, "#lanes .race")


def parts(text: str) -> tuple[int, ...]:
    """The parts of "rgb(1, 2, 3)"."""
    return tuple(int(part) for part in text.removeprefix("rgb(").removesuffix(")").split(","))


def test_the_failing_run_beside_the_passing_one(browser: Browser, race: Path) -> None:
    for size in (WIDE, NARROW):
        browser.open(race, size)
        assert "first 3 steps are the same" in browser.text("#compared")
        fails, passes = browser.texts("#compared li"), browser.texts("#compared .passes li")
        assert [text.split() for text in fails[:4]] == [
            ["bob", "get", "till", "→", "0", "5"],
            ["bob", "set", "till", "1", "5"],
            ["ann", "set", "till", "1", "5"],
            ["main", "get", "till", "→", "1", "13"],
        ]
        assert [text.split() for text in passes] == [
            ["ann", "set", "till", "1", "5"],
            ["bob", "get", "till", "→", "1", "5"],
            ["bob", "set", "till", "2", "5"],
            ["main", "get", "till", "→", "2", "13"],
        ]
        tops = "[...document.querySelectorAll('.column')].map((e) => e.getBoundingClientRect().top)"
        left, right = browser.run(tops)
        assert left == right


def test_a_run_beside_which_none_passes(browser: Browser, tmp_path: Path) -> None:
    """It is said where the search has found that out, and nothing where it has not looked."""
    for settings, shown in [({"hopeless": True}, True), ({}, False)]:
        path = tmp_path / "till.jsonl"
        path.write_bytes(encode(replace(RACE, parted=0, passing=(), settings=settings)))
        browser.open(write(path))
        assert browser.run("document.getElementById('beside').offsetHeight > 0") is shown
        assert ("it fails in every order" in browser.text("#page")) is shown


def test_a_history_of_calls_is_drawn_as_it_is(browser: Browser, tmp_path: Path) -> None:
    drawn = "ann  put(1) ---------|\nbob      |-- get() → 2"
    changes = {"kind": "invariant", "place": "", "diagnosis": drawn}
    path = tmp_path / "till.jsonl"
    path.write_bytes(encode(replace(RACE, **changes)))
    for size in (WIDE, NARROW):
        browser.open(write(path), size)
        assert browser.texts("#reason p") == ["After step 7, by main: a coin was lost"]
        assert browser.text("#reason pre") == drawn
        assert browser.run("document.documentElement.scrollWidth") <= size[0]


def test_what_the_search_did_and_what_was_printed(browser: Browser, race: Path) -> None:
    browser.open(race)
    names, values = browser.texts("#search dt"), browser.texts("#search dd")
    assert dict(zip(names, values, strict=True)) == {
        "executions": "12\u202f345",
        "blocked executions": "0",
        "strategy": "dpor",
        "seed": "0",
    }
    assert browser.text("#output") == "a line\nand <b>another</b>\n"


@pytest.mark.parametrize("steps", [0, 1, 2_002], ids=["none", "one", "two thousand"])
def test_short_and_long(browser: Browser, tmp_path: Path, steps: int) -> None:
    """A failure before the first step, and runs of one and of two thousand: drawn, all of them."""
    trace = long(1_000)
    path = tmp_path / "till.jsonl"
    path.write_bytes(encode(replace(trace, events=trace.events[:steps], step=steps)))
    page = write(path)
    for size in (WIDE, NARROW):
        browser.open(page, size)
        drawn = "document.querySelectorAll('.row[data-step]').length"
        WebDriverWait(browser.driver, 20).until(lambda _: browser.text("#count"))
        assert browser.run(drawn) == steps
        assert browser.text("#count") == f"{steps} of {steps}"
        assert "DEADLOCK" in browser.text("#event")
        assert browser.text(".row.broken") == "nobody can go on"
        browser.press("Home")
        assert browser.text("#count") == f"{min(steps, 1)} of {steps}"
        assert browser.run("document.documentElement.scrollWidth") <= size[0]
        assert browser.driver.get_log("browser") == []


def test_the_verdict_comes_first(browser: Browser, written: Written) -> None:
    path, page = written(BUFFER)
    trace = read(path)
    browser.open(page)
    assert browser.text("#badge") == "VIOLATED"
    assert browser.text("h1") == "deadlock in one_condition_notify"
    assert browser.text("#reason") == trace.diagnosis
    assert f"5 tasks · {len(trace.events)} steps" in browser.text("#facts")
