"""Mistakes that nothing can tell from what is right, and why: by module, then by the reason."""

from __future__ import annotations

EXPLAINED: dict[str, dict[str, tuple[str, ...]]] = {
    "verify.operation": {
        "accesses are told apart by what they are, not by their numbers": (
            "Access: 0 in NOTHING = 0 -> -1",
            "Access: 2 in WRITE = 2 -> 3",
        ),
        "more than there can ever be, either way": (
            "module: 1 in EVERYONE: Final = 1 << 62 -> 2",
            "module: 62 in EVERYONE: Final = 1 << 62 -> 63",
            "module: 62 in EVERYONE: Final = 1 << 62 -> 61",
        ),
        "no lane has this number either": ("module: 2 in EVERY_LANE: Final = -2 -> 3",),
        "what is always possible says so, too, when it is asked": (
            "carry_out: kind.always or kind.ready(states, task, argument) -> "
            "kind.ready(states, task, argument)",
        ),
    },
    "verify.exploration.clocks": {
        "no task has this number either": ("module: 1 in NOTHING: Final = Event(Step(-1)) -> 2",),
        "no event waits where there are no orders": ("Clocks._add: if self.case -> if True",),
        "the numbers of executions only have to differ": (
            "module: 0 in _made: Final = [0] -> 1",
            "module: 0 in _made: Final = [0] -> -1",
            "Clocks.__init__: _made[0] += 1 -> _made[0] -= 1",
            "Clocks.__init__: 1 in _made[0] += 1 -> 2",
            "Clocks.__init__: 40 in self._execution = _made[0] << 40 -> 41",
            "Clocks.__init__: 40 in self._execution = _made[0] << 40 -> 39",
            "Clocks.cut: self._execution += 1 -> self._execution -= 1",
            "Clocks.cut: 1 in self._execution += 1 -> 2",
        ),
        "the last member of a list of one is the first": (
            "Clocks.__init__: 0 in _made[0] += 1 -> -1",
            "Clocks.__init__: 0 in self._execution = _made[0] << 40 -> -1",
        ),
        "a mark is filled in before anybody looks at it": (
            "Mark.__init__: self.number = 0 -> left out",
            "Mark.__init__: 0 in self.number = 0 -> 1",
            "Mark.__init__: 0 in self.number = 0 -> -1",
            "Mark.__init__: self.event = NOTHING -> left out",
            "Mark.__init__: self.reads = False -> left out",
            "Mark.__init__: False in self.reads = False -> True",
            "Mark.__init__: self.writes = False -> left out",
            "Mark.__init__: False in self.writes = False -> True",
            "Mark.__init__: self.earlier: Mark | None = None -> left out",
        ),
        "a copy that is not needed": (
            "Clocks.add: if events is not self.events -> if True",
            "Clocks.add: if self.added -> if True",
        ),
        "an event begins without an index": ("Clocks._take: event.index = -1 -> left out",),
        "what is noted is noted once more, the same": (
            "Clocks._take: if step.numbers is NOWHERE -> if True",
            "Clocks.find_rest: if early.rest_of == self._execution -> if False",
            "Clocks.find_rest: return -> left out",
            "Clocks.find_rest: early.rest_of = self._execution -> left out",
        ),
        "nobody wakes whom nobody wakes": ("Clocks._add: if event.woken_by -> if True",),
        "an event depends on itself": (
            "Clocks.find_rest: 1 in for index in range(early.index + 1, self.length) -> 0",
        ),
    },
    "verify.exploration.dpor": {
        "no task has this number either": ("module: 1 in NOBODY: Final = Step(-1) -> 2",),
        "a node is filled in before anybody looks at it": (
            "Node.__init__: self.ready = 0 -> left out",
            "Node.__init__: 0 in self.ready = 0 -> 1",
            "Node.__init__: 0 in self.ready = 0 -> -1",
            "Node.__init__: self.position = 0 -> left out",
            "Node.__init__: 0 in self.position = 0 -> 1",
            "Node.__init__: 0 in self.position = 0 -> -1",
            "Node.__init__: self.sleep: Sleepers = NO_SLEEPERS -> left out",
            "Node.__init__: self.branch: Branch | None = None -> left out",
            "Node.__init__: self.choice: Choice | None = None -> left out",
            "Node.__init__: self.step: Step = NOBODY -> left out",
            "Node.__init__: self.branches: list[Branch] = NO_BRANCHES -> left out",
            "Node.__init__: self.options = NO_OPTIONS -> left out",
        ),
        "an execution is begun before anything is chosen in it": (
            "Dpor.__init__: self._depth = -1 -> left out",
            "Dpor.__init__: -1 -> 1",
            "Dpor.__init__: 1 in self._depth = -1 -> 2",
            "Dpor.__init__: 1 in self._depth = -1 -> 0",
        ),
        "the main task is the first of all": (
            "Dpor._begin_freely: last >= 0 -> last > 0",
            "Dpor._begin_freely: 0 in if last >= 0 and ready >> last & 1 and "
            "self._takes(node, view, last) -> 1",
        ),
        "local events at the end are in no race": (
            "Dpor._plan: if not execution.stopped -> if False",
            "Dpor._plan: while end and events[end - 1].step.local -> while False",
        ),
        "a race that could be dropped is looked at again, and there is nothing to do for it": (
            "Dpor._settle: if 0 <= index <= late -> if False",
            "Dpor._settle: 0 <= index <= late -> 0 < index <= late",
            "Dpor._settle: 0 <= index <= late -> 0 <= index < late",
            "Dpor._settle: 0 in if 0 <= index <= late -> 1",
            "Dpor._settle: True in return True -> False",
            "Dpor._settle: reversal.settled = True -> left out",
            "Dpor._settle: True in reversal.settled = True -> False",
            "Dpor._settle: return reversal.settled -> return None",
        ),
    },
}
