"""Statements: what people write on what tasks share, by what it is about.

PRELUDE    the beginning of a program: what its tasks share is what the function around them has
           made (closure variables), what its module has had since before the run, and classes
STATE      its end: a function that gives all of that
FAMILIES   statements; `{v}` is a number that no other statement has
AROUND     what may stand around one, and what comes behind it then
"""

from __future__ import annotations

PRELUDE = """
import bisect, heapq, queue, threading
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, islice
import verify

class O:
    shared = 0
    def __init__(self, n=0):
        self.n, self.l, self.other = n, [0], None
    @property
    def twice(self):
        return 2 * self.n
    def up(self, by=1):
        self.n += by
        return self
    @classmethod
    def count(cls):
        cls.shared += 1

class Slotted(O):
    __slots__ = ("x",)

class Bare:
    __slots__ = ("n", "__hidden")
    def __init__(self):
        self.n = self.__hidden = 0
    def hide(self):
        self.__hidden += 1
        return self.__hidden

@dataclass
class Data:
    n: int = 0
    l: list = field(default_factory=list)

class Table(dict):
    def __missing__(self, key):
        return 0

class Logged(dict):
    def __setitem__(self, key, value):
        super().__setitem__(key, value)
        self.latest = key

class Stack(list):
    def push(self, value):
        self.append(value)
        return len(self)

g = 0
G, L, P = {}, [], O()

def bump():
    global g
    g += 1
    return g

def program():
    global g
    g = O.shared = 0
    if 'shared' in vars(Slotted): del Slotted.shared
    G.clear()
    L.clear()
    P.__init__()
    n = 0
    d, e, l, m, s, t = {}, {'x': 1, 'y': 2}, [5], [3], set(), {1, 2}
    q, c, f, od = deque([1]), Counter(), defaultdict(list), OrderedDict()
    table, logged, stack = Table(), Logged(), Stack([2])
    o, p, r, w = O(), Slotted(), Bare(), Data()
    channel, lock, other_lock = queue.Queue(), threading.Lock(), verify.Lock()
    def more():
        nonlocal n
        n += 1
        return n
    def each():
        yield from l
        yield n
"""

STATE = """
    def state():
        hidden = getattr(r, 'n', None), r.hide()
        attributes = [sorted(vars(one).items(), key=repr) for one in (w, logged)]
        nodes = [(vars(one).get('n'), one.shared, vars(one).get('l')) for one in (o, p, P)]
        sets = sorted(s), sorted(t)
        return d, e, l, m, sets, q, c, f, od, table, logged, stack, hidden, attributes, nodes, \\
            O.shared, n, g, G, L, channel.qsize()
"""

