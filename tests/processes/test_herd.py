"""How many servers a connection really wakes, held to what is proved of the models.

The models' invariants allow `most_wakeups` for each connection, and are proved; the same function
is the bound here, where eight processes wait for two hundred connections at a port of the loopback.
Nothing depends on who is quick: what can be relied on is told in verify/benchmarking/herd.py.
"""

from __future__ import annotations

import pytest

from models.thundering_herd import most_wakeups
from tests.processes.watching import children, mapped, open_files
from verify.benchmarking.herd import CONNECTIONS, SERVERS, WAYS, measure_herd


@pytest.mark.parametrize("what", WAYS)
def test_a_connection_wakes_as_many_as_are_proved(
    what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each connection was accepted once, so whoever came beyond that came in vain.

    At least one comes for a connection, and at most the bound: exactly the bound where nobody may
    accept before all have come who are woken.
    """
    way, files, born = WAYS[what], open_files(), children()
    found = measure_herd(what, SERVERS)
    most = most_wakeups(way.wake, 1 if way.alone else SERVERS)
    least = most if way.held else 1
    assert least * CONNECTIONS <= found["returned"] <= most * CONNECTIONS
    assert found["in_vain"] == found["returned"] - CONNECTIONS
    assert (open_files(), children(), mapped()) == (files, born, 0)
    with capsys.disabled():
        returned, slept = (found[column] / CONNECTIONS for column in ("returned", "slept"))
        print(f"\n  {what}: {returned:.2f} of {SERVERS} come ({least} to {most}), {slept:.2f} wake")
