"""The arrows of the house: who may import whom, how large a file may grow, what nobody may call.

    errors ← operation ← sync ← users            a primitive never knows which scheduler carries it
    operation ← monitor ← threads, processes, coroutines    the blocking code knows no explorer
    operation ← schedules ← strategies ← loop ← commands ← pytesting

Imports are read from the syntax trees, so that one hidden in a function counts too; imports for
type checking alone do not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400

MAY_IMPORT = {
    "verify.errors": (),
    "verify.operation": ("verify.errors",),
    "verify.scheduling.scheduler": ("verify.errors", "verify.operation"),
    "verify.values": (),
    "verify.instrumentation": ("verify.errors", "verify.scheduling"),
    "verify.sync": (
        "verify.errors",
        "verify.operation",
        "verify.scheduling.scheduler",
        "verify.values",
    ),
    "verify.substitution": (
        "verify.errors",
        "verify.operation",
        "verify.scheduling.dice",
        "verify.scheduling.scheduler",
        "verify.sync",
        "verify.values",
    ),
}
"""The whole of what a module, or the modules of a package, may import outside themselves."""

_ABOVE = ("verify.substitution", "verify.instrumentation")

MAY_NOT_IMPORT = {
    "verify.scheduling": (*_ABOVE, "verify.exploration", "verify.traces", "verify.sync"),
    "verify.sync": _ABOVE,
    "verify.exploration": ("verify.sync", "verify.instrumentation"),
    "verify.properties": (*_ABOVE, "verify.exploration"),
    "verify.certifying.brute_force": ("verify.exploration", "verify.traces"),
    "verify.properties.invariants": ("verify.sync",),
    "verify": ("models", "tests"),
}
STRATEGIES = ("brute_force", "depth_first", "dpor", "follow", "pct", "pos", "random_walk", "replay")
"""They see the engine through the interface in strategy.py, never the driver that runs them."""

ONLY_ENTRY_POINTS_IMPORT = ("verify.cli", "verify.commands", "verify.pytesting")
ENTRY_POINTS = ("verify.__main__", "verify.pytest_plugin")

FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "import_module", "exec_module"}
FORBIDDEN_MODULES = {"socket", "ssl", "urllib", "http", "ftplib", "smtplib", "pickle", "marshal"}
FORBIDDEN_MODULES |= {"multiprocessing.managers"}
_LOOPBACK = "between processes of our own, at a port of the loopback, to be measured"
_OWN_PROCESSES = "between processes that we have started, through memory that is theirs alone"
ALLOWED = {
    ("verify/__init__.py", "import_module"): "the modules of a fixed table, for lazy names",
    ("verify/benchmarking/cores.py", "socket"): _LOOPBACK,
    ("verify/benchmarking/herd.py", "socket"): _LOOPBACK,
    ("verify/cluster/description.py", "import_module"): (
        "the program, which the search's own scheduler has named, and whose source is compared"
    ),
    ("verify/collection.py", "exec_module"): "runs the files that a person named as models",
    ("verify/instrumentation/importing.py", "compile"): "a module that is being imported",
    ("verify/instrumentation/importing.py", "exec_module"): "what its loader does, after ours",
    ("verify/pytesting/instrumenting.py", "compile"): "a test file that pytest is loading",
    ("verify/pytesting/instrumenting.py", "exec"): "a test file that pytest is loading",
    ("verify/properties/predicates.py", "compile"): "a test that stands in the running program",
    ("verify/properties/predicates.py", "eval"): "a test that stands in the running program",
    ("verify/substitution/patches.py", "import_module"): "modules of a fixed table, when needed",
    ("verify/scheduling/forked.py", "pickle"): _OWN_PROCESSES,
    ("verify/scheduling/loopback_server.py", "multiprocessing.managers"): (
        "within this machine, between programs that have a key in common"
    ),
    ("verify/scheduling/encoding.py", "marshal"): _OWN_PROCESSES,
    ("verify/scheduling/encoding.py", "pickle"): _OWN_PROCESSES,
    ("verify/scheduling/process_start.py", "pickle"): _OWN_PROCESSES,
    ("verify/scheduling/reports.py", "pickle"): _OWN_PROCESSES,
}
"""The exceptions, each with its reason."""


def modules(directory: str) -> dict[str, Path]:
    """The modules below a directory of the project, by dotted name."""
    found = {}
    for path in sorted((ROOT / directory).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


VERIFY = modules("verify")


@cache
def tree_of(source: str) -> ast.Module:
    return ast.parse(source)


def nodes(tree: ast.AST, at_import: bool = False) -> Iterator[ast.AST]:
    """All nodes but those under `if TYPE_CHECKING`; only what runs on import, if asked."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield child
        yield from nodes(child, at_import)


