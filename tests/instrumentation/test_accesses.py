"""What rewritten code says it touches is what its source says, in the interpreter's order.

Each case is a function's body over these globals, and the accesses that it makes: `r o.f` is a read
of an attribute, `d['k']` an item, `d[]` the structure of a container. A name of the module that is
bound once by an assignment (`o`, `d`) is a global that may be rebound, so reading it comes first;
to keep the cases short, they take the globals as parameters, which are nobody else's.
"""

from __future__ import annotations

import pytest

from tests.instrumentation.recording import accesses, module_of
from tests.instrumentation.running import telling
from verify.scheduling.plain_data import Scope

WORLD = """
from collections import Counter, OrderedDict, defaultdict, deque
from heapq import heappush

class Plain:
    shared = 1
    def __init__(self):
        self.n = 0
    def method(self):
        return 7

class Slotted:
    __slots__ = ("n",)

class Guarded:
    def __init__(self):
        self._n = 0
    @property
    def n(self):
        return self._n
    @n.setter
    def n(self, value):
        self._n = value

class Proxy:
    def __getattr__(self, name):
        return 5

class Private:
    def __init__(self):
        self.__n = 0
    def up(self):
        self.__n += 1

class Derived(Plain):
    def method(self):
        return super().method()

o, p, s, g, x, y, z = Plain(), Plain(), Slotted(), Guarded(), Proxy(), Private(), Derived()
s.n = 0
o.inner = p
l, d, t, q = [1, 2, 3], {"k": 1}, {1}, deque([1])
dd, od, c = defaultdict(list), OrderedDict(a=1), Counter("aa")

def f(o=o, p=p, s=s, g=g, x=x, y=y, z=z, l=l, d=d, t=t, q=q, dd=dd, od=od, c=c):
    i = 0
"""

CASES = [
    # attributes
    ("o.n", ["r o.n"]),
    ("o.n = 1", ["w o.n"]),
    ("o.n += 1", ["r o.n", "w o.n"]),
    ("del o.n", ["w o.n"]),
    ("o.inner.n = o.n + 1", ["r o.n", "r o.inner", "w p.n"]),
    ("s.n = s.n", ["r s.n", "w s.n"]),
    ("o.shared", ["r o.shared r Plain.shared"]),
    ("o.shared = 2; o.shared", ["w o.shared", "r o.shared"]),
    ("o.method()", []),
    ("z.method()", []),
    ("g.n", ["r g._n"]),
    ("g.n = 3", ["w g._n"]),
    ("x.anything", ["r x.anything r Proxy.anything"]),
    ("y.up()", ["r y._Private__n", "w y._Private__n"]),
    ("Plain()", ["new Plain", "w Plain.n"]),
    ("Plain.shared += 1", ["r Plain.shared", "w Plain.shared"]),
    ("getattr(o, 'n')", ["r o.n"]),
    ("setattr(o, 'n', 1)", ["w o.n"]),
    ("f'{o.n}'", ["r o.n"]),
    ("(i := o.n)", ["r o.n"]),
    ("o.n, i = i, o.n", ["r o.n", "w o.n"]),
    ("o.n = p.n = 4", ["w o.n", "w p.n"]),
    ("for o.n in range(2): pass", ["w o.n", "w o.n"]),
    ("(lambda: o.n)()", ["r o.n"]),
    ("[o.n for _ in range(2)]", ["r o.n", "r o.n"]),
    ("sum(o.n for _ in range(2))", ["r o.n", "r o.n"]),
    ("assert not o.n", ["r o.n"]),
    ("if o.n: pass", ["r o.n"]),
    ("if i and o.n: pass", []),
    # items
    ("l[0]", ["r l[0]"]),
    ("l[-1]", ["r l[-1]"]),
    ("l[0] = l[1]", ["r l[1]", "w l[0]"]),
    ("l[0] += 1", ["r l[0]", "w l[0]"]),
    ("l[0], l[1] = l[1], l[0]", ["r l[1]", "r l[0]", "w l[0]", "w l[1]"]),
    ("l[1:]", ["r l[]"]),
    ("l[:1] = []", ["w l[] r list[]"]),
    ("del l[0]", ["w l[]"]),
    ("d['k']", ["r d['k']"]),
    ("d['k'] = 2", ["w d['k'] w d[+]"]),
    ("d['new'] = 2", ["w d['new'] w d[+]"]),
    ("d['k'] += 2", ["r d['k']", "w d['k'] w d[+]"]),
    ("del d['k']", ["w d['k'] w d[]"]),
    ("'k' in d", ["r d['k']"]),
    ("if 'k' not in d: d['k'] = 1", ["r d['k']"]),
    ("1 in l", ["r l[]"]),
    ("1 in t", ["r t[1]"]),
    ("dd['x'].append(1)", ["w dd['x'] w dd[+]", "w list[]"]),
    ("c['a'] += 1", ["r c['a']", "w c['a'] w c[+]"]),
    # containers as a whole
    ("len(l)", ["r l[]"]),
    ("while l: l.pop()", ["r l[]", "w l[]"] * 3 + ["r l[]"]),
    ("not d", ["r d[]"]),
    ("l.append(4)", ["w l[]"]),
    ("push = l.append; push(4)", ["w l[]"]),
    ("l += [4]", ["w l[]"]),
    ("list(l)", ["r l[]"]),
    ("sorted(d)", ["r d[]"]),
    ("[*l]", ["r l[]"]),
    ("max(*l)", ["r l[]"]),
    ("a, *b = l", ["r l[]"]),
    ("l == [1]", ["r l[]"]),
    ("l + l", ["r l[] r l[]"]),
    ("f'{l}'", ["r l[]"]),
    ("d.get('k')", ["r d['k']"]),
    ("d.get('none')", ["r d['none']"]),
    ("d.setdefault('k', 1)", ["w d['k'] w d[+]"]),
    ("d.setdefault('new', 1)", ["w d['new'] w d[+]"]),
    ("d.pop('k')", ["w d['k'] w d[]"]),
    ("d.pop('none', None)", ["w d['none'] w d[]"]),
    ("d.update(a=1)", ["w d[]"]),
    ("t.add(1)", ["w t[1] w t[+]"]),
    ("t.add(2)", ["w t[2] w t[+]"]),
    ("t.discard(1)", ["w t[1] w t[]"]),
    ("q.append(1); q.popleft()", ["w q[]", "w q[]"]),
    ("od.move_to_end('a')", ["w od[]"]),
    ("heappush(l, 0)", ["w l[]"]),
    # iteration: before each step, and before the one that finds the end
    ("for i in t: pass", ["r t[]"] * 2),
    ("for k, v in d.items(): pass", ["r d[]"] * 2),
    ("[i for i in t]", ["r t[]"] * 2),
    ("for n, i in enumerate(t): pass", ["r t[]"] * 3),
    ("next(iter(t))", ["r t[]"] * 2),
    ("sum(i for i in t)", ["r t[]"] * 3),
    # a key that would run code of the user's may be any
    ("d[type('K', (), {'__eq__': lambda *_: True, '__hash__': lambda _: 1})()] = 1", ["w d[]"]),
]


