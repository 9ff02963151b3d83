"""All tests run with the search checking its own data (verify/exploration/validator.py).

They heed Ctrl-C even where they were started as a background job, which ignores it: some send it.
"""

import signal
from collections.abc import Iterator

import pytest

from verify.exploration.validator import checking
from verify.scheduling import instrumented

pytest_plugins = "pytester"
checking(True)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def nothing_named_to_be_instrumented(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What one test gives a command, in this process, the traces of the next are not to repeat."""
    monkeypatch.setattr(instrumented, "given", dict(instrumented.given))
    yield
