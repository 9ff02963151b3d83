"""Where in the user's source something happened, and what the user calls an object.

Only looked up while a counterexample is recorded, so that exploring pays nothing for it.
"""

from __future__ import annotations

import ast
import linecache
import os
import re
import sys
from functools import lru_cache
from types import FrameType
from typing import NamedTuple

from verify.scheduling.event import Place

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class CallSite(NamedTuple):
    """The call that created an object: where its expression stands in the source."""

    place: Place
    end_line: int
    column: int
    end_column: int


def is_ours(file: str) -> bool:
    """Whether a source file belongs to the harness."""
    return file.startswith(_PACKAGE)


def _user_frame() -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def user_line() -> Place | None:
    """The innermost line of the running task that is not the harness's own."""
    frame = _user_frame()
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def call_site() -> CallSite | None:
    """The expression that the running task is evaluating in the user's code."""
    frame = _user_frame()
    if frame is None:
        return None
    positions = list(frame.f_code.co_positions())
    line, end_line, column, end_column = positions[frame.f_lasti // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return CallSite(Place(frame.f_code.co_filename, line), end_line, column, end_column)


def innermost_user_line(error: BaseException) -> Place | None:
    """The last line outside the harness that an exception passed through."""
    place = None
    traceback = error.__traceback__
    while traceback is not None:
        filename = traceback.tb_frame.f_code.co_filename
        if not is_ours(filename):
            place = Place(filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place


def source_line(place: Place | None) -> str:
    """The text of a line, without its indentation; empty if it cannot be had."""
    return "" if place is None else linecache.getline(place.file, place.line).strip()


@lru_cache(maxsize=64)
def syntax(file: str) -> ast.Module | None:
    """The syntax tree of a source file that has been loaded; None if there is no source."""
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return None


def variable_name(site: CallSite | None) -> tuple[str, bool]:
    """What the user calls the object made at a site, and whether one of several made there.

    `lock = Lock()` gives "lock"; `self.lock = Lock()` too; `forks = [Lock() for …]` gives "forks"
    and True. Empty if the object is not given a name on the spot.
    """
    tree = None if site is None else syntax(site.place.file)
    if site is None or tree is None:
        return "", False
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        found = _position(value, site)
        if found is not None:
            return _named(targets[0], value, found), _several(value, found)
    return "", False


def _position(value: ast.expr, site: CallSite) -> ast.AST | None:
    """The call at the site, if it stands inside this expression."""
    for node in ast.walk(value):
        if (
            isinstance(node, ast.Call)
            and node.lineno == site.place.line
            and node.col_offset == site.column
            and node.end_col_offset == site.end_column
        ):
            return node
    return None


def _named(target: ast.expr, value: ast.expr, call: ast.AST) -> str:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        for name, part in zip(target.elts, value.elts, strict=False):
            if any(node is call for node in ast.walk(part)):
                return _named(name, part, call)
    return re.sub(r"^self\._?", "", ast.unparse(target))


def _several(value: ast.expr, call: ast.AST) -> bool:
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    if isinstance(value, ast.List | ast.Tuple) and not isinstance(value, ast.Call):
        return True
    return any(
        isinstance(node, comprehensions) and any(inner is call for inner in ast.walk(node))
        for node in ast.walk(value)
    )
