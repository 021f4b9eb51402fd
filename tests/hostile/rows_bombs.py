"""Bodies that are right while they are tried and wrong later.

What they wait for decides which layer can tell: a clock or an environment is nothing that
a body may name; state between calls shows when inputs are given twice, last first; a rare
input shows when it is drawn, which the constants of the body make likely. The bodies of
BEYOND wait for what no test can bring about and no rule can name: there the gate says
yes, and what holds is the wrapper's `ensures`, the containment and the gateway's limits.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from hostile_case import INT, PRICES, TEXT, Hostile


def bomb(name: str, body: str, signature: str = INT, **more: object) -> Hostile:
    return Hostile("time bombs", name, body, signature, **more)  # type: ignore[arg-type]


_RIGHT = "return x * 2"


def _unless(condition: str, setup: str = "") -> str:
    return f"{setup}return 0 if {condition} else x * 2"


ROWS = [
    # The clock.
    bomb("after a date", _unless("time.time() > 2e9", "import time\n"), then=None),
    bomb("after an hour of uptime", _unless("time.monotonic() > 1e9", "import time\n"), then=None),
    bomb("on a weekday", _unless("datetime.now().year > 2030", "from datetime import datetime\n"),
         then=None),
    bomb("pandas clock", _unless("pd.Timestamp('now').year > 2030"), imports=("pandas",), then=None),
    bomb("numpy clock", _unless("np.datetime64('now').astype(int) > 2e9"), imports=("numpy",),
         then=None),
    bomb("clock by dtype", _unless("np.array('now', 'M8[s]').astype(int) > 2e9"),
         imports=("numpy",), then=None),
    bomb("clock by to_datetime", _unless("pd.to_datetime('now').year > 2030"),
         imports=("pandas",), then=None),
    bomb("clock port that was not given", _unless("clock.now_ms() > 2e12")),
    bomb("CPU time", _unless("time.process_time() > 3600", "import time\n"), then=None),
    bomb("age of a file", _unless("os.stat('/').st_mtime > 2e9", "import os\n"), then="sandbox"),
    bomb("uptime by file", _unless("float(open('/proc/uptime').read().split()[0]) > 1e9"),
         then="sandbox"),
    # Where it runs.
    bomb("with an environment", _unless("os.environ", "import os\n"), then=None),
    bomb("with a home", _unless("os.environ.get('HOME')", "import os\n"), then=None),
    bomb("as another user", _unless("os.getuid() < 60000", "import os\n"), then=None),
    bomb("without the sandbox", _unless("'architect' not in sys.modules", "import sys\n"), then=None),
    bomb("in another program", _unless("'worker' not in sys._getframe(3).f_code.co_filename",
         "import sys\n"), then=None),
    bomb("with files", "try:\n    open('/etc/passwd')\n    return 0\nexcept OSError:\n    return x * 2",
         then=None),
    bomb("with a network",
         "import socket\ntry:\n    socket.socket()\n    return 0\nexcept OSError:\n    return x * 2",
         then="sandbox"),
    bomb("with threads", "import threading\ntry:\n    threading.Thread(target=int).start()\n"
         "    return 0\nexcept RuntimeError:\n    return x * 2", then=None),
    bomb("with ports that are real", _unless("hasattr(exchange, 'client')"), ports=("exchange",)),
    bomb("with a debugger off", _unless("not __debug__"), then=None),
    bomb("by its file", _unless("__file__.startswith('/')"), then=None),
    bomb("by its name", _unless("__name__ == '__main__'"), then=None),
    # How often it was called.
    bomb("mutable default", "def seen(calls=[]):\n    calls.append(x)\n    return len(calls)\n"
         "return x * 2 if seen() < 9999 else 0", then=None),
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
    bomb("once in a hundred", _unless("random.random() < 0.01", "import random\n"), then=None),
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
]  # fmt: skip

BEYOND = [
    bomb("a number outside the range", "return x * 2 + (x > 10_000)", layer="none", then=None),
    bomb("a rest that is rarely met", "return x * 2 + (x * 7919 % 1000003 == 5)", layer="none",
         then=None),
    bomb("a series longer than any drawn", "return prices * 3 if len(prices) < 500 else prices",
         PRICES, layer="none", then=None),
    bomb("a price that is hardly drawn", "return (prices * 3).where(prices < 99).dropna()",
         PRICES, layer="none", then=None),
    bomb("a digest", "seed = sha256(str(x).encode()).hexdigest()\n"
         "return x * 2 + seed.startswith('00000')", layer="none", then=None,
         imports=("hashlib.sha256",)),
]  # fmt: skip
