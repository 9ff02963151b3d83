"""Traces made by hand for the page: a race with all there is to show of it, and a hostile one."""

from __future__ import annotations

from dataclasses import fields, replace

from tests.unit.sample_trace import SAMPLE
from verify.traces.trace import Trace, TraceEvent, Waiting

MODEL = "models/till.py::till"


def event(task: str, operation: str, line: int, result: str = "", **more: object) -> TraceEvent:
    """An event on the till; `main` starts `ann` and then `bob`."""
    path = {"main": (), "ann": (1,), "bob": (2,)}[task]
    objects = () if operation == "start" else ("till",)
    place = f"models/till.py:{line}"
    made = TraceEvent(task, path, 0, operation, objects, place, result=result)
    return replace(made, **more)  # type: ignore[arg-type]


STARTS = (event("main", "start", 9), event("main", "start", 10))
RACE = Trace(
    model=MODEL,
    source="ab" * 32,
    kind="assertion",
    message="a coin was lost",
    task="main",
    step=7,
    place="models/till.py:13",
    events=(
        *STARTS,
        event("ann", "get", 5, "0", after=(1,)),
        event("bob", "get", 5, "0", after=(2,)),
        event("bob", "set", 5, argument="1", changed=(("till", "1"),), after=(3,)),
        event("ann", "set", 5, argument="1", changed=(("till", "1"),), after=(4, 5)),
        event("main", "get", 13, "1", after=(6,)),
    ),
    tasks=(("main", ()), ("ann", (1,)), ("bob", (2,))),
    output="a line\nand <b>another</b>\n",
    settings={"strategy": "dpor", "seed": 0},
    racing=(3, 5),
    parted=4,
    passing=(
        event("ann", "set", 5, argument="1", changed=(("till", "1"),)),
        event("bob", "get", 5, "1"),
        event("bob", "set", 5, argument="2", changed=(("till", "2"),)),
        event("main", "get", 13, "2"),
    ),
    statistics={"executions": 12345, "blocked executions": 0},
)
"""Two tasks add a coin each: both look before either puts, so one coin is lost."""


def long(rounds: int) -> Trace:
    """So many rounds in which ann looks and puts, and nothing else; bob never goes on."""
    each = (event("ann", "get", 5, "0"), event("ann", "set", 5, argument="1"))
    events = (*STARTS, *(each * rounds))
    waiting = (Waiting("bob", "get", ("till",), "models/till.py:5", ()),)
    changes = {"racing": (), "parted": 0, "passing": (), "waiting": waiting, "kind": "deadlock"}
    return replace(RACE, events=events, step=len(events), **changes)  # type: ignore[arg-type]


HOSTILE_TEXTS = (
    "<script>window.broken = 1</script>",
    "</script><script>window.broken = 1</script>",
    "<!--<script>",
    '"><img src=x onerror="window.broken = 1">',
    "'-window.broken-'",
    "${window.broken = 1}`\\",
    "a\u2028b\u2029c\u202edesrever\x00\x1b[31m\ud800".encode("utf-8", "replace").decode(),
    "__proto__",
    "constructor",
    "]]>&lt;&amp;",
    "w" * 400,
    "日本語🧵" * 6,
)


def hostile(text: str) -> Trace:
    """The sample, which has something in every field, with this text wherever a text can be."""
    event_texts = ("task", "operation", "place", "argument", "result", "note")

    def attacked(one: TraceEvent) -> TraceEvent:
        return replace(
            one,
            **dict.fromkeys(event_texts, text),
            objects=(text,),
            changed=((text, text),),
            woke=(text,),
            owners=((text, (text,)),),
        )

    waiting = Waiting(text, text, (text,), text, (text,))
    texts = ("model", "message", "task", "place", "diagnosis", "output")
    assert set(texts) | set(event_texts) <= {f.name for f in (*fields(Trace), *fields(TraceEvent))}
    return replace(
        SAMPLE,
        **{name: text for name in texts if name != "model"},
        model=f"{text}.py::{text}",
        events=tuple(map(attacked, SAMPLE.events)),
        passing=tuple(map(attacked, SAMPLE.passing)),
        tasks=tuple((text, path) for _, path in SAMPLE.tasks),
        waiting=(waiting,),
        settings={text: text},
        statistics={text: 1},
    )
