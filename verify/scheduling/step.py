"""A step: what one task does, or would do, at one point, and what others can tell of it.

The engine that re-executes makes one for each event. The memoised engine makes one for each request
and the states that it meets, and uses it again whenever these come together again. Strategies keep
steps too: what sleeps, and what is planned, is a step of some event that happened elsewhere, or one
of which no more is known than the task and its option (`planned`).
"""

from __future__ import annotations

from typing import Final

from verify.operation import Effect, Footprint, Kind, Operation

NOWHERE: Final[list[int]] = []
NO_OPERATION: Final = Operation(Kind("unknown", lambda states, task, argument: (None, states)), ())
NO_EFFECT: Final = Effect((), None, None, (), (), False)


class Step(Footprint):
    """An operation of a task, with one of the options that the task has, and its effect.

    `reads` and `writes` leave out the ends of tasks. `numbers` are the objects in whose history it
    belongs: those that it names, reads or writes; `single` is the only one that it names, -1 if it
    names several or none. Neither is known of a step before somebody needs it (clocks.py).
    `never_disabled` marks a try or a timed call: had it been chosen before what let it succeed, it
    would have given up.
    """

    __slots__ = (
        "effect",
        "local",
        "never_disabled",
        "numbers",
        "operation",
        "option",
        "options",
        "single",
        "task",
        "wakes",
    )

    def __init__(
        self,
        task: int,
        option: int = 0,
        options: int = 1,
        operation: Operation = NO_OPERATION,
        effect: Effect = NO_EFFECT,
    ) -> None:
        super().__init__()
        self.task = task
        self.option = option
        self.options = options
        self.operation = operation
        self.effect = effect
        self.local = False
        self.never_disabled = False
        self.numbers = NOWHERE
        self.single = -1
        self.wakes: tuple[int, ...] = ()
