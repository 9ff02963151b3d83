"""Plain fields, accessed as instrumented code does it: the access is seen, then it happens."""

from __future__ import annotations

from typing import Any

from verify.scheduling.explored import Explored
from verify.scheduling.scheduler import active


class Field:
    """An object with one attribute."""

    def __init__(self, value: Any = 0) -> None:
        self.value = value
        engine = active()
        assert isinstance(engine, Explored)
        self._engine = engine
        engine.plain.created(self)

    def get(self) -> Any:
        self._engine.plain.read(self, "value")
        return self.value

    def put(self, value: Any) -> None:
        self._engine.plain.write(self, "value")
        self.value = value
