"""Places: what the bytecode says about a point where a task stands in a call.

Of a frame that waits for a call, its local variables can be seen and its value stack cannot. There
lie the iterators of `for` loops, the exits of `with` blocks, and what an expression has computed so
far. So it is read off the code whether what lies there can be another when the frame comes back to
the same point:

    depths    how high the stack is before each instruction
    classes   which instructions are the same point: the compiler writes the test of a `while`
              loop twice, before the loop and at its end. Two are the same iff they come from the
              same piece of the source and the same follows from them, step by step (found by
              refining a partition, as Moore minimises automata)
    cycles    every way back to a point. If on one of them something below the point's own call is
              taken off the stack, or an iterator there is advanced, equal variables mean nothing

A `for` over a `range` may stand around: its variable tells two of its iterations apart.

A generator is looked at as one that is only ever resumed with nothing, as a task's own code is:
whoever asks must know that. Asynchronous functions are not looked at; nor is a call whose function
cannot be named, since `any(map(...))` calls back without its caller's moving on.
"""

from __future__ import annotations

import dis
from bisect import bisect_right
from types import CodeType

ATTRIBUTE, NAME, LOOK, HOOK = "attribute", "name", "look", "hook"
"""What is called at a point: an attribute, the value of a variable, what a property calls, or a
hook of instrumented code."""

