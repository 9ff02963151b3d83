"""The steps of a trace as rows: what a report shows of each, and which of them it leaves out.

A row is one event, several starts or joins in a row, what a task noted between two of them, or what
stands for a loop that goes round without changing anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from verify.traces.trace import Trace, TraceEvent
from verify.traces.wording import listed

LONGEST_LOOP = 8
"""Steps of a loop that is looked for when repetitions are folded."""


@dataclass(frozen=True)
class Row:
    """One line: the steps it stands for, counted from 1, whose they are, and what happened.

    `wide`: it spans all columns, because it is about the tasks themselves. `asleep`: the task went
    to sleep here. `state` has what is different afterwards. A note stands for no step: its `last`
    is the step before it, its `first` the one after.
    """

    first: int
    last: int
    task: str
    line: str
    text: str
    state: tuple[str, ...] = ()
    wide: bool = False
    asleep: bool = False

    @property
    def is_note(self) -> bool:
        """Whether it stands for no step."""
        return self.first > self.last

    @property
    def what(self) -> tuple[object, ...]:
        """What is the same in each round of a loop."""
        return self.task, self.line, self.text, self.state


def main_file(trace: Trace) -> str:
    """The file in which most of it happens: a bare line number means a line of that one."""
    files = Counter(event.place.rpartition(":")[0] for event in trace.events if event.place)
    return trace.file or (files.most_common(1)[0][0] if files else "")


def in_words(trace: Trace, events: Sequence[TraceEvent], arrow: str) -> list[tuple[str, str]]:
    """What events of a trace, or of the one beside it, did, and in which line."""
    own_locks, file = aliases(trace), main_file(trace)
    return [(_text(event, arrow, own_locks), _line(event, file)) for event in events]


def rows(trace: Trace, arrow: str) -> list[Row]:
    """All rows of a trace, with loops folded."""
    return list(_folded(list(_merged(trace, arrow))))


def in_one_line(trace: Trace, arrow: str) -> str:
    """The steps of a trace, turn by turn: "ada: get n, set n 1 | bob: get n". What is left out are
    starts and joins, whose place others cannot tell."""
    turns: list[tuple[str, list[str]]] = []
    for row in rows(trace, arrow):
        if row.wide and row.line:
            continue
        if not turns or turns[-1][0] != row.task:
            turns.append((row.task, []))
        turns[-1][1].append(row.text)
    return " | ".join(f"{task}: {', '.join(texts)}" for task, texts in turns)


def texts(trace: Trace, events: Sequence[TraceEvent], arrow: str) -> list[str]:
    """What each event does, in words: "acquire lock", "get count → 1", "starts worker".

    The events are those of an execution of the trace's program, from the first on.
    """
    names = {path: name for name, path in trace.tasks}
    own_locks = aliases(trace)
    started: Counter[tuple[int, ...]] = Counter()
    return [
        f"{verb} {_of_whom(event, names, started)}" if verb else _text(event, arrow, own_locks)
        for event in events
        for verb in [_life(event)]
    ]


def starts(trace: Trace) -> list[int]:
    """The step, from 1, with which each task of a trace is started; 0 if it was not started."""
    started: Counter[tuple[int, ...]] = Counter()
    steps: dict[tuple[int, ...], int] = {}
    for step, event in enumerate(trace.events, 1):
        if _life(event) == "starts":
            started[event.path] += 1
            steps[(*event.path, started[event.path])] = step
    return [steps.get(path, 0) for _, path in trace.tasks]


def aliases(trace: Trace) -> dict[str, str]:
    """By the name of a lock that is a condition's own: the condition's."""
    return {
        event.objects[1]: event.objects[0]
        for event in (*trace.events, *trace.passing)
        if len(event.objects) == 2 and event.objects[1] == f"{event.objects[0]}.lock"
    }


def _merged(trace: Trace, arrow: str) -> Iterator[Row]:
    """A row for each event, except that starts, or joins, that follow each other share one; and one
    for each note."""
    names = {path: name for name, path in trace.tasks}
    own_locks = aliases(trace)
    started: Counter[tuple[int, ...]] = Counter()
    notes: dict[int, list[Row]] = {}
    for step, task, text in trace.notes:
        note = Row(step + 1, step, task, "", f"{task}: {text}", wide=True)
        notes.setdefault(step, []).append(note)
    yield from notes.get(0, ())
    file = main_file(trace)
    index = 0
    events = trace.events
    while index < len(events):
        event = events[index]
        first = index
        verb = _life(event)
        of: list[str] = []
        while index < len(events) and verb and _life(events[index]) == verb:
            if events[index].task != event.task:
                break
            of.append(_of_whom(events[index], names, started))
            index += 1
            if index in notes:
                break
        line = _line(event, file)
        if verb:
            text = f"{event.task} {verb} {listed(of)}"
            yield Row(first + 1, index, event.task, line, text, wide=True)
        else:
            index += 1
            yield Row(
                index,
                index,
                event.task,
                line,
                _text(event, arrow, own_locks),
                _state(event),
                asleep=event.operation == "wait" and bool(event.changed),
            )
        yield from notes.get(index, ())


def _life(event: TraceEvent) -> str:
    """ "starts", "joins" and the like, for an event in which one task does that to another."""
    if event.operation == "start" and not event.objects:
        return "starts"
    ends = bool(event.objects) and event.objects[0].startswith("end of ")
    if not ends or event.note:
        return ""
    return {"join": "joins", "terminate": "terminates", "kill": "kills"}.get(event.operation, "")


def _of_whom(
    event: TraceEvent, names: dict[tuple[int, ...], str], started: Counter[tuple[int, ...]]
) -> str:
    if event.objects:
        return event.objects[0].removeprefix("end of ")
    started[event.path] += 1
    child = (*event.path, started[event.path])
    return names.get(child, "a task")


def _line(event: TraceEvent, file: str) -> str:
    where, _, line = event.place.rpartition(":")
    return line if where == file else f"{where.rpartition('/')[2]}:{line}" if line else ""


def _text(event: TraceEvent, arrow: str, own_locks: dict[str, str]) -> str:
    """ "acquire lock", "set count 1", "get count → 1"; a condition's own lock goes by its name."""
    text = " ".join([event.operation, *(own_locks.get(name, name) for name in event.objects[:1])])
    if event.argument:
        text += f" {event.argument}"
    if event.result:
        text += f" {arrow} {event.result}"
    return text + (f" ({event.note})" if event.note else "")


