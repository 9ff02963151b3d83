"""Signals: `threading.Event`."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from verify.substitution.patches import really, substitute_method
from verify.substitution.twins import set_twin, twin_of
from verify.sync.event import Event


def substitute(threading: ModuleType) -> None:
    """Replace the methods of the class."""
    kind = threading.Event
    original = kind.__init__

    def init(self: Any) -> None:
        really(original, self)
        set_twin(self, Event())

    def twin(self: Any) -> Event:
        return twin_of(self, Event)

    def wait(self: Any, timeout: float | None = None) -> bool:
        return twin(self).wait(timeout)

    substitute_method(kind, "__init__", init)
    substitute_method(kind, "wait", wait)
    substitute_method(kind, "set", lambda self: twin(self).set())
    substitute_method(kind, "clear", lambda self: twin(self).clear())
    substitute_method(kind, "is_set", lambda self: twin(self).is_set())
