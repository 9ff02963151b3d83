"""A trace made by hand with something in every field, and a program that is always refuted.

Making the first needs no explorer, so it can be written on any interpreter.
"""

from __future__ import annotations

import hashlib

from verify.traces.trace import Trace, TraceEvent, Waiting

SAMPLE = Trace(
    model="models/bank.py::ab_ba",
    source="0123456789abcdef" * 4,
    kind="deadlock",
    message="für immer: Überweisung-1, 🧵",
    task="transfer-1",
    step=3,
    place="models/bank.py:14",
    events=(
        TraceEvent("main", (), 0, "start", (), "models/bank.py:20"),
        TraceEvent(
            "transfer-1",
            (1,),
            0,
            "acquire",
            ("accounts[0].lock",),
            "models/bank.py:12",
            changed=(("accounts[0].lock", 'held by transfer-1 "[{\\'),),
            after=(1,),
            owners=(("accounts[0].lock", ("transfer-1",)),),
        ),
        TraceEvent(
            "transfer-1",
            (1,),
            2,
            "add",
            ("balance",),
            "models/bank.py:13",
            argument="-5",
            result="10",
            note="raised ValueError",
            woke=("main",),
        ),
    ),
    tasks=(("main", ()), ("transfer-1", (1,))),
    waiting=(
        Waiting("main", "join", ("end of transfer-1",), "models/bank.py:22", ("transfer-1",)),
    ),
    diagnosis="a cycle:\n  main waits for transfer-1",
    output="printed\t\x1b[1mby the model\n\u2028",
    settings={"strategy": "exhaustive", "seed": 0, "granularity": "operation", "a": None, "b": 1.5},
    racing=(1, 3),
    parted=2,
    passing=(
        TraceEvent("main", (), 0, "join", ("end of transfer-1",), "models/bank.py:22"),
        TraceEvent("transfer-2", (2,), 0, "acquire", (), "models/bank.py:12", after=(2,)),
    ),
    statistics={"executions": 9, "blocked executions": 0},
    notes=((0, "main", "it begins"), (2, "transfer-1", "zwölf\n")),
)


def crossed_locks() -> None:
    """Two tasks take two locks in opposite orders, and keep words in a dictionary."""
    import verify

    first, second = verify.Lock(), verify.Lock()
    words = verify.Shared({"some": 1, "words": 2, "of": 3, "any": 4, "hash": 5})

    def there() -> None:
        with first:
            words.value = {**words.value, "there": 6}
            with second:
                pass

    def back() -> None:
        with second, first:
            pass

    tasks = [verify.Thread(target=there), verify.Thread(target=back)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


def sealed(*lines: str | bytes) -> bytes:
    """Lines with the trailer that they should have: as an attacker writes it."""
    content = b"".join((x if isinstance(x, bytes) else x.encode()) + b"\n" for x in lines)
    return content + b'{"sha256":"%s"}\n' % hashlib.sha256(content).hexdigest().encode()
