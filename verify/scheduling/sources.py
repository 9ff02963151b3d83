"""Where in the user's source something happened.

Only looked up while a counterexample is recorded, so that exploring pays nothing for it. Frames of
the harness and of the standard library are skipped: a person wants to see their own lines.
"""

from __future__ import annotations

import ast
import linecache
import os
import sys
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from verify.scheduling.event import Place

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARY = os.path.dirname(os.__file__) + os.sep
_NOT_LIBRARY = tuple(_LIBRARY + part + os.sep for part in ("site-packages", "test"))

CALLERS = 4
"""How many frames of the user's are noted for a new object: it is named where a name is given."""


class Span(NamedTuple):
    """Where an expression stands in a file: lines from 1, columns in UTF-8 bytes from 0."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class CallSite(NamedTuple):
    """The call that created an object, or, as `caller`, the call that led to it.

    `locals` has the values of the plain local variables there (numbers, strings) as text: they say
    which object of a table it is.
    """

    span: Span
    function: str
    locals: tuple[tuple[str, str], ...]
    caller: CallSite | None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The expressions from the innermost outwards: what makes two objects namesakes."""
        return (self.span, *(self.caller.spans if self.caller is not None else ()))


def is_ours(file: str) -> bool:
    """Whether a source file belongs to the harness."""
    return file.startswith(_PACKAGE)


def _is_library(file: str) -> bool:
    """Whether a source file belongs to the standard library, such as typing or contextlib."""
    return file.startswith(_LIBRARY) and not file.startswith(_NOT_LIBRARY)


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's, from this one outwards."""
    while frame is not None:
        file = frame.f_code.co_filename
        if not is_ours(file) and not _is_library(file):
            break
        frame = frame.f_back
    return frame


def user_line() -> Place | None:
    """The innermost line of the running task that is the user's."""
    return line_of(sys._getframe())


def line_of(frame: FrameType | None) -> Place | None:
    """The innermost line of the user's from this frame outwards."""
    frame = user_frame(frame)
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def call_site() -> CallSite | None:
    """The expression that the running task is evaluating in the user's code."""
    return _site(user_frame(sys._getframe()), CALLERS)


def _site(frame: FrameType | None, depth: int) -> CallSite | None:
    span = None if frame is None or not depth else span_of(frame)
    if frame is None or span is None:
        return None
    plain = tuple(
        (name, repr(value))
        for name, value in frame.f_locals.items()
        if type(value) is int or (type(value) is str and len(value) <= 40)
    )
    caller = _site(user_frame(frame.f_back), depth - 1)
    return CallSite(span, frame.f_code.co_name, plain, caller)


def span_of(frame: FrameType) -> Span | None:
    """The expression that a frame is evaluating; None where the interpreter does not know."""
    positions = list(frame.f_code.co_positions())
    line, end_line, column, end_column = positions[frame.f_lasti // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return Span(frame.f_code.co_filename, line, column, end_line, end_column)


def is_frame_of_ours(frame: FrameType) -> bool:
    """Compiled code has a file name as it was given to the compiler, but says its module."""
    module = frame.f_globals.get("__name__", "")
    return is_ours(frame.f_code.co_filename) or str(module).partition(".")[0] == "verify"


def _fails_tests(frame: FrameType) -> bool:
    """pytest and unittest mark the functions that raise on behalf of their callers."""
    hidden = frame.f_locals.get("__tracebackhide__", False)
    return hidden is True or "__unittest" in frame.f_globals


def innermost_user_line(error: BaseException) -> Place | None:
    """The last line that an exception passed through outside the harness, and outside what a test
    calls in order to fail.
    """
    place = None
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if not is_frame_of_ours(frame) and not _fails_tests(frame):
            place = Place(frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return place


def source_line(place: Place | None) -> str:
    """The text of a line, without its indentation; empty if it cannot be had."""
    return "" if place is None else linecache.getline(place.file, place.line).strip()


def shown_place(place: Place | None) -> str:
    """A source line as a person writes it: relative to where they stand, if it is below."""
    return "" if place is None else f"{_shown_file(place.file, Path.cwd())}:{place.line}"


@lru_cache(maxsize=10_000)
def _shown_file(file: str, directory: Path) -> str:
    """A source file as seen from a directory, which is the current one."""
    path = Path(file)
    try:
        path = path.resolve().relative_to(directory)
    except ValueError:
        path = Path(*path.parts[-2:])
    return path.as_posix()


@lru_cache(maxsize=64)
def text(file: str) -> str:
    """What stands in a source file, as it was at the first look; empty if it cannot be had."""
    return "".join(linecache.getlines(file))


@lru_cache(maxsize=64)
def syntax(file: str) -> ast.Module | None:
    """The syntax tree of a source file that has been loaded; None if there is no source."""
    try:
        return ast.parse(text(file))
    except SyntaxError:
        return None


def ancestors(span: Span) -> list[ast.AST]:
    """The nodes of the syntax tree around an expression, from the module inwards to itself.

    Without source, or if the file has changed since it was loaded, as far in as there are any.
    """
    node: ast.AST | None = syntax(span.file)
    path: list[ast.AST] = []
    while node is not None:
        path.append(node)
        node = next((child for child in _children(node) if _holds(child, span)), None)
    return path


def around(place: Place) -> list[ast.AST]:
    """What of a file lies around a line, what is further out first; empty if there is no source."""
    tree = syntax(place.file)
    if tree is None:
        return []
    below = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt | ast.expr)
        and node.lineno <= place.line <= (node.end_lineno or node.lineno)
    ]
    return [tree, *below]


def _children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below that have a position; `with` items and the like have none."""
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        found += [child] if hasattr(child, "lineno") else _children(child)
    return found


def _holds(node: ast.AST, span: Span) -> bool:
    begin = (node.lineno, node.col_offset)  # type: ignore[attr-defined]
    end = (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return bool(begin <= span[1:3] and span[3:5] <= end)
