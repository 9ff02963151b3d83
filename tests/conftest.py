"""All tests run with the search checking its own data (verify/exploration/validator.py).

They heed Ctrl-C even where they were started as a background job, which ignores it: some send it.

What all the tests are made of stays in memory to the end, half a million objects. No collection of
garbage need go through them again and again, neither while they are made nor when tests collect.
"""

import gc
import signal
from collections.abc import Iterator

import pytest

from verify.exploration.validator import checking
from verify.scheduling import instrumented

pytest_plugins = "pytester"
gc.disable()
checking(True)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Set aside what there is, and collect what comes after that."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def nothing_named_to_be_instrumented(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What one test gives a command, in this process, the traces of the next are not to repeat."""
    monkeypatch.setattr(instrumented, "given", dict(instrumented.given))
    yield
