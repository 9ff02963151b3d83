"""What objects are called: by the variable that the source puts them into."""

from __future__ import annotations

import ast
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.turns import trace_along
from verify import Barrier, Condition, Event, Lock, Queue, RLock, Semaphore, Shared, Thread
from verify.scheduling import sources
from verify.scheduling.explored import Explored
from verify.sync.primitive import Primitive
from verify.traces import variables
from verify.traces.labels import Labels


def labels(program: Callable[[], object]) -> list[str]:
    """The labels of all objects that a program creates, in the order of their creation."""
    found: list[str] = []

    def at_end(engine: Explored) -> None:
        names = Labels(engine)
        found.extend(names.object(cell) for cell in engine.cells if cell.of is not None)

    engine = Explored(1000, recording=True)
    engine.run(program, lambda view: (view.enabled[0], 0), at_end)
    return found


class Account:
    def __init__(self, balance: int) -> None:
        self._lock = Lock()
        self.balance = Shared(balance)


@dataclass
class Record:
    number: int
    lock: Lock = field(default_factory=Lock)


class Mutex(Lock):
    def __init__(self) -> None:
        super().__init__()


def anonymous() -> Lock:
    return Lock()


def named_inside() -> Lock:
    inner = Lock()
    inner.locked()
    return inner


def variables_of_all_sorts() -> None:
    plain = Lock()
    typed: Lock = Lock()
    first, (second, third) = Lock(), (Event(), Lock())
    if walrus := Lock():
        walrus.locked()
    over_lines = Semaphore(
        value=3,
    )
    one = another = Lock()
    generic = Queue[int](
        1,
    )
    assert [plain, typed, first, second, third, over_lines, one, another, generic]


def tables() -> None:
    listed = [Lock() for _ in range(2)]
    spelled = [Lock(), Lock()]
    by_name = {name: Lock() for name in ("ada", "bob")}
    in_words = {"in": Lock(), "out": Lock()}
    grown = []
    for _ in range(2):
        grown.append(Lock())
    line = deque(Lock() for _ in range(2))
    filled: dict[str, Lock] = {}
    for seat in ("left", "right"):
        filled[seat] = Lock()
    filled["aisle"] = Lock()
    assert [listed, spelled, by_name, in_words, grown, line, filled]


def conditions() -> None:
    cond = Condition()
    given = Condition(Lock())
    by_keyword = Condition(lock=RLock())
    several = [Condition() for _ in range(2)]
    guard = RLock()
    guarded = Condition(guard)
    assert [cond, given, by_keyword, several, guarded]


def attributes() -> None:
    source = Account(1)
    target = Account(2)
    accounts = [Account(0) for _ in range(2)]
    book = {name: Account(0) for name in ("ada", "bob")}
    assert [source, target, accounts, book]


def lonely_attribute() -> None:
    account = Account(1)
    assert account


def pay(source: Account, target: Account, *, meanwhile: Lock | None = None) -> None:
    assert [source, target, meanwhile]


def arguments() -> None:
    """Called by the parameter, unless the caller has a name for it."""
    pay(Account(1), Account(2), meanwhile=Lock())
    mine = Account(3)
    pay(mine, target=Account(4))


class Buffer:
    def __init__(self, size: int, full: Condition, empty: Condition) -> None:
        self.ways = size, full, empty


class SmallBuffer(Buffer):
    pass


def constructors() -> None:
    """What a constructor takes is an attribute of what it makes, under the parameter's name."""
    guard = Lock()
    buffer = Buffer(1, Condition(guard), empty=Condition(guard))
    lines = [SmallBuffer(1, Condition(guard), Condition(guard)) for _ in range(2)]
    assert [buffer, lines]


def makers() -> None:
    left = anonymous()
    right = anonymous()
    both = [anonymous() for _ in range(2)]
    mutex = Mutex()
    record = Record(1)
    inner = named_inside()
    assert [left, right, both, mutex, record, inner]


def nameless() -> None:
    Lock()
    Barrier(2)
    Lock()


