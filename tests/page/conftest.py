"""What the tests of the page share: real counterexamples, their pages, and a browser without a net.

One headless Chromium serves all tests of a process. Where there is none, they are skipped, unless
VERIFY_BROWSER says that there must be one, as .ci/run does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from verify.collection import collect
from verify.page.page import write
from verify.traces.store import save

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
WIDE, NARROW = (1280, 800), (390, 844)

Written = Callable[[str], tuple[Path, Path]]
"""Of a model by its key: the file of its smallest counterexample, and that of its page."""


class Browser:
    """Chromium, and what one asks of a page that it shows."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(
        self,
        page: Path,
        size: tuple[int, int] = WIDE,
        *,
        step: str = "",
        dark: bool = False,
        scripts: bool = True,
    ) -> None:
        """Show a page as if for the first time, and forget what was logged before."""
        width, height = size
        self.command("Page.navigate", url="about:blank")
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=size == NARROW,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.driver.get("about:blank")
        for log in ("browser", "performance"):
            self.driver.get_log(log)
        self.driver.get(page.as_uri() + step)

    def command(self, name: str, **parameters: Any) -> Any:
        """One of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script: str, *arguments: object) -> Any:
        """What a piece of JavaScript returns, run in the page."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def text(self, selector: str) -> str:
        """What can be read at the first element that a CSS selector finds."""
        found: str = self.run("document.querySelector(arguments[0]).innerText", selector)
        return found

    def texts(self, selector: str) -> list[str]:
        """The same for all of them."""
        script = "[...document.querySelectorAll(arguments[0])].map((one) => one.innerText)"
        found: list[str] = self.run(script, selector)
        return found

    def press(self, *keys: str) -> None:
        """Keys, as a keyboard sends them."""
        for key in keys:
            for kind in ("rawKeyDown", "keyUp"):
                self.command("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def click(self, selector: str) -> None:
        """A click with the mouse in the middle of an element, whatever lies on top of it there."""
        x, y = self.run(
            "((box) => [box.x + box.width / 2, box.y + box.height / 2])"
            "(document.querySelector(arguments[0]).getBoundingClientRect())",
            selector,
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.command(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    @property
    def step(self) -> int:
        """The step that stands out among the rows."""
        (found,) = self.run(
            "[...document.querySelectorAll('.row[aria-selected=true]')].map((e) => +e.dataset.step)"
        )
        return int(found)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; skips where there is none."""
    if CHROMIUM is None or DRIVER is None:
        missing = "chromium and chromedriver are not both installed"
        if os.environ.get("VERIFY_BROWSER", "0") not in ("", "0"):
            pytest.fail(f"VERIFY_BROWSER is set, but {missing}")
        pytest.skip(missing)
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(DRIVER))  # its own path: nothing is fetched
    try:
        yield Browser(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Explore a model, save its counterexample and write the page of it, once."""
    directory = tmp_path_factory.mktemp("pages")
    done: dict[str, tuple[Path, Path]] = {}

    def write_page(key: str) -> tuple[Path, Path]:
        if key not in done:
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(ROOT)
                (model,) = collect([key])
                (failure, *_) = model.search(stop_at_first=True).run().failures
                trace = save(failure.trace, directory)
                done[key] = trace, write(trace)
        return done[key]

    return write_page