@pytest.mark.parametrize(("body", "expected"), CASES, ids=[body for body, _ in CASES])
def test_what_is_told(body: str, expected: list[str]) -> None:
    assert accesses(f"{WORLD}    {body}\n") == expected


def test_match_looks_at_all_of_its_subject_first() -> None:
    body = """
    match l:
        case [first, *_] if o.n:
            pass
        case [_, last, _]:
            pass
"""
    assert accesses(WORLD + body) == ["r l[]", "r o.n"]


def test_globals_that_may_be_rebound() -> None:
    """`count` is assigned in a function, `items` once in the module, which others may do as well;
    a function, a class and an import are not."""
    source = """
    import os
    count = 0
    items = []
    class C: pass
    def g(): pass
    def f():
        global count
        count += 1
        items.append(count)
        C, g, os
        del count
    """
    told = ["r module.count", "w module.count", "r module.items", "r module.count", "w items[]"]
    assert accesses(source) == [*told, "w module.count"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # rebound by the function inside
        ("n = 0\n def g():\n  nonlocal n\n  n += 1\n g()", ["w", "r", "w"]),
        # bound once, before the function that uses it: nobody can tell when
        ("n = 0\n def g(): return n\n g()", []),
        # bound once, but after
        ("def g(): return n\n n = 0\n g()", ["w", "r"]),
        # bound twice, the second time by a loop's head
        ("n = 0\n def g(): return n\n for n in range(2): g()", ["w", "w", "r", "w", "r"]),
        # a parameter that is not bound again is bound once
        ("def h(n): return lambda: n\n h(1)()", []),
        ("def h(n):\n  n += 1\n  return lambda: n\n h(1)()", ["r", "w", "r"]),
        # a function is no variable, nor is an import
        ("def n(): pass\n def g(): n()\n g()", []),
        # a local variable that no function inside uses is nobody else's
        ("n = 0\n n += 1", []),
        # a comprehension runs in the function around it
        ("n = 0\n n += 1\n [n for _ in range(2)]", []),
        ("n = 0\n def g(): return n\n del n", ["w", "w"]),
    ],
)
def test_closure_variables_that_are_rebound(body: str, expected: list[str]) -> None:
    told = accesses(f"def f():\n {body}\n")
    assert [line.split()[0] for line in told] == expected
    assert all(line.endswith("Scope.n") for line in told)


@pytest.mark.parametrize(
    "base", ["dict", "list", "set", "deque", "Exception", "int", "str", "tuple", "type(os)", "C"]
)
def test_attributes_of_what_inherits_from_builtin_types(base: str) -> None:
    source = f"""
    import os
    from collections import deque
    class C: pass
    class Kind({base}): pass
    def f(o=Kind("1")if {base!r} == "type(os)" else Kind()):
        o.n = 1
        o.n
    """
    assert accesses(source) == ["w Kind.n", "r Kind.n"]


def test_attributes_of_modules() -> None:
    assert accesses("import re\ndef f():\n re.some = 1\n re.some\n del re.some\n") == [
        "w re.some",
        "r re.some",
        "w re.some",
    ]


def test_attributes_that_somebody_makes_up_are_none() -> None:
    source = """
    import threading, weakref
    class Own:
        def __getattribute__(self, name): return 1
        def __setattr__(self, name, value): pass
    class C: n = 0
    c = C()
    def f(own=Own(), local=threading.local(), proxy=weakref.proxy(c)):
        for o in (own, local, proxy):
            o.n = 1
            o.n
    """
    assert accesses(source) == []


def test_two_invocations_have_two_variables() -> None:
    source = "def f():\n n = 0\n def g():\n  nonlocal n\n  n += 1\n return g\n"
    module = module_of(source)
    holders = []

    class Holders:
        def scope(self) -> Scope:
            return Scope()

        def read(self, holder: object, field: object) -> None:
            holders.append(holder)

        def write(self, holder: object, field: object, value: object = None) -> None:
            pass

        def publish(self, value: object) -> None:
            pass

    with telling(Holders()):
        one, other = vars(module)["f"](), vars(module)["f"]()
        for function in (one, other, one):
            function()
    assert holders[0] is holders[2] is not holders[1]


def test_nothing_is_told_while_nobody_listens() -> None:
    module = module_of("class C: n = 0\ndef f():\n C.n += 1\n return C.n\n")
    assert vars(module)["f"]() == 1
