"""The page in a browser lets nothing in and nothing out, whatever the trace says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.support.wait import WebDriverWait

from tests.page.conftest import NARROW, ROOT, WIDE, Browser, Written
from tests.page.stories import HOSTILE_TEXTS, hostile
from tests.page.test_drawn import BUFFER
from verify.cli import main
from verify.commands import exit_codes
from verify.page.page import write
from verify.traces.format import encode, read
from verify.traces.render_text import render


def requests(browser: Browser) -> list[str]:
    """What has been asked for since the page was opened, but for what its policy held back."""
    log = browser.driver.get_log("performance")
    messages = [json.loads(one["message"])["message"] for one in log]
    told = [(one["method"], one["params"]) for one in messages]
    held_back = {
        parameters["requestId"]
        for method, parameters in told
        if method == "Network.loadingFailed" and parameters.get("blockedReason") == "csp"
    }
    return [
        parameters["request"]["url"]
        for method, parameters in told
        if method == "Network.requestWillBeSent" and parameters["requestId"] not in held_back
    ]


def test_no_request_leaves_the_page(browser: Browser, written: Written) -> None:
    _, page = written(BUFFER)
    browser.open(page)
    browser.press("Home", "ArrowDown", "End")
    browser.click("#back")
    assert requests(browser) == [page.as_uri()]
    assert browser.driver.get_log("browser") == []


ELSEWHERE = "http://127.0.0.1:9/"
ATTEMPTS = {
    "an image": f"document.body.append(Object.assign(new Image(), {{ src: '{ELSEWHERE}' }}))",
    "a fetch": f"fetch('{ELSEWHERE}').catch(() => 0)",
    "a script": "const script = document.createElement('script');"
    "script.textContent = 'window.broken = 1'; document.body.append(script)",
    "a handler": "document.body.setAttribute('onclick', 'window.broken = 1');document.body.click()",
    "a form": "const form = document.createElement('form');"
    f"form.action = '{ELSEWHERE}'; document.body.append(form); form.submit()",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_policy_forbids_it(browser: Browser, written: Written, attempt: str) -> None:
    """Even where somebody's markup or script got into the page, which it cannot."""
    _, page = written(BUFFER)
    browser.open(page)
    browser.run(
        "document.addEventListener('securitypolicyviolation', () => { window.refused = true })"
    )
    browser.driver.execute_script(ATTEMPTS[attempt])
    WebDriverWait(browser.driver, 10).until(lambda _: browser.run("window.refused"))
    assert browser.run("window.broken") is None
    assert requests(browser) == [page.as_uri()]


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=range(len(HOSTILE_TEXTS)))
def test_a_hostile_trace_is_only_text(browser: Browser, tmp_path: Path, text: str) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(encode(hostile(text)))
    page = write(path)
    for size in (WIDE, NARROW):
        browser.open(page, size)
        assert browser.run("document.querySelectorAll('.row[data-step]').length") == 3
        browser.press("Home", "ArrowDown", "ArrowDown")
        assert browser.run("window.broken") is None
        assert browser.run("document.scripts.length") == 2
        assert browser.run("document.images.length") == 0
        assert browser.run("document.querySelectorAll('.card').length") == 2
        assert browser.run("document.documentElement.scrollWidth") <= size[0]
        assert requests(browser) == [page.as_uri()]
        assert browser.driver.get_log("browser") == []
        named = browser.run("document.querySelector('.card .name').textContent")
        assert named.isprintable()
        if text.isprintable():
            assert named == text


def test_the_saved_trace_fails_in_the_same_way(
    browser: Browser,
    written: Written,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path, page = written(BUFFER)
    browser.open(page)
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.run("document.getElementById('save').scrollIntoView()")
    browser.click("#save")
    saved = tmp_path / path.name
    WebDriverWait(browser.driver, 10).until(lambda _: saved.exists())
    assert saved.read_bytes() == path.read_bytes()
    monkeypatch.chdir(ROOT)
    shown = browser.text("#again code").split()
    assert shown[:2] == ["verify", "replay"] and shown[2] == path.name
    assert main(["replay", str(saved), *shown[3:]]) == exit_codes.REFUTED
    assert "REPRODUCED" in capsys.readouterr().out
    assert requests(browser)[0] == page.as_uri()


def test_without_scripts_the_report_is_shown(browser: Browser, written: Written) -> None:
    path, page = written(BUFFER)
    trace = read(path)
    report = render(trace, path, width=100, replay_arguments="models/producer_consumer.py")
    for size in (WIDE, NARROW):
        browser.open(page, size, scripts=False)
        seen: list[dict[str, Any]] = browser.run(
            "['#page', '#report pre'].map((one) => document.querySelector(one))"
            ".map((e) => ({ height: e.getBoundingClientRect().height, text: e.innerText }))"
        )
        assert seen[0]["height"] == 0
        assert seen[1]["height"] > 100
        assert seen[1]["text"].split() == report.split()
        assert browser.run("document.documentElement.scrollWidth") <= size[0]
    browser.open(page)
    assert browser.run("document.getElementById('report').open") is False
