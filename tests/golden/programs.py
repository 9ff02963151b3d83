"""Two wrong models that no property of the model's own catches: the report has to say it all."""

from __future__ import annotations

import verify


@verify.instrument
class Till:
    """What is in it is written by whoever sells."""

    def __init__(self) -> None:
        self.lock = verify.Lock()
        self.total = 0

    def sell(self) -> None:
        with self.lock:
            self.total += 1

    def give_back(self) -> None:
        self.total -= 1


@verify.model(expect="race")
def locked_by_one_of_two() -> None:
    till = Till()
    seller = verify.Thread(target=till.sell, name="seller")
    cashier = verify.Thread(target=till.give_back, name="cashier")
    seller.start()
    cashier.start()
    seller.join()
    cashier.join()


@verify.model(max_executions=1)
def stopped_before_the_circle_closes() -> None:
    till, safe = verify.Lock(), verify.Lock()

    def close() -> None:
        with till, safe:
            pass

    def open_up() -> None:
        with safe, till:
            pass

    evening = verify.Thread(target=close, name="evening")
    morning = verify.Thread(target=open_up, name="morning")
    evening.start()
    morning.start()
    evening.join()
    morning.join()
