"""What no test needs of a body is told; what its tests need is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from types import FunctionType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from architect.gate.coverage.instrument import Instrument
from architect.gate.coverage.points import CHANGED, CHOSEN, RAN, Point
from architect.gate.coverage.tree import compiled, function_of
from architect.gate.sandbox import observer
from architect.gate.sandbox.observer import Observer

NUMBERS = range(101)
SERIES = [pd.Series([1.0, 2.0, 3.0]), pd.Series([5.0, 1.0]), pd.Series([], dtype=float)]
TEXTS = ["", "ab", "B a", "a,b"]


def run(body: str, inputs: Sequence[Any]) -> tuple[list[Any], list[str]]:
    """Return the instrumented body's results, and what is missing at its places."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    function = function_of(f"def f(x):\n{lines}", "f")
    points = Instrument(function).points
    seen = Observer([point.needs for point in points])
    scope = {"np": np, "pd": pd, "math": math, "Decimal": Decimal, **seen.names()}
    made = FunctionType(compiled(function), scope)
    results = [answer(made, one) for one in inputs]
    missing = zip(points, seen.bits, strict=True)
    return results, [why for p, bits in missing if (why := p.missing(bits))]


def plain(body: str, inputs: Sequence[Any]) -> list[Any]:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    scope: dict[str, Any] = {"np": np, "pd": pd, "math": math, "Decimal": Decimal}
    exec(f"def f(x):\n{lines}", scope)
    return [answer(scope["f"], one) for one in inputs]


def answer(function: Callable[[Any], Any], value: Any) -> Any:
    """Return the result of a call, or the text of the KeyError that it raises."""
    try:
        return function(value)
    except KeyError as error:
        return repr(error)


