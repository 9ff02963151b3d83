"""Plain pytest, the program unchanged: what its tasks do to plain data is explored.

The programs are those that everybody writes: a lost update through a list, a test and a store in a
dictionary, an iteration while another task appends, double-checked locking, a counter in a closure.
Each is refuted as it is, by what goes wrong in it, not by its data races, and proved with a lock.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import (
    Run as Run,
    Write as Write,
    run as run,
    run_apart as run_apart,
    surroundings as surroundings,
    write as write,
)
from verify import modelling, pytest_plugin
from verify.instrumentation.importing import FINDER

COMMON = """
import threading
import verify

def together(*bodies):
    tasks = [threading.Thread(target=body) for body in bodies]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()

class Never:
    def __enter__(self): pass
    def __exit__(self, *error): pass
"""

LOST_UPDATE = """
class Box:
    pass

def program(lock):
    s = Box()
    s.a = [Box()]
    s.a[0].v = 0
    def add():
        with lock:
            s.a[0].v = s.a[0].v + 1
    together(add, add)
    assert s.a[0].v == 2
"""

CHECK_THEN_ACT = """
def program(lock):
    cache, made = {}, []
    def get():
        with lock:
            if "k" not in cache:
                cache["k"] = object()
                made.append(cache["k"])
    together(get, get)
    assert len(made) == 1
"""

ITERATION = """
def program(lock):
    seen, items = [], {1: 1, 2: 2}
    def look():
        with lock:
            for key in items:
                seen.append(key)
    def add():
        with lock:
            items[3] = 3
    together(look, add)
"""

DOUBLE_CHECKED = """
class Thing:
    def __init__(self):
        self.ready = False
        self.ready = True

def program(lock):
    made = []
    class Holder:
        instance = None
    def get():
        if Holder.instance is None:
            with lock:
                if Holder.instance is None:
                    Holder.instance = Thing()
                    made.append(Holder.instance)
        assert Holder.instance.ready
    together(get, get)
    assert len(made) == 1
"""

CLOSURE = """
def program(lock):
    n = 0
    def add():
        nonlocal n
        with lock:
            n += 1
    together(add, add)
    assert n == 2
"""

TESTS = """
@verify.model(suppress=["data_race"])
def test_without():
    program(Never())

@verify.model(suppress=["data_race"])
def test_with():
    program(threading.Lock())
"""

PROGRAMS = {
    "lost update": LOST_UPDATE,
    "check then act": CHECK_THEN_ACT,
    "iteration": ITERATION,
    "double-checked locking": DOUBLE_CHECKED,
    "closure": CLOSURE,
}


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a run asks for is forgotten after it."""
    monkeypatch.setattr(FINDER, "names", {})
    monkeypatch.setattr(FINDER, "models", None)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])
    yield


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_programs_that_everybody_writes(program: str, run: Run, write: Write) -> None:
    write(COMMON + program + TESTS)
    result = run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines([r"VIOLATED .*test_without.*", r"PROVED .*test_with .*"])


def test_asserts_are_still_explained(run: Run, write: Write) -> None:
    """Hooks do not show in what pytest says of an assert, here or in a test that is no model."""
    write(
        COMMON
        + CLOSURE
        + TESTS
        + "\ndef test_plain():\n    box = Never()\n    box.n = 1\n    assert box.n + 1 == 3\n"
    )
    result = run()
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*assert (1 + 1) == 3*", "*where 1 = <*Never object*>.n"])
    result.stdout.fnmatch_lines(["*assertion failed: assert 1 == 2*"])
    write(COMMON + CHECK_THEN_ACT + TESTS)
    result = run()
    assert "assert 2 == 1 + where 2 = len([" in " ".join(result.stdout.str().split())
    assert "_verify" not in result.stdout.str()


WAITING = """
@verify.model(expect="proved")
def test_waiting():
    count = 0
    cond = threading.Condition()
    def consume():
        nonlocal count
        with cond:
            while count < 1:
                cond.wait()
            count -= 1
    def produce():
        nonlocal count
        with cond:
            count += 1
            cond.notify()
    together(consume, consume, produce)
"""


def test_a_deadlock_is_still_explained(run: Run, write: Write) -> None:
    """Of a task that waits under a test, the test is told, and that it is false."""
    write(COMMON + WAITING)
    result = run()
    result.assert_outcomes(failed=1)
    text = " ".join(result.stdout.str().split())
    assert "consume-2 sleeps on cond at test_it.py:24 for count >= 1, which is false" in text


MODULE = "class Box:\n    n = 0\n    def add(self):\n        self.n += 1\n"
USES = """
import verify
from boxes import Box

@verify.model
def test_boxes():
    box = Box()
    tasks = [verify.Thread(target=box.add) for _ in range(2)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert box.n == 2
"""


@pytest.fixture
def boxes(pytester: pytest.Pytester, write: Write) -> Path:
    """A test of a module beside it."""
    (pytester.path / "boxes.py").write_text(MODULE)
    return write(USES)


def test_other_modules_are_asked_for(boxes: Path, run: Run) -> None:
    run().assert_outcomes(passed=1)
    result = run("--verify-instrument", "boxes")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*replay*pytest*--verify-replay=*--verify-instrument boxes*"])


def test_the_project_asks_for_modules(boxes: Path, run: Run) -> None:
    (boxes.parent / "pyproject.toml").write_text('[tool.verify]\ninstrument = ["boxes"]\n')
    run().assert_outcomes(failed=1)


def test_the_project_may_leave_test_files_out(run: Run, write: Write) -> None:
    """What it names is all that is instrumented, and "." stands for the test files."""
    path = write(COMMON + CLOSURE + TESTS)
    settings = path.parent / "pyproject.toml"
    settings.write_text("[tool.verify]\ninstrument = []\n")
    run().assert_outcomes(passed=2)
    settings.write_text('[tool.verify]\ninstrument = ["."]\n')
    run().assert_outcomes(passed=1, failed=1)


def test_a_module_that_a_conftest_imports_is_in_time(boxes: Path, run_apart: Run) -> None:
    (boxes.parent / "conftest.py").write_text("import boxes\n")
    run_apart("--verify-instrument", "boxes").assert_outcomes(failed=1)


def test_a_module_that_a_plugin_imports_is_too_late(boxes: Path, run_apart: Run) -> None:
    result = run_apart("-p", "boxes", "--verify-instrument", "boxes")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: boxes is imported already, and was not instrumented:*"])


def test_workers_do_the_same(boxes: Path, run_apart: Run) -> None:
    pytest.importorskip("xdist")
    run_apart("-n", "1", "--verify-instrument", "boxes").assert_outcomes(failed=1)


def test_without_pytests_asserts(run: Run, write: Write) -> None:
    write(COMMON + CLOSURE + TESTS)
    run("--assert=plain").assert_outcomes(passed=1, failed=1)


def test_verify_itself_is_no_test_file() -> None:
    """pytest rewrites the asserts of a plugin, too, where it finds its modules as in a wheel."""
    loaded: list[object] = []
    pytest_plugin._load_test_file(None, loaded.append, modelling)
    assert loaded == [modelling]


def test_what_is_no_list_of_names_is_refused(run: Run, write: Write) -> None:
    path = write(COMMON + CLOSURE + TESTS)
    (path.parent / "pyproject.toml").write_text('[tool.verify]\ninstrument = "boxes"\n')
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*instrument = 'boxes' is not a list of the names of*"])
