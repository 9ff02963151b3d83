"""A layered layout: boxes in rows, links from each row to the next, as few crossings as is cheap.

    ordered   the order in each row, by sweeps: each box goes to the mean place of its neighbours
              (the barycentre method of Sugiyama, Tagawa and Toda, 1981)
    placed    where the boxes are: as near to the mean of their neighbours as the others let them be

A link that spans several rows is given as one of boxes in between. Everything is a function of the
arguments and of their order: the same graph is drawn in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

SWEEPS = 12
GAP = 18
"""Between two boxes of a row, and from one row to the next."""


class Box(NamedTuple):
    """A box by its width and height, in pixels; of height 0 is one that is as high as its row."""

    width: float
    height: float


class Spot(NamedTuple):
    """Where a box is: the middle of its upper edge, and that of its lower one."""

    x: float
    y: float
    bottom: float


Rows = list[list[int]]
Links = Sequence[tuple[int, int]]


def layout(rows: Rows, links: Links, boxes: Mapping[int, Box]) -> dict[int, Spot]:
    """Where each box goes; boxes are known by number, links lead from a row to the next."""
    above: dict[int, list[int]] = {box: [] for row in rows for box in row}
    below: dict[int, list[int]] = {box: [] for row in rows for box in row}
    for source, target in links:
        below[source].append(target)
        above[target].append(source)
    order = ordered(rows, above, below)
    across = placed(order, above, below, boxes)
    spots = {}
    y = float(GAP)
    for row in order:
        height = max(boxes[box].height for box in row)
        for box in row:
            margin = (height - boxes[box].height) / 2 if boxes[box].height else 0.0
            spots[box] = Spot(across[box], y + margin, y + height - margin)
        y += height + GAP
    return spots


def ordered(rows: Rows, above: Mapping[int, list[int]], below: Mapping[int, list[int]]) -> Rows:
    """The rows, each in an order in which few links cross: the best that the sweeps come by."""
    order = [list(row) for row in rows]
    best, fewest = order, _crossings(order, below)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        neighbours = above if down else below
        place = {box: index for row in order for index, box in enumerate(row)}
        new = [list(row) for row in order]
        for row in new if down else reversed(new):
            middles = {box: _mean([place[n] for n in neighbours[box]], place[box]) for box in row}
            row.sort(key=lambda box: (middles[box], place[box]))
            place.update((box, index) for index, box in enumerate(row))
        order = new
        crossings = _crossings(order, below)
        if crossings < fewest:
            best, fewest = order, crossings
    return best


def _crossings(rows: Rows, below: Mapping[int, list[int]]) -> int:
    count = 0
    for row, following in pairwise(rows):
        place = {box: index for index, box in enumerate(following)}
        ends = [sorted(place[target] for target in below[box]) for box in row]
        seen: list[int] = []
        for each in ends:
            count += sum(before > end for end in each for before in seen)
            seen += each
    return count


def placed(
    rows: Rows,
    above: Mapping[int, list[int]],
    below: Mapping[int, list[int]],
    boxes: Mapping[int, Box],
) -> dict[int, float]:
    """The middle of each box: none overlap, none is left of the margin."""
    across: dict[int, float] = {}
    for row in rows:
        x = 0.0
        for box in row:
            across[box] = x + boxes[box].width / 2
            x += boxes[box].width + GAP
        for box in row:
            across[box] -= x / 2
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [
                _mean([across[n] for n in (*above[box], *below[box])], across[box]) for box in row
            ]
            across.update(zip(row, _apart(row, wanted, boxes), strict=True))
    left = min((across[box] - boxes[box].width / 2 for box in across), default=0.0)
    return {box: round(x - left + GAP, 1) for box, x in across.items()}


def _apart(row: list[int], wanted: list[float], boxes: Mapping[int, Box]) -> list[float]:
    """As near to what is wanted as is possible without overlaps: the middle between giving way
    only to the right and only to the left, both of which keep the boxes apart."""
    need = [(boxes[one].width + boxes[other].width) / 2 + GAP for one, other in pairwise(row)]
    right = list(wanted)
    for index in range(1, len(right)):
        right[index] = max(right[index], right[index - 1] + need[index - 1])
    left = list(wanted)
    for index in reversed(range(len(left) - 1)):
        left[index] = min(left[index], left[index + 1] - need[index])
    return [(one + other) / 2 for one, other in zip(left, right, strict=True)]


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