NEEDED = [
    ("return x * 2", NUMBERS),
    ("return x * 2 if x > 50 else x", NUMBERS),
    ("if x > 10**6:\n    raise ValueError('too large')\nreturn x * 2", NUMBERS),
    ("if x > 10**6:\n    raise KeyError(x)\ntry:\n    return {n: n for n in range(50)}[x]\n"
     "except KeyError:\n    return 0", NUMBERS),
    ("seen = set()\nfor n in range(x):\n    if n in seen:\n        raise ValueError(f'{n} twice')\n"
     "    seen.add(n)\nreturn len(seen)", NUMBERS),
    ("low, high = x - 1, x + 1\nif min(low, high) > 10**6 or abs(low) > 10**6:\n"
     "    raise ValueError(', '.join(sorted([str(low), str(high)])))\nreturn low * high", NUMBERS),
    ("parts = x.split(',')\nif len(parts) > 9 or '#' in parts:\n"
     "    raise ValueError(f'{parts[0]!r} of {len(parts)}')\nreturn parts[0]", TEXTS),
    ("for i, n in enumerate(x):\n    if str(n) in '#?':\n        raise KeyError(i, n)\n"
     "return x.upper()", TEXTS),
    ("rates = list(map(float, x))\nif any(rates) and min(rates) > 1e9:\n    raise ValueError\n"
     "return sum(rates)", SERIES),
    ("if x.isna().any() or len(x) != len(set(x.index)):\n    raise ValueError(len(x))\n"
     "return x * 2", SERIES),
    ("d = {n: n for n in range(9)}\nif x < 0 and d[x] > 3:\n    raise ValueError(d[x])\n"
     "return d[x % 9]", NUMBERS),
    ("y = next(n * 2 for n in [x])\nif y > 10**6:\n    raise ValueError(f'{y} is too much')\n"
     "return y", NUMBERS),
    ("for n in range(x, x + 3):\n    if n % 5 == 4:\n        return n * 2\n"
     "raise KeyError(f'none in {x + 3 - x}')", NUMBERS),
    ("if 10 <= x < 20 and x % 2:\n    return 0\nreturn x", NUMBERS),
    ("return (x * 2, x)[x // 51]", NUMBERS),
    ("return {0: 5, 1: 6}[x % 2]", NUMBERS),
    ("return {3: 4}.get(x, 0)", NUMBERS),
    ("return max(10, min(x, 50))", NUMBERS),
    ("total = 0\nfor i in range(x):\n    total += i\nreturn total", NUMBERS),
    ("for i in range(x):\n    if i > 50:\n        return 0\nreturn x", NUMBERS),
    ("try:\n    return 10 / x\nexcept ZeroDivisionError:\n    return 0.0", NUMBERS),
    ("match x:\n    case 3:\n        return 4\n    case _:\n        return x", NUMBERS),
    ("return sum(i * i for i in range(x) if i % 3)", NUMBERS),
    ("return (lambda n: n + 1 if n > 3 else n)(x)", NUMBERS),
    ("def up(n):\n    yield n\n    yield n + 1\nreturn sum(up(x))", NUMBERS),
    ("half = 1 / 2\nreturn x * half", NUMBERS),
    ("while x > 10:\n    x -= 3\nreturn x", NUMBERS),
    ("return (y := x + 1) * y", NUMBERS),
    ("n = 0\nwhile True:\n    n += 1\n    if n >= x:\n        return n", NUMBERS),
    ("return [n for n in range(x)][::-1]", NUMBERS),
    ("return Decimal(x) / 3", NUMBERS),
    ("return x.diff().fillna(0.0)", SERIES),
    ("return x.where(x > 1.5, 0.0)", SERIES),
    ("return x[x > 1.5] * 2", SERIES),
    ("return x.rolling(2).mean() if len(x) else x", SERIES),
    ("return np.minimum(x, 2.0)", SERIES),
    ("return x.iloc[::-1].reset_index(drop=True)", SERIES),
    ("return pd.Series(np.full(len(x), np.nan))", SERIES),
    ("return x.strip().upper() or 'none'", [" a", "", "b"]),
    ("return x.split(',')[0]", TEXTS),
    ("return f'{x:>5}' + x[:2]", [*TEXTS, "abc"]),
    ("return sum(map({3: 4}.get, [x], [0]))", NUMBERS),
    ("d = {n: n * n for n in range(x + 1)}\nreturn max(d, key=d.get)", NUMBERS),
    ("d = dict(zip('ab', [x, 50]))\nreturn sorted(d, key=d.get)[0]", NUMBERS),
    ("return sum(map(min, [x], [50]))", NUMBERS),
    ("return list(map(max, [[x, 50], (n for n in [9, x])]))", NUMBERS),
    ("return list(map(abs, [x - 50]))", NUMBERS),
    ("return min([x, 50]) + max((x, 30)) + min({x, 40})", NUMBERS),
    ("both = [x, 50]\nreturn min(both)", NUMBERS),
    ("return max(x, 50, key=lambda n: n)", NUMBERS),
    ("return sorted([x, 50, 70])[1]", NUMBERS),
    ("return sorted((x, 50), key=lambda n: -n, reverse=True)[0]", NUMBERS),
    ("xs = []\nlist(map(xs.append, [x]))\nreturn xs", NUMBERS),
    ("return list(map(x.count, 'ab'))", TEXTS),
    ("d = {}\nfor n in range(x):\n    d.setdefault(n % 9, []).append(n)\nreturn d", NUMBERS),
    ("d = {3: 4}\nreturn d.pop(x, 0)", NUMBERS),
    ("xs = [x, 4]\nreturn xs.pop(0)", NUMBERS),
    ("d = {3: 4}\nreturn list(map(d.setdefault, [x], [0]))", NUMBERS),
    ("return x.index", SERIES),
    ("f = x.iloc\nreturn f[::-1]", SERIES),
    ("return x if len(x) < 2 else x * np.maximum.reduce(x.values)", SERIES),
    ("return pd.Series(list(map(np.minimum, x, [2.0] * len(x))), dtype=float)", SERIES),
]  # fmt: skip


@pytest.mark.parametrize(("body", "inputs"), NEEDED)
def test_what_is_needed_is_not_told_and_does_the_same(
    body: str, inputs: Sequence[Any]
) -> None:
    results, missing = run(body, inputs)
    assert missing == []
    for mine, right in zip(results, plain(body, inputs), strict=True):
        if hasattr(right, "equals"):
            assert mine.equals(right)
        else:
            assert mine == right


