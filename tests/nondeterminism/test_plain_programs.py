"""Plain programs with a cause of nondeterminism, as anybody would write them, and their twins.

Each is a test with threads and a queue of the library's, checked by the command. What one of the
threads puts into the queue differs from run to run for one reason, which the verdict must give with
its line; the twin puts in what only looks like it, and is proved.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Cause(NamedTuple):
    """What differs, what does not, and the cause in words; the line is that of the first."""

    differs: str
    twin: str
    words: str


SETUP = """
import datetime, functools, itertools, os, pathlib, queue, random, secrets, subprocess, tempfile
import threading, time, uuid
from datetime import datetime as moment
import verify

class Token:
    def __init__(self, name):
        self.name = name

class Counter:
    number = 0
    seen = []

COUNTER = Counter()
SEEN = []
NUMBERS = itertools.count()
SYSTEM = random.SystemRandom()
draw = SYSTEM.random
RUNS = 0
GROWN = pathlib.Path("grown")

def counted():
    global RUNS
    RUNS += 1
    return RUNS

def remember(seen=[]):  # default
    seen.append(1)
    return len(seen)

@functools.lru_cache
def cached(number):
    return number

def through_the_cache():
    before = cached.cache_info().currsize
    cached(1)
    return before

def write(text):
    with open("written", "a") as file:
        file.write(text)
    return os.stat("written").st_size

def run_both(differing):
    turns = queue.Queue()
    threads = [
        threading.Thread(target=lambda: turns.put(differing()), name="odd"),  # put
        threading.Thread(target=turns.qsize),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""

CAUSES = {
    "set_order": Cause(
        "tuple(token.name for token in {Token(name) for name in 'abcdefgh'})",
        "tuple(sorted(token.name for token in {Token(name) for name in 'abcdefgh'}))",
        "makes a set, whose order is no order",
    ),
    "id_order": Cause(
        "tuple(token.name for token in sorted(map(Token, 'abcd'), key=id))",
        "tuple(token.name for token in sorted(map(Token, 'abcd'), key=lambda token: token.name))",
        "calls id",
    ),
    "hash_of_an_object": Cause("hash(Token('a'))", "hash(1)", "calls hash"),
    "real_clock": Cause("moment.now()", "moment(2025, 1, 1)", "looks at a real clock, moment.now"),
    "clock_of_a_module": Cause(
        "datetime.datetime.now().isoformat()",
        "datetime.datetime.fromtimestamp(time.time()).isoformat()",
        "looks at a real clock, datetime.datetime.now",
    ),
    "processor_time": Cause(
        "time.process_time_ns()", "time.perf_counter_ns()", "uses time.process_time_ns"
    ),
    "urandom": Cause("os.urandom(8)", "random.randbytes(8)", "uses os.urandom"),
    "uuid4": Cause("uuid.uuid4()", "uuid.UUID(int=4)", "uses uuid.uuid4"),
    "secrets": Cause(
        "secrets.token_hex(8)", "random.Random(1).randbytes(8)", "uses secrets.token_hex"
    ),
    "system_random": Cause(
        "SYSTEM.random()", "random.random()", "draws from SYSTEM, which is random.SystemRandom's"
    ),
    "system_randoms_method": Cause(
        "draw()", "random.uniform(0, 1)", "draws from draw, which is random.SystemRandom's"
    ),
    "a_global": Cause("counted()", "RUNS", "assigns the global RUNS"),
    "a_list": Cause(
        "(SEEN.append(1), len(SEEN))[1]",
        "len(['a list of its own'])",
        "uses SEEN, a list from before the run",
    ),
    "a_count": Cause(
        "next(NUMBERS)", "next(itertools.count())", "uses NUMBERS, a count from before the run"
    ),
    "a_class": Cause("set_class()", "Counter().number", "sets Counter.number"),
    "an_object": Cause("set_object()", "COUNTER.number", "sets COUNTER.number"),
    "a_list_of_a_class": Cause(
        "(Counter.seen.append(1), len(Counter.seen))[1]",
        "len(Counter.__name__)",
        "uses Counter, whose seen is a list from before the run",
    ),
    "a_default": Cause(
        "remember()",
        "remember([])",
        "has an argument seen, by default a list from before the run",
    ),
    "a_cache": Cause(
        "through_the_cache()",
        "cached(2)",
        "calls cached, which keeps its results from one run to the next",
    ),
    "environment": Cause(
        "os.environ.update(N=os.environ.get('N', '') + '1') or os.environ['N']",
        "{'N': '1'}.get('N')",
        "uses os.environ",
    ),
    "a_file": Cause("write('x')", "len('x')", "opens a file, which may be another each time"),
    "a_path": Cause(
        "GROWN.write_text('x' + (GROWN.read_text() if GROWN.exists() else ''))",
        "GROWN.name",
        "uses GROWN, a PosixPath: what is outside of the program may be another each time",
    ),
    "a_temporary_name": Cause(
        "tempfile.mkdtemp(dir='.')", "tempfile.gettempprefix()", "uses tempfile.mkdtemp"
    ),
    "a_process": Cause(
        "subprocess.run(['sh', '-c', 'echo $$'], capture_output=True).stdout",
        "subprocess.run(['echo', '1'], capture_output=True).stdout",
        "uses subprocess.run: what is outside of the program",
    ),
}

WHERE_ELSE = {
    "a_global": "    RUNS += 1",
    "a_default": "def remember(seen=[]):  # default",
    "a_cache": "    before = cached.cache_info().currsize",
    "a_file": '    with open("written", "a") as file:',
    "a_class": "    Counter.number += 1",
    "an_object": "    COUNTER.number += 1",
}
"""The line of the cause, where it is not that of the call."""

HELPERS = """
def set_class():
    Counter.number += 1
    return Counter.number

def set_object():
    COUNTER.number += 1
    return COUNTER.number
"""


def model(name: str, expression: str) -> str:
    return f"""
@verify.model
def with_{name}():
    def differing():
        return {expression}  # {name}
    run_both(differing)
"""


def check(directory: Path, source: str) -> tuple[int, dict[str, dict[str, Any]]]:
    (directory / "odd.py").write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "verify", "check", "--json", "odd.py"],
        cwd=directory,
        capture_output=True,
        text=True,
    )
    assert done.stdout, done.stderr
    models = json.loads(done.stdout)["models"]
    return done.returncode, {each["model"].partition("::with_")[2]: each for each in models}


