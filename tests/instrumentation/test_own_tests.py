"""The interpreter's own tests pass on rewritten code, outside of explorations and with all hooks.

The test modules themselves are rewritten, and the modules of the library that they are about: what
they assert of the language, and of these modules, must still hold. Each runs in a process of its
own, three times: as it is, rewritten, and rewritten while somebody listens to every hook. What
fails as it is (for want of a display, say) may fail otherwise as well.

With the hooks on, a few tests see them, each for its reason (`SEEN`).
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("test.test_grammar", reason="the interpreter comes without its tests")

ROOT = Path(__file__).resolve().parents[2]

BY_DAY = {
    "textwrap": "grammar scope super named_expressions augassign unpack genexps textwrap",
}
BY_NIGHT = {
    "": "generators property unpack_ex listcomps dictcomps setcomps slice with raise "
    "keywordonlyarg positional_only_arg patma fstring descr coroutines asyncgen extcall class dict "
    "list set deque exceptions decorators enumerate iter itertools richcmp isinstance typechecks "
    "weakref funcattrs",
    "heapq bisect": "heapq bisect",
    "dataclasses argparse difflib": "dataclasses argparse difflib",
    "json json.decoder json.encoder json.scanner": "json",
    "fractions contextlib pprint copy functools": "fractions contextlib pprint copy functools",
    "statistics": "statistics",
    "collections": "collections",
    "ast": "ast",
    "inspect": "inspect",
}
LOOKS_UP = (
    "the class's dictionary is code, or has keys that run code when they are compared; the hook "
    "looks, too"
)
OURS = "the variables of ours that rewritten functions have are listed among theirs"
SEEN = {
    "test_type_lookup_mro_reference": LOOKS_UP,
    "test_vicious_descriptor_nonsense": LOOKS_UP,
    "test_mutable_bases_with_failing_mro": LOOKS_UP,
    "test_metaclass_dict_as_property": LOOKS_UP,
    "test_metaclass_with_metaclass_with_dict_as_property": LOOKS_UP,
    "test_generator_closure": OURS,
    "test_method_closure": OURS,
    "test_name_resolution": OURS,
    "test_getcoroutinelocals": OURS,
    "test_recursion_in_except_handler": "the depth of recursion at which something fails",
}


def outcomes(mode: str, library: str, tests: str) -> dict[str, dict[str, str]]:
    """By test module, how many tests ran and what failed."""
    modules = [f"test.test_{name}" for name in tests.split()]
    command = [sys.executable, "-m", "tests.instrumentation.running", mode]
    done = subprocess.run(
        [*command, ",".join(library.split()), *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout[done.stdout.index("{\n") :])
    return found


def compare(library: str, tests: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        plain, off, on = pool.map(
            lambda mode: outcomes(mode, library, tests), ("plain", "off", "on")
        )
    assert sum(int(found["ran"]) for found in plain.values()) > 20
    for rewritten in (off, on):
        for module, found in rewritten.items():
            new = found.items() - plain[module].items()
            assert {pair for pair in new if pair[0].split()[0] not in SEEN} == set(), module


@pytest.mark.parametrize("library", BY_DAY)
def test_the_interpreters_own_tests(library: str) -> None:
    compare(library, BY_DAY[library])


@pytest.mark.nightly
@pytest.mark.parametrize("library", BY_NIGHT)
def test_more_of_the_interpreters_own_tests(library: str) -> None:
    compare(library, BY_NIGHT[library])
