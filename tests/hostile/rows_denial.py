"""Bodies that cost without end: time, memory, text, recursion.

Most have a form that honest code has too, so the limits of a call must hold them.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from hostile_case import INT, PRICES, TEXT, Hostile

DECIMAL = ("decimal.Decimal",)
NUMPY = ("numpy",)
TOOLS = ("itertools",)
MATH = ("math",)


def dear(name: str, body: str, signature: str = INT, **more: object) -> Hostile:
    more = {"layer": "limits", "then": "limits", **more}
    return Hostile("denial of service", name, body, signature, **more)  # type: ignore[arg-type]


ROWS = [
    # Without end.
    dear("endless loop", "while True:\n    x = x"),
    dear("endless loop with work", "while x + 1:\n    x += 1\nreturn x"),
    dear("loop over a growing list", "seen = [x]\nfor item in seen:\n    seen.append(item)\nreturn 0"),
    dear("loop that swallows errors",
         "while x < 10**9:\n    try:\n        x = [][x]\n    except IndexError:\n        pass\nreturn x"),
    dear("sum without end", "return sum(1 for _ in iter(int, 1))"),
    dear("iter of int", "return len(list(iter(int, 1)))"),
    dear("count", "return sum(1 for _ in itertools.count())", imports=TOOLS),
    dear("cycle", "return max(itertools.cycle([x]))", imports=TOOLS),
    dear("repeat", "return all(itertools.repeat(1))", imports=TOOLS),
    dear("product", "return len(list(itertools.product(range(99), repeat=9)))", imports=TOOLS),
    dear("permutations", "return sum(1 for _ in itertools.permutations(range(20)))", imports=TOOLS),
    dear("combinations", "return max(itertools.combinations(range(60), 30))", imports=TOOLS),
    dear("inner generator without end",
         "def ever():\n    while True:\n        yield x\nreturn sum(ever())"),
    dear("exponential recursion",
         "def fib(n):\n    return 1 if n < 2 else fib(n - 1) + fib(n - 2)\nreturn fib(90)"),
    dear("own recursion", "return subject(x) + 1"),
    dear("lambda recursion", "f = lambda g: g(g)\nreturn f(f)"),
    dear("mutual recursion", "def f(n):\n    return subject(n + 1)\nreturn f(x)"),
    dear("long range", "return sum(range(10**12))"),
    dear("long range reversed", "return max(reversed(range(10**12)))"),
    dear("any of a long range", "return any(v < 0 for v in range(10**12))"),
    dear("member of a long generator", "return -1 in (v for v in range(10**12))"),
    dear("quadratic", "ys = list(range(10**5))\nreturn sum(1 for y in ys if -y - 1 in ys)"),
    dear("colliding hashes",
         "ys = {(2**61 - 1) * k for k in range(1, 10**5)}\nreturn len(ys)"),
    dear("sorting with a dear key", "return sorted(range(10**7), key=lambda v: -v)[0]"),
    dear("matches without end", "while True:\n    match x:\n        case _:\n            x += 1"),
    dear("busy in finally", "try:\n    return x\nfinally:\n    while x + 1:\n        x += 1", layer="structure"),
    # Numbers.
    dear("tower", "return 9**9**9"),
    dear("tower of parameters", "return (x + 9)**(x + 9)**(x + 9)"),
    dear("shift", "return 1 << 10**12"),
    dear("long shift", "return (1 << 10**9) * (1 << 10**9)"),
    dear("power with modulus", "return pow(3, 10**(10**7), 7)"),
    dear("factorial", "return math.factorial(10**8)", imports=MATH),
    dear("binomial", "return math.comb(10**9, 10**8)", imports=MATH),
    dear("product of a range", "return math.prod(range(1, 10**7))", imports=MATH),
    dear("text of a long number", "return len(str(10**100_000))"),
    dear("number of a long text", "return int('9' * 10**7)"),
    dear("hex of a long number", "return len(hex(1 << 10**10))"),
    dear("bytes of a number", "return len((1).to_bytes(10**10, 'big'))"),
    dear("decimal as int", "return int(Decimal('1e99999999'))", imports=DECIMAL),
    dear("decimal floor", "return Decimal('1e99999999') // 1", imports=DECIMAL),
    dear("decimal rounded", "return round(Decimal('1e99999999'))", imports=DECIMAL),
    dear("decimal written out", "return len(f\"{Decimal('1e9999999999'):f}\")", imports=DECIMAL),
    dear("decimal as ratio", "return Decimal('1e-99999999').as_integer_ratio()[1]", imports=DECIMAL),
    dear("decimal quantized", "return int(Decimal(1).quantize(Decimal('1e-9999999')))",
         imports=DECIMAL),
    dear("decimal of a long text", "return int(Decimal('9' * 10**7)) % 7", imports=DECIMAL),
    # Text.
    dear("width bomb", "return f'{x:>9999999999}'"),
    dear("precision bomb", "return f'{x:.999999999f}'"),
    dear("nested width bomb", "return f'{text:>{10**10}}'", TEXT),
    dear("percent bomb", "return '%9999999999d' % x", layer="structure"),
    dear("percent star bomb", "return '%*d' % (10**9, x)"),
    dear("repeated text", "return text * 10**10", TEXT),
    dear("centred", "return text.center(10**10)", TEXT),
    dear("justified", "return text.ljust(10**10)", TEXT),
    dear("zero filled", "return text.zfill(10**10)", TEXT),
    dear("tabs", "return '\\t'.expandtabs(10**9) + text", TEXT),
    dear("replaced again", "for _ in range(99):\n    text = text.replace('', 'ab')\nreturn text", TEXT),
    dear("doubled text", "while True:\n    text += text", TEXT),
    dear("joined", "return text.join(['x' * 10**6] * 10**6)", TEXT),
    # Memory.
    dear("long list", "return len([x] * 10**10)"),
    dear("long tuple", "return len((x,) * 10**10)"),
    dear("long range as list", "return len(list(range(10**10)))"),
    dear("long range as set", "return len(set(range(10**9)))"),
    dear("long dict", "return len({k: k for k in range(10**9)})"),
    dear("long bytes", "return len(bytes(10**10))"),
    dear("doubled list", "ys = [x]\nwhile True:\n    ys += ys"),
    dear("extended by itself", "ys = [x]\nfor _ in range(99):\n    ys.extend(ys)\nreturn len(ys)"),
    dear("nested list", "ys = []\nfor _ in range(40):\n    ys = [ys, ys, ys]\nreturn ys"),
    dear("nested list as text", "ys = []\nfor _ in range(60):\n    ys = [ys, ys]\nreturn len(str(ys))"),
    dear("list in itself", "ys = []\nys.append(ys)\nreturn ys"),
    dear("dict in itself", "ys = {}\nys['a'] = ys\nreturn ys"),
    dear("deep list", "ys = []\nfor _ in range(10**5):\n    ys = [ys]\nreturn ys"),
    dear("wide answer", "return list(range(10**6))"),
    dear("long answer", "return 'x' * (20 << 20)", TEXT),
    dear("long number as answer", "return 7**10_000"),
    dear("many members", "return set(range(10**5))"),
    dear("array", "return int(np.zeros(10**12).sum())", imports=NUMPY),
    dear("array filled", "return int(np.ones(10**9).sum())", imports=NUMPY),
    dear("outer", "return int(np.outer(np.ones(10**6), np.ones(10**6)).sum())", imports=NUMPY),
    dear("repeat of an array", "return int(np.repeat(np.arange(9), 10**10).sum())", imports=NUMPY),
    dear("tile", "return int(np.tile([1], 10**11).sum())", imports=NUMPY),
    dear("arange", "return int(np.arange(10**12).sum())", imports=NUMPY),
    dear("matrix product", "a = np.ones((5000, 5000))\nreturn int((a @ a @ a @ a).sum())",
         imports=NUMPY),
    dear("convolution", "a = np.ones(10**6)\nreturn int(np.convolve(a, a).sum())", imports=NUMPY),
    dear("long reindex", "return prices.reindex(range(10**10))", PRICES),
    dear("repeated series", "return prices.repeat(10**10)", PRICES),
    dear("rolling lambda", "return prices.reindex(range(10**6)).rolling(9).apply(lambda w: w.sum())",
         PRICES),
    # Limits that a body might lift.
    dear("digits limit lifted", "import sys\nsys.set_int_max_str_digits(0)\nreturn len(str(7**10**7))",
         layer="structure"),
    dear("recursion limit lifted",
         "import sys\nsys.setrecursionlimit(10**9)\nreturn subject(x)", layer="structure"),
    dear("precision lifted", "import decimal as d\nd.getcontext().prec = 10**8\n"
         "return int(d.Decimal(2).sqrt())", layer="structure"),
    dear("regular expression", "import re\nreturn bool(re.match('(a+)+$', 'a' * 40 + 'b'))",
         layer="structure"),
    dear("sleep", "import time\ntime.sleep(60)\nreturn x", layer="structure"),
    dear("wait for input", "import os\nreturn len(os.read(3, 99))", layer="structure"),
    dear("lock twice", "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
         layer="structure"),
    dear("signals ignored", "import signal\n[signal.signal(n, signal.SIG_IGN) for n in range(1, 9)]\n"
         "while True:\n    pass", layer="structure"),
    dear("errors swallowed", "while True:\n    try:\n        while True:\n            pass\n"
         "    except BaseException:\n        pass", layer="structure"),
    dear("deleter without end", "class D:\n    def __del__(self):\n        while True:\n"
         "            pass\nD()\nreturn x", layer="structure"),
    dear("equality without end", "class E:\n    def __eq__(self, o):\n        while True:\n"
         "            pass\nreturn E() == 1", layer="structure"),
    dear("repr without end", "class R(int):\n    def __str__(self):\n        while True:\n"
         "            pass\nraise ValueError(R())", layer="structure"),
    dear("zip bomb", "import zlib\nreturn len(zlib.decompress(zlib.compress(b'0' * 10**9)))",
         layer="structure"),
    dear("json bomb", "import json\nreturn json.loads('[' * 10**6)", layer="structure"),
    dear("parser bomb", "return eval('(' * 10**5)", layer="structure"),
    dear("compiler bomb", "return eval('-' * 10**6 + '1')", layer="structure"),
]  # fmt: skip