def namesakes_of_tasks() -> None:
    def worker() -> None:
        done = Event()
        slots = [Lock() for _ in range(2)]
        done.set()
        assert slots

    tasks = [Thread(target=worker) for _ in range(2)]
    for task in tasks:
        task.start()


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (
            variables_of_all_sorts,
            "plain typed first second third walrus over_lines one generic",
        ),
        (
            tables,
            "listed[0] listed[1] spelled[0] spelled[1] by_name['ada'] by_name['bob'] "
            "in_words['in'] in_words['out'] grown[0] grown[1] line[0] line[1] "
            "filled['left'] filled['right'] filled['aisle']",
        ),
        # A condition makes, or is given, its lock before it exists itself.
        (
            conditions,
            "cond.lock cond given.lock given by_keyword.lock by_keyword "
            "several[0].lock several[0] several[1].lock several[1] guard guarded",
        ),
        (
            attributes,
            "source.lock source.balance target.lock target.balance "
            "accounts[0].lock accounts[0].balance accounts[1].lock accounts[1].balance "
            "book['ada'].lock book['ada'].balance book['bob'].lock book['bob'].balance",
        ),
        (
            arguments,
            "source.lock source.balance target.lock target.balance meanwhile "
            "mine.lock mine.balance target.lock#2 target.balance#2",
        ),
        (
            constructors,
            "guard buffer.full buffer.empty "
            "lines.full[0] lines.empty[0] lines.full[1] lines.empty[1]",
        ),
        (lonely_attribute, "lock balance"),
        (makers, "left right both[0] both[1] mutex record.lock inner"),
        (nameless, "lock barrier lock#2"),
        (
            namesakes_of_tasks,
            "worker-1.done worker-1.slots[0] worker-1.slots[1] "
            "worker-2.done worker-2.slots[0] worker-2.slots[1]",
        ),
    ],
)
def test_an_object_is_called_what_the_source_calls_it(
    program: Callable[[], object], expected: str
) -> None:
    assert labels(program) == expected.split()


def test_all_labels_differ() -> None:
    def everything() -> None:
        for program in (variables_of_all_sorts, tables, conditions, attributes, makers, nameless):
            program()
            program()

    found = labels(everything)
    assert len(set(found)) == len(found) > 80


def test_lines_of_the_standard_library_are_not_the_users() -> None:
    def enter(lock: Lock) -> None:
        from contextlib import ExitStack

        with ExitStack() as stack:
            stack.enter_context(lock)

    trace = trace_along(lambda: enter(Lock()))
    assert {event.place.rpartition(":")[0] for event in trace.events} == {
        "tests/unit/test_labels.py"
    }


@pytest.mark.parametrize(
    ("make", "states", "shown"),
    [
        (Lock, [None, (1, 1)], ["free", "held by b"]),
        (RLock, [None, (0, 1), (0, 3)], ["free", "held by a", "held by a (3 deep)"]),
        (lambda: Semaphore(2), [0, 1, 2], ["0 permits", "1 permit", "2 permits"]),
    ],
)
def test_states_are_shown_in_words(
    make: Callable[[], Primitive], states: list[object], shown: list[str]
) -> None:
    primitive = make()
    assert [primitive.show(state, "ab".__getitem__) for state in states] == shown


def test_a_report_on_a_long_file_comes_quickly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 2 000 lines of other functions around a program of 20 objects: reading the file once takes a
    # few hundredths of a second, once for each object it would take twenty times that.
    lines = ["from verify import Lock"]
    for number in range(700):
        lines += [f"def f{number}(x):", f"    y = [x, {number}]", "    return dict(a=x, b=y)"]
    lines += ["def program():", "    locks = [Lock() for _ in range(20)]"]
    lines += ["    for lock in locks:", "        lock.acquire()", "    locks[0].acquire()"]
    text = "\n".join(lines)
    file = tmp_path / "long.py"
    file.write_text(text)
    space: dict[str, Callable[[], object]] = {}
    exec(compile(text, str(file), "exec"), space)
    reads: list[int] = []

    def parse(source: str, *rest: Any, **options: Any) -> Any:
        reads.append(len(source))
        return real_parse(source, *rest, **options)

    real_parse = ast.parse
    monkeypatch.setattr(ast, "parse", parse)
    sources.syntax.cache_clear()
    variables._variables.cache_clear()
    began = time.perf_counter()
    trace = trace_along(space["program"])
    assert time.perf_counter() - began < 3
    assert trace.kind == "deadlock"
    assert sum(size > 10_000 for size in reads) == 1
