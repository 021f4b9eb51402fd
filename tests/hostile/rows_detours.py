"""Bodies that go by ways which reviewers of sandboxes know: formats, frames, options, scopes.

Each reaches for something by a detour: an attribute by a format, a caller by a frame, a
setting that outlives the call, a name by its look, a loop by an iterator.
"""

# ruff: noqa: E501, RUF001 - a row is read best as one line, and some try what looks alike

from __future__ import annotations

from hostile_case import PRICES, TEXT, Hostile


def detour(name: str, body: str, *signature: str, **more: object) -> Hostile:
    return Hostile("detours", name, body, *signature, **more)  # type: ignore[arg-type]


ROWS = [
    detour("format reaches a class", "return f'{x.__class__}'.count('int') + x * 2"),
    detour("frames of a generator", "g = (n for n in [x])\nreturn g.gi_frame.f_locals['x'] * 2"),
    detour("code of a generator", 'g = (n for n in [x])\nreturn len(g.gi_code.co_code) + x'),
    detour("frame of a coroutine", "async def f():\n    return x\nreturn f().cr_frame.f_locals['x'] * 2", then=None),
    detour("traceback by except", "try:\n    1 // 0\nexcept ZeroDivisionError as e:\n    return e.__traceback__.tb_frame.f_locals['x'] * 2", then="coverage"),
    detour("traceback without underscores", 'try:\n    1 // 0\nexcept ZeroDivisionError as e:\n    return e.with_traceback(None).args and x * 2', then="coverage"),
    detour("context of an error", 'try:\n    1 // 0\nexcept ZeroDivisionError as e:\n    return (e.__context__ or x) * 2', then="coverage"),
    detour("an error that prints itself", "class E(Exception):\n    def __str__(self):\n        return 'x' * 10**9\nraise E"),
    detour("an error with a huge text", "raise ValueError('x' * 10**8)", layer="limits", then="limits"),
    detour("an error with huge args", 'raise ValueError([0] * 10**7)', layer="limits", then="limits"),
    detour("an error in itself", 'e = ValueError()\ne.args = (e,)\nraise e'),
    detour("error from an error without end", 'try:\n    raise ValueError\nexcept ValueError as e:\n    raise KeyError from e', layer="contract"),
    detour("query reads a name", "return prices[prices.to_frame('a').eval('a > @x')] * 3", PRICES),
    detour("eval of a frame", "return prices.to_frame('a').eval('a * 3')", PRICES, then=None),
    detour("query with python", "return prices.to_frame('a').query('a > 0', engine='python')['a'] * 3", PRICES, then=None),
    detour("pd.eval", "return pd.eval('prices * 3')", PRICES, then=None),
    detour("pipe to a builtin", 'return prices.pipe(exec)', PRICES),
    detour("apply by name", "return prices.apply('to_pickle', path='/tmp/was-here')", PRICES),
    detour("transform by name", "return prices.transform('to_json')", PRICES),
    detour("pandas option", "pd.set_option('mode.copy_on_write', False)\nreturn prices * 3", PRICES, then=None),
    detour("pandas option by context", "with pd.option_context('display.width', 1):\n    return prices * 3", PRICES, then=None),
    detour("attribute of a table", "prices.attrs['n'] = 1\nreturn prices * 3", PRICES, then=None),
    detour("name of a table", "prices.name = 'n'\nreturn prices * 3", PRICES),
    detour("values of a table in place", 'prices.values[:] = 1.0\nreturn prices * 3', PRICES, layer="contract"),
    detour("array of a table in place", 'prices.to_numpy()[0] = 1.0\nreturn prices * 3', PRICES, layer="contract"),
    detour("numpy error state", "np.seterr(all='raise')\nreturn x * 2", then=None, imports=("numpy",)),
    detour("numpy print options", 'np.set_printoptions(threshold=1)\nreturn x * 2', then=None, imports=("numpy",)),
    detour("numpy ufunc object", "return np.frompyfunc(eval, 1, 1)('x * 2')", then=None, imports=("numpy",)),
    detour("numpy vectorize", "return int(np.vectorize(eval)('2') * x)", then=None, imports=("numpy",)),
    detour("numpy from buffer", "return int(np.frombuffer(b'x' * 8, dtype='int64')[0])", imports=("numpy",)),
    detour("numpy ctypes", 'return np.array([x]).ctypes.data', imports=("numpy",)),
    detour("numpy strides", 'return int(np.lib.stride_tricks.as_strided(np.array([x]), (9,))[8])', imports=("numpy",)),
    detour("numpy flags", 'a = np.array([x])\na.flags.writeable = False\nreturn int(a[0]) * 2', then=None, imports=("numpy",)),
    detour("numpy setflags", 'a = np.array([x])\na.setflags(write=False)\nreturn int(a[0]) * 2', then=None, imports=("numpy",)),
    detour("numpy empty reads memory", 'return int(np.empty(1, dtype=int)[0]) * 0 + x * 2 + int(np.empty(9).sum() > 1e300)', layer="coverage", then="coverage", imports=("numpy",)),
    detour("numpy object array", "return np.array([x, eval], dtype=object)[1]('x * 2')", then="coverage", imports=("numpy",)),
    detour("bytearray", 'return len(bytearray(x * 2))', then=None),
    detour("decimal context set", 'from decimal import getcontext\ngetcontext().prec = 3\nreturn d * 2', 'd: Decimal -> Decimal'),
    detour("decimal local context", 'import decimal\nwith decimal.localcontext() as c:\n    c.prec = 3\n    return d * 2', 'd: Decimal -> Decimal'),
    detour("decimal context of a number", 'return d.sqrt(d.__class__(1)) * 2', 'd: Decimal -> Decimal'),
    detour("warnings ignored", "import warnings\nwarnings.simplefilter('ignore')\nreturn x * 2", then=None),
    detour("seed of random", 'import random\nrandom.seed(x)\nreturn x * 2 + random.randint(0, 0)', then="coverage"),
    detour("cache between calls", 'from functools import cache\n@cache\ndef f(n):\n    return n * 2\nreturn f(x)', then=None),
    detour("annotation that runs", "y: print('x') = x\nreturn y * 2", then=None),
    detour("default that changes", 'def f(n, seen=[]):\n    seen.append(n)\n    return n * len(seen) * 2\nreturn f(x)', then="coverage"),
    detour("default with a call", 'f = lambda n=print(1): x * 2\nreturn f()', then=None),
    detour("async function", 'async def f():\n    return x * 2\nreturn f().send(None)'),
    detour("class scope", 'class C:\n    y = [x for _ in range(2)]\nreturn sum(C.y)', then=None),
    detour("match on a class of one's own", 'class P:\n    def __eq__(self, o):\n        return True\nmatch x:\n    case P():\n        return 0\nreturn x * 2', then="coverage"),
    detour("match by attribute", 'match x:\n    case int(real=r):\n        return r * 2', then=None),
    detour("match by hidden attribute", 'match x:\n    case int(__class__=c):\n        return c(x) * 2', then=None),
    detour("walrus over a builtin", 'return (len := x) * 2', then=None),
    detour("walrus over a parameter's module", 'return (subject := x) * 2', then=None),
    detour("lookalike letter", 'return ｘ * 2', then=None),
    detour("mathematical letters", "return 𝐞𝐯𝐚𝐥('x * 2')", then=None),
    detour("bidi override", 'return x * 2  # \u202e', then=None),
    detour("soft hyphen", 'return x * 2  # a\xadb', then=None),
    detour("global of a header name", 'global subject\nsubject = 2\nreturn x * 2'),
    detour("conversion in an f-string", "return len(f'{x!r:>{x}}') * 2", layer="contract"),
    detour("translate to a long text", "return text.translate({97: 'b' * 10**8})", TEXT, layer="limits", then="limits"),
    detour("format_map", "return '{x}'.format_map({'x': text[::-1] + '!'})", TEXT, then=None),
    detour("int of many digits", 'return int(str(x) * 4000) * 0 + x * 2', layer="contract"),
    detour("pow of three without end", 'return pow(x + 2, 10**10**6, 10**10**6)', layer="limits", then="limits"),
    detour("range of a huge step", 'return sum(range(0, 10**12, x + 1)) * 0 + x * 2', layer="limits", then="limits"),
    detour("huge slice", 'return [x * 2][:: 10**30][0]', layer="coverage", then="coverage"),
    detour("sorted with a key that never ends", 'return sorted([x * 2], key=lambda n: [0 for _ in iter(int, 1)])[0]', layer="limits", then="limits"),
    detour("accumulate of lists", 'return len(list(itertools.accumulate(itertools.repeat([0] * 10**6), lambda a, b: a + b)))', layer="limits", then="limits", imports=("itertools",)),
    detour("mutual recursion", 'def a(n):\n    return b(n)\ndef b(n):\n    return a(n)\nreturn a(x)', layer="contract"),
    detour("recursion by lambda", 'f = lambda g, n: g(g, n)\nreturn f(f, x)', layer="contract"),
    detour("generator that feeds itself", 'g = (n for n in iter(lambda: next(g), None))\nreturn next(g)', layer="contract"),
    detour("yield from itself", 'def g():\n    yield from g()\nreturn next(g())', layer="contract"),
    detour("a dict that changes while it is read", 'd = {x: 1}\nfor k in d:\n    d[k + 1] = 1\nreturn x * 2', layer="contract"),
    detour("a list that grows while it is read", 'xs = [x]\nfor n in xs:\n    xs.append(n)\nreturn x * 2', layer="limits", then="limits"),
    detour("a set that never fills", 's = set()\nwhile len(s) < 2:\n    s.add(x)\nreturn x * 2', layer="limits", then="limits"),
    detour("equal by a subclass of int", "return type('I', (int,), {'__eq__': lambda a, b: True})(x)"),
    detour("bool for int", 'return (x * 2) > -1', layer="contract"),
    detour("numpy bool", 'return np.bool_(x)', layer="contract", imports=("numpy",)),
    detour("NotImplemented", 'return NotImplemented'),
]  # fmt: skip
