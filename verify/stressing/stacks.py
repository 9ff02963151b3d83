"""Stacks as a person wants to see them: the user's code, without the plumbing around it."""

from __future__ import annotations

import threading
import traceback
from types import FrameType

from verify.scheduling.sources import is_ours


def user_stack(frame: FrameType | None) -> str:
    """The user's part of a task's stack, the newest call last; ours if there is none.

    A task's code begins where its body is run; what stands above that is the harness, and in a
    forked process all that its parent was doing.
    """
    summary = traceback.extract_stack(frame) if frame is not None else []
    begin = max((at for at, line in enumerate(summary) if _runs_a_body(line)), default=0)
    told = [line for line in summary[begin:] if not _is_plumbing(line.filename)]
    return "".join(traceback.format_list(told or summary[-1:]))


def _runs_a_body(line: traceback.FrameSummary) -> bool:
    return line.name in ("run", "_run") and is_ours(line.filename)


def _is_plumbing(file: str) -> bool:
    return is_ours(file) or file == threading.__file__