def _state(event: TraceEvent) -> tuple[str, ...]:
    """What changed, except what the operation says by itself."""
    obvious = {"free", f"held by {event.task}", event.argument}
    changed = [f"{name}: {shown}" for name, shown in event.changed if shown not in obvious]
    return (*([f"wakes {listed(event.woke)}"] if event.woke else []), *changed)


def _folded(all_rows: list[Row]) -> Iterator[Row]:
    """A loop that goes round at least three times is shown once, with the number of its rounds."""
    whats = [row.what for row in all_rows]
    index = 0
    while index < len(all_rows):
        length, rounds = _loop(whats, index)
        yield from all_rows[index : index + length]
        if rounds > 1:
            last = index + length * rounds - 1
            text = f"the same {rounds - 1} times more"
            begin, end = all_rows[index + length], all_rows[last]
            yield Row(begin.first, end.last, end.task, "", text, wide=True)
        index += length * rounds


def _loop(whats: list[tuple[object, ...]], index: int) -> tuple[int, int]:
    """How many rows from here are repeated how often; (1, 1) if fewer than three times."""
    for length in range(1, LONGEST_LOOP + 1):
        once = whats[index : index + length]
        rounds = 1
        while whats[index + rounds * length : index + (rounds + 1) * length] == once:
            rounds += 1
        if rounds >= 3:
            return length, rounds
    return 1, 1
