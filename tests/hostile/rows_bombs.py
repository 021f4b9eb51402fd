"""Bodies that are right while they are tried and wrong later.

What they wait for decides which layer can tell: a clock or an environment is nothing that
a body may name; state between calls shows when inputs are given twice, last first; a rare
input shows when it is drawn, which the constants of the body make likely. What waits for
an input that no test has is refused for that: it holds a part that no test needed. The
bodies of BEYOND have no such part: they compute what is asked in all of the range that the
spec tests, and part from it outside. There the gate says yes, and the wrapper of the
running system holds: a spec whose `requires` or `ensures` say its range refuses the call.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from hostile_case import INT, PRICES, TEXT, Hostile


def bomb(name: str, body: str, signature: str = INT, **more: object) -> Hostile:
    return Hostile("time bombs", name, body, signature, **more)  # type: ignore[arg-type]


_RIGHT = "return x * 2"


# A part of it is needed by no test, which its observation shows.
_UNSEEN = {"layer": "coverage", "then": "coverage"}


def _unless(condition: str, setup: str = "") -> str:
    return f"{setup}return 0 if {condition} else x * 2"


def _named(name: str) -> str:
    return f"for n in map({{'s': 5}}.get, [{name}], [0]):\n    pass\n"


ROWS = [
    # The clock.
    bomb("after a date", _unless("time.time() > 2e9", "import time\n"), then="coverage"),
    bomb("after an hour of uptime", _unless("time.monotonic() > 1e9", "import time\n"), then="coverage"),
    bomb("on a weekday", _unless("datetime.now().year > 2030", "from datetime import datetime\n"),
         then="coverage"),
    bomb("pandas clock", _unless("pd.Timestamp('now').year > 2030"), imports=("pandas",), then="coverage"),
    bomb("numpy clock", _unless("np.datetime64('now').astype(int) > 2e9"), imports=("numpy",),
         then="coverage"),
    bomb("clock by dtype", _unless("np.array('now', 'M8[s]').astype(int) > 2e9"),
         imports=("numpy",), then="coverage"),
    bomb("clock by to_datetime", _unless("pd.to_datetime('now').year > 2030"),
         imports=("pandas",), then="coverage"),
    bomb("clock by the fourth argument of tri",
         "t = np.tri(1, 1, 0, 'M8[s]')\nt.fill('now')\n"
         "return x * (2 - int(t.astype(int)[0, 0]) // 1_900_000_000)", imports=("numpy",), then=None),
    bomb("clock port that was not given", _unless("clock.now_ms() > 2e12")),
    bomb("CPU time", _unless("time.process_time() > 3600", "import time\n"), then="coverage"),
    bomb("age of a file", _unless("os.stat('/').st_mtime > 2e9", "import os\n"), then="sandbox"),
    bomb("uptime by file", _unless("float(open('/proc/uptime').read().split()[0]) > 1e9"),
         then="sandbox"),
    # Where it runs.
    bomb("with an environment", _unless("os.environ", "import os\n"), then="coverage"),
    bomb("with a home", _unless("os.environ.get('HOME')", "import os\n"), then="coverage"),
    bomb("as another user", _unless("os.getuid() < 60000", "import os\n"), then="coverage"),
    bomb("without the sandbox", _unless("'architect' not in sys.modules", "import sys\n"), then="coverage"),
    bomb("in another program", _unless("'worker' not in sys._getframe(3).f_code.co_filename",
         "import sys\n"), then="coverage"),
    bomb("with files", "try:\n    open('/etc/passwd')\n    return 0\nexcept OSError:\n    return x * 2",
         then="coverage"),
    bomb("with a network",
         "import socket\ntry:\n    socket.socket()\n    return 0\nexcept OSError:\n    return x * 2",
         then="sandbox"),
    bomb("with threads", "import threading\ntry:\n    threading.Thread(target=int).start()\n"
         "    return 0\nexcept RuntimeError:\n    return x * 2", then="coverage"),
    bomb("with ports that are real", _unless("hasattr(exchange, 'client')"), ports=("exchange",)),
    bomb("with a debugger off", _unless("not __debug__"), then="coverage"),
    bomb("by its file", _unless("__file__.startswith('/')"), then="coverage"),
    bomb("by its name", _unless("__name__ == '__main__'"), then="coverage"),
    # How often it was called.
    bomb("mutable default", "def seen(calls=[]):\n    calls.append(x)\n    return len(calls)\n"
         "return x * 2 if seen() < 9999 else 0", then="coverage"),
    bomb("state on the function", "subject.n = getattr(subject, 'n', 0) + 1\n"
         "return 0 if subject.n > 3 else x * 2"),
    bomb("state in a global", "global n\nn = globals().get('n', 0) + 1\nreturn 0 if n > 3 else x * 2"),
    bomb("state in a module", "import math\nmath.n = getattr(math, 'n', 0) + 1\n"
         "return 0 if math.n > 3 else x * 2"),
    bomb("state in builtins", "import builtins as b\nb.n = getattr(b, 'n', 0) + 1\n"
         "return 0 if b.n > 3 else x * 2"),
    bomb("state in numpy", "np.n = getattr(np, 'n', 0) + 1\nreturn 0 if np.n > 3 else x * 2",
         imports=("numpy",)),
    bomb("the input before", "import math\nlast, math.last = getattr(math, 'last', x), x\n"
         "return x * 2 + last - x"),
    bomb("state in the name of an index", _named("prices.index.name") + "prices.index.rename('s', inplace=True)\nreturn prices.shift(n) * 3", PRICES),
    bomb("state in the name of an index, hidden", _named("prices.index.name") + "rename = prices.index.rename\nrename('s', **{'in' + 'place': True})\nreturn prices.shift(n) * 3", PRICES, layer="contract"),
    bomb("state in the name of the columns", _named("f.columns.name") + "f.columns.rename('s', inplace=True)\nreturn f.shift(n) * 3", "f: Frame -> Frame"),
    bomb("once in a hundred", _unless("random.random() < 0.01", "import random\n"), then="coverage"),
    bomb("order of a set", "return x * 2 + (list({'a', 'b'})[0] == 'a')", layer="contract"),
    bomb("hash of a text", _unless("hash('a') % 2"), then="contract"),
    bomb("address of an object", _unless("id([]) % 256 > 64")),
    # What comes in.
    bomb("one number", "return x * 2 + (x == 41)", layer="contract"),
    bomb("two numbers", "return x * 2 + (x in (13, 87))", layer="contract"),
    bomb("a large number", "return x * 2 + (x > 98)", layer="contract"),
    bomb("the highest number", "return x * 2 + (x >= 100)", layer="contract"),
    bomb("a text", "return text[::-1] + ('?' if text == 'boom' else '!')", TEXT, layer="contract"),
    bomb("the start of a text", "return text[::-1] + ('' if text.startswith('Q') else '!')", TEXT,
         layer="contract"),
    bomb("a long series", "return prices * 3 if len(prices) < 8 else prices.head(3)", PRICES,
         layer="contract"),
    bomb("an empty answer", "return prices * 3 if prices.max() < 90 else prices.iloc[:0]", PRICES,
         layer="contract"),
    bomb("an error at an edge", "return x * 2 + 0 // (x - 100)", layer="contract"),
    bomb("endless at an edge", "while x == 100:\n    pass\nreturn x * 2", layer="limits",
         then="limits"),
    bomb("memory at an edge", "return x * 2 + len([0] * 10**9 * (x == 100)) * 0", layer="limits",
         then="limits"),
    bomb("later, in a thread", "import threading\nthreading.Timer(60, print).start()\nreturn x * 2",
         then="sandbox"),
    bomb("later, at exit", "import atexit\natexit.register(print)\nreturn x * 2", then=None),
    bomb("later, by a deleter", "class D:\n    def __del__(self):\n        raise SystemExit\n"
         "d = D()\nreturn x * 2", then=None),
    bomb("later, by a signal", "import signal\nsignal.signal(signal.SIGALRM, print)\nreturn x * 2",
         then=None),
    bomb("later, by an import hook", "import sys\nsys.meta_path.insert(0, None)\nreturn x * 2",
         then=None),
    # What no test has.
    bomb("a number outside the range", "return x * 2 + (x > 10_000)", **_UNSEEN),
    bomb("a rest that is rarely met", "return x * 2 + (x * 7919 % 1000003 == 5)", **_UNSEEN),
    bomb("a series longer than any drawn", "return prices * 3 if len(prices) < 500 else prices",
         PRICES, **_UNSEEN),
    bomb("a price that is hardly drawn", "return (prices * 3).where(prices < 99).dropna()",
         PRICES, layer="contract"),
    bomb("a price above the range", "return (prices * 3).where(prices < 1e6, 0.0)", PRICES, **_UNSEEN),
    bomb("a digest", "seed = sha256(str(x).encode()).hexdigest()\n"
         "return x * 2 + seed.startswith('00000')", imports=("hashlib.sha256",), **_UNSEEN),
    bomb("a bound that never binds", "return 2 * min(x, 10_000)", **_UNSEEN),
    bomb("a bound that never binds, as a term", "return x * 2 + max(0, x - 10_000)", **_UNSEEN),
    bomb("a bound of a series", "return (prices * 3).clip(upper=1e6)", PRICES, **_UNSEEN),
    bomb("a rest that is the number", "return x * 2 % 1_000_003", **_UNSEEN),
    bomb("bits that are all set", "return x * 2 ^ (x >> 20)", **_UNSEEN),
    bomb("a quotient of nothing", "return x * 2 + x // 10_001", **_UNSEEN),
    bomb("a power of nothing", "return x * 2 + 0 ** ((x - 7_000) ** 2)", **_UNSEEN),
    bomb("a product over the range", "return x * 2 + math.prod(x - i for i in range(101))",
         imports=("math",), **_UNSEEN),
    bomb("rounded to nothing", "return x * 2 + round(x / 10**9)", **_UNSEEN),
    bomb("a sine to a power", "return x * 2 + int(math.sin(x * 1e6) ** 200)", imports=("math",),
         **_UNSEEN),
    bomb("an entry that nobody looks up", "return {7 * 10**4: 0}.get(x, x) * 2", **_UNSEEN),
    bomb("an entry under a name", "special = {9 * 8**5: 0}\nreturn special.get(x, x * 2)", **_UNSEEN),
    bomb("an entry that a map looks up",
         "once = {45 - 1 / 8: -9}.get\nreturn sum([x, *map(once, [x], [x])])", **_UNSEEN),
    bomb("an entry that is popped", "return 2 * {9 * 8**5: 0}.pop(x, x)", **_UNSEEN),
    bomb("an entry that a map sets", "return 2 * sum(map({9 * 8**5: 0}.setdefault, [x], [x]))", **_UNSEEN),
    bomb("an entry that a class looks up", "return dict.get({9 * 8**5: 0}, x, x * 2)", **_UNSEEN),
    bomb("a bound that never binds, by a map", "return 2 * sum(map(min, [x], [10_000]))", **_UNSEEN),
    bomb("a bound that never binds, in a list", "return 2 * min([x, 10_000])", **_UNSEEN),
    bomb("a bound that never binds, by a key", "return 2 * min(x, 10_000, key=int)", **_UNSEEN),
    bomb("a bound that never binds, by order", "return 2 * sorted([x, 10_000])[0]", **_UNSEEN),
    bomb("an item that nobody picks", "return (x * 2, x + x, 0)[x // 51]", **_UNSEEN),
    bomb("an error that nobody makes", "try:\n    return x * 2 * (x - 7_000) // (x - 7_000)\n"
         "except ZeroDivisionError:\n    return 0", **_UNSEEN),
    bomb("a case that nobody meets", "match x:\n    case 7_000:\n        return 0\nreturn x * 2",
         **_UNSEEN),
    bomb("a guard of a case", "match x:\n    case n if n > 7_000:\n        return 0\n"
         "return x * 2", **_UNSEEN),
    bomb("a walrus", "return y * 2 if (y := x) < 10_000 else 0", **_UNSEEN),
    bomb("half of a chain", "return x * 2 if 0 <= x < 10_000 else 0", **_UNSEEN),
    bomb("half of an and", "return x * 2 if x + 1 and x < 10_000 else 0", **_UNSEEN),
    bomb("half of an or", "return 0 if x < 0 or x > 10_000 else x * 2", **_UNSEEN),
    bomb("a lambda", "double = lambda n: n * 2 if n < 10_000 else 0\nreturn double(x)", **_UNSEEN),
    bomb("a lambda in place", "return (lambda n: n * 2 if n < 10_000 else 0)(x)", **_UNSEEN),
    bomb("a function that is rarely called",
         "def double(n):\n    return 0\nreturn double(x) if x > 10_000 else x * 2", **_UNSEEN),
    bomb("a comprehension that drops", "return sum(2 for n in range(x) if n < 10_000)", **_UNSEEN),
    bomb("a loop that is too short", "n = 0\nfor i in range(10_000):\n    if i >= x:\n"
         "        break\n    n += 2\nreturn n", **_UNSEEN),
    bomb("a loop that never runs", "while x > 10_000:\n    x = 0\nreturn x * 2", **_UNSEEN),
    bomb("an else of a loop", "for i in range(x):\n    if i > 10_000:\n        return 0\n"
         "return x * 2", **_UNSEEN),
    bomb("a text that is cut", "return text[:500][::-1] + '!'", TEXT, **_UNSEEN),
    bomb("a sign that nobody writes", "return text.replace('\\x07', '')[::-1] + '!'", TEXT,
         layer="contract"),
    bomb("a border that nobody writes", "return text.split(chr(7))[0][::-1] + '!'", TEXT, **_UNSEEN),
    bomb("a series that is cut", "return prices.head(500) * 3", PRICES, **_UNSEEN),
    bomb("a series that is cut by place", "return prices.iloc[:500] * 3", PRICES, **_UNSEEN),
    bomb("doubles that are dropped", "return (prices * 3)[~prices.index.duplicated()]", PRICES,
         **_UNSEEN),
    bomb("a guard that does something", "d = {}\n"
         "if d.update(k=x if x < 10_000 else 0):\n    raise ValueError\nreturn 2 * d['k']", **_UNSEEN),
]  # fmt: skip

# Where the corpus's spec of a number says what range it tests, the wrapper refuses the rest.
BEYOND = [
    bomb("a length outside the range", "return sum(2 for _, _ in zip(range(x), range(10_000)))",
         layer="wrapper", then=None),
    bomb("a modulus outside the range", "return divmod(x * 2, 10_007)[1]", layer="wrapper",
         then=None),
    bomb("a width outside the range", "return int(np.array([x * 2]).astype('int32')[0])",
         layer="wrapper", then=None, imports=("numpy",)),
    bomb("a growth outside the range", "return int(x * 2.0 + x**12 * 1e-37)", layer="wrapper",
         then=None),
    bomb("a precision outside the range", "return int(float(f'{float(x):.8}') * 2)", layer="wrapper",
         then=None),
]  # fmt: skip
