"""The models of queues, locals, the GIL, futures and pools in the reference's language: see
restated.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.calls import holding, start_and_join, started_from_main
from tests.reference.programs import FUTURE, LOCK, POOL, QUEUE
from tests.reference.world import Body, Program

# ---------------------------------------------------------------------- queue_tasks


def kitchen(consumer: Callable[[], Body], items: int = 1, consumers: int = 1) -> Program:
    """Main puts the items in, starts the consumers, joins the queue and looks."""

    def main() -> Body:
        for item in range(items):
            yield ("put", "items", item, 0)
        for _ in range(consumers):
            yield ("start", consumer)
        yield ("drain", "items")
        assert (yield ("read", "worked on")) >= min(items, consumers)

    return Program({"items": QUEUE, "worked on": 0}, main)


def work_and_report(reports: int = 1) -> Callable[[], Body]:
    def consumer() -> Body:
        yield ("get", "items")
        yield ("add", "worked on", 1)
        for _ in range(reports):
            yield ("task_done", "items")

    return consumer


def report_and_work() -> Body:
    yield ("get", "items")
    yield ("task_done", "items")
    yield ("add", "worked on", 1)


def give_up() -> Body:
    yield ("get", "items")  # it is rotten


def report_in_any_case() -> Body:
    yield ("get", "items")  # it is rotten
    yield ("task_done", "items")
    yield from work_and_report()()


def joined_before_the_first() -> Program:
    def producer() -> Body:
        yield ("put", "items", 1, 0)

    def main() -> Body:
        yield ("start", producer)
        yield ("start", work_and_report())
        yield ("drain", "items")
        assert (yield ("read", "worked on")) == 1

    return Program({"items": QUEUE, "worked on": 0}, main)


# ---------------------------------------------------------------------- thread_local


def students(shared: bool) -> Program:
    def student(name: str) -> Body:
        if shared:
            yield ("write", "student", name)
            if (yield ("read", "student")) != name:
                yield ("read", "student")
                raise AssertionError

    return Program({"student": ""}, started_from_main((student, "Alice"), (student, "Bob")))


# ---------------------------------------------------------------------- gil


def interpreter(every: int, increments: int) -> Program:
    def thread() -> Body:
        yield ("acquire", "gil")
        instructions = 0
        for _ in range(increments):
            loaded = 0
            for store in (False, True):
                if instructions and instructions % every == 0:
                    yield ("release", "gil")
                    yield ("acquire", "gil")
                instructions += 1
                if store:
                    yield ("write", "n", loaded + 1)
                else:
                    loaded = yield ("read", "n")
        yield ("release", "gil")

    def main() -> Body:
        yield from start_and_join((thread,), (thread,))
        assert (yield ("read", "n")) == 2 * increments

    return Program({"gil": LOCK, "n": 0}, main)


# ---------------------------------------------------------------------- callbacks


def synchronous() -> Program:
    def main() -> Body:
        yield ("add", "log", ("worked",))
        yield ("add", "log", ("something else",))
        yield ("read", "log")

    return Program({"log": ()}, main)


def asynchronous() -> Program:
    def work() -> Body:
        yield ("add", "log", ("worked",))
        yield ("settle", "future", 42)

    def main() -> Body:
        worker = yield ("start", work)
        yield ("add", "log", ("something else",))
        assert (yield ("result", "future")) == 42
        yield ("join", worker)
        assert len((yield ("read", "log"))) == 2

    return Program({"log": (), "future": FUTURE}, main)


def callback() -> Program:
    def work() -> Body:
        for _ in range((yield ("settle", "future", 42))):
            yield ("add", "calls", 1)

    def main() -> Body:
        worker = yield ("start", work)
        if (yield ("call_back", "future")):
            yield ("add", "calls", 1)
        yield ("join", worker)
        assert (yield ("read", "calls")) == 1

    return Program({"future": FUTURE, "calls": 0}, main)


def _stand_in_line() -> Body:
    callbacks = yield ("read", "callbacks")
    yield ("write", "callbacks", callbacks + 1)


def _look_and_stand_in_line() -> Body:
    result = yield ("read", "result")
    if result is None:
        yield from _stand_in_line()
    return result


def _stand_in_line_and_look() -> Body:
    yield from _stand_in_line()
    return (yield ("read", "result"))


def _finish() -> Body:
    yield ("write", "result", 42)
    return (yield ("read", "callbacks"))


def home_made(add: Callable[[], Body], locked: bool = False) -> Program:
    """`add` says what is found; whoever finds a result, or callbacks, calls."""

    def work() -> Body:
        callbacks: Any = yield from holding("lock", _finish()) if locked else _finish()
        for _ in range(callbacks):
            yield ("add", "calls", 1)

    def main() -> Body:
        worker = yield ("start", work)
        found = yield from holding("lock", add()) if locked else add()
        if found is not None:
            yield ("add", "calls", 1)
        yield ("join", worker)
        if (yield ("read", "calls")) != 1:
            yield ("read", "calls")  # to say how many there were
            raise AssertionError

    return Program({"result": None, "callbacks": 0, "lock": LOCK, "calls": 0}, main)


# ---------------------------------------------------------------------- full_pipe


def pipe(read_first: bool) -> Program:
    def writer() -> Body:
        yield ("put", "pipe", "A", 1)
        yield ("put", "pipe", "B", 1)

    def main() -> Body:
        child = yield ("start", writer)
        if not read_first:
            yield ("join", child)
        yield ("get", "pipe")
        yield ("get", "pipe")
        yield ("join", child)

    return Program({"pipe": QUEUE}, main)


# ---------------------------------------------------------------------- pools


def pool(workers: int, owner: Callable[[], Body], deadly: int = -1, closes: bool = True) -> Program:
    """The owner submits and waits; the task with the deadly number ends its worker."""

    def worker() -> Body:
        while (number := (yield ("take_task", "pool"))) is not None:
            yield ("finish", "pool", number)
            if number == deadly:
                return

    def main() -> Body:
        names = []
        for _ in range(workers):
            names.append((yield ("start", worker)))
        yield from owner()
        if closes:
            yield ("close", "pool")
        assert (yield ("is_closed", "pool")) or not closes
        if not closes:
            raise ValueError("still running")
        for name in names:
            yield ("join", name)

    return Program({"pool": POOL}, main)


def submit_three_and_collect() -> Body:
    yield ("submit", "pool", 0, 1, 2)
    yield ("collect", "pool", 0, 1, 2)


def submit_one() -> Body:
    yield ("submit", "pool", 0)


def submit_two_and_one_again() -> Body:
    yield ("submit", "pool", 0)
    yield ("submit", "pool", 1)
    yield ("collect", "pool", 0)
    yield ("submit", "pool", 2)
    yield ("collect", "pool", 2)
    yield ("collect", "pool", 1)


def pool_by_hand(mortal: bool) -> Program:
    def worker(dies: bool) -> Body:
        while n := (yield ("get", "tasks")):
            if dies:
                return
            yield ("put", "answers", n, 0)

    def main() -> Body:
        for n in (1, 2, 0, 0):
            yield ("put", "tasks", n, 0)
        yield ("start", worker, mortal)
        yield ("start", worker, False)
        for _ in range(2):
            yield ("get", "answers")

    return Program({"tasks": QUEUE, "answers": QUEUE}, main)


OF_RESULTS: dict[str, Callable[[], Program]] = {
    "queue_tasks.all_done": lambda: kitchen(work_and_report(), items=2, consumers=2),
    "queue_tasks.reported_twice": lambda: kitchen(work_and_report(2)),
    "queue_tasks.reported_too_early": lambda: kitchen(report_and_work),
    "queue_tasks.joined_before_the_first": joined_before_the_first,
    "queue_tasks.dead_before_the_report": lambda: kitchen(give_up, items=2),
    "queue_tasks.reported_in_any_case": lambda: kitchen(report_in_any_case, items=2),
    "thread_local.a_global": lambda: students(shared=True),
    "thread_local.a_local": lambda: students(shared=False),
    "gil.after_every_instruction": lambda: interpreter(1, 1),
    "gil.after_every_third": lambda: interpreter(3, 2),
    "gil.after_every_increment": lambda: interpreter(2, 2),
    "callbacks.synchronous": synchronous,
    "callbacks.asynchronous": asynchronous,
    "callbacks.callback": callback,
    "callbacks.callback_lost": lambda: home_made(_look_and_stand_in_line),
    "callbacks.callback_twice": lambda: home_made(_stand_in_line_and_look),
    "callbacks.callback_under_a_lock": lambda: home_made(_look_and_stand_in_line, locked=True),
    "pools.more_tasks_than_workers": lambda: pool(2, submit_three_and_collect),
    "pools.joined_before_closing": lambda: pool(1, submit_one, closes=False),
    "pools.built_by_hand": lambda: pool_by_hand(mortal=False),
    "pools.lost_with_its_worker": lambda: pool_by_hand(mortal=True),
    "pools.lost_and_done_again": lambda: pool(2, submit_two_and_one_again, deadly=0),
    "full_pipe.read_before_joining": lambda: pipe(read_first=True),
    "full_pipe.joined_before_reading": lambda: pipe(read_first=False),
}
"""By the model's file and name."""
