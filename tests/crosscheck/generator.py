"""Random programs, as descriptions that two interpreters understand.

A description is data: the names of the objects in use, and for each task a list of actions. An
action is a tuple of a name and arguments, some of which are lists of actions again:

    ("read", x) ("write", x, v) ("bump", x) ("add", a, n)
    ("swap", a, v, inside)             goes inside if it found 0
    ("exchange", a, old, new, inside)  goes inside if it succeeds
    ("if", x, v, then, otherwise)      reads x and compares
    ("expect", x, v)                   reads x and asserts
    ("with", lock, inside) ("acquire", lock) ("release", lock) ("try", lock, inside) ("locked", m)
    ("wait", c, timed) ("wait until", c, x) ("notify", c, n)
    ("down", s) ("up", s) ("try down", s, inside)
    ("await", e, timed) ("set", e) ("clear", e) ("is set", e)
    ("deliver", p) ("take", p) ("is ready", p)
    ("meet", g, timed) ("abort", g) ("reset", g) ("standing", g) ("broken", g)
    ("put", q, v) ("get", q) ("try put", q, v) ("try get", q) ("task done", q) ("drain", q)
    ("size", q) ("shut down", q, at once)
    ("start", actions) ("join", timed) ("alive",)      the latter two: of the child started last
    ("start process", actions) ("terminate",)          the latter: only if that child is a process;
                                       it has copies of the objects that are not shared
    ("choose", alternatives) ("sleep",)
    ("spin", x, v) ("spin on both", x, y) ("spin past", x, y) ("spin twice", x)
    ("spin lock", m, inside) ("spin locks", m, n) ("spin down", s, inside) ("spin exchange", a)
    ("spin for event", e) ("spin waiting", e, x) ("spin draining", q, x) ("spin joining", x)
    ("spin while alive",)

The latter are loops that only look, for spinning programs.

Program number i of a seed is always the same. Each uses a few objects only, so that its tasks get
into each other's way; locks are now and then taken or let go without their other half, waits and
permits without anybody who answers: about half of all programs can deadlock. In one of six, a task
starts another, joins it, and touches before, between or behind that what its child does.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

Action = tuple[Any, ...]

OBJECTS = ("x", "y", "a", "m", "n", "r", "c", "d", "s", "b", "e", "p", "g", "k", "q", "l", "h")
"""Cells x and y, an atomic a, locks m and n, a reentrant lock r, conditions c (over m) and d (over
r), a semaphore s and a bounded one b, an event e, a descriptor p, barriers g and k for two tasks
(k has an action, which expects x to be 0), a queue q of one place, and two of two places: l gives
the last item first, h the least."""

PLACES = {"q": 1, "l": 2, "h": 2}
"""How many items a queue holds."""

WATCHABLE = ("x", "y", "a", "m", "n", "e", "q", "l", "h")
"""Of these, a program can see whether they are as they were at first."""

LOCK_OF = {"c": "m", "d": "r"}

FAMILIES = (
    *("x", "xy", "ax", "m", "mn", "r", "mc", "rd", "mcx", "s", "b", "sx", "e", "p", "q", "mx"),
    *("g", "kx", "l", "h"),
)
"""Objects that are worth having together."""

JOINING = 1 / 6
"""The share of programs in which a task joins a child of its own; whether a program is one of these
is drawn for itself, so that the others are what they would be without them."""


@dataclass(frozen=True)
class Description:
    """A program: its objects in the order of their creation, settings, and the tasks' actions."""

    objects: tuple[str, ...]
    permits: int
    wake: str
    tasks: tuple[list[Action], ...]
    unshared: tuple[str, ...] = ()
    """The objects of which a process gets copies, in the order of their creation."""
    watched: tuple[str, ...] = ()
    """The objects that an invariant reads, in the order of their creation: if there are several, it
    demands that one of them is as it was at first."""


