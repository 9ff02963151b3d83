"""Await loops: whether a task that asks for an operation has come back none the wiser.

    looping    a cheap look that errs on the side of yes: may the frames be in such a loop at all?
    come_back  has the task, since its latest event that was no mere look, stood at this very point
               with everything as it is now? Then what it has done since is an iteration that it
               will repeat, as long as nobody writes what it read; the number of events in it

To say so wrongly would take behaviours away from the program; not to say so leaves it running in
circles, which only ends as a limit. So all that decides what the task does next must be as it was:

* it stands in the same call. `places.py` tells which instructions are the same point, and whether
  what lies hidden on the stack there is the same whenever the frame comes back;
* the frame with the loop is the same one, has gone round its loop, and so have all frames around it
  stayed where they were. The frames that it has called since are new: nothing lies on their stacks;
* a generator among them is the task's own code, which is resumed with nothing at each `yield`;
* each frame has called the next one directly. A call-back of `map` or `sorted` may come again
  without its caller's having moved on. Names decide: a call finds its function by a variable, whose
  value is looked at, or by an attribute, and then the function must be called what the attribute
  is, and not as the methods that call back are;
* the variables of these frames, and all that they reach, are as they were (local_state.py);
* it has started no task, and has not asked for the time or made a choice.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any

from verify.operation import Operation
from verify.scheduling.local_state import Hidden, LocalState
from verify.scheduling.places import ATTRIBUTE, GENERATOR, HOOK, NAME, Place, place_of
from verify.scheduling.sources import is_ours

DEEPEST = 8
"""Frames between a loop and the look at an object."""
MOST = 256
"""Points that are remembered of one task; a longer iteration is not found."""

_NAMES = (
    "accumulate all any count dropwhile extend filter filterfalse groupby heapify index insort "
    "insort_left insort_right join map max merge min nlargest nsmallest reduce remove sort sorted "
    "starmap submit sum takewhile update writelines bisect bisect_left bisect_right "
    "difference difference_update intersection intersection_update issubset issuperset "
    "isdisjoint symmetric_difference symmetric_difference_update union fromkeys"
)
_CALLING_BACK = frozenset(_NAMES.split())
"""Functions in C that may call a function of the program's more than once."""

_OURS: dict[CodeType, bool] = {}


class Round:
    """Where a task has stood since its latest event that was no mere look: in how many looks."""

    __slots__ = ("kept", "stood")

    def __init__(self) -> None:
        self.stood: dict[tuple[Any, ...], int] = {}
        self.kept: list[object] = []  # so that no address comes to mean something else


def looping() -> bool:
    """Whether the running task may stand in a loop that only looks."""
    return any(place.repeats for _, place in _standing())


def come_back(so_far: Round, operation: Operation, mode: int, looks: int) -> int:
    """How many looks the running task has taken since it was in the state in which it is now.

    0 if it has not been. `looks` are those that it has taken in all since `so_far` began.
    """
    standing = _standing()
    if not any(place.repeats for _, place in standing):
        return 0
    try:
        numbers = tuple([cell.number for cell in operation.cells])
        points: list[Any] = [mode, operation.kind, numbers]
        for depth, (frame, place) in enumerate(standing, 1):
            points.append((frame.f_code, place.number))
            if not place.repeats:
                continue
            state = LocalState([inner for inner, _ in standing[:depth]], operation.argument)
            key = (id(frame), tuple(points), state.key)
            then = so_far.stood.get(key)
            if then is not None:
                so_far.stood[key] = looks
                return looks - then
            if len(so_far.stood) < MOST:
                so_far.stood[key] = looks
                so_far.kept += (frame, state.kept)
    except Hidden:
        return 0
    return 0


def _standing() -> list[tuple[FrameType, Place]]:
    """The frames of the running task from the innermost outwards, as far as one could have a loop.

    Each has called the one before directly. All but the last have nothing on their stacks, or have
    a loop themselves.
    """
    frame: FrameType | None = sys._getframe(1)
    called: CodeType | None = None
    while frame is not None and _is_ours(frame.f_code):
        called = frame.f_code
        frame = frame.f_back
    found: list[tuple[FrameType, Place]] = []
    while frame is not None and called is not None and not _is_ours(frame.f_code):
        place = place_of(frame.f_code, frame.f_lasti)
        if place is None or not _calls(frame, place, called) or _is_led(frame):
            break
        found.append((frame, place))
        if not place.bare or len(found) == DEEPEST:
            break
        called = frame.f_code
        frame = frame.f_back
    return found


def _is_led(frame: FrameType) -> bool:
    """Whether it is a generator's that is no task's own code: who resumes it decides with what."""
    if not frame.f_code.co_flags & GENERATOR:
        return False
    return frame.f_back is None or not _is_ours(frame.f_back.f_code)


def _is_ours(code: CodeType) -> bool:
    ours = _OURS.get(code)
    if ours is None:
        ours = _OURS[code] = is_ours(code.co_filename)
    return ours


def _calls(frame: FrameType, place: Place, code: CodeType) -> bool:
    """Whether a frame has called this code directly; and its loops are what they seem."""
    how, name = place.called
    if place.counted and "range" in frame.f_globals:
        return False
    if how == HOOK:
        return _is_ours(code)  # which frames of ours there are depends on what is compiled
    if how == ATTRIBUTE:
        return name == code.co_name and name not in _CALLING_BACK
    if how == NAME:
        space = frame.f_locals
        value = space[name] if name in space else frame.f_globals.get(name)
        if isinstance(value, MethodType):
            value = value.__func__
        elif not isinstance(value, FunctionType):
            value = vars(type(value)).get("__call__")
        return isinstance(value, FunctionType) and value.__code__ is code
    return True
