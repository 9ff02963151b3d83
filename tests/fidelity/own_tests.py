"""The interpreter's own tests, each in one explored schedule.

They come from the installed package `test`. Over the copies, its modules are loaded as these are;
for substitution they are imported, and explored as they stand. A test is a program: it is made, set
up, run and torn down by the main task.
"""

from __future__ import annotations

import importlib
import logging
import unittest
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from tests.fidelity.copies import COPIED, Copies
from tests.fidelity.patience import explored_once

SEED = 6


def own_tests_of(module: str) -> Iterator[tuple[str, str]]:
    """The classes and methods of a module's tests."""
    for suite in unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(module)):
        for test in suite if isinstance(suite, unittest.TestSuite) else ():
            yield type(test).__name__, str(getattr(test, "_testMethodName", ""))


def run_over_copies(module: str, kind: str, method: str) -> str:
    """What is wrong with a test over the copies: empty if it passes."""

    def program() -> Any:
        copies = Copies((*COPIED, "test"), failing=False)
        helper: Any = copies.load("test.support.import_helper")

        def import_fresh_module(
            name: str, fresh: object = (), blocked: object = (), deprecated: object = False
        ) -> ModuleType | None:
            """Of a module and its variant in C, the copy is the one without C."""
            return copies.load(name) if blocked else None

        helper.import_fresh_module = import_fresh_module
        result = run(getattr(copies.load(module), kind)(method))
        copies.end()
        return result

    return complaint(program)


def run_substituted(module: str, kind: str, method: str, seed: int = SEED) -> str:
    """What is wrong with a test that goes by the library's own names: empty if it passes."""
    tests = getattr(importlib.import_module(module), kind)
    return complaint(lambda: run(tests(method)), seed)


def run(test: unittest.TestCase) -> unittest.TestResult:
    """Run one test, in a task."""
    result = unittest.TestResult()
    unittest.TestSuite([test]).run(result)
    return result


def complaint(program: Any, seed: int = SEED) -> str:
    """What is wrong with a program that gives the result of a test."""
    results: list[unittest.TestResult] = []
    logging.root.handlers, handlers = [], logging.root.handlers  # pytest's: a test reads stderr
    try:
        execution = explored_once(lambda: results.append(program()), seed)
    finally:
        logging.root.handlers = handlers
    texts = [text for one in results for _, text in (*one.errors, *one.failures)]
    texts += [f"skipped: {reason}" for one in results for _, reason in one.skipped]
    texts += [failure.message for failure in execution.failures]
    if not results:
        texts.append(f"it did not end: {execution.ending.name}, {len(execution.events)} steps")
    return "\n".join(texts)