def describe(
    number: int,
    seed: int = 0,
    most_tasks: int = 3,
    most_actions: int = 4,
    kind: str = "",
) -> Description:
    """The number-th random program; the more tasks it has, the fewer actions has each.

    In one of the kind "spinning", tasks may await something in loops; in one of the kind "ending"
    they start processes and terminate them, in one of the kind "forking" the processes that they
    start have copies of some of the objects, and one of the kind "watched" has an invariant.
    """
    random = Random(f"{seed}:{number}:{kind}" if kind else f"{seed}:{number}")
    used = {name for family in random.sample(FAMILIES, random.choice((1, 1, 2))) for name in family}
    writer = _WRITERS[kind](random, used)
    count = random.randint(2, most_tasks)
    most = most_actions - (count - 2)
    tasks = [writer.actions(random.randint(1, most), (), 0) for _ in range(count)]
    own = Random(f"{seed}:{number}:joining")
    if own.random() < JOINING and not kind:
        tasks[own.randrange(count)] = _joining(own, used)
    objects = tuple(name for name in OBJECTS if name in used)
    permits, wake = random.choice((0, 1, 1)), random.choice(("all", "one"))
    unshared: tuple[str, ...] = ()
    if kind == "forking":
        unshared = tuple(
            name for name in objects if _copyable(name, used) and random.random() < 0.7
        )
    watched: tuple[str, ...] = ()
    if kind == "watched":
        watched = tuple(name for name in objects if name in WATCHABLE and random.random() < 0.9)
    return Description(objects, permits, wake, tuple(tasks), unshared, watched)


def _copyable(name: str, used: set[str]) -> bool:
    """Whether a process may have a copy of its own: not of what has a line of sleepers, who sleep
    at the original, nor of what such an object is made over."""
    return name in "xyamnrsbqlh" and not used & {"m": {"c"}, "r": {"d"}, "x": {"k"}}.get(
        name, set()
    )


class _Writer:
    """Writes actions over some objects."""

    def __init__(self, random: Random, used: set[str]) -> None:
        self._random = random
        self._used = used

    def actions(self, count: int, held: tuple[str, ...], depth: int) -> list[Action]:
        """About so many actions, of a task that holds these locks for certain."""
        written: list[Action] = []
        while len(written) < count:
            written.append(self._action(held, depth))
        return written

    def _few(self, held: tuple[str, ...], depth: int) -> list[Action]:
        return self.actions(self._random.randint(1, 2), held, depth + 1)

    def _action(self, held: tuple[str, ...], depth: int) -> Action:
        random = self._random
        if depth < 2 and random.random() < 0.08:
            return self._structural(held, depth)
        while True:
            action = self._on(random.choice(sorted(self._used)), held, depth)
            if action is not None:
                return action

    def _structural(self, held: tuple[str, ...], depth: int) -> Action:
        match self._random.randrange(6):
            case 0 | 1:
                return ("start", self._few((), depth))
            case 2:
                return ("join", self._random.random() < 0.5)
            case 3:
                return ("alive",)
            case 4:
                return ("choose", [self._few(held, depth), self._few(held, depth)])
            case _:
                return ("sleep",)

    def _on(self, name: str, held: tuple[str, ...], depth: int) -> Action | None:
        """An action on an object; None if nothing fits here."""
        random = self._random
        nested = depth < 2
        match name:
            case "x" | "y":
                if nested and random.random() < 0.25:
                    then, otherwise = self._few(held, depth), self._few(held, depth)
                    return ("if", name, random.randint(0, 1), then, otherwise)
                return random.choice(
                    [
                        ("read", name),
                        ("write", name, random.randint(0, 2)),
                        ("bump", name),
                        ("expect", name, random.randint(0, 1)),
                    ]
                )
            case "a":
                inside = self._few(held, depth) if nested and random.random() < 0.25 else []
                new = random.randint(1, 2)
                swap, exchange = ("swap", "a", new, inside), ("exchange", "a", 0, new, inside)
                return random.choice([("add", "a", 1), exchange, swap, ("read", "a")])
            case "m" | "n" | "r":
                return self._on_lock(name, held, depth)
            case "c" | "d":
                return self._on_condition(name, held)
            case "s" | "b":
                if nested and random.random() < 0.3:
                    return ("try down", name, self._few(held, depth))
                return random.choice([("down", name), ("up", name), ("up", name)])
            case "e":
                timed = random.random() < 0.4
                wait = ("await", "e", timed)
                return random.choice([wait, wait, ("set", "e"), ("clear", "e"), ("is set", "e")])
            case "p":
                timed = random.random() < 0.3
                wait = ("await", "p", timed)
                deliver = ("deliver", "p")
                return random.choice([wait, wait, deliver, ("take", "p"), ("is ready", "p")])
            case "g" | "k":
                meet = ("meet", name, random.random() < 0.3)
                others = random.choice(("abort", "reset", "standing", "broken"))
                return random.choice([meet, meet, meet, (others, name)])
        return self._on_queue(name)

    def _on_queue(self, name: str) -> Action:
        value = self._random.randint(1, 2)
        put, get = ("put", name, value), ("get", name)
        kinds = ("try put", "try get", "task done", "drain", "size", "shut down")
        kind = self._random.choice(kinds)
        other: Action = (kind, name, value) if kind == "try put" else (kind, name)
        if kind == "shut down":
            other = (kind, name, value == 1)
        return self._random.choice([put, put, get, get, other, other, other, other])

    def _on_lock(self, name: str, held: tuple[str, ...], depth: int) -> Action | None:
        random = self._random
        kind = random.random()
        if depth < 2 and (kind < 0.5 or kind > 0.9) and (name not in held or kind < 0.05):
            inside = self.actions(random.randint(0, 2), (*held, name), depth + 1)
            return ("with" if kind < 0.5 else "try", name, inside)
        if kind < 0.7:
            return None
        if kind < 0.8:
            return ("release", name)
        if kind < 0.9 or name == "r":
            return ("acquire", name)
        return ("locked", name)

    def _on_condition(self, name: str, held: tuple[str, ...]) -> Action | None:
        """Nearly always under its lock: elsewhere it is only an error."""
        random = self._random
        if LOCK_OF[name] not in held and random.random() < 0.95:
            return None
        kind = random.random()
        if kind < 0.3:
            return ("wait", name, False)
        if kind < 0.45:
            return ("wait", name, True)
        if kind < 0.6 and "x" in self._used:
            return ("wait until", name, "x")
        return ("notify", name, random.choice((1, 1, 9)))


