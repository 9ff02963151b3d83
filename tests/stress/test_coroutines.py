"""Stress as coroutines: what is theirs alone. The seed determines the whole run."""

from __future__ import annotations

import verify


def racing() -> None:
    """Two increments that are not atomic."""
    count = verify.Shared(0)

    def increment() -> None:
        count.value += 1

    tasks = [verify.Thread(target=increment) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert count.value == 2


def test_the_seed_determines_every_run() -> None:
    """60 runs with one seed fail as often each time, and with others not all as often."""
    failures = [
        verify.stress(racing, on="coroutines", iterations=60, seed=seed).failures["assertion"]
        for seed in (1, 1, 2, 3, 4)
    ]
    assert failures[0] == failures[1]
    assert len(set(failures)) > 1
    assert 0 < failures[0] < 60


def test_a_task_that_computes_stops_all_others() -> None:
    """What threads do not have: a loop that waits for somebody else without letting him go on."""
    lowered = [False]

    def lower() -> None:
        lowered[0] = True

    def spin() -> None:
        while not lowered[0]:
            pass

    def program() -> None:
        for target in (spin, lower):
            verify.Thread(target=target).start()

    assert verify.stress(program, on="threads", iterations=1).ok
    lowered[0] = False
    report = verify.stress(program, on="coroutines", seconds=0.1, patience=0.2)
    assert (report.runs, report.cut) == (0, "its time was up")


def test_a_generator_that_polls_lets_the_others_go_on() -> None:
    def program() -> None:
        lowered = verify.Shared(False)

        def poll():  # type: ignore[no-untyped-def]
            while not lowered.value:
                yield

        poller = verify.Thread(target=poll)
        poller.start()
        lowered.value = True
        poller.join()

    assert verify.stress(program, on="coroutines", iterations=20).ok


def test_where_a_suspended_generator_stands_is_told() -> None:
    def program() -> None:
        def wait():  # type: ignore[no-untyped-def]
            yield
            verify.Event().wait()

        verify.Thread(target=wait).start()

    report = verify.stress(program, on="coroutines", iterations=1)
    assert report.failures == {"deadlock": 1}
    assert ["wait-1", "leave", "Event", "1", "anybody"] in map(str.split, report.hang.splitlines())
    assert "verify.Event().wait()" in report.hang
