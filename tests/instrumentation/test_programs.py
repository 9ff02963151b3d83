"""Random small programs do the same rewritten, with the hooks and without.

A program is a function full of what the rewriting touches: stores and loads of every kind, nested
and in every order, closures, generators, exceptions in the middle of a statement. It logs each
value that it comes by, as the calls `v(n)` are made: so the order of evaluation shows. Compared are
the log, what the function returns or raises, in which line, and what is left in its objects.
"""

from __future__ import annotations

import traceback
import warnings
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.instrumentation.running import Nobody, telling
from verify.instrumentation.importing import compiled, parsed, prepare

PRELUDE = """
class Thing:
    shared = 1
    __slots__ = ("n", "m", "__dict__")
    def __init__(self, n):
        self.n = n
        self.m = [n]
    @property
    def p(self):
        v(self.n)
        return self.n
    @p.setter
    def p(self, value):
        self.n = value
    def up(self, by=1):
        self.n += by
        return self

log = []
count = 0
turns = 0

def turn():
    global turns
    turns += 1
    if turns > 12:
        raise RuntimeError("a loop that makes itself longer")

def v(value):
    log.append(repr(value) if not isinstance(value, Thing) else "Thing")
    return value
"""

atoms = st.sampled_from(
    [
        "a",
        "b",
        "count",
        "k",
        "1",
        "2",
        "o.n",
        "o.shared",
        "o.p",
        "l[0]",
        "l[-1]",
        "d['x']",
        "len(l)",
    ]
)
WORDS = ("+", "-", "*", "==", "<", "in", "not in", "and", "or", "is")


def wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Larger expressions of smaller ones."""
    operations = st.tuples(inner, st.sampled_from(WORDS), inner).map(lambda t: f"({' '.join(t)})")
    formats = (
        "v({})",
        "[{}, {}]",
        "({} if {} else {})",
        "(lambda a: {})({})",
        "[a for a in l if {}]",
        "sum(a for a in [{}, k])",
        "{{'x': {}, **d}}",
        "l[{}:]",
        "d.get({}, {})",
        "(b := {})",
        "f'{{{}}}'",
        "o.up({}).n",
        "getattr(o, 'n', {})",
        "(not {})",
        "max(*l, {})",
        "l[{}]",
        "d[{}]",
        "list(map(v, [{}]))",
    )
    filled = [
        st.tuples(*[inner] * text.replace("{{", "").replace("}}", "").count("{}")).map(
            lambda parts, text=text: text.format(*parts)  # type: ignore[misc]
        )
        for text in formats
    ]
    return st.one_of(operations, *filled)


expressions = st.recursive(atoms, wider, max_leaves=5)
targets = st.sampled_from(
    [
        "a",
        "b",
        "k",
        "count",
        "o.n",
        "o.p",
        "o.m",
        "o.x",
        "l[0]",
        "l[v(1)]",
        "d['x']",
        "d[v(2)]",
        "l[:1]",
        "v(o).n",
        "(a, o.n)",
        "[l[0], *o.x]",
        "(k, (d['y'], b))",
    ]
)
single = st.sampled_from(["a", "k", "count", "o.n", "o.p", "l[0]", "d['x']", "v(o).n", "l[v(0)]"])


def indented(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for text in lines for line in text.splitlines())


simple = st.one_of(
    st.builds("{} = {}".format, targets, expressions),
    st.builds("{} = {} = {}".format, targets, targets, expressions),
    st.builds("{} {}= {}".format, single, st.sampled_from(["+", "-", "*", "|"]), expressions),
    st.builds("del {}".format, st.sampled_from(["o.n", "l[0]", "d['x']", "l[1:]", "o.x, l[0]"])),
    st.builds("assert {}, {}".format, expressions, expressions),
    st.builds("v({})".format, expressions),
    st.builds("l.{}".format, st.sampled_from(["append(k)", "pop()", "sort()", "reverse()"])),
    st.just("d.setdefault('x', v(5))"),
    st.builds("raise ValueError({})".format, expressions),
    st.builds("return {}".format, expressions),
    st.just("inner()"),
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Statements that have others inside."""
    blocks = st.lists(inner, min_size=1, max_size=3).map(indented)
    heads = st.sampled_from(["a", "o.n", "k", "d['i']", "(a, b)", "count"])
    return st.one_of(
        st.builds("if {}:\n{}\nelse:\n{}".format, expressions, blocks, blocks),
        st.builds("for {} in {}:\n    turn()\n{}".format, heads, expressions, blocks),
        st.builds("for {} in list(d.items()):\n    turn()\n{}".format, heads, blocks),
        st.builds("try:\n{}\nexcept (ValueError, TypeError) as e:\n{}".format, blocks, blocks),
        st.builds("try:\n{}\nfinally:\n{}".format, blocks, blocks),
        st.builds("with context({}) as {}:\n{}".format, expressions, heads, blocks),
        st.builds(
            "match {}:\n    case [a, *_] if k:\n{}\n    case _:\n{}".format,
            expressions,
            blocks.map(lambda b: indented([b])),
            blocks.map(lambda b: indented([b])),
        ),
    )


statements = st.recursive(simple, compound, max_leaves=6)


@st.composite
def programs(draw: Any) -> str:
    body = indented(draw(st.lists(statements, min_size=2, max_size=6)))
    inside = draw(st.sampled_from(["k += 1", "k = [k]", "count += 1; k = count", "del k"]))
    return (
        f"{PRELUDE}\n"
        "from contextlib import contextmanager\n"
        "@contextmanager\n"
        "def context(value):\n    v('enter')\n    try:\n        yield value\n"
        "    finally:\n        v('leave')\n"
        "o, l, d = Thing(3), [1, 2, 3], {'x': 1}\n"
        "def f(a=1, b=2):\n"
        "    global count\n"
        "    k = 0\n"
        f"    def inner():\n        nonlocal k\n        global count\n        {inside}\n"
        f"{body}\n    v(k)\n    return a, b\n"
    )


def behaviour(source: str, rewrite: bool) -> list[object]:
    """All that is to be seen of a program."""
    module = ModuleType("program")
    if rewrite:
        prepare(vars(module), module)
        code = compiled(parsed(source, "<program>", "program"), "<program>")
    else:
        code = compile(source, "<program>", "exec", dont_inherit=True)
    exec(code, vars(module))
    space = vars(module)
    seen: list[object] = []
    try:
        seen.append(repr(space["f"]()))
    except Exception as error:
        lines = [
            (frame.name, frame.lineno)
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == "<program>"
        ]
        seen += [type(error).__name__, str(error), lines]
    o = space["o"]
    fields = {name: getattr(o, name, None) for name in ("n", "m", "x")}
    return [*seen, *space["log"], repr(fields), repr(space["l"]), repr(space["d"]), space["count"]]


@settings(max_examples=60, deadline=None)
@given(programs())
def test_programs_do_the_same(source: str) -> None:
    compare(source)


@pytest.mark.nightly
@settings(max_examples=3000, deadline=None)
@given(programs())
def test_many_programs_do_the_same(source: str) -> None:
    compare(source)


def compare(source: str) -> None:
    try:
        compile(source, "<program>", "exec")
    except SyntaxError:  # such as a walrus where none may stand
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = behaviour(source, rewrite=False)
        assert behaviour(source, rewrite=True) == expected
        with telling(Nobody()):
            assert behaviour(source, rewrite=True) == expected