def imports(source: str, known: Iterable[str], at_import: bool = False) -> set[str]:
    """The modules that a source imports, by full name; `from package import module` resolved."""
    found = set()
    for node in nodes(tree_of(source), at_import):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else str(node.module))
    return found


def within(module: str, packages: Iterable[str]) -> bool:
    """Whether a module is one of these or lies in one of them."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def offences(known: dict[str, Path]) -> Iterator[str]:
    """The imports that point against an arrow."""
    for module, path in known.items():
        imported = imports(path.read_text(encoding="utf-8"), known)
        for package, allowed in MAY_IMPORT.items():
            if within(module, [package]):
                for other in imported:
                    if within(other, ["verify"]) and not within(other, [package, *allowed]):
                        yield f"{module} imports {other}"
        for package, refused in MAY_NOT_IMPORT.items():
            if within(module, [package]):
                for other in imported:
                    if within(other, refused):
                        yield f"{module} imports {other}"
        if module in {f"verify.exploration.{name}" for name in STRATEGIES}:
            for other in imported:
                if within(other, ["verify.exploration.loop", "verify.scheduling.explored"]):
                    yield f"{module}, a strategy, imports {other}"
        if not within(module, [*ONLY_ENTRY_POINTS_IMPORT, *ENTRY_POINTS]):
            for other in imported:
                if within(other, ONLY_ENTRY_POINTS_IMPORT):
                    yield f"{module} imports {other}"


def cycles(known: dict[str, Path]) -> list[list[str]]:
    """The groups of modules that import each other while they are being imported."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for module, path in known.items():
        for other in imports(path.read_text(encoding="utf-8"), known, at_import=True):
            if other in known and other != module:
                graph.add_edge(module, other)
    groups = networkx.strongly_connected_components(graph)
    return [sorted(group) for group in groups if len(group) > 1]


def dangers(known: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """What runs code or talks to others, each with the file that does it."""
    for path in known.values():
        file = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        for other in imports(source, known):
            if FORBIDDEN_MODULES & {other, other.partition(".")[0]}:
                yield file, other
        for node in nodes(tree_of(source)):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else ""
                name = called.id if isinstance(called, ast.Name) else name
                on_module = not isinstance(called, ast.Attribute) or name != "compile"
                if name in FORBIDDEN_CALLS and on_module:  # re.compile compiles no code
                    yield file, name


def test_imports_follow_the_arrows() -> None:
    assert list(offences(VERIFY)) == []


def test_no_modules_import_each_other() -> None:
    assert cycles(VERIFY) == []


def test_nothing_runs_code_or_opens_a_connection() -> None:
    assert sorted(set(dangers(VERIFY)) - ALLOWED.keys()) == []


def test_every_exception_is_still_needed() -> None:
    assert ALLOWED.keys() <= set(dangers(VERIFY))


@pytest.mark.parametrize("directory", ["verify", "models", "tests"])
def test_no_file_outgrows_a_head(directory: str) -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(directory).values()
    }
    assert {file: lines for file, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_module_opens_with_prose() -> None:
    silent = [
        name
        for name, path in VERIFY.items()
        if path.read_text(encoding="utf-8").strip()
        and ast.get_docstring(tree_of(path.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_the_checks_can_fail(tmp_path: Path) -> None:
    """One module that breaks every rule: it is a primitive, and knows the explorer."""
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from verify.scheduling import explored\n"
        "import tests.unit\n"
        "from verify import cli\n"
        "def load(data):\n"
        "    import pickle\n"
        "    return eval(data)\n"
    )
    known = {**VERIFY, "verify.sync.bad": bad}
    found = list(offences(known))
    for other in ("verify.scheduling.explored", "tests.unit", "verify.cli"):
        assert f"verify.sync.bad imports {other}" in found
    scheduler = VERIFY["verify.scheduling.scheduler"]
    looped = {**VERIFY, "verify.operation": bad, "verify.scheduling.scheduler": scheduler}
    bad.write_text("from verify.scheduling.scheduler import current\n")
    assert any("verify.operation" in group for group in cycles(looped))
