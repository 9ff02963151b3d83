"""A description: what a search is, as plain data, so that it can be built where it was not.

    describe      of a search whose first task has been explored
    program_of    the program, imported by name, if it is the same there
    search_of     a search of it
    demand_caught_up   that it has come as far, by the same way

The program is a function at the top of a module, named by that module and the module's file, and
nothing else of it is sent. What was learnt of it is told as lessons (exploration/lessons.py).
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType
from typing import Any

from verify import __version__
from verify.cluster.sources import differing, digest, digests, module_of
from verify.collection import imported
from verify.errors import Nondeterministic, UsageError
from verify.exploration.encoding import known_now
from verify.exploration.lessons import Lesson
from verify.exploration.limits import Limits
from verify.exploration.loop import Search
from verify.instrumentation.importing import FINDER, instrument_modules
from verify.scheduling import instrumented
from verify.substitution.patches import start
from verify.substitution.switch import early

Description = Mapping[str, Any]
MOST_NAMED = 3
"""Modules that differ which an error names."""


def tools() -> str:
    """What explores: verify and Python."""
    return f"verify {__version__} on Python {'.'.join(platform.python_version_tuple()[:2])}"


def describe(search: Search, quota: int) -> Description:
    """UsageError for a program that cannot be named. `quota`: the executions of the first task."""
    program = search.origin
    module = getattr(program, "__module__", "")
    qualname = getattr(program, "__qualname__", "")
    if (
        not isinstance(program, FunctionType)
        or _found(sys.modules.get(module), qualname) is not program
    ):
        raise UsageError(
            f"{search.model} cannot be explored on a cluster: other machines import it by name, so "
            "it must be a function without arguments at the top of a module. Define it there, or "
            "leave --engine dask out"
        )
    file = Path(program.__code__.co_filename).resolve()
    if module == "__main__":
        raise UsageError(
            f"{search.model} cannot be explored on a cluster: it is defined in {file.name}, which "
            "is being run. Move it to a module of its own, for other machines to import"
        )
    return {
        "tools": tools(),
        "sources": digests(),
        "hash seed": os.environ.get("PYTHONHASHSEED", "random"),
        "early": early[0],
        "instrument": _instrument(program),
        "module": module,
        "import": module_of(file),
        "qualname": qualname,
        "model": search.model,
        "settings": {
            "stop_at_first": search.stop_at_first,
            "memoise": search.memoise,
            "granularity": search.report.granularity,
            "suppress": sorted(search.health.suppressed),
        },
        "limits": (None, None, search.limits.max_steps, search.limits.max_memory),
        "quota": quota,
        "lessons": [tuple(lesson) for lesson in search.lessons],
        "names": (list(search.engine.names.task_keys), list(search.engine.names.object_keys)),
        "so far": _so_far(search),
    }


def _found(module: object, qualname: str) -> object:
    """What goes by a name in a module, without what `model` has put around it."""
    found = module
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return getattr(found, "__wrapped__", found)


def _instrument(program: FunctionType) -> list[str]:
    """What is rewritten here; also if pytest has done so by itself."""
    names = [*FINDER.names, *([instrumented.MODELS] if FINDER.models else [])]
    if instrumented.OFF in program.__globals__:
        names += [instrumented.MODELS, program.__module__]
    return list(dict.fromkeys(names))


def _so_far(search: Search) -> tuple[Any, ...]:
    """What two searches have in common that have explored the same first task."""
    names, invariants = search.engine.names, search.engine.invariants
    return (
        (search.executions, search.report.blocked_executions, search.events, search.steps),
        search.awaits,
        sorted(names.plain_field(field) for field in names.plain.shared),
        sorted(invariants.reads.items()),
    )


def program_of(description: Description) -> Callable[[], object]:
    """The program. UsageError, which goes on from "the worker", if it is not the same here."""
    if tools() != description["tools"]:
        raise UsageError(
            f"has {tools()}, and the search {description['tools']}: install the same on both sides"
        )
    if description["early"]:
        start()
    instrument_modules(name for name in description["instrument"] if name not in sys.modules)
    module = _module(description)
    ours = digests()
    if names := differing(ours, description["sources"]):
        others = f" and {len(names) - MOST_NAMED} others" if len(names) > MOST_NAMED else ""
        first = names[0]
        raise UsageError(
            f"has another {', '.join(names[:MOST_NAMED])}{others} (sha-256 {ours[first][:12]}…) "
            f"than the search ({description['sources'][first][:12]}…): install the same there"
        )
    program = _found(module, description["qualname"])
    assert callable(program)
    return program


def _module(description: Description) -> Any:
    """The program's module, under the name that it has in the search: names of classes have it."""
    name, module = description["import"], description["module"]
    try:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(f"No module named {name!r}")
        theirs = description["sources"].get(module)
        if digest(spec.origin) != theirs:
            raise UsageError(
                f"has another {name} in {spec.origin} (sha-256 {digest(spec.origin)[:12]}…) than "
                f"the search ({str(theirs)[:12]}…): install the same there"
            )
        return import_module(name) if name == module else imported(Path(spec.origin), module)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"cannot import {name}: {type(error).__name__}: {error}. Install the program there "
            "(pip install -e .), or start the worker with its directory in PYTHONPATH"
        ) from None


def search_of(description: Description) -> Search:
    """A search that numbers tasks and objects as that one does, and has run nothing yet."""
    search = Search(
        program_of(description),
        limits=Limits(*description["limits"]),
        model=description["model"],
        minimise=False,
        **description["settings"],
    )
    tasks, objects = description["names"]
    names = search.engine.names
    for creator, index in tasks[1:]:
        names.task(creator, index)
    for what, creator, index in objects:
        names.object(what, creator, index)
    return search


def lessons_of(description: Description) -> list[Lesson]:
    """What was learnt elsewhere, in order."""
    return [Lesson(*lesson) for lesson in description["lessons"]]


def known_of(description: Description) -> tuple[int, int]:
    """How many tasks and objects are known by number."""
    tasks, objects = description["names"]
    return len(tasks), len(objects)


def demand_caught_up(search: Search, description: Description) -> None:
    """Nondeterministic, which goes on from "the worker", if the same has not come of the first
    task: what the program does depends on where it runs.
    """
    ours, theirs = _so_far(search), description["so far"]
    if ours != theirs or known_now(search.engine.names) != known_of(description):
        raise Nondeterministic(
            f"explored the first part of the search as well, and found something else: "
            f"{ours[0][0]} executions with {ours[0][2]} events, here {theirs[0][0]} with "
            f"{theirs[0][2]}"
        )