GENERATOR = 0x20
_ASYNCHRONOUS = 0x80 | 0x200
_FUNCTION = 0x1 | 0x2  # its variables are its own
_TRANSPARENT = frozenset(
    {"NOP", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT", "EXTENDED_ARG"}
)
_LAST = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
_NAMES_OF_LOADS = (
    "LOAD_CONST LOAD_GLOBAL LOAD_DEREF LOAD_FAST LOAD_FAST_CHECK LOAD_FAST_LOAD_FAST LOAD_NAME "
    "LOAD_CLOSURE PUSH_NULL RESUME DELETE_FAST"
)
_LOADS = frozenset(_NAMES_OF_LOADS.split())
"""What touches nothing that lies on the stack already."""
_CALLS = frozenset({"CALL", "CALL_KW"})
_LOOKS = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_HOOKS = "_verify"
"""The global by which instrumented code calls its hooks: see instrumentation/hooks.py."""
_ATTRIBUTES = _LOOKS | {"LOAD_SUPER_ATTR"}
_VARIABLES = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_DEREF", "LOAD_GLOBAL"})


class Place:
    """A point of a code at which it calls.

    `number` is the same for two points from which the same follows. `bare`: nothing lies on the
    stack below the call. `repeats`: there is a way back to it, and no such way changes what lies
    below. `called` says how the called function is found, and by which name; `counted` that a loop
    around it is taken to go over the builtin `range`.
    """

    __slots__ = ("bare", "called", "counted", "number", "repeats")

    def __init__(self, number: int, called: tuple[str, str]) -> None:
        self.number = number
        self.called = called
        self.bare = False
        self.repeats = False
        self.counted = False


_CODES: dict[CodeType, _Flow | None] = {}


def place_of(code: CodeType, offset: int) -> Place | None:
    """The place of an instruction, as `f_lasti` has it; None if nothing can be said."""
    try:
        flow = _CODES[code]
    except KeyError:
        flow = _CODES[code] = _flow(code)
    return None if flow is None else flow.place(offset)


def _flow(code: CodeType) -> _Flow | None:
    if code.co_flags & _ASYNCHRONOUS or code.co_flags & _FUNCTION != _FUNCTION:
        return None
    try:
        return _Flow(code)
    except (ValueError, KeyError, IndexError):  # instructions of a later version
        return None


class _Flow:
    """The instructions of a code as a graph: indices, and from each to what can follow it."""

    def __init__(self, code: CodeType) -> None:
        self._places: dict[int, Place | None] = {}
        self._code = list(dis.get_instructions(code))
        self._offsets = [instruction.offset for instruction in self._code]
        self._index = {offset: index for index, offset in enumerate(self._offsets)}
        self._next = [self._following(index) for index in range(len(self._code))]
        self._handler: list[tuple[int, int] | None] = [None] * len(self._code)
        entries = getattr(dis.Bytecode(code), "exception_entries", ())
        for start, end, target, depth, lasti in entries:
            for index, offset in enumerate(self._offsets):
                if start <= offset < end:
                    self._handler[index] = self._index[target], depth + lasti + 1
        self._depth = self._depths(code.co_flags & GENERATOR != 0)
        self._class = self._classes()
        self._entered = {way for at, ways in enumerate(self._next) for way in ways if way != at + 1}
        self._entered |= {handler[0] for handler in self._handler if handler is not None}

    def place(self, offset: int) -> Place | None:
        """The place of the instruction at an offset, or that the caches at the offset belong to."""
        index = bisect_right(self._offsets, offset) - 1
        if self._code[index].opname == "PRECALL":  # which itself calls what is in C, in 3.11
            index += 1
        if index not in self._places:
            self._places[index] = self._look(index)
        return self._places[index]

    # ------------------------------------------------------------------ the graph

    def _following(self, index: int) -> list[int]:
        """What can follow; of a conditional jump first what follows if the test is true."""
        instruction = self._code[index]
        name = instruction.opname
        jumps = instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs
        target = [self._index[int(instruction.argval)]] if jumps else []
        if name in _LAST:
            return []
        if name in _TRANSPARENT and jumps:
            return target
        through = [index + 1]
        return through + target if name.endswith(("_FALSE", "_NOT_NONE")) else target + through

    def _depths(self, generator: bool) -> list[int | None]:
        """How many values lie on the stack before each instruction; None: never reached."""
        depths: list[int | None] = [None] * len(self._code)
        # A generator begins with taking off what it was resumed with; some versions count that.
        depths[0] = 1 - dis.stack_effect(dis.opmap["RETURN_GENERATOR"]) if generator else 0
        todo = [0]
        while todo:
            index = todo.pop()
            before = depths[index]
            assert before is not None
            instruction = self._code[index]
            ways: list[tuple[int, int]] = []
            for following in self._next[index]:
                jump = following != index + 1
                effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=jump)
                ways.append((following, before + effect))
            handler = self._handler[index]
            if handler is not None:
                ways.append(handler)
            for following, depth in ways:
                if depths[following] is None:
                    depths[following] = depth
                    todo.append(following)
                elif depths[following] != depth:
                    raise ValueError("the stack is not as high on all ways to an instruction")
        return depths

    def _real(self, index: int) -> int:
        """The first instruction from here on that does something."""
        seen = set()
        while self._code[index].opname in _TRANSPARENT and index not in seen:
            seen.add(index)
            index = self._next[index][0]
        return index

    def _classes(self) -> list[int]:
        """Numbers of the instructions, equal iff the same follows from them."""
        labels: list[object] = []
        for index, instruction in enumerate(self._code):
            name = instruction.opname
            argument: object = instruction.arg
            if len(self._next[index]) == 2:
                for direction in ("_FORWARD", "_BACKWARD"):
                    name = name.replace(direction, "")
                name = name.replace("_IF_NOT_", "_IF_").replace("_IF_FALSE", "_IF_TRUE")
                argument = None
            if name == "LOAD_FAST_CHECK":
                name = "LOAD_FAST"
            calls = name in _CALLS or name in _LOOKS
            labels.append(
                (name, argument, self._depth[index], instruction.positions if calls else None)
            )
        ways = [[self._real(following) for following in every] for every in self._next]
        numbers = _numbered(labels)
        while True:
            signatures: list[object] = []
            for index, number in enumerate(numbers):
                handler = self._handler[index]
                caught = None if handler is None else (numbers[self._real(handler[0])], handler[1])
                signatures.append((number, tuple(numbers[way] for way in ways[index]), caught))
            finer = _numbered(signatures)
            if max(finer) == max(numbers):
                return finer
            numbers = finer

    # ------------------------------------------------------------------ one point

    def _look(self, index: int) -> Place | None:
        depth = self._depth[index]
        instruction = self._code[index]
        name = instruction.opname
        if depth is None or (name not in _LOOKS and name not in _CALLS):
            return None
        level = depth - 1
        called = LOOK, str(instruction.argval)
        if name in _CALLS:
            level = depth + dis.stack_effect(instruction.opcode, instruction.arg) - 1
            found = self._called(index, level)
            if found is None:
                return None
            called = found
        level = self._without_hooks(index, level)
        place = Place(self._class[index], called)
        place.bare = level == 0
        place.repeats, place.counted = self._repeats(index, level)
        return place

    def _without_hooks(self, index: int, level: int) -> int:
        """How high the stack is below a call without the hooks that wait for its result."""
        while level and self._is_hook(index, level - 1):
            level -= 1
        return level

    def _is_hook(self, index: int, slot: int) -> bool:
        """Whether a slot of the stack, before an instruction, holds a hook: it is always the same.

        It is what was loaded there last, if nothing jumps in between.
        """
        at = index - 1
        while at >= 0 and at + 1 not in self._entered:
            before, after = self._depth[at], self._depth[at + 1]
            if before is None or after is None or before <= slot or after <= slot + 1:
                break
            at -= 1
        else:
            return False
        loaded = self._code[at]
        if loaded.opname in _ATTRIBUTES:
            loaded = self._code[at - 1]
        return loaded.opname == "PUSH_NULL" or (
            loaded.opname == "LOAD_GLOBAL" and loaded.argval == _HOOKS
        )

    def _called(self, index: int, level: int) -> tuple[str, str] | None:
        """What the callable of a call is: the last to lie on its two slots of the stack."""
        at = self._callable(index, level)
        if any(one.opname.startswith("STORE_") for one in self._code[at:index]):
            return None
        if self._code[at].opname == "PUSH_NULL":
            at -= 1
        loaded = self._code[at]
        if loaded.opname in _ATTRIBUTES:
            of = self._code[at - 1]
            hooks = of.opname == "LOAD_GLOBAL" and of.argval == _HOOKS
            return HOOK if hooks else ATTRIBUTE, str(loaded.argval)
        if loaded.opname in _VARIABLES:
            return NAME, str(loaded.argval)
        return None

    def _repeats(self, index: int, level: int) -> tuple[bool, bool]:
        """Whether the point can come again, with the same below it; whether by leave of a range."""
        same = {other for other, number in enumerate(self._class) if number == self._class[index]}
        cut: set[int] = set()
        while True:
            region = self._between(index, same, cut)
            more = {at for at in region - cut if self._counts(at, region)}
            if not more:
                break
            cut |= more
        if not same & self._reached({index}, cut):
            return False, False
        for at in region:
            depth = self._depth[at]
            if depth is None or depth < level:
                return False, False
            instruction = self._code[at]
            loads = instruction.opname in _LOADS or instruction.opname in _TRANSPARENT
            empty = instruction.opname.startswith("BUILD_") and not instruction.arg
            if depth == level and not loads and not empty:
                return False, False
        return True, bool(cut)

    def _counts(self, at: int, region: set[int]) -> bool:
        """Whether this begins an iteration of a `for` over a range that is only entered once.

        Its variable is assigned nowhere else, so it has another value in every iteration.
        """
        code = self._code
        enters = at - 1
        while code[enters].opname == "EXTENDED_ARG":
            enters -= 1
        depth = self._depth[enters]
        if code[at].opname != "FOR_ITER" or code[enters].opname != "GET_ITER" or depth is None:
            return False
        if enters in region or code[enters - 1].opname != "CALL":
            return False
        first = self._callable(enters - 1, depth - 1)
        if code[first].opname != "LOAD_GLOBAL" or code[first].argval != "range":
            return False
        variable = _stored(code[at + 1])
        return bool(variable) and sum(_touches(one, variable) for one in code) == 1

    def _callable(self, call: int, level: int) -> int:
        """The instruction after which the lower two values of a call are what they will be."""
        at = call - 1
        while (depth := self._depth[at]) is None or depth >= level + 2:
            at -= 1
        while self._code[at + 1].opname == "LOAD_ATTR" and self._depth[at + 1] == level + 2:
            at += 1  # of a module, say
        return at

    def _between(self, index: int, same: set[int], cut: set[int]) -> set[int]:
        """All instructions on the ways from a point back to it."""
        forward = self._reached({index}, cut)
        backward = set(same)
        grown = True
        while grown:
            grown = False
            for at in forward - backward:
                if backward.intersection(self._ways(at, cut)):
                    backward.add(at)
                    grown = True
        return (forward & backward) | {index}

    def _reached(self, begin: set[int], cut: set[int]) -> set[int]:
        """What can come after, on ways that begin no iteration of the loops in `cut`."""
        found: set[int] = set()
        todo = list(begin)
        while todo:
            for way in self._ways(todo.pop(), cut):
                if way not in found:
                    found.add(way)
                    todo.append(way)
        return found

    def _ways(self, at: int, cut: set[int]) -> list[int]:
        handler = self._handler[at]
        ways = [way for way in self._next[at] if at not in cut or way != at + 1]
        return ways if handler is None else [*ways, handler[0]]


def _numbered(labels: list[object]) -> list[int]:
    numbers: dict[object, int] = {}
    return [numbers.setdefault(label, len(numbers)) for label in labels]


def _stored(instruction: dis.Instruction) -> str:
    """The variable that an instruction assigns first; empty if it assigns none."""
    if not instruction.opname.startswith(("STORE_FAST", "STORE_DEREF")):
        return ""
    value = instruction.argval
    return str(value[0] if isinstance(value, tuple) else value)


def _touches(instruction: dis.Instruction, variable: str) -> bool:
    """Whether an instruction assigns or deletes a variable."""
    if not instruction.opname.startswith(("STORE_", "DELETE_", "LOAD_FAST_AND_CLEAR")):
        return False
    value = instruction.argval
    return variable in value if isinstance(value, tuple) else value == variable
