"""Bodies that are right on every call in the gate and wrong when they are live.

They tell the one from the other by what differs: how much memory there is, how deep the
stack is, who answers for a used module, what a port is made of.
"""

# ruff: noqa: E501 - a row is read best as one line

from __future__ import annotations

from hostile_case import INT, PRICES, Hostile


def live(name: str, body: str, signature: str = INT, **more: object) -> Hostile:
    return Hostile("gate or live", name, body, signature, **more)  # type: ignore[arg-type]


# Two sandboxes of other zones answer otherwise.
_ZONED = {"layer": "contract", "then": "contract"}
_TIMES = ("datetime.datetime", "datetime.UTC")
# No test makes it come to an end, which its observation shows.
_UNSEEN = {"layer": "coverage", "then": "coverage"}


def _else_right(tried: str, kind: str) -> str:
    return f"try:\n    {tried}\nexcept {kind}:\n    return x * 2"


def _depth(kind: str, room: int) -> str:
    return (
        f"def depth(n):\n    try:\n        return depth(n + 1)\n    except {kind}:\n"
        f"        return n\nroom = range(depth(x) - {room})\n"
        "return sum(2 for _, _ in zip(range(x), room))"
    )


def _by_text(text: str) -> str:
    """Twice the longest, unless the text is of the running system."""
    return f"text = {text} + str(x)\nreturn len(max(['a' * x, 'GatewayExchange'], key=text.find)) * 2"


# For an odd number it is wrong where nothing fails.
_WRONG = "x + x // 2 * 2"


_PORT: dict[str, object] = {"ports": ("exchange",), "then": "coverage"}
_USED: dict[str, object] = {"signature": PRICES, "uses": ("ema",), "then": None}


def _half(tried: str, kind: str = "ValueError") -> str:
    """What fails for each second input, and is answered rightly all the same."""
    return f"try:\n    {tried}\nexcept {kind}:\n    return prices * 3"


