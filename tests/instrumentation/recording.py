"""Recording: what rewritten code says that it touches, as text.

A source is rewritten and run as a module, with somebody listening who writes everything down. What
is touched is called by the names that the module's globals have for the holders; a holder that has
none is its class's name, and the module is `module`.
"""

from __future__ import annotations

import textwrap
from types import ModuleType
from typing import Any

from tests.instrumentation.running import telling
from verify.instrumentation.importing import compiled, parsed, prepare
from verify.scheduling.plain_data import Scope
from verify.scheduling.plain_names import GROWTH, STRUCTURE


class Record:
    """Writes down what it is told."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self.lines: list[str] = []

    def _name(self, holder: object) -> str:
        if holder is self._module:
            return "module"
        known = [name for name, value in vars(self._module).items() if value is holder]
        return known[0] if known else type(holder).__name__

    def _field(self, holder: object, field: Any) -> str:
        if field in (STRUCTURE, GROWTH):
            return f"{self._name(holder)}{field}"
        if isinstance(field, tuple):
            return f"{self._name(holder)}[{field[1]!r}]"
        return f"{self._name(holder)}.{field}"

    def read(self, holder: object, field: object) -> None:
        self.lines.append(f"r {self._field(holder, field)}")

    def write(self, holder: object, field: object, value: object = None) -> None:
        self.lines.append(f"w {self._field(holder, field)}")

    def access_all(self, touched: Any) -> None:
        told = []
        for holder, reads, writes in touched:
            told += [f"r {self._field(holder, field)}" for field in reads]
            told += [f"w {self._field(holder, field)}" for field in writes]
        if told:
            self.lines.append(" ".join(told))

    def may_be_of_class(self, name: str) -> bool:
        return False

    def publish(self, value: object) -> None:
        pass

    def created(self, value: object) -> None:
        self.lines.append(f"new {type(value).__name__}")

    def scope(self) -> Scope:
        return Scope()


def module_of(source: str, name: str = "recorded") -> ModuleType:
    """A rewritten module; what runs as it is loaded is not told."""
    module = ModuleType(name)
    prepare(vars(module), module)
    path = f"<{name}>"
    exec(compiled(parsed(textwrap.dedent(source), path, name), path), vars(module))
    return module


def accesses(source: str, run: str = "f") -> list[str]:
    """What a function of a module touches, in order."""
    module = module_of(source)
    with telling(Record(module)) as record:
        vars(module)[run]()
    lines: list[str] = record.lines
    return lines