def _joining(random: Random, used: set[str]) -> list[Action]:
    """A task that starts another and joins it, and around that touches an object of its child's."""
    child = _Writer(random, used).actions(random.randint(1, 2), (), 1)
    touched = [name for action in child for name in action[1:2] if isinstance(name, str)]
    common = _Writer(random, {random.choice(touched)} if touched else used)
    before, between, behind = (
        common.actions(1, (), 2) if random.random() < share else [] for share in (0.4, 0.3, 0.8)
    )
    return [*before, ("start", child), *between, ("join", random.random() < 0.1), *behind]


class _SpinningWriter(_Writer):
    """Writes loops that only look, too."""

    def _structural(self, held: tuple[str, ...], depth: int) -> Action:
        if self._random.random() < 0.2:
            return ("spin while alive",)
        return super()._structural(held, depth)

    def _on(self, name: str, held: tuple[str, ...], depth: int) -> Action | None:
        random = self._random
        if random.random() < 0.35:
            match name:
                case "x" | "y":
                    if random.random() < 0.5 and {"x", "y"} <= self._used:
                        how = random.choice(("spin on both", "spin past"))
                        return (how, *random.sample(("x", "y"), 2))
                    return random.choice(
                        [
                            *(("spin", name, random.randint(0, 1)), ("spin twice", name)),
                            ("spin joining", name),
                        ]
                    )
                case "a":
                    return ("spin exchange", "a")
                case "e" | "q" if "x" in self._used and random.random() < 0.5:
                    return ("spin waiting" if name == "e" else "spin draining", name, "x")
                case "e":
                    return ("spin for event", "e")
                case "m" | "n" if {"m", "n"} <= self._used and random.random() < 0.5:
                    return ("spin locks", *random.sample(("m", "n"), 2))
                case "m" | "s" if name not in held and depth < 2:
                    inside = self.actions(random.randint(0, 2), (*held, name), depth + 1)
                    return ("spin lock" if name == "m" else "spin down", name, inside)
        return super()._on(name, held, depth)


class _EndingWriter(_Writer):
    """Writes tasks that start a process, most of which terminate it after a while."""

    _terminating = 0.9

    def actions(self, count: int, held: tuple[str, ...], depth: int) -> list[Action]:
        random = self._random
        if depth or random.random() < 0.4:
            return super().actions(count, held, depth)
        inside = super().actions(random.randint(1, 3), (), 1)
        if random.random() < 0.2:
            inside.insert(random.randint(0, 1), ("start", self._few((), 1)))
        written: list[Action] = [("start process", inside)]
        written += super().actions(random.randint(0, 1), held, 1)
        written += [("terminate",)] if random.random() < self._terminating else []
        return written + super().actions(random.randint(0, count - 1), held, 1)


class _ForkingWriter(_EndingWriter):
    """Writes tasks that start a process, few of which terminate it."""

    _terminating = 0.2


_WRITERS: dict[str, type[_Writer]] = {
    "": _Writer,
    "spinning": _SpinningWriter,
    "ending": _EndingWriter,
    "forking": _ForkingWriter,
    "watched": _Writer,
}
