"""The life of a process: ready, running, sleeping, and done, by itself or because it was ended.

A process is *ready* until it is chosen, *running* while it computes, *sleeping* while what it waits
for has not come. Its parent starts it, may wait for its end (`join`) and then finds how it ended
(`exitcode`): 0, or 1 after an exception, or minus the signal that ended it.

To end a process from outside (`terminate`) is to stop it wherever it happens to be: none of its
`finally` and `with` is left in order. A lock that it held stays held, and whoever waits for that is
told so (OwnerDied) and can only make a new lock. So do not end it: ask it to stop, at a place where
it holds nothing.

To try: in `ended_while_holding`, let the worker put the money down before it is ended: an event
that it sets and main waits for. Where must the worker set it?
"""

import verify

HEADING = "1.1 States of a process"


@verify.model(classes=2)
def from_ready_to_done() -> None:
    gun = verify.Event()
    runner = verify.Process(target=gun.wait, name="runner")
    assert not runner.is_alive()
    runner.start()
    assert runner.is_alive()
    gun.set()
    runner.join()
    assert not runner.is_alive()
    assert runner.exitcode == 0


@verify.model(classes=2)
def ended_in_its_sleep() -> None:
    never = verify.Event()
    sleeper = verify.Process(target=never.wait, name="sleeper")
    sleeper.start()
    sleeper.terminate()
    sleeper.join()
    assert sleeper.exitcode == -15


class Patient(verify.Process):
    """Wants to see its own end."""

    def run(self) -> None:
        self.join()


@verify.model(expect="misuse", classes=1)
def waits_for_itself() -> None:
    patient = Patient(name="patient")
    patient.start()
    patient.join()


def save(safe: verify.Lock, money: verify.Shared[int]) -> None:
    with safe:
        money.value += 1


@verify.model(expect="exception", classes=6)
def ended_while_holding() -> None:
    safe, money = verify.Lock(), verify.Shared(0)
    worker = verify.Process(target=save, args=(safe, money), name="worker")
    worker.start()
    worker.terminate()
    with safe:
        assert money.value in (0, 1)


def save_until_told(safe: verify.Lock, money: verify.Shared[int], enough: verify.Event) -> None:
    for _ in range(2):
        if enough.is_set():
            return
        save(safe, money)


@verify.model(classes=3)
def asked_to_stop() -> None:
    safe, money, enough = verify.Lock(), verify.Shared(0), verify.Event()
    worker = verify.Process(target=save_until_told, args=(safe, money, enough), name="worker")
    worker.start()
    enough.set()
    worker.join()
    with safe:
        assert money.value in (0, 1, 2)
    assert worker.exitcode == 0
