"""Randomness: `random`, seeded afresh for each execution.

Explored, a generator that nobody has seeded draws the same numbers in every execution, and one from
before the exploration begins each as it stood then. No two tasks draw from one stream, the order of
which would be a race that nobody sees: in a task that has not made it, a generator has a twin, with
a seed made of its own and the task's name. So has the one that the module's functions share.

`SystemRandom`, `os.urandom`, `secrets` and `uuid4` ask the system, and are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.scheduling.dice import Dice
from verify.substitution.patches import dispatching, really, substitute_method, substitute_name
from verify.substitution.runs import kept, run_number, serial, task_path

_SEEDED = "_verify_seeded"
"""Where a generator that is seeded in an execution keeps in which, by which task, and with what."""
_FUNCTIONS = (
    "random uniform triangular randint choice randrange sample shuffle choices normalvariate "
    "lognormvariate expovariate vonmisesvariate gammavariate gauss betavariate binomialvariate "
    "paretovariate weibullvariate getstate setstate getrandbits randbytes seed"
)
_ON_THE_STATE = ("random", "getrandbits", "gauss", "getstate", "setstate")
"""The methods that all others draw by."""


class _Generators:
    """The generators of one class, `random.Random`, with their twins."""

    def __init__(self, random: ModuleType) -> None:
        self.kind: Any = random.Random
        self._system = random.SystemRandom
        self._others = (random.SystemRandom, Dice)
        self._seed = self.kind.seed

    def seed(self, generator: Any, a: Any = None, version: int = 2) -> None:
        """`Random.seed`."""
        if isinstance(generator, self._system):
            return
        if type(generator) is Dice:
            self._seed(generator, a, version)
            return
        if a is None:
            a = f"unseeded {serial('random.Random')}"
        if _SEEDED not in vars(generator):
            vars(generator)[_SEEDED] = (run_number(), task_path(), a)
        self._seed(self.drawing(generator), a, version)

    def drawing(self, generator: Any) -> Any:
        """Which generator draws in the calling task, if it asks this one."""
        if isinstance(generator, self._others):
            return generator
        mine = (run_number(), task_path())
        *made, seed = vars(generator).get(_SEEDED, (0, (), None))
        if tuple(made) == mine:
            return generator
        twins = kept(dict, "random.Random", mine)
        if id(generator) not in twins:
            twins[id(generator)] = self._twin(generator, seed), generator  # which keeps its address
        return twins[id(generator)][0]

    def _twin(self, generator: Any, seed: Any) -> Any:
        path = task_path()
        twin = self.new(f"{seed!r} {path}")
        if seed is None:
            twin.setstate(really(self.kind.getstate, generator))
            if path:
                self._seed(twin, f"{twin.getrandbits(64)} {path}")
        return twin

    def new(self, seed: str) -> Any:
        """A generator of the calling task's."""
        made = really(self.kind, seed)
        vars(made)[_SEEDED] = (run_number(), task_path(), seed)
        return made

    def hidden(self) -> Any:
        """The generator of the module's functions."""
        path = task_path()
        hidden = kept(dict, "random")
        if path not in hidden:
            hidden[path] = self.new(f"random {path}")
        return hidden[path]


def substitute(random: ModuleType) -> None:
    """Replace the module's functions, and the methods of its generators."""
    generators = _Generators(random)
    for name in _ON_THE_STATE:
        method = getattr(generators.kind, name)
        substitute_method(generators.kind, name, _drawn(method, generators.drawing))
    substitute_method(generators.kind, "seed", generators.seed)
    for name in _FUNCTIONS.split():
        if hasattr(random, name):  # binomialvariate is new in 3.12
            function = dispatching(getattr(random, name), _of_module(name, generators.hidden))
            substitute_name(random, name, function)


def _drawn(method: Callable[..., Any], drawing: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda generator, *args, **kwargs: method(drawing(generator), *args, **kwargs)


def _of_module(name: str, hidden: Callable[[], Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: getattr(hidden(), name)(*args, **kwargs)
