"""The models that are killed: each takes long enough to be."""

from __future__ import annotations

import verify


def run_all(*bodies):
    tasks = [verify.Thread(target=body) for body in bodies]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()


@verify.model(expect="assertion")
def all_but_one_are_lost():
    """The first failure comes late."""
    counter = verify.Shared(0)

    def add():
        counter.value += 1

    run_all(*[add] * 5)
    assert counter.value != 1


@verify.model(expect="assertion", classes=576)
def some_are_lost():
    counter = verify.Shared(0)

    def add():
        counter.value += 1

    run_all(*[add] * 4)
    assert counter.value > 2, f"only {counter.value} of 4"


@verify.model(classes=14_400)
def five():
    counter = verify.Shared(0)

    def add():
        counter.value += 1

    run_all(*[add] * 5)
    if counter.value == 1:
        verify.cover("all but one are lost")
