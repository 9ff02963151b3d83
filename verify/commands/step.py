"""`verify replay TRACE --step` and `--pdb`: a replay that a person goes along with.

    step    replay, then show any moment of the run that the person asks for, line by line of input
    debug   replay with pdb before one step

Commands are read from standard input, from a person or from a pipe; its end is the end.
"""

from __future__ import annotations

import textwrap

from verify.commands.console import Console
from verify.errors import UsageError
from verify.exploration.replaying import Replay, run_again
from verify.modelling import Model
from verify.replaying.moments import Moments
from verify.replaying.stepper import HELP, QUIT, Stepper
from verify.traces.trace import Trace


def step(model: Model, trace: Trace, at: int | None, console: Console) -> Replay:
    """Replay, and let a person go through it. UsageError if there is no step `at`."""
    _demand_step(trace, at, 0)
    moments = Moments()
    replay = run_again(model.function, trace, lambda engine, _: moments.look(engine))
    stepper = Stepper(
        replay, moments, width=console.width, ascii=console.ascii, color=console.color
    )
    stepper.obey(str(min(at or 0, stepper.last)))
    console.line(stepper.page())
    console.line()
    _say(HELP, console)
    while (line := console.ask("step> ")) is not None and line.strip() not in QUIT:
        answer = stepper.obey(line)
        console.line()
        if answer:
            _say(answer, console)
        else:
            console.line(stepper.page())
    console.line()
    return replay


def _say(text: str, console: Console) -> None:
    console.line(textwrap.fill(text, console.width, break_on_hyphens=False))


def debug(model: Model, trace: Trace, at: int | None, console: Console) -> Replay | None:
    """Replay with pdb before step `at`, by default the one that fails; None if the person quits."""
    from verify.replaying.debugger import Debugger, Left

    if not trace.events:
        raise UsageError("the trace has no step at which a debugger could stop")
    _demand_step(trace, at, 1)
    debugger = Debugger(trace, at or max(trace.step, 1), console.line)
    try:
        with debugger.ready():
            return run_again(model.function, trace, debugger.watch)
    except Left:
        return None


def _demand_step(trace: Trace, at: int | None, first: int) -> None:
    if at is not None and not first <= at <= len(trace.events):
        raise UsageError(
            f"--at {at}: the trace has steps {first} to {len(trace.events)}, give one of these"
        )