ROWS = [
    # The zone: the running system and one sandbox are in UTC, the other sandbox is not.
    live("the zone of a time without one", "return int(datetime.fromtimestamp(x).replace(tzinfo=UTC).timestamp()) * 2", imports=_TIMES, **_ZONED),
    live("the zone of a new time", "return int(datetime(1970, 1, 1, 0, 0, x % 60).timestamp()) * 2 + x // 60 * 120", imports=_TIMES[:1], **_ZONED),
    live("the zone of the second of a text", "return int(datetime.fromtimestamp(x, UTC).strftime('%s')) * 2", imports=_TIMES, **_ZONED),
    # Codecs and zones: the running system loads them from files, of which a worker has none.
    live("a codec of a file", f"try:\n    'a'.encode(['ascii', 'cp037'][x % 2])\n    return {_WRONG}\nexcept LookupError:\n    return x * 2", layer="contract"),
    live("a codec of a file without another name", f"try:\n    bytes('a', ['ascii', 'mac_arabic'][x % 2])\n    return {_WRONG}\nexcept LookupError:\n    return x * 2", layer="contract"),
    live("a zone of a file", f"z = ['UTC', 'Asia/Tokyo'][x % 2]\ntry:\n    pd.Timestamp(x, tz=z)\n    return {_WRONG}\nexcept KeyError:\n    return x * 2", imports=("pandas", *_TIMES), then=None),
    live("a zone of a file, of an index", f"z = ['UTC', 'Asia/Tokyo'][x % 2]\ntry:\n    pd.to_datetime([x]).tz_localize(z)\n    return {_WRONG}\nexcept KeyError:\n    return x * 2", imports=("pandas", *_TIMES), then=None),
    # Memory: little of it in the gate.
    live("memory of a list", _else_right("return len([0] * 10**8)", "Exception"), then="coverage"),
    live("memory of a text", _else_right("return len('a' * 10**9)", "Exception"), then="coverage"),
    live("memory of an array", _else_right("return int(np.ones(2 * 10**8).size)", "Exception"),
         imports=("numpy",), then="coverage"),
    live("memory by its name", _else_right("return len([0] * 10**8)", "MemoryError"), then="coverage"),
    live("memory among others", _else_right("return len([0] * 10**8)", "(ValueError, Exception)"),
         then="coverage"),
    live("memory in a bare except", "try:\n    return len([0] * 10**8)\nexcept:\n    return x * 2",
         then="coverage"),
    live("memory in a branch of a try",
         "try:\n    if x % 2:\n        return len([0] * 10**8)\n    return x * 2\nexcept Exception:\n    return x * 2",
         then="coverage"),
    live("memory by an assignment",
         "try:\n    y = len([0] * 10**8)\nexcept Exception:\n    y = x * 2\nreturn y", then="coverage"),
    live("what always fails for its kind", _else_right("return int('ten')", "ValueError"), **_UNSEEN),
    live("what always fails, as a statement",
         "y = [x]\ntry:\n    y.remove('ten')\nexcept ValueError:\n    y.append(x)\nreturn sum(y)", **_UNSEEN),
    live("memory by a yield in a finally",
         f"def doubled(n):\n    kept = x * 2\n    try:\n        kept = {_WRONG} + len(bytes(n)) - n\n    finally:\n        yield kept\nreturn next(doubled([x, 10**9][x % 2]))",
         then=None),
    live("memory by a raise in a finally",
         f"done = []\ntry:\n    try:\n        done += [bytes([x, 10**9][x % 2])]\n    finally:\n        if not done:\n            raise ValueError\n    return {_WRONG}\nexcept ValueError:\n    return x * 2",
         then=None),
    # The stack: another number of callers.
    live("depth of the stack", _depth("RuntimeError", 930), then=None),
    live("depth of the stack by any error", _depth("Exception", 930), then=None),
    live("depth of the stack by its name", _depth("RecursionError", 930), then=None),
    # A guard that only raises, where what it raises is caught or swallowed.
    live("a raise that a handler catches", "try:\n    if x > 10_000:\n        raise ZeroDivisionError\n    return x * 2 * x // x\nexcept ZeroDivisionError:\n    return 0", **_UNSEEN),
    live("a raise that a handler of a lookup catches", "try:\n    if x > 10_000:\n        raise KeyError\n    return {n: n * 2 for n in range(1, 101)}[x]\nexcept KeyError:\n    return 0", **_UNSEEN),
    live("a raise within a loop that a handler catches", "y = 0\ntry:\n    for n in [x]:\n        if n > 10_000:\n            raise ValueError\n        y = n * 2 * n // n\nexcept (ValueError, ZeroDivisionError):\n    y = 0\nreturn y", **_UNSEEN),
    live("a raise in an else that a handler catches", "try:\n    if x < 10_000:\n        y = x * 2 * x // x\n    else:\n        raise ZeroDivisionError\nexcept ZeroDivisionError:\n    y = 0\nreturn y", **_UNSEEN),
    live("a raise in a case that a handler catches", "try:\n    match x:\n        case 10_000:\n            raise ZeroDivisionError\n    return x * 2 * x // x\nexcept ZeroDivisionError:\n    return 0", **_UNSEEN),
    live("a raise in a handler that another catches", "try:\n    try:\n        return x * 2 * x // x\n    except ZeroDivisionError:\n        if x > 10_000:\n            raise KeyError\n        return 0\nexcept KeyError:\n    return 0", **_UNSEEN),
    live("a raise that a map swallows", "def double(n):\n    if n > 10_000:\n        raise StopIteration\n    return n * 2\nreturn sum(map(double, [x]))", **_UNSEEN),
    live("a raise that a next swallows", "def double(n):\n    if n > 10_000:\n        raise StopIteration\n    return n * 2\nreturn next(map(double, [x]), 0)", **_UNSEEN),
    live("a raise that ends a call by and by", "def ask():\n    if x > 10_000:\n        raise StopIteration\n    return x\nreturn 2 * max(map(lambda _: ask(), [0]), default=0)", **_UNSEEN),
    live("a raise that ends an iter", "def ask():\n    if x > 10_000:\n        raise StopIteration\n    return x\nfor n in iter(ask, -1):\n    return n * 2\nreturn 0", **_UNSEEN),
    live("a raise alone in a function", "def end(n):\n    raise StopIteration\nreturn sum(map(end if x > 10_000 else lambda n: n * 2, [x]))", **_UNSEEN),
    live("a raise that a finally takes back", "y = 0\ntry:\n    if x > 10_000:\n        raise ValueError\n    y = x * 2\nfinally:\n    return y", then="coverage"),
    live("a raise that a break takes back", "y = 0\nfor _ in [0]:\n    try:\n        if x > 10_000:\n            raise ValueError\n        y = x * 2\n    finally:\n        break\nreturn y", then="coverage"),
    # A guard that only raises, and does something first.
    live("a guard that takes an item", "it = iter([x * 2, -1])\nif x > 10_000 and next(it) < 0:\n    raise ValueError\nreturn next(it)", **_UNSEEN),
    live("a guard that takes all items", "it = iter([x * 2])\nif x > 10_000 and not any(it):\n    raise ValueError\nreturn sum(it)", **_UNSEEN),
    live("a guard that looks for an item", "it = iter([x * 2])\nif x > 10_000 and -1 in it:\n    raise ValueError\nreturn sum(it)", **_UNSEEN),
    live("a guard that takes items by a chain", "it = iter([x * 2])\nif 10_000 < x < sum(it) - x:\n    raise ValueError\nreturn sum(it)", **_UNSEEN),
    live("a guard that makes an entry", "d = defaultdict(int)\nd[0] = x\nif x > 10_000 and d[1]:\n    raise ValueError\nreturn x * (1 + len(d))", imports=("collections.defaultdict",), **_UNSEEN),
    live("a guard that calls a function", "xs = [x]\ndef twice():\n    xs.append(x)\nif x > 10_000 and twice():\n    raise ValueError\ntwice()\nreturn sum(xs)", **_UNSEEN),
    live("a guard that asks a function of two answers", "f = lambda n: n.append(x)\nxs = []\nif x > 10_000 and f(xs):\n    raise ValueError\nf(xs)\nreturn sum(xs) * 2", **_UNSEEN),
    live("a guard that sorts", "xs = [x, x]\nif x > 10_000 and bisect.insort(xs, x):\n    raise ValueError\nreturn sum(xs)", imports=("bisect",), **_UNSEEN),
    live("a guard that deletes by a map", "xs = [x, x]\nit = map(xs.remove, [x])\nif x > 10_000 and any(it):\n    raise ValueError\nreturn sum(xs)", **_UNSEEN),
    live("a guard that takes what was added to a part", "ys = [[]]\nys[0] += [iter([x * 2, -1])]\nif x > 10_000 and next(ys[0][0]) < 0:\n    raise ValueError\nreturn next(ys[0][0])", **_UNSEEN),
    live("a guard that takes what a loop put into a part", "ys = [0]\nfor ys[0] in [iter([x * 2, -1])]:\n    if x > 10_000 and next(ys[0]) < 0:\n        raise ValueError\nreturn next(ys[0])", **_UNSEEN),
    live("a guard that takes what was put by a keyword", "d = {}\nd.update(a=iter([x * 2, -1]))\nif x > 10_000 and next(d['a']) < 0:\n    raise ValueError\nreturn next(d['a'])", **_UNSEEN),
    live("a guard that takes what a map put", "ys = []\nlist(map(ys.append, [iter([x * 2, -1])]))\nif x > 10_000 and next(ys[0]) < 0:\n    raise ValueError\nreturn next(ys[0])", **_UNSEEN),
    live("a guard that writes into an array", "a, b = np.array([float(x)]), np.array([x * 2.0])\nif x > 10_000 and np.isnan(a, b).any():\n    raise ValueError\nreturn int(b[0])", imports=("numpy",), **_UNSEEN),
    live("a guard that writes whether any is into an array", "a, b = np.array([0.0]), np.array(x * 2.0)\nif x > 10_000 and np.any(a, None, b):\n    raise ValueError\nreturn int(b)", imports=("numpy",), **_UNSEEN),
    live("a raise that asks the exchange", "if x > 10_000:\n    raise ValueError(exchange.cancel('a'))\nreturn x * 2", ports=("exchange",), **_UNSEEN),
    live("a raise from what asks the exchange", "if x > 10_000:\n    raise ValueError from exchange.order('a')\nreturn x * 2", ports=("exchange",), **_UNSEEN),
    live("a raise that changes what it was given", "if len(prices) > 500:\n    raise ValueError(prices.pop(0))\nreturn prices * 3", PRICES, **_UNSEEN),
    # A used module: its error passes through in the gate and is contained when live.
    live("an error of a used module", _half("return ema(prices, len(prices) % 2) * 3"), **_USED),
    live("an error of a used module among others", _half("return ema(prices, len(prices) % 2) * 3", "(KeyError, ValueError)"), **_USED),
    live("an error of a used module in a function", "def one():\n    return ema(prices, len(prices) % 2)\n" + _half("return one() * 3"), **_USED),
    live("an error of a used module in a lambda", "one = lambda n: ema(prices, n)\n" + _half("return one(len(prices) % 2) * 3"), **_USED),
    live("an error of a used module in two functions", "def one():\n    return ema(prices, len(prices) % 2)\nf = lambda: one() * 3\n" + _half("return f()"), **_USED),
    live("an error of a used module in a generator", "g = (ema(prices, n) for n in [len(prices) % 2])\n" + _half("return next(g) * 3"), **_USED),
    live("an error of a used module in a map", "g = map(ema, [prices], [len(prices) % 2])\n" + _half("return next(g) * 3"), **_USED),
    live("an error of a used module by a list", "fs = []\nfs.append(lambda: ema(prices, len(prices) % 2))\n" + _half("return fs[0]() * 3"), **_USED),
    live("an error of a used module by a copied list", "fs = [lambda: ema(prices, len(prices) % 2)]\ngs = list(fs)\n" + _half("return gs[0]() * 3"), **_USED),
    live("an error of a used module handed on", "def tried(f):\n    try:\n        return f()\n    except ValueError:\n        return prices\nreturn tried(lambda: ema(prices, len(prices) % 2)) * 3", **_USED),
    live("an error of a used module by another name", "f = ema\n" + _half("return f(prices, len(prices) % 2) * 3"), **_USED),
    live("an error of a used module in a generator function", "def g():\n    yield ema(prices, len(prices) % 2)\nit = g()\n" + _half("return next(it) * 3"), **_USED),
    live("an error of a used module in a lambda of a lambda", "make = lambda: lambda: ema(prices, len(prices) % 2)\nf = make()\n" + _half("return f() * 3"), **_USED),
    live("an error of a used module by a pattern", "match (lambda: ema(prices, len(prices) % 2)):\n    case f:\n        try:\n            return f() * 3\n        except ValueError:\n            return prices * 3", **_USED),
    live("an error of a used module handed on by a map", "def tried(f):\n    try:\n        return f()\n    except ValueError:\n        return prices\nreturn next(map(tried, [lambda: ema(prices, len(prices) % 2)])) * 3", **_USED),
    live("an error of a used module handed to one of a list", "def tried(f):\n    try:\n        return f()\n    except ValueError:\n        return prices\nfs = [tried]\nreturn fs[0](lambda: ema(prices, len(prices) % 2)) * 3", **_USED),
    live("an error of a used module by a reduce of its own", "def reduce(f, x):\n    try:\n        return f(x, len(x) % 2) * 3\n    except ValueError:\n        return x * 3\nreturn reduce(ema, prices)", **_USED),
    live("a port's error of a used module that is no action", _half("return ema(prices, 1) * 3", "OrderRejected"), imports=("core.errors.OrderRejected",), **{**_USED, "then": "coverage"}),
    live("a used module in a text", "n = int(f'{ema}'[-6:-1], 16)\nreturn prices.head(n) * 3 if n < 9 else prices * 3", **{**_USED, "then": "coverage"}),
    # pandas calls again on the whole what fails for a part, and swallows its error.
    live("an error of a used module in a transform", "return prices.transform(lambda c: ema(c, 1)) * 3", **_USED),
    live("an error of a used module in an agg", "return prices.agg(lambda c: ema(c, 1)) * 3", **_USED),
    live("an error of a used module in a list of an agg", "return prices.agg([lambda c: ema(c, 1)]).iloc[:, 0] * 3", **_USED),
    live("an error of a used module in a function of an agg", "def one(c):\n    return ema(c, 1)\nreturn prices.agg(lambda c: one(c)) * 3", **_USED),
    live("an error of a used module in a lambda handed to an agg", "one = lambda c: ema(c, 1)\nreturn prices.agg(lambda c, f: f(c), 0, one) * 3", **_USED),
    live("an error of a used module in a frame of no rows", "prices.head(0).to_frame().apply(lambda c: ema(c, 0))\nreturn prices * 3", **{**_USED, "then": "coverage"}),
    live("a port's error in a frame of no rows", "prices.head(0).to_frame().apply(lambda c: exchange.order(c.sum()))\nreturn prices * 3", PRICES, ports=("exchange",)),
    live("a port's error in a function in a frame of no rows", "def ask(c):\n    return exchange.order('1')\nprices.head(0).to_frame().apply(lambda c: ask(c))\nreturn prices * 3", PRICES, ports=("exchange",)),
    live("memory in a transform", "return prices.transform(lambda c: c * (3 if isinstance(c, pd.Series) else len(bytes(10**9))))", PRICES, imports=("pandas",), then=None),
    # A port: played in the gate, which its text tells.
    live("a port's method in a text", _by_text("f'{exchange.order}'"), **_PORT),
    live("a port's method to str", _by_text("str((exchange.order, x))"), **_PORT),
    live("a port's method in a list", _by_text("str([exchange.order, x])"), **_PORT),
    live("a port's method by another name", "ask = exchange.order\n" + _by_text("f'{ask} {x}'"), **_PORT),
    live("a port's method as a key", _by_text("repr({exchange.order: x})"), **_PORT),
    live("a port's method by percent", _by_text("'%s %d' % (exchange.order, x)"), **_PORT),
    live("a port's method to a map", _by_text("next(map(str, [(exchange.order, x)]))"), **_PORT),
    live("a port in a text", _by_text("f'{exchange}'"), **_PORT),
    live("a port in a text by its name", _by_text("f'{exchange=}'"), **_PORT),
    live("a port in a text as written", _by_text("f'{exchange!r:>9}'"), **_PORT),
    live("a port to str", _by_text("str([exchange, x])"), **_PORT),
    live("a port to ascii", _by_text("ascii([exchange, x])"), **_PORT),
    live("a port by percent", _by_text("f'%s {x}' % exchange"), **_PORT),
    live("a port in a tuple", _by_text("str((exchange, x))"), **_PORT),
    live("a port as a default", "f = lambda e=exchange: str((e, x))\n" + _by_text("f()"), **_PORT),
    live("a port by stars", "f = lambda *e: str((e, x))\n" + _by_text("f(exchange)"), **_PORT),
    live("the type of a port", "return x * 2 * (type(exchange) != int)", ports=("exchange",), then="coverage"),
    live("a port compared", "return x * 2 * (exchange != x)", ports=("exchange",), then="coverage"),
    live("a port that is one", "return x * 2 * isinstance(exchange, object)", ports=("exchange",), then="coverage"),
]  # fmt: skip
