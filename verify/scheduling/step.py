"""A step: what one task does, or would do, at one point, and what others can tell of it.

The engine that re-executes makes one for each event. The memoised engine makes one for each request
and the states that it meets, and uses it again whenever these come together again. Strategies keep
steps too: what sleeps is a step of some event that happened elsewhere. What is planned is only a
move: a search may have planned a million steps, and holds on to no more of each than it must.
"""

from __future__ import annotations

from typing import Any, Final

from verify.operation import Access, Effect, Footprint, Kind, Operation, bits, carry_out

NOWHERE: Final[list[int]] = []
NO_OPERATION: Final = Operation(Kind("unknown", lambda states, task, argument: (None, states)), ())
NO_EFFECT: Final = Effect((), None, None, (), (), False)


class Move(Footprint):
    """That a task takes an option of those that it has, and what it touches, as far as is known.

    `reads` and `writes` leave out the ends of tasks.
    """

    __slots__ = ("option", "options", "task")

    def __init__(
        self, task: int, option: int = 0, options: int = 1, reads: int = 0, writes: int = 0
    ) -> None:
        super().__init__(reads, writes)
        self.task = task
        self.option = option
        self.options = options


class Step(Move):
    """An operation of a task, with one of the options that the task has, and its effect.

    `before` and `after` are the states of the objects that it names as its engine keeps them: equal
    ones may or may not be the same object. `move` is what a plan knows of it, once it is planned.
    `possible` tells whether it could happen in them. `never_disabled` marks a try or a timed call:
    had it been chosen before what let it succeed, it would have given up. `awaited` are the objects
    of which one had to be written before it could be, because without that its task would have
    repeated itself (await_loops.py); it has read them all.

    `named` are the objects that it names, `single` the only one, or -1 if there are several or
    none; `numbers` are those in whose history it belongs, because it names, reads or writes them.
    They are noted when somebody needs them (`place`).
    """

    __slots__ = (
        "after",
        "awaited",
        "before",
        "effect",
        "local",
        "move",
        "named",
        "never_disabled",
        "numbers",
        "operation",
        "possible",
        "single",
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
        super().__init__(task, option, options)
        self.move: Move | None = None
        self.operation = operation
        self.effect = effect
        self.before: tuple[Any, ...] = effect.before
        self.after: tuple[Any, ...] = effect.states
        self.local = False
        self.awaited = 0
        self.never_disabled = False
        self.possible = True
        self.wakes: tuple[int, ...] = ()
        self.named = NOWHERE
        self.numbers = NOWHERE
        self.single = -1

    def note_footprint(self) -> None:
        """What its effect has read and written."""
        accesses = self.effect.accesses
        cells = self.operation.cells
        for index in range(len(accesses)):
            access = accesses[index]
            if access is Access.READ:
                self.reads |= cells[index].bit
            elif access is Access.WRITE:
                self.writes |= cells[index].bit

    def place(self) -> None:
        """Note in which objects' history it belongs."""
        mask = self.reads | self.writes
        self.named = [cell.number for cell in self.operation.cells]
        for number in self.named:
            mask |= 1 << number
        self.numbers = bits(mask)
        self.single = self.named[0] if len(self.named) == 1 else -1

    def elsewhere(self, states: tuple[Any, ...]) -> Step:
        """The same operation in other states, of the kind of `before`."""
        operation = self.operation
        kind, argument = operation.kind, operation.argument
        if not kind.ready(states, self.task, argument) and not (
            self.never_disabled and kind.may_give_up(states, self.task, argument)
        ):
            nothing = Effect(states, None, None, states, (), True)
            step = Step(self.task, self.option, self.options, operation, nothing)
            step.possible = False
            return step
        effect = carry_out(kind, states, self.task, argument)
        step = Step(self.task, self.option, self.options, operation, effect)
        step.reads = self.awaited
        step.note_footprint()
        return step
