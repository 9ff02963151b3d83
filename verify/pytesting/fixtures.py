"""Fixtures: those that would carry something from one execution of a model into the next.

pytest sets a fixture up once for a test. A model is run many times, so what one execution leaves in
a directory, a patched module or a list is there when the next one begins, and the model is no
longer a function of its schedule. A fixture that is asked for by name and made anew for each test
is therefore refused unless its value cannot change. Hypothesis has the same check, under the same
name, for the same reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from verify.errors import UsageError
from verify.exploration.immutable import immutable

CHECK = "function_scoped_fixture"


def demand_no_leaks(item: pytest.Function) -> None:
    """UsageError for the first function-scoped fixture of a test whose value can change."""
    info: Any = item._fixtureinfo
    parameters: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    for name in info.argnames:
        fixtures = info.name2fixturedefs.get(name)
        if not fixtures or fixtures[-1].scope != "function":
            continue
        value = item.funcargs.get(name)
        handed_on = name in parameters and parameters[name] is value
        if not handed_on and not immutable(value):
            raise UsageError(
                f"{name} is a function-scoped fixture, set up once for the test and not for each "
                f"execution of the model: what one execution leaves in the {type(value).__name__} "
                "the next one finds there. Make it inside the model; or, if nothing is left "
                f'there, say so with @verify.model(suppress=["{CHECK}"])'
            )
