"""Pictures of a state graph: as DOT, for whoever has graphviz, and as SVG, for whoever has not.

    networked   the state graph as a networkx graph, each node and edge with the lines of its label
    dot         that in the DOT language
    svg         that drawn: states in rows (layers.py), each as far from the beginning as the
                longest way to it; labels of steps in the rows between, so that no two meet

What a program calls its objects, and what is in them, may be any text: it is quoted for each.
"""

from __future__ import annotations

import unicodedata
from html import escape
from itertools import pairwise

import networkx

from verify.drawing.layers import GAP, Box, Spot, layout
from verify.exploration.state_graph import StateGraph
from verify.traces.wording import printable

LONGEST_LINE = 60
"""Characters of a line of a label."""
CHARACTER, LINE = 7.3, 15
"""The width of a character and the height of a line."""
COLORS = {
    "": ("#f6f8fa", "#57606a"),
    "ok": ("#dafbe1", "#1a7f37"),
    "deadlock": ("#ffc9c9", "#c92a2a"),
    "livelock": ("#ffc9c9", "#c92a2a"),
}
"""How a state is filled and framed, by its outcome; any other failure is orange."""
OTHER = ("#ffe8cc", "#d9480f")

Network = networkx.MultiDiGraph


def networked(graph: StateGraph) -> Network[int]:
    """Nodes with `lines`, `outcome` and `open`; edges with `lines`.

    Objects that never change are left out.
    """
    network: Network[int] = networkx.MultiDiGraph()
    changing = graph.changing
    for number, state in enumerate(graph.states):
        lines = [f"{name}: {text}" for name, text in state.objects if name in changing]
        lines += [f"{task} at {asks}" for task, asks in state.tasks]
        if state.outcome:
            lines.append(state.outcome.upper() + (f": {state.message}" if state.message else ""))
        network.add_node(
            number, lines=list(map(_line, lines)), outcome=state.outcome, open=state.open
        )
    for step in graph.transitions:
        network.add_edge(step.source, step.target, lines=[_line(step.task), _line(step.step)])
    return network


def _line(text: str) -> str:
    text = printable(text)
    return text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"


def _colors(outcome: str) -> tuple[str, str]:
    return COLORS.get(outcome, OTHER)


# ---------------------------------------------------------------------------------- DOT


def dot(network: Network[int], name: str) -> str:
    """The graph in the DOT language."""
    lines = [
        f"digraph {_quoted([name])} {{",
        '  node [shape=box, style="filled,rounded", fontname="monospace", fontsize=10];',
        '  edge [fontname="monospace", fontsize=9];',
    ]
    for number, node in network.nodes(data=True):
        fill, frame = _colors(node["outcome"])
        style = ', style="filled,rounded,dashed"' if node["open"] else ""
        width = 2 if node["outcome"] or number == 0 else 1
        lines.append(
            f"  {number} [label={_quoted(node['lines'])}, fillcolor={_quoted([fill])}, "
            f"color={_quoted([frame])}, penwidth={width}{style}];"
        )
    for source, target, edge in network.edges(data=True):
        lines.append(f"  {source} -> {target} [label={_quoted(edge['lines'])}];")
    return "\n".join([*lines, "}", ""])


def _quoted(lines: list[str]) -> str:
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return '"' + "\\n".join(escaped) + '"'


# ---------------------------------------------------------------------------------- SVG


def svg(network: Network[int], title: str) -> str:
    """The graph as a drawing."""
    return _Drawing(network).text(title)


