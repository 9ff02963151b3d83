"""`verify bench --herd`: how many servers a connection wakes, by how they wait for it.

What is measured and what of it always holds: benchmarking/herd.py. The tests hold the figures to
the bounds that are proved of the models in models/thundering_herd.py.
"""

from __future__ import annotations

import argparse

from verify.benchmarking.herd import CONNECTIONS, HELD, SERVERS, WAYS
from verify.commands.console import Console
from verify.commands.figures import Figures, short

ROWS = {
    "accept": "in accept",
    "shared": "at one epoll for all",
    "each": "at an epoll each",
    "exclusive": "at an exclusive epoll each",
    "lock": "one at its epoll, the others at a lock",
}
"""How servers wait, and what the table calls it."""
WIDTH = 40

FOOTNOTE = f"""
{SERVERS} servers, {CONNECTIONS} connections, each when all servers sleep; of each connection:
returned   how often a wait of theirs returned
in vain    and accept found nothing: another server had taken the connection
slept      how often a server gave up the processor. Epoll, once woken, looks again, and sleeps on
           without a word if the connection has gone: such a herd only the kernel sees
held       how often a wait returned where nobody may accept before all have come who are woken
"""


def bench_herd(arguments: argparse.Namespace, console: Console) -> int:
    """Run the command; the exit code."""
    figures = Figures("herd", arguments, console)
    columns = "returned", "in vain", "slept", "time", "held"
    figures.line("servers wait", *columns, width=WIDTH)
    for what, name in ROWS.items():
        found = figures.measured(what, SERVERS)
        held = figures.measured(what + HELD, SERVERS) if what + HELD in WAYS else None
        if found is not None:
            counts = [found[column] / CONNECTIONS for column in ("returned", "in_vain", "slept")]
            cells = [f"{count:.2f}" for count in counts]
            cells.append(short(found["elapsed"] / CONNECTIONS))
            cells.append("–" if held is None else f"{held['returned'] / CONNECTIONS:.2f}")
            figures.line(name, *cells, width=WIDTH)
    figures.note(FOOTNOTE)
    return figures.end()
