"""Running the interpreter's own tests on rewritten code, in a process of its own.

    python -m tests.instrumentation.running MODE LIBRARY,... TEST_MODULE...

MODE is `plain` (nothing is rewritten), `off` (rewritten, nothing explored) or `on` (all hooks are
called, and told to somebody who does nothing). The modules of the library are imported anew. Prints
one JSON document: the tests by outcome, with the last line of what went wrong.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import unittest
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from verify.instrumentation import hooks
from verify.instrumentation.importing import FINDER, instrument_modules
from verify.scheduling import instrumented
from verify.scheduling.plain_data import Scope
from verify.scheduling.scheduler import here


class Nobody:
    """Is told everything, and does nothing."""

    def read(self, holder: object, field: object) -> None:
        pass

    def write(self, holder: object, field: object, value: object = None) -> None:
        pass

    def access_all(self, touched: object) -> None:
        pass

    def may_be_of_class(self, name: str) -> bool:
        return False

    def publish(self, value: object) -> None:
        pass

    def created(self, value: object) -> None:
        pass

    def scope(self) -> Scope:
        return Scope()


class Telling:
    """A scheduler as far as the hooks look."""

    def __init__(self, plain: Any) -> None:
        self.plain = plain


@contextlib.contextmanager
def telling(plain: Any) -> Any:
    """While the block runs, the hooks of this thread tell somebody."""
    before = here.scheduler
    with instrumented.listening():
        here.scheduler = Telling(plain)  # type: ignore[assignment]
        try:
            yield plain
        finally:
            here.scheduler = before


def main(mode: str, library: str, *tests: str) -> None:
    names = [name for name in library.split(",") if name]
    around: AbstractContextManager[Any] = nullcontext()
    if mode != "plain":
        importlib.import_module("verify.instrumentation.statements")  # what it needs may go now
        for name in [*names, *tests]:
            for known in [*sys.modules]:
                if known == name or known.startswith(f"{name}."):
                    del sys.modules[known]
        instrument_modules([*names, *tests])
        assert FINDER in sys.meta_path
    if mode == "on":
        around = telling(Nobody())
    found: dict[str, dict[str, str]] = {}
    with around:
        for name in names:
            module = importlib.import_module(name)
            assert mode == "plain" or vars(module)["_verify"] is hooks
        for name in tests:
            module = importlib.import_module(name)
            suite = unittest.defaultTestLoader.loadTestsFromModule(module)
            result = unittest.TextTestRunner(io.StringIO(), verbosity=0).run(suite)
            outcome = {"ran": str(result.testsRun)}
            for test, text in [*result.failures, *result.errors]:
                outcome[str(test)] = text.strip().splitlines()[-1]
            found[name] = outcome
    sys.__stdout__.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
