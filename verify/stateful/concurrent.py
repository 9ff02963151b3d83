"""State machines of Hypothesis's whose rules several tasks run at once.

    TestStack = verify.concurrent(StackMachine)

Hypothesis draws a beginning, rules that run one after the other, and then a few rules for each of
several tasks, which run at once: a test of the shape of Claessen et al. (Finding Race Conditions in
Erlang with QuickCheck and PULSE, ICFP 2009). In call order, for one example:

    plans          (plan.py) draws the rules and their arguments
    one_at_a_time  runs the rules of the tasks in every order, on a machine of its own each time:
                   what they give is the specification. All orders are one search, which branches
    at_once        explores the tasks. Whatever the schedule, some order explains what the rules
                   gave (properties/linearizability.py), and the invariants hold at the end

A rule that fails when rules run one at a time is a bug that needs no tasks, and is told as such. An
example in which a rule would have to wait, in some order, is passed over, so that a deadlock is
always one that the rules do not have by themselves.
"""

from __future__ import annotations

import unittest
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from verify.drawn_data import is_passed_over, unexplained
from verify.errors import PropertyViolated, UsageError
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.exploration.report import Report, Verdict
from verify.modelling import TEST_SECONDS, Undetermined
from verify.properties.linearizability import Checker, Model
from verify.properties.linearizable import record
from verify.properties.stepwise import Gave
from verify.scheduling.event import Place
from verify.scheduling.scheduler import current
from verify.scheduling.sources import shown_place
from verify.stateful.plan import Plan, Step, orders, plans
from verify.stateful.rules import Rules
from verify.stateful.run import Run
from verify.sync.choice import choose
from verify.sync.thread import Thread
from verify.traces.render_text import render

if TYPE_CHECKING:
    from hypothesis.stateful import RuleBasedStateMachine

Order = tuple[int, ...]
"""Steps in the order in which they ran, by their numbers."""


def concurrent(
    state_machine: type[RuleBasedStateMachine], *, tasks: int = 2, steps: int = 2
) -> type[unittest.TestCase]:
    """A test that runs the rules of a state machine from several tasks at once.

    Whatever they give must be what they give one at a time, in some order; the invariants must hold
    at the end. At most so many `tasks`, each of at most so many `steps`, after a beginning that one
    task runs. Like a state machine's own TestCase it is found by unittest and pytest, and has the
    machine's settings, `TestCase.settings`. UsageError for a machine that cannot be run so, or
    without Hypothesis.
    """
    for name, value, least in (("tasks", tasks, 2), ("steps", steps, 1)):
        if type(value) is not int or value < least:
            raise UsageError(f"{name}={value!r}: it must be a whole number from {least}")
    rules = Rules(state_machine)

    class ConcurrentTestCase(unittest.TestCase):
        settings: Any = state_machine.TestCase.settings

        def runTest(self) -> None:
            _test(rules, tasks, steps, self.settings)()

    name = f"{state_machine.__name__}.concurrent"
    ConcurrentTestCase.__name__ = ConcurrentTestCase.__qualname__ = name
    ConcurrentTestCase.__module__ = state_machine.__module__
    return ConcurrentTestCase


def _test(rules: Rules, tasks: int, steps: int, settings: Any) -> Callable[[], None]:
    from hypothesis import given, strategies

    def test(plan: Plan) -> None:
        with unexplained():
            at_once(rules, plan, one_at_a_time(rules, plan))

    test.__name__ = test.__qualname__ = rules.machine.__name__
    made: Callable[[], None] = settings(
        given(plan=strategies.composite(plans)(rules, tasks, steps))(test)
    )
    return made


def one_at_a_time(rules: Rules, plan: Plan) -> dict[Order, list[Any]]:
    """What the last step of each order may give, and of each beginning of one."""
    from hypothesis import reject
    from hypothesis.errors import UnsatisfiedAssumption

    possible = list(orders(plan.branches))
    given: dict[Order, list[Any]] = {}
    unwanted = []

    def program() -> None:
        order = choose(possible)  # first: what fails before any operation is no execution
        run = Run(rules)
        try:
            run.begin(plan)
            taken: Order = ()
            for step in order:
                taken += (step.number,)
                known, gives = given.setdefault(taken, []), run.take(step)
                if gives not in known:  # more than one where a rule chooses
                    known.append(gives)
                run.check_invariants()
        except UnsatisfiedAssumption:
            unwanted.append(plan)
        finally:
            run.machine.teardown()

    report = _explored(program, rules, stop_at_first=False)
    failures = [failure for failure in report.failures if failure.kind != "deadlock"]
    if failures or report.nondeterminism:
        report.failures[:] = failures
        _refute(rules, plan, report, "fails although its rules run one at a time")
    if unwanted or report.failures or not report.complete:
        reject()
    return given


def at_once(rules: Rules, plan: Plan, given: dict[Order, list[Any]]) -> None:
    """Explore the tasks, and hold what their rules give against a specification."""

    def take(taken: Order, task: int, step: Step) -> Iterator[tuple[Gave, Order]]:
        now = (*taken, step.number)
        for result in given[now]:
            yield Gave(result), now

    checker = Checker(Model((), take))

    def program() -> None:
        run = Run(rules)
        run.begin(plan)
        history = current().history(checker, rules.machine.__name__)

        def branch(steps: Sequence[Step]) -> None:
            for step in steps:
                record(history, step, partial(run.take, step))

        tasks = [
            Thread(target=branch, args=(steps,), name=f"task-{number}")
            for number, steps in enumerate(plan.branches, 1)
        ]
        for task in tasks:
            task.start()
        for task in tasks:
            task.join()
        run.check_invariants()
        run.machine.teardown()

    report = _explored(program, rules)
    if report.verdict is Verdict.UNDETERMINED:
        warnings.warn(f"{_key(rules)}: {report}", Undetermined, stacklevel=2)
    elif report.verdict is not Verdict.PROVED:
        _refute(rules, plan, report, "is wrong when tasks run its rules at once")


def _explored(program: Any, rules: Rules, stop_at_first: bool = True) -> Report:
    search = Search(
        program,
        limits=Limits(max_seconds=TEST_SECONDS),
        model=_key(rules),
        stop_at_first=stop_at_first,
        minimise=not is_passed_over(),
    )
    report = search.run()
    if search.interrupted:
        raise KeyboardInterrupt
    return report


def _refute(rules: Rules, plan: Plan, report: Report, what: str) -> NoReturn:
    """Raised here alone, so that Hypothesis knows it for the same failure."""
    texts = [f"{rules.machine.__name__} {what}: {report}", "", str(plan)]
    if not is_passed_over():
        for failure in report.failures:
            account = render(failure.trace, None, report)
            texts += ["", account.rpartition("\n\n")[0]]  # the commands are for models alone
    raise PropertyViolated("\n".join(texts))


def _key(rules: Rules) -> str:
    """Names the machine as a model is named: a bare line number means a line of its file."""
    code = rules.rules[0].function.__code__
    file = shown_place(Place(code.co_filename, code.co_firstlineno)).rpartition(":")[0]
    return f"{file}::{rules.machine.__name__}"
