"""Programs that DPOR cannot plan for: that one is such a program may come to light late."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import verify
from verify.exploration.dpor import Dpor
from verify.exploration.source_dpor import SourceDpor
from verify.scheduling.event import Ending
from verify.scheduling.explored import Explored


@pytest.mark.parametrize("strategy", [Dpor, SourceDpor])
def test_dpor_notices_after_its_last_choice(strategy: Callable[[], Dpor]) -> None:
    """The invariant is demanded when nobody is left to be chosen: there is nothing to plan from."""

    def main() -> None:
        task = verify.Thread(target=lambda: None)
        task.start()
        task.join()
        verify.invariant(lambda: True)

    engine = Explored()
    chooser = strategy()
    assert chooser.begin()
    execution = engine.run(main, chooser.choose)
    assert execution.ending is Ending.COMPLETE
    chooser.end(execution)
    assert chooser.unplannable
    assert not chooser.begin()