FAMILIES = {
    "dict": """
        d['x'] = {v}
        d['y'] = {v}
        d['x'] += {v}
        d.setdefault('x', {v})
        seen += (d.get('x'),)
        seen += (d.pop('x', None),)
        seen += (d['x'],)
        seen += ('x' in d,)
        seen += (len(d),)
        seen += (list(d),)
        seen += (sorted(d.items()),)
        d['x'] = d.get('x', 0) + 1
        if 'x' not in d: d['x'] = {v}
        if (k := d.get('y')) is not None: seen += (k,)
        d.update(e)
        d.update(y={v})
        d |= e
        seen += (d == e,)
        seen += (d | e,)
        e['x'] = {v}
        e['y'] = {v}
        e['z'] = {v}
        e['y'] += 1
        e.setdefault('x', {v})
        seen += (e.pop('y', None),)
        del e['x']
        seen += (list(e),)
        seen += (len(e),)
        seen += (e.popitem(),)
        seen += (sum(e.values()),)
        for k in d: seen += (k,)
        for k, i in list(d.items()): e[k] = i
        seen += ({k: i for k, i in d.items() if k in e},)
        d.clear()
        seen += (tuple(d.items()),)
        del d['x']
        seen += (d.popitem(),)
        seen += (dict(d, z=1),)
        keys = d.keys(); seen += ('x' in keys, len(keys))
        seen += (d.keys() & {'x'},)
        seen += (next(iter(d), None),)
        seen += (max(d, key=d.get, default=0),)
        seen += ({**d, **e},)
        seen += (any(k in d for k in ('x', 'y')),)
        e.update((k, 1) for k in d)
        d.setdefault('l', []).append({v})
        match d: {'x': i} -> seen += (i,)
        """,
    "list": """
        l.append({v})
        m.append({v})
        l.extend(m)
        l += m
        l += [{v}]
        l[0] += {v}
        l[:] = m
        l[0:1] = m
        seen += (l == m,)
        seen += (l + m,)
        seen += (l * 2,)
        seen += (l[0] if l else None,)
        if l: seen += (l.pop(),)
        if len(l) > 1: l[1] = {v}
        seen += (l[-1:],)
        seen += (l[-1],)
        seen += ({v} in l,)
        for i in l: seen += (i,)
        for at, i in enumerate(l): seen += (at, i)
        l.insert(0, {v})
        l.extend(i + 1 for i in m)
        seen += ([i for i in m],)
        seen += (tuple(zip(l, m)),)
        seen += (tuple(reversed(l)),)
        seen += (sum(i for i in l),)
        seen += (sum(l),)
        l.sort()
        l.sort(key=lambda i: -i * len(m))
        seen += (max(l, key=lambda i: i * len(m)),)
        seen += (reduce(lambda a, b: a + len(m) * b, l, 0),)
        l[:] = (i for i in m)
        l.reverse()
        l.remove(3)
        del l[0]
        del l[:1]
        while l and l[-1] > 4: seen += (l.pop(),)
        while l and (i := l.pop()): seen += (i,)
        first, *rest = l; seen += (first, rest)
        seen += (max(*l, {v}),)
        seen += (f'{l}',)
        seen += (l.index(5),)
        heapq.heappush(l, {v})
        bisect.insort(l, {v})
        steps = iter(l); seen += (next(steps, None),); seen += (next(steps, None),)
        steps = (i for i in l); seen += (next(steps, None),); seen += (next(steps, None),)
        steps = each(); seen += (next(steps, None),); seen += (next(steps, None),)
        seen += (list(map(str, l)),)
        seen += (list(islice(l, 1)),)
        seen += (','.join(map(str, l)),)
        put = l.append; put({v})
        seen += (sorted(l, reverse=True),)
        seen += (l.copy(),)
        match l: [i, *_] -> seen += (i,)
        seen += ([i for i in l if i in m],)
        seen += (list(each()),)
        """,
    "set": """
        s.add({v})
        s.add(1)
        s.discard(1)
        s.symmetric_difference_update(i + n for i in t)
        s.remove(1)
        seen += (1 in s,)
        seen += (len(s),)
        s |= t
        s -= t
        t.add({v})
        t.add(1)
        t.add(2)
        t.discard(2)
        seen += (len(t),)
        seen += (sorted(t),)
        seen += (sorted(s),)
        seen += (s <= t,)
        seen += (sorted(s & t),)
        seen += (sorted(s | t),)
        seen += (s.issubset(t),)
        seen += (sorted(chain(s, t)),)
        s.update(t)
        s.update(i + 1 for i in t)
        seen += (not s,)
        seen += (s.pop(),)
        seen += (sorted({i for i in s}),)
        seen += (s.isdisjoint(t),)
        """,
    "attributes": """
        o.n += 1
        o.n = {v}
        seen += (o.n,)
        seen += (o.l[0],)
        o.l[0] += 1
        o.l = [{v}]
        o.l += [{v}]
        p.n = o.n
        seen += (getattr(o, 'n'),)
        seen += (getattr(o, 'x', None),)
        seen += (hasattr(o, 'x'),)
        seen += (o.n < p.n,)
        o.l, p.n = [p.n], {v}
        del o.n
        del p.n
        setattr(o, 'n', {v})
        o.x = {v}
        seen += (o.twice,)
        o.up()
        seen += (o.up({v}).n,)
        if o.other is None: o.other = O({v})
        if o.other: o.other.n += 1
        seen += (o.other and o.other.n,)
        p.other = o
        seen += (p.other and p.other.n,)
        w.n += 1
        w.l.append({v})
        seen += (w.n == len(w.l),)
        seen += (w.l and w.l.pop(),)
        P.n += 1
        seen += (P.n,)
        """,
    "slots": """
        r.n += 1
        r.n = {v}
        seen += (r.n,)
        seen += (r.hide(),)
        del r.n
        seen += (hasattr(r, 'n'),)
        p.x = {v}
        seen += (getattr(p, 'x', None),)
        p.n += 1
        """,
    "classes": """
        O.shared += 1
        O.shared = {v}
        seen += (O.shared,)
        seen += (o.shared,)
        seen += (p.shared,)
        o.shared = {v}
        o.shared += 1
        O.count()
        p.count()
        Slotted.shared = {v}
        del Slotted.shared
        """,
    "variables": """
        n += 1
        n = {v}
        seen += (n,)
        seen += (more(),)
        g += 1
        g = {v}
        seen += (g,)
        seen += (bump(),)
        seen += ((lambda: n + g)(),)
        G['x'] = n
        if 'x' not in G: G['x'] = bump()
        seen += (G.get('x'),)
        L.append(n)
        seen += (len(L),)
        seen += ([i + n for i in L],)
        if (k := n) < 3: n = k + 1
        for n in (7, 8): seen += (g,)
        """,
    "library": """
        q.append({v})
        q.appendleft({v})
        if q: seen += (q.popleft(),)
        seen += (q[0],)
        seen += (list(q),)
        q.rotate(1)
        c['x'] += 1
        c.update('xy')
        seen += (c['x'],)
        seen += (c.most_common(1),)
        seen += (c + c,)
        f['x'].append({v})
        seen += (f['x'],)
        seen += (len(f),)
        f['y'] += [{v}]
        od['x'] = {v}
        od['y'] = {v}
        od.move_to_end('x')
        seen += (od.popitem(last=False),)
        seen += (list(od),)
        """,
    "subclasses": """
        table['x'] = {v}
        table['x'] += 1
        seen += (table['x'],)
        seen += (len(table),)
        logged['x'] = {v}
        logged['y'] = {v}
        seen += (getattr(logged, 'latest', None),)
        seen += (logged.get('x'),)
        seen += (stack.push({v}),)
        if stack: seen += (stack.pop(),)
        seen += ([i for i in stack],)
        stack[0] = {v}
        """,
    "passing": """
        channel.put(l)
        channel.put(O({v}))
        channel.put([{v}])
        k = channel.get_nowait(); seen += (type(k).__name__,)
        k = channel.get_nowait(); k.n += 1; seen += (k.n,)
        k = channel.get_nowait(); k.append({v}); seen += (len(k),)
        l.append({v})
        seen += (l[-1],)
        o.l.append({v})
        o.l = l
        channel.put(o)
        o.n += 1
        """,
}

AROUND = {
    "with lock:": "",
    "with other_lock:": "",
    "try:": "except (LookupError, AttributeError) as error: seen += (type(error).__name__,)",
    "try: ": "finally: seen += ('left',)",
    "if not seen:": "",
    "for turn in (1, 2):": "",
}