UNNEEDED = [
    ("return x * 2 + (x > 1000)", NUMBERS, "`x > 1000` is never true"),
    ("return x * 2 if x < 1000 else 0", NUMBERS, "`x < 1000` is never false"),
    ("return x * 2 if 0 <= x < 1000 else 0", NUMBERS, "`x < 1000` is never false"),
    ("return 0 if x < 0 or x == 3 else x", NUMBERS, "`x < 0` is never true"),
    ("return 0 if not x < 1000 else x", NUMBERS, "`x < 1000` is never false"),
    ("if x.bit_length() > 9:\n    return 0\nreturn x", NUMBERS, "is never true"),
    ("return x + x // 1000", NUMBERS, "`x // 1000` has one and the same value"),
    ("return x % 1000", NUMBERS, "is never anything but `x`"),
    ("return x * 1", NUMBERS, "is never anything but `x`"),
    ("return min(x, 1000)", NUMBERS, "is never `1000`"),
    ("return max(0, x)", NUMBERS, "is never `0`"),
    ("return (x * 2, x, 0)[x // 51]", NUMBERS, "is never `0`"),
    ("t = [x, x + 1, 0]\nreturn t[x // 51]", NUMBERS, "is never `0`"),
    ("return x + sum(map({300: 4}.get, [x], [x]))", NUMBERS, "is never `300`"),
    ("f = {300: 4}.get\nreturn x + f(x, x)", NUMBERS, "is never `300`"),
    ("return max([x], key={x: x}.get)", NUMBERS, "is never `the default`"),
    ("return dict.get({300: 0}, x, x)", NUMBERS, "is never `300`"),
    ("return x + sum(map({300: 4}.setdefault, [x], [0]))", NUMBERS,
     "`{300: 4}.setdefault` has one and the same value"),
    ("return x + {300: 4}.setdefault(x, x)", NUMBERS, "is never anything but `x`"),
    ("return x + {300: 4}.pop(x, x)", NUMBERS, "is never anything but `x`"),
    ("return x + sum(map({300: 4}.pop, [x], [x]))", NUMBERS,
     "is never anything but `its second argument`"),
    ("return x + sum(map([300].count, [x]))", NUMBERS, "has one and the same value"),
    ("return sum(map(min, [x], [1000]))", NUMBERS, "is never `its second argument`"),
    ("f = max\nreturn f(0, x)", NUMBERS, "is never `its first argument`"),
    ("return sum(map(abs, [x]))", NUMBERS, "is never anything but `its first argument`"),
    ("return sum(map(np.fmax, x.values, [0.0] * len(x)))", SERIES,
     "is never anything but `its first argument`"),
    ("return min([x, 1000])", NUMBERS, "is never `1000`"),
    ("return min({x, 1000})", NUMBERS, "is never `1000`"),
    ("both = x, 1000\nreturn min(both)", NUMBERS, "is never `1000`"),
    ("return min(x, 1000, key=int)", NUMBERS, "is never `1000`"),
    ("return sorted([x, 1000])[0]", NUMBERS, "is never `1000`"),
    ("return sorted([x, 0], reverse=True)[0]", NUMBERS, "is never `0`"),
    ("return {1000: 0}.get(x, x)", NUMBERS, "is never `1000`"),
    ("t = {n: n + 1 for n in range(x)}\nreturn t.get(x, x)", NUMBERS,
     "is never `a key that is there`"),
    ("try:\n    return x * 7 // (x - 1000)\nexcept ZeroDivisionError:\n    return 0", NUMBERS,
     "`except ZeroDivisionError` never runs"),
    ("try:\n    {}[x]\n    return 0\nexcept KeyError:\n    return x * 2", NUMBERS,
     "the end of `{}[x]` never runs"),
    ("try:\n    return int('ten')\nexcept ValueError:\n    return x * 2", NUMBERS,
     "the end of `return int('ten')` never runs"),
    ("try:\n    if x > 50:\n        y = {}[x]\n    y = x\nexcept KeyError:\n    y = 0\nreturn y",
     NUMBERS, "the end of `y = {}[x]` never runs"),
    ("try:\n    if x > 1000:\n        raise KeyError\n    return {n: n for n in range(50)}[x]\n"
     "except KeyError:\n    return 0", NUMBERS, "`x > 1000` is never true"),
    ("def f(n):\n    if n > 1000:\n        raise StopIteration\n    return n + 1\n"
     "return sum(map(f, [x]))", NUMBERS, "`n > 1000` is never true"),
    ("match x:\n    case 1000:\n        return 0\nreturn x", NUMBERS, "`case 1000` never runs"),
    ("match x:\n    case n if n > 1000:\n        return 0\nreturn x", NUMBERS,
     "`n > 1000` is never true"),
    ("for i in range(1000):\n    if i >= x:\n        return i\nreturn 0", NUMBERS,
     "the end of `for i in range(1000)` never runs"),
    ("while x > 1000:\n    x -= 1\nreturn x", NUMBERS, "`x > 1000` is never true"),
    ("return sum(1 for i in range(x) if i < 1000)", NUMBERS, "`i < 1000` is never false"),
    ("return (lambda n: n if n < 1000 else 0)(x)", NUMBERS, "`n < 1000` is never false"),
    ("f = lambda n: n + 1\nreturn f(x) if x > 1000 else x", NUMBERS, "`x > 1000` is never true"),
    ("return 0 if (y := x) > 1000 else y", NUMBERS, "is never true"),
    ("d = {}\nif d.update(k=0 if x > 1000 else x):\n    raise ValueError\nreturn d['k']",
     NUMBERS, "`x > 1000` is never true"),
    ("it = iter([x, 0])\nif x > 1000 and next(it):\n    raise ValueError\nreturn next(it)",
     NUMBERS, "`x > 1000` is never true"),
    ("it = [n for n in (iter([x]),)]\nif x > 1000 and any(it[0]):\n    raise ValueError\n"
     "return sum(it[0])", NUMBERS, "`x > 1000` is never true"),
    ("its = []\nits.append(iter([x]))\nif x > 1000 and any(its[0]):\n    raise ValueError\n"
     "return sum(its[0])", NUMBERS, "`x > 1000` is never true"),
    ("x = iter([x])\nif 1000 in x:\n    raise ValueError\nreturn x", NUMBERS, "is never true"),
    ("xs = [x]\nif x > 1000:\n    raise ValueError(xs.pop())\nreturn xs", NUMBERS,
     "`x > 1000` is never true"),
    ("f = lambda: x\nif x > 1000:\n    raise ValueError(f())\nreturn f()", NUMBERS,
     "`x > 1000` is never true"),
    ("import time\nreturn 0 if time.time() > 1e12 else x", NUMBERS, "is never true"),
    ("return x.clip(upper=1000)", SERIES, "is never anything but `x`"),
    ("return x.head(1000)", SERIES, "is never anything but `x`"),
    ("return x.iloc[:1000]", SERIES, "is never anything but `x`"),
    ("return x.where(x < 1000)", SERIES, "`x < 1000` has one and the same value"),
    ("return x[~x.index.duplicated()]", SERIES, "has one and the same value"),
    ("return np.minimum(x, 1000)", SERIES, "is never anything but `x`"),
    ("return x.split('#')[0]", TEXTS, "is never anything but `x`"),
    ("return x[:100]", TEXTS, "is never anything but `x`"),
    ("return x.replace('#', '')", TEXTS, "is never anything but `x`"),
    ("return sorted(x)", [[1, 2], [3]], "is never anything but `x`"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "inputs", "told"), UNNEEDED)
def test_what_no_test_needs_is_told(
    body: str, inputs: Sequence[Any], told: str
) -> None:
    _, missing = run(body, inputs)
    assert any(told in why for why in missing), missing


def test_a_place_that_never_ran_is_told_so_first() -> None:
    point = Point(1, "a + b", RAN | CHANGED, ("a",))
    assert point.missing(0) == "`a + b` never runs"
    assert point.missing(RAN) == "`a + b` is never anything but `a`"
    assert point.missing(RAN | CHANGED) is None


def test_worker_and_trusted_side_mean_the_same_by_a_bit() -> None:
    from architect.gate.coverage import points

    for name in ("RAN", "TRUE", "FALSE", "VARIED", "CHANGED", "CHOSEN"):
        assert getattr(points, name) == getattr(observer, name)
    assert CHOSEN > CHANGED << 15
