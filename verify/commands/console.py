"""The console: where a command prints, and what that place can show.

Results go to standard output; errors and progress to standard error. A place that is no terminal
gets no control characters, one that cannot encode our signs gets ASCII, NO_COLOR is obeyed, and
every line is flushed, so that a pipe sees results when they come.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from io import UnsupportedOperation
from pathlib import Path
from typing import Any, TextIO

from verify import __version__
from verify.errors import UsageError

WIDTH_ELSEWHERE = 100
"""Columns where there is no terminal to ask."""
NARROWEST = 30
LONGEST_ERROR = 1_000
"""Characters of an error that are printed: it is one line, whatever a model puts into a message."""

_IN_ASCII = str.maketrans({"·": "-", "…": "...", "→": "->", "×": "x", "—": "-", "–": "-"})
_COLORS = {"green": "32", "red": "1;31", "yellow": "33", "dim": "2", "bold": "1"}


class OutputGone(BaseException):
    """Nobody reads standard output any more (`| head`): an end of the command, not an error."""


class Console:
    """Standard output and standard error, as one command uses them.

    `width` in columns; `ascii` if our signs cannot be shown; `color` if colours are wanted;
    `live` if a line on standard error can be redrawn in place.
    """

    def __init__(self) -> None:
        self._out = _usable(sys.stdout)
        self._err = _usable(sys.stderr)
        plain_terminal = os.environ.get("TERM") == "dumb"
        self.color = self._out.isatty() and not os.environ.get("NO_COLOR") and not plain_terminal
        self.live = self._err.isatty() and not plain_terminal
        self.ascii = not all(_shows_signs(stream) for stream in (self._out, self._err))
        asked = os.environ.get("COLUMNS", "").isdecimal()
        known = asked or self._out.isatty()
        width = shutil.get_terminal_size().columns if known else WIDTH_ELSEWHERE
        self.width = max(NARROWEST, width)

    @property
    def err(self) -> TextIO:
        """Where progress is drawn."""
        return self._err

    def line(self, text: str = "") -> None:
        """Print a result. Raises OutputGone if nobody reads it, UsageError if it cannot be put."""
        self._print(self.encodable(text))

    def ask(self, prompt: str) -> str | None:
        """A line of standard input, after a prompt if that is a terminal; None at its end."""
        if sys.stdin is None:  # closed before we began: `<&-`
            return None
        with suppress(UnsupportedOperation):  # it has been read from
            _usable(sys.stdin)
        if sys.stdin.isatty():
            self._print(prompt, end="")
        try:
            return sys.stdin.readline() or None
        except OSError as error:
            raise UsageError(f"standard input cannot be read: {error.strerror}") from None

    def document(self, content: dict[str, Any]) -> None:
        """Print a JSON document."""
        self._print(json.dumps(content, indent=2))

    def results(
        self, command: str, models: list[Any], errors: Iterable[object], exit_code: int
    ) -> None:
        """Print as a JSON document what a command found out of each model."""
        self.document(
            {
                "verify": __version__,
                "command": command,
                "models": models,
                "errors": [str(error) for error in errors],
                "exit_code": exit_code,
            }
        )

    def note(self, text: str) -> None:
        """Tell a person how things are going."""
        self._tell(self.encodable(text))

    def event(self, content: dict[str, Any]) -> None:
        """Tell a program how things are going: a JSON document of one line."""
        self._tell(json.dumps(content))

    def error(self, error: UsageError | str) -> None:
        """Tell a person what is wrong, in one line; before it the traceback of theirs, if any."""
        own = getattr(error, "traceback", "")
        if own:
            self._tell(own.rstrip("\n"))
        self._tell(self.encodable(f"verify: error: {one_line(str(error))}"))

    def fault(self, fault: BaseException, during: str = "") -> None:
        """Own up to a mistake of ours."""
        if os.environ.get("VERIFY_DEBUG"):
            self._tell("".join(traceback.format_exception(fault)).rstrip("\n"))
        what = one_line(f"{type(fault).__name__}: {fault}")
        where = f" (in {during})" if during else ""
        self._tell(
            self.encodable(
                f"verify: internal fault: {what}{where}. This is a mistake in verify, not in your "
                "program: please report it; VERIFY_DEBUG=1 shows the traceback."
            )
        )

    def paint(self, text: str, color: str) -> str:
        """A text in a colour, where there are colours."""
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self.color else text

    def encodable(self, text: str) -> str:
        """A text in signs that can be shown."""
        return text.translate(_IN_ASCII) if self.ascii else text

    def flush(self) -> None:
        """Make sure that everything has arrived; raises as `line` does."""
        self._print(None)

    @contextmanager
    def imports_kept_apart(self) -> Iterator[None]:
        """What models print while they are imported goes to standard error, not among results."""
        with redirect_stdout(self._err):
            yield

    @contextmanager
    def children_kept_apart(self) -> Iterator[None]:
        """The same for processes that are started in the block, which share our standard output."""
        try:
            out, err = self._out.fileno(), self._err.fileno()
            kept = os.dup(out)
        except (OSError, ValueError):  # no real files: nothing that a process could inherit
            yield
            return
        try:  # from here on, for a Ctrl-C may come at any moment
            os.dup2(err, out)
            yield
        finally:
            os.dup2(kept, out)
            os.close(kept)

    def _print(self, text: str | None, end: str = "\n") -> None:
        try:
            if text is not None:
                self._out.write(text + end)
            self._out.flush()
        except BrokenPipeError:
            self._abandon_output()
            raise OutputGone from None
        except OSError as error:
            self._abandon_output()
            raise UsageError(f"standard output cannot be written: {error.strerror}") from None

    def _abandon_output(self) -> None:
        # What is left in the buffer would fail again, loudly, when the interpreter ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._out.fileno())
        os.close(nowhere)

    def _tell(self, text: str) -> None:
        try:
            self._err.write(text + "\n")
            self._err.flush()
        except OSError:
            self._err = _nowhere()


def one_line(text: str) -> str:
    """A text without line ends and control characters, cut to what a person reads."""
    text = "".join(sign if sign.isprintable() else " " for sign in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_ERROR else text[: LONGEST_ERROR - 1] + "…"


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")


def _usable(stream: TextIO | None) -> TextIO:
    if stream is None:  # closed before we began: `>&-`
        return _nowhere()
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")  # a file's name may be no text at all
    return stream


def _shows_signs(stream: TextIO) -> bool:
    try:
        "·…→×—─│".encode(stream.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
