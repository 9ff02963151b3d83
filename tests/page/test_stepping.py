"""Stepping through the page, as a person does it: keys, clicks, buttons, and the address."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.page.conftest import NARROW, WIDE, Browser, Written
from tests.page.test_drawn import BUFFER, COUNTER, DINING
from verify.traces.format import read
from verify.traces.trace import Trace


@pytest.fixture
def buffer(written: Written) -> tuple[Trace, Path]:
    """The one-condition buffer: a deadlock."""
    path, page = written(BUFFER)
    return read(path), page


def test_keys(browser: Browser, buffer: tuple[Trace, Path]) -> None:
    trace, page = buffer
    last = len(trace.events)
    browser.open(page)
    assert browser.step == last, "the page opens where it went wrong"
    for key, step in [
        ("Home", 1),
        ("ArrowUp", 1),
        ("ArrowDown", 2),
        ("ArrowRight", 3),
        ("ArrowLeft", 2),
        ("ArrowUp", 1),
        ("End", last),
        ("ArrowRight", last),
        ("ArrowLeft", last - 1),
    ]:
        browser.press(key)
        assert browser.step == step, key
        assert browser.run("location.hash") == f"#step={step}"
        assert browser.text("#count") == f"{step} of {last}"


def test_the_row_of_the_step_is_always_in_view(
    browser: Browser, buffer: tuple[Trace, Path]
) -> None:
    trace, page = buffer
    inside = """((row, pane) => pane.top <= row.top && row.bottom <= pane.bottom + 1)(
        document.querySelector(".row.now").getBoundingClientRect(),
        document.getElementById("lanes").getBoundingClientRect())"""
    browser.open(page, NARROW)
    assert browser.run(inside)
    browser.press("Home")
    for _ in trace.events:
        assert browser.run(inside), browser.step
        browser.press("ArrowDown")


def test_clicks(browser: Browser, buffer: tuple[Trace, Path]) -> None:
    trace, page = buffer
    browser.open(page, step="#step=3")
    browser.click("#step-6")
    assert browser.step == 6
    for button, step in [("next", 7), ("back", 6), ("first", 1), ("last", len(trace.events))]:
        browser.click(f"#{button}")
        assert browser.step == step
    assert browser.run("document.getElementById('next').disabled")


@pytest.mark.parametrize(
    ("address", "step"),
    [("#step=7", 7), ("#step=0", 1), ("#step=999999", 29), ("#step=<b>", 29), ("#else", 29)],
)
def test_the_address(browser: Browser, buffer: tuple[Trace, Path], address: str, step: int) -> None:
    trace, page = buffer
    browser.open(page, step=address)
    assert browser.step == min(step, len(trace.events))
    browser.run("location.hash = '#step=4'")
    browser.driver.execute_async_script("setTimeout(arguments[0], 0)")  # after its event
    assert browser.step == 4


def test_the_last_step_shows_the_deadlock(browser: Browser, buffer: tuple[Trace, Path]) -> None:
    trace, page = buffer
    browser.open(page, step="#step=1")
    assert "DEADLOCK" not in browser.text("#event")
    assert browser.run("document.querySelectorAll('[data-status=stuck]').length") == 0
    browser.press("End")
    assert "DEADLOCK: nobody can go on" in browser.text("#event")
    stuck = [one.task for one in trace.waiting]
    cards = "[...document.querySelectorAll('[data-status=stuck]')].map((e) => e.dataset.task)"
    assert browser.run(cards) == stuck
    waits = browser.texts("#waits li")
    assert [text.partition(" → ")[0] for text in waits] == stuck
    assert [text.partition(" → ")[2] for text in waits[1:]] == ["a notify on changed"] * 2
    boxes = browser.run("[...document.querySelectorAll('.graph .box')].map((e) => e.textContent)")
    assert set(boxes) == {*stuck, "a notify on changed"}


def test_the_wait_for_graph_at_each_step(browser: Browser, written: Written) -> None:
    """Philosophers: who wants the fork that a neighbour holds waits from that moment on."""
    path, page = written(DINING)
    trace = read(path)
    holder: dict[str, str] = {}
    wants = {one.task: one.objects[0] for one in trace.waiting if one.operation == "acquire"}
    browser.open(page, step="#step=1")
    for event in trace.events:
        for fork, owners in event.owners:
            holder[fork] = owners[0]
        has = set(holder.values())
        expected = {
            f"{task} → {fork}, held by {holder[fork]}"
            for task, fork in wants.items()
            if task in has and fork in holder
        }
        expected |= {
            f"{later.task} → {fork}, held by {holder[fork]}"
            for later in trace.events
            for fork in later.objects
            if later.operation == "acquire" and later.task not in has and fork in holder
        }
        assert {text for text in browser.texts("#waits li") if "held by" in text} == expected
        browser.press("ArrowDown")
    assert len(expected) == 5


def test_who_holds_what_and_who_sleeps(browser: Browser, buffer: tuple[Trace, Path]) -> None:
    """After each step, as the events before it tell: the cards of the tasks say the same."""
    trace, page = buffer
    holders: dict[str, tuple[str, ...]] = {}
    asleep: set[str] = set()
    browser.open(page, step="#step=1")
    for step, event in enumerate(trace.events, 1):
        holders |= dict(event.owners)
        asleep -= {event.task, *event.woke}
        asleep |= {event.task} if event.operation == "wait" else set()
        cards = browser.run(
            "[...document.querySelectorAll('.card')].map((card) => ({ ...card.dataset, "
            "holds: card.querySelector('.holds')?.innerText ?? '' }))"
        )
        for card in cards:
            held = [name for name, owners in holders.items() if card["task"] in owners]
            assert card["holds"] == (f"holds {', '.join(held)}" if held else "")
            if step < len(trace.events):
                assert (card["status"] == "asleep") is (card["task"] in asleep)
        browser.press("ArrowDown")
    assert asleep == {one.task for one in trace.waiting if one.operation == "wake"} != set()


def test_the_state_and_what_changed(browser: Browser, buffer: tuple[Trace, Path]) -> None:
    """After each step: the latest value of each object; new is what this step changed."""
    trace, page = buffer
    values: dict[str, str] = {}
    browser.open(page, step="#step=1")
    for event in trace.events:
        before = dict(values)
        values |= dict(event.changed)
        shown = browser.run(
            "[...document.querySelectorAll('#state tr')].map((row) => [row.dataset.object, "
            "row.className, row.querySelector('td').innerText])"
        )
        for name, kind, text in shown:
            changed = dict(event.changed).get(name)
            assert (kind == "new") is (changed is not None)
            if changed is not None:
                old = f"{before[name]} → " if name in before else ""
                assert " ".join(text.split()) == old + changed
            else:
                assert " ".join(text.split()) == values.get(name, "not changed yet")
        browser.press("ArrowDown")
    assert {name for name, _, _ in shown} == set(values)


def test_the_source_line_of_each_task(browser: Browser, written: Written) -> None:
    """Each task's line is that of the step just made, or of what it does next."""
    path, page = written(COUNTER)
    trace = read(path)
    source = Path(trace.model.rpartition("::")[0]).name
    browser.open(page, step="#step=1")
    for step, event in enumerate(trace.events, 1):
        place = browser.run("document.querySelector('.card.moved .excerpt').title")
        here = browser.text(".card.moved .here").split(maxsplit=1)
        assert place == event.place and source in place
        assert here[0] == event.place.rpartition(":")[2]
        for card in browser.run(
            "[...document.querySelectorAll('.card:not(.moved)')].map((card) => "
            "({ ...card.dataset, line: card.querySelector('.number')?.innerText ?? '' }))"
        ):
            coming = [later for later in trace.events[step:] if later.task == card["task"]]
            line = coming[0].place.rpartition(":")[2] if coming else ""
            started = card["status"] != "not started"
            assert card["line"] == (line if started else "")
        browser.press("ArrowDown")


