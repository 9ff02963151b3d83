"""The wait-for graph: who cannot go on, because of what, and who alone could change that.

A task that wants a lock waits for its owner, one that joins waits for the other's end. For a permit
of a semaphore it waits for those who took the permits, if they mean to give them back themselves: a
`with` statement, or a `release` of the same semaphore in the same function, says so; and nobody
gave back a permit that they had not taken. Who waits for nobody in particular is asleep: it wants a
notify, an item, a permit from anybody.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verify.operation import Operation
from verify.scheduling.event import Event, Place
from verify.scheduling.explored import Explored
from verify.scheduling.explored_task import ExploredCell, ExploredTask
from verify.scheduling.sources import around
from verify.sync import semaphore
from verify.sync.wire import HEAR, Listener

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Want:
    """A task that cannot go on: what it asks for, and who alone could let it.

    `taken`: for each of the owners, the event with which it took what is wanted, if there is one.
    What is wanted may be a copy that nobody has used since it was made: then there are no owners,
    for who holds the original cannot let the copy go.
    """

    task: ExploredTask
    operation: Operation
    cell: ExploredCell
    owners: tuple[int, ...]
    taken: tuple[Event | None, ...]
    held_when_copied: int = -1  # who held what this is a copy of, when it was made

    @property
    def place(self) -> Place | None:
        """The line at which it asks."""
        return self.task.place

    @property
    def asleep(self) -> bool:
        """Whether anybody could let it go on."""
        return not self.owners and self.held_when_copied < 0


def wants(engine: Explored) -> list[Want]:
    """The tasks of a deadlock, in the order in which they were started."""
    found = []
    for task in engine.tasks:
        operation = task.pending
        if operation is None or not operation.cells or task.spins:
            continue
        kind = operation.kind
        states = tuple(cell.state for cell in operation.cells)
        owners: tuple[int, ...] = ()
        taken: tuple[Event | None, ...] = ()
        cell: ExploredCell = operation.cells[0]
        if kind is HEAR or cell.of is Listener:
            continue  # a manager's server that has nothing to do
        if kind is semaphore.ACQUIRE:
            owners, taken = _permits(engine, cell)
        elif kind.waits_for is not None:
            owners = kind.waits_for(states, task.number, operation.argument)
            if owners:
                cell = operation.cells[-1]  # of a condition and its lock, the lock
            taken = tuple(_taking(engine, cell, owner) for owner in owners)
            if cell.copy_of is not None and owners and taken[0] is None:
                taken = (_taking(engine, cell.copy_of, owners[0]),)
                found.append(Want(task, operation, cell, (), taken, owners[0]))
                continue
        found.append(Want(task, operation, cell, owners, taken))
    return found


def _taking(engine: Explored, cell: ExploredCell, owner: int) -> Event | None:
    """The event with which the owner of a lock took it; None for the end of a task."""
    taking = None
    for event in engine.execution.events:
        for touched, before, after in zip(event.cells, event.before, event.states, strict=True):
            if touched is cell and event.task == owner and before is None and after is not None:
                taking = event
    return taking


def _permits(
    engine: Explored, cell: ExploredCell
) -> tuple[tuple[int, ...], tuple[Event | None, ...]]:
    """Who holds the permits of a semaphore that is used as a lock, and since when."""
    held: Counter[int] = Counter()
    taken: dict[int, Event] = {}
    for event in engine.execution.events:
        if cell not in event.cells or event.error is not None or event.gave_up:
            continue
        if event.kind is semaphore.ACQUIRE:
            held[event.task] += 1
            taken[event.task] = event
        elif event.kind is semaphore.RELEASE:
            held[event.task] -= event.argument[0]
            if held[event.task] < 0:
                return (), ()
    holding = [task for task, permits in held.items() if permits > 0]
    owners = tuple(sorted(holding, key=engine.names.rank))
    if not owners or not all(_gives_back(taken[task].place) for task in owners):
        return (), ()
    return owners, tuple(taken[task] for task in owners)


def _gives_back(place: Place | None) -> bool:
    """Whether the source says that who acquires a semaphore here also releases it."""
    if place is None:
        return False
    functions = [
        node
        for node in around(place)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module)
    ]
    if not functions:
        return False
    innermost = functions[-1]
    taken: set[str] = set()
    for node in ast.walk(innermost):
        if isinstance(node, ast.With):
            if any(item.context_expr.lineno == place.line for item in node.items):
                return True
        elif _called(node, "acquire") and getattr(node, "lineno", 0) == place.line:
            taken.add(_called(node, "acquire"))
    released = {_called(node, "release") for node in ast.walk(innermost)}
    return bool(taken) and taken <= released


def _called(node: ast.AST, method: str) -> str:
    """The object, as the source writes it, on which a node calls this method; else empty."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value) if node.func.attr == method else ""
    return ""


def graph(found: list[Want]) -> networkx.DiGraph[int]:
    """An edge from every task to each of those for whom it waits, with the `want` on it."""
    import networkx

    made: networkx.DiGraph[int] = networkx.DiGraph()
    for want in found:
        made.add_node(want.task.number)
    for want in found:
        for owner in want.owners:
            made.add_edge(want.task.number, owner, want=want)
    return made


def cycles(waiting: networkx.DiGraph[int]) -> list[list[Want]]:
    """One cycle of each knot of tasks that wait for one another, from its earliest task on."""
    import networkx

    tasks = list(waiting)  # in the order in which they were started
    place = {task: index for index, task in enumerate(tasks)}
    found = []
    knots = networkx.strongly_connected_components(waiting)
    for knot in sorted(sorted(place[task] for task in knot) for knot in knots):
        first = tasks[knot[0]]
        if len(knot) == 1 and not waiting.has_edge(first, first):
            continue
        ways = sorted((place[task], place[owner]) for task, owner in waiting.edges)
        inner = [(tasks[a], tasks[b]) for a, b in ways if a in knot and b in knot]
        inside: networkx.DiGraph[int] = networkx.DiGraph(inner)
        edges = networkx.find_cycle(inside, first)
        places = [place[task] for task, _ in edges]
        turn = places.index(min(places))
        edges = edges[turn:] + edges[:turn]
        found.append([waiting.edges[edge]["want"] for edge in edges])
    return found
