"""Strangers: real threads that run beside an exploration, in code of the program's.

A thread that a C extension has begun, or that was there before the exploration, goes its own way:
what it changes is another thing at every moment. As all tasks share one OS thread, which hands on
the interpreter every few milliseconds, a short run and its repetition may see nothing of it. So it
is let go in between, and named if they differ.
"""

from __future__ import annotations

import os
import sys
from types import FrameType

from verify.exploration.library import of_standard_library
from verify.scheduling.event import Place
from verify.scheduling.sources import is_ours, shown_place
from verify.substitution import originals

A_WHILE = 0.02
"""Seconds for which strangers are let go: several times as long as a thread has its turn."""
_INSTALLED = f"{os.sep}site-packages{os.sep}"


def strangers() -> list[str]:
    """Where each of them is: "FILE:LINE is run by a real thread, in tick"."""
    found = []
    own = originals.get_ident()
    for thread, frame in sys._current_frames().items():
        at = _of_the_program(frame) if thread != own else None
        if at is not None:
            place = shown_place(Place(at.f_code.co_filename, at.f_lineno))
            found.append(f"{place} is run by a real thread, in {at.f_code.co_name}")
    return found


def let_strangers_go() -> None:
    """Let them run for a while, if there are any."""
    if strangers():
        originals.of_time["sleep"](A_WHILE)


def _of_the_program(frame: FrameType | None) -> FrameType | None:
    """The innermost frame that is not the library's, the harness's or an installed package's."""
    while frame is not None:
        file = frame.f_code.co_filename
        module = str(frame.f_globals.get("__name__"))
        if not (of_standard_library(module) or is_ours(file) or _INSTALLED in file):
            return frame
        frame = frame.f_back
    return None