@pytest.mark.parametrize("key", [BUFFER, COUNTER, DINING])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_scrolls_sideways(
    browser: Browser, written: Written, key: str, size: tuple[int, int]
) -> None:
    _, page = written(key)
    for dark in (False, True):
        browser.open(page, size, dark=dark)
        for key_pressed in ("Home", "End"):
            browser.press(key_pressed)
            width = browser.run("document.documentElement.scrollWidth")
            assert width <= browser.run("innerWidth") == size[0]
            for pane in ("#lanes", "#report pre"):
                wide = (
                    "((e) => e.scrollWidth <= e.clientWidth)(document.querySelector(arguments[0]))"
                )
                assert browser.run(wide, pane), pane


def test_light_and_dark(browser: Browser, buffer: tuple[Trace, Path]) -> None:
    """Ink on paper is at least 7 to 1 in both, as WCAG counts: dark on light, or light on dark."""
    shades = []
    for dark in (False, True):
        browser.open(buffer[1], dark=dark)
        style = "((style) => [style.color, style.backgroundColor])(getComputedStyle(document.body))"
        ink, paper = (luminance(colour) for colour in browser.run(style))
        assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= 7
        shades.append(paper)
    assert shades[0] > 0.9 and shades[1] < 0.1


def luminance(colour: str) -> float:
    """Of "rgb(1, 2, 3)", from 0 to 1, as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in colour.strip("rgb()").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