class Checked(NamedTuple):
    lines: list[str]
    code: int
    models: dict[str, dict[str, Any]]

    def line(self, text: str) -> int:
        """The number of the line that has, or ends in, this."""
        (number,) = (n for n, line in enumerate(self.lines, 1) if line.endswith(text))
        return number


def checked(directory: Path, expressions: dict[str, str]) -> Checked:
    models = [model(name, expression) for name, expression in expressions.items()]
    source = "".join([SETUP, HELPERS, *models])
    code, found = check(directory, source)
    return Checked(source.splitlines(), code, found)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    directory = tmp_path_factory.mktemp("odd")
    return checked(directory, {name: cause.differs for name, cause in CAUSES.items()})


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    directory = tmp_path_factory.mktemp("twins")
    return checked(directory, {name: cause.twin for name, cause in CAUSES.items()})


@pytest.mark.parametrize("name", CAUSES)
def test_the_step_and_the_cause_are_told(name: str, odd: Checked) -> None:
    found = odd.models[name]
    assert odd.code == 4
    assert found["verdict"] == "NONDETERMINISTIC", found
    told = re.fullmatch(
        r"step (\d+): odd called put with (.*) the first time, odd called put with (.*) "
        rf"when the same schedule was run again \(odd\.py:{odd.line('  # put')}\)",
        found["nondeterminism"],
    )
    assert told is not None, found["nondeterminism"]
    step, first, then = told.groups()
    processes = name == "a_process"  # whose standard library uses locks of its own before
    assert step in ("3", "4") or processes  # main has started both; the other may come first
    assert first != then
    line = odd.line(WHERE_ELSE.get(name, f"  # {name}"))
    assert f"odd.py:{line} {CAUSES[name].words}" in found["cause"]


@pytest.mark.parametrize("name", CAUSES)
def test_its_twin_is_proved(name: str, twins: Checked) -> None:
    assert twins.code == 0
    assert twins.models[name]["verdict"] == "PROVED", twins.models[name]


# ------------------------------------------------------------------------- what is not controlled


THREADS = """
import _thread
import ctypes

TICKS = [0]

def tick(*_):
    while True:
        TICKS[0] += 1  # tick

begin = _thread.start_new_thread
"""
BEGUN = {
    "before": "begin(tick, ())",
    "by_c": """
tick_of_c = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(tick)
handle = ctypes.c_ulong()
ctypes.CDLL(None).pthread_create(ctypes.byref(handle), None, tick_of_c, None)
""",
}


@pytest.mark.parametrize("how", BEGUN)
def test_a_real_thread_is_told(how: str, tmp_path: Path) -> None:
    """It has its turn between a run and the next, and is where it is at that time."""
    begun = textwrap.dedent(BEGUN[how])
    source = "".join([SETUP, THREADS, begun, model("a_thread", "TICKS[0]")])
    code, models = check(tmp_path, source)
    found = models["a_thread"]
    assert (code, found["verdict"]) == (4, "NONDETERMINISTIC")
    lines = source.splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.endswith("# tick"))
    told = rf"odd\.py:({line - 1}|{line}) is run by a real thread, in tick"
    assert re.search(told, found["cause"]), found["cause"]


def test_a_real_thread_that_does_nothing_to_the_program_is_no_difference(tmp_path: Path) -> None:
    source = "".join([SETUP, THREADS, BEGUN["before"], model("beside_a_thread", "len(TICKS)")])
    code, models = check(tmp_path, source)
    assert (code, models["beside_a_thread"]["verdict"]) == (0, "PROVED")
