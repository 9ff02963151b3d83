"""The public names: imported when they are first used, and known to a type checker all the same."""

from __future__ import annotations

import ast
from pathlib import Path

import verify


def _declared() -> set[str]:
    """The names that `verify/__init__.py` imports for type checking."""
    tree = ast.parse(Path(verify.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_a_type_checker_knows_every_name() -> None:
    """One that it does not know makes whatever is decorated with it, or called, untyped."""
    assert _declared() == set(verify.__all__)


def test_every_name_is_there() -> None:
    assert [name for name in verify.__all__ if not hasattr(verify, name)] == []
