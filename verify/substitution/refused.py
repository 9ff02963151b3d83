"""Refused: what a task cannot do, because it would happen to the explorer.

All tasks of an execution live in one OS thread of one process, together with the explorer. What is
meant for a process or for its main thread would end the search, or have an effect in executions to
come.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from verify.errors import Misuse
from verify.substitution.holders import takes_part
from verify.substitution.patches import dispatching, substitute_method, substitute_name

_REFUSED = {
    "os": {
        "_exit": "it would end the explorer with it: return from the target, or raise SystemExit",
        "abort": "it would end the explorer with it: return from the target, or raise SystemExit",
        "fork": "it would copy the explorer with it: start a multiprocessing.Process",
        "kill": "it would end a process of the system, and what a task takes for the number of one "
        "is none: call terminate() or kill() of the multiprocessing.Process",
        "killpg": "it would end processes of the system: call terminate() of each Process",
        "forkpty": "it would copy the explorer with it: start a multiprocessing.Process",
    },
    "signal": {
        "signal": "it sets a handler of the whole process, where the explorer listens for Ctrl-C: "
        "set it outside of what is explored, and call the handler where a signal is to come",
        "setitimer": "it is of the real clock, which no schedule decides: start a threading.Timer",
        "alarm": "it is of the real clock, which no schedule decides: start a threading.Timer",
        "pause": "it waits for the whole process: wait for a threading.Event",
    },
}
"""By module and function, why not, and what to do instead."""

_NO_LOOPS = "event loops are not explored yet: explore the threads of the program without them"


def substitute(module: ModuleType) -> None:
    """Refuse what is listed of a module."""
    if module.__name__ == "asyncio":
        substitute_name(module, "run", dispatching(module.run, _refusing("asyncio.run", _NO_LOOPS)))
        for kind, name in (
            (module.Runner, "run"),
            (module.BaseEventLoop, "run_forever"),
            (module.BaseEventLoop, "run_until_complete"),
        ):
            substitute_method(kind, name, _refusing(f"asyncio's {kind.__name__}.{name}", _NO_LOOPS))
        return
    for name, why in _REFUSED[module.__name__].items():
        original = vars(module).get(name)
        if original is not None:
            refusing = _refusing(f"{module.__name__}.{name}", why)
            substitute_name(module, name, dispatching(original, _of_programs(original, refusing)))


def _of_programs(original: Callable[..., Any], refusing: Callable[..., Any]) -> Callable[..., Any]:
    """What a debugger sets, with which somebody looks at a task, is not the task's."""

    def either(*args: Any, **kwargs: Any) -> Any:
        caller = sys._getframe(2).f_globals.get("__name__", "")  # the frame of `dispatching`
        return (refusing if takes_part(str(caller)) else original)(*args, **kwargs)

    return either


def _refusing(name: str, why: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        for coroutine in args:
            if hasattr(coroutine, "cr_frame"):
                coroutine.close()  # it will never be awaited, which is no fault of the program's
        raise Misuse(f"{name} in a task: {why}")

    return refuse