class _Drawing:
    """Where everything goes: the states by their numbers, labels and bends of steps by others."""

    def __init__(self, network: Network[int]) -> None:
        self._network = network
        self._boxes = {number: _box(node["lines"], 10) for number, node in network.nodes(data=True)}
        self._ways: list[tuple[list[int], list[str]]] = []
        links: list[tuple[int, int]] = []
        generations = list(networkx.topological_generations(network))
        rank = {number: 2 * index for index, row in enumerate(generations) for number in row}
        rows: list[list[int]] = [[] for _ in range(2 * len(generations) - 1)]
        for number in network:
            rows[rank[number]].append(number)
        for source, target, edge in network.edges(data=True):
            way = [source]
            for row in range(rank[source] + 1, rank[target]):
                bend = len(self._boxes)
                labelled = row == rank[source] + 1
                self._boxes[bend] = _box(edge["lines"], 0) if labelled else Box(2, 0)
                rows[row].append(bend)
                way.append(bend)
            way.append(target)
            links += pairwise(way)
            self._ways.append((way, edge["lines"]))
        self._spots = layout(rows, links, self._boxes)

    def text(self, title: str) -> str:
        """The drawing as a file."""
        width = max(spot.x + self._boxes[box].width / 2 for box, spot in self._spots.items()) + GAP
        width = max(width, len(title) * CHARACTER + 2 * GAP)
        height = max(spot.bottom for spot in self._spots.values()) + GAP
        size = f"{width:.0f}", f"{height + 2 * GAP:.0f}"
        shown = escape(printable(title))
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
                f'viewBox="0 0 {size[0]} {size[1]}" font-family="monospace" font-size="12">',
                f"<title>{shown}</title>",
                '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
                'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#57606a"/></marker>'
                "</defs>",
                '<rect width="100%" height="100%" fill="#ffffff"/>',
                f'<text x="{GAP}" y="{GAP + 6}" font-weight="bold">{shown}</text>',
                f'<g transform="translate(0 {2 * GAP})">',
                *(line for way, lines in self._ways for line in self._step(way, lines)),
                *(line for number in self._network for line in self._state(number)),
                "</g>",
                "</svg>",
                "",
            ]
        )

    def _state(self, number: int) -> list[str]:
        node, box, spot = self._network.nodes[number], self._boxes[number], self._spots[number]
        fill, frame = _colors(node["outcome"])
        heavy = 2.5 if node["outcome"] or number == 0 else 1
        dashes = ' stroke-dasharray="5 4"' if node["open"] else ""
        return [
            f'<g class="state" data-outcome="{escape(node["outcome"])}">',
            f'<rect x="{spot.x - box.width / 2:.1f}" y="{spot.y:.1f}" width="{box.width:.1f}" '
            f'height="{box.height:.1f}" rx="6" fill="{fill}" stroke="{frame}" '
            f'stroke-width="{heavy}"{dashes}/>',
            *_texts(node["lines"], spot, 5, "#1f2328"),
            "</g>",
        ]

    def _step(self, way: list[int], lines: list[str]) -> list[str]:
        """A line from box to box, with a gap where its label is, straight past other boxes."""
        found = ['<g class="step">']
        for one, other in pairwise(way):
            begin, end = self._spots[one], self._spots[other]
            past = f"M{begin.x:.1f} {begin.y:.1f}L" if one in way[2:] else "M"
            middle = (begin.bottom + end.y) / 2
            tip = ' marker-end="url(#tip)"' if other == way[-1] else ""
            found.append(
                f'<path d="{past}{begin.x:.1f} {begin.bottom:.1f}C{begin.x:.1f} {middle:.1f} '
                f'{end.x:.1f} {middle:.1f} {end.x:.1f} {end.y:.1f}" fill="none" '
                f'stroke="#57606a"{tip}/>'
            )
        return [*found, *_texts(lines, self._spots[way[1]], 0, "#0550ae"), "</g>"]


def _box(lines: list[str], margin: int) -> Box:
    widest = max(map(_width, lines), default=0)
    return Box(widest * CHARACTER + 2 * margin + 6, max(len(lines), 1) * LINE + margin)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _texts(lines: list[str], spot: Spot, margin: int, color: str) -> list[str]:
    top = spot.y + margin + 11
    return [
        f'<text x="{spot.x:.1f}" y="{top + index * LINE:.1f}" text-anchor="middle" '
        f'fill="{color}">{escape(line)}</text>'
        for index, line in enumerate(lines)
    ]
