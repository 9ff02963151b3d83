"""The pytest plugin: tests that are models run under plain `pytest`.

    pytest_load_initial_conftests  in a project that has settings for models: what its modules make
                                   of the library's as they are imported can be taken over, and
                                   what it names is instrumented; as are all test files with models
    pytest_addoption               the options --verify-…
    pytest_configure               refuses what no search could have; adds what tells of models
    pytest_collection_modifyitems  adds what runs them (pytesting/running.py), if there are any

Every run of pytest in an environment with verify loads this module, models or not. So it imports
nothing, and asks for the rest only when a test file has brought in `verify.model`, or the project's
pyproject.toml has a table `[tool.verify]`.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

WIDTH_ELSEWHERE = 100
"""Columns where there is no terminal to ask."""


def _settings() -> bytes:
    """What the project says, as it stands there: to read it properly takes longer."""
    here = Path.cwd()
    for place in (here, *here.parents):
        try:
            return (place / "pyproject.toml").read_bytes()
        except OSError:
            continue
    return b""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("verify", "models (verify)")
    group.addoption(
        "--verify-profile",
        choices=("dev", "ci", "nightly"),
        help="dev: 10 s a model, and what they do not decide is a warning; ci (the default where "
        "CI is set): 10 s, and it is a failure; nightly: an hour, and it is a failure",
    )
    group.addoption(
        "--verify-strategy",
        metavar="NAME",
        help="how schedules are chosen, as in verify check: dpor, random, pct, …",
    )
    group.addoption(
        "--verify-seconds",
        metavar="S",
        help='how long to explore or stress a model ("none": no limit)',
    )
    group.addoption(
        "--verify-seed", type=int, metavar="N", help="what random choices are drawn from"
    )
    group.addoption(
        "--verify-workers",
        metavar="N",
        help='how many processes explore a long search together ("auto": one on each core)',
    )
    group.addoption(
        "--verify-replay",
        metavar="ID",
        help="run one saved counterexample again and no other test: its file, the digits in its "
        'name, or "last"',
    )
    group.addoption(
        "--verify-stress",
        choices=("threads", "processes"),
        help="do not explore: run models over and over for real",
    )
    group.addoption(
        "--verify-html",
        nargs="?",
        const="",
        metavar="DIR",
        help="write counterexamples as pages for a browser, too, in DIR (default: beside them)",
    )
    group.addoption(
        "--verify-instrument",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="see also what this package or module does to plain attributes, variables and "
        'containers; may be given several times (".", the default: the test files with models)',
    )
    group.addoption(
        "--verify-statistics", action="store_true", help="say more about each search at the end"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    given: list[str] = early_config.known_args_namespace.verify_instrument
    settings = _settings()
    if given or b"[tool.verify" in settings:
        from verify.substitution.patches import start

        start()
    if given or b"instrument" in settings:
        from verify.errors import UsageError
        from verify.pytesting.instrumenting import ask_for

        try:
            ask_for(given, early_config.rootpath)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    if early_config.known_args_namespace.assertmode == "plain":
        from verify.pytesting.instrumenting import load_without_pytest

        load_without_pytest(early_config.getini("python_files"))
    for finder in sys.meta_path:
        if type(finder).__name__ == "AssertionRewritingHook" and "exec_module" not in vars(finder):
            load = finder.exec_module  # type: ignore[attr-defined]
            vars(finder)["exec_module"] = functools.partial(_load_test_file, finder, load)
            vars(finder)["instruments"] = True


def _load_test_file(finder: Any, load: Any, module: Any) -> None:
    """Run a test file: instrumented, if it may have models or its name was asked for.

    Where verify is installed from a wheel, pytest takes its modules for a plugin's, and so for
    something like test files.
    """
    source = Path(module.__spec__.origin).read_bytes()
    ours = module.__name__.partition(".")[0] == "verify"
    maybe = b"verify" in source and b"model" in source
    if not ours and (maybe or "verify.instrumentation.importing" in sys.modules):
        from verify.pytesting.instrumenting import load_instrumented

        if load_instrumented(finder, module, source):
            return
    load(module)


def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    seconds, workers = option.verify_seconds, option.verify_workers
    if option.verify_strategy is not None or seconds is not None or workers is not None:
        from verify.errors import UsageError
        from verify.settings import OF_MODELS, demand

        try:
            if option.verify_strategy is not None:
                demand({"strategy": option.verify_strategy}, OF_MODELS, "--verify-strategy")
            if seconds is not None:
                option.verify_seconds = _number(seconds)
                demand({"max_seconds": option.verify_seconds}, OF_MODELS, "--verify-seconds")
            if workers is not None:
                option.verify_workers = int(workers) if workers.isdecimal() else workers
                demand({"workers": option.verify_workers}, OF_MODELS, "--verify-workers")
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is None:
        config.pluginmanager.register(Telling(config), "verify-telling")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "verify.modelling" not in sys.modules:
        return
    from verify.errors import UsageError
    from verify.pytesting.running import Running

    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    surroundings = _surroundings(config) if workerinput is None else workerinput["verify"]
    try:
        running = Running(config, surroundings)
        running.select(items)
    except UsageError as error:
        if workerinput is None:
            raise pytest.UsageError(str(error)) from None
        del items[1:]  # a worker has no other way to say it than by a test
        config.pluginmanager.register(Refusing(str(error)), "verify-refusing")
    else:
        config.pluginmanager.register(running, "verify-running")


class Refusing:
    """Fails what would be run."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def pytest_runtest_setup(self) -> None:
        pytest.fail(self._reason, pytrace=False)


def _surroundings(config: pytest.Config) -> dict[str, Any]:
    """What reports are to be readable on."""
    encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
    try:
        "·…→─│".encode(encoding)
        in_ascii = False
    except (UnicodeError, LookupError):
        in_ascii = True
    reporter: Any = config.pluginmanager.getplugin("terminalreporter")
    asked = os.environ.get("COLUMNS", "").isdecimal()
    known = asked or (reporter is not None and reporter.isatty)
    width = shutil.get_terminal_size().columns if known else WIDTH_ELSEWHERE
    return {"width": width, "ascii": in_ascii}


class Telling:
    """Where the terminal is: collects what the tests of all processes say of their models."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._surroundings = _surroundings(config)
        self._searches: list[dict[str, Any]] = []
        self._remarks: dict[str, None] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """pytest-xdist starts a worker."""
        node.workerinput["verify"] = self._surroundings

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = vars(report)
        self._searches += found.get("verify_searches", ())
        if "verify_remark" in found:
            self._remarks[found["verify_remark"]] = None
        account = found.get("verify_account")
        if account is not None:  # a worker's has become a text on its way
            from verify.pytesting.reporting import Account

            report.longrepr = Account(**account)  # type: ignore[assignment]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._searches:
            from verify.pytesting.reporting import summarise

            statistics = self._config.option.verify_statistics
            summarise(terminalreporter, self._searches, [*self._remarks], statistics)
