"""The small specs of the corpus. For each the right answer is known, and so is a right body.

No hostile body can be right by accident: none computes what is asked.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from body_cases import EMA, FILL, MEANING, ORDER_STATUS, POSITION
from hostile_case import INT, PRICES, TEXT, Hostile

from core.spec import Spec
from core.spec_graph import SpecGraph, graph
from core.template_footer import render_module

EMA_BODY = "return prices.ewm(span=period, adjust=False).mean()\n"
BUY = {"symbol": "a", "side": "buy", "size": "2", "price": "3", "time_ms": 5}
SELL = {**BUY, "side": "sell", "time_ms": 7}
MIDNIGHT, ONE = "2024-01-01T00:00:00+00:00", "2024-01-01T01:00:00+00:00"
# Short, because the corpus has many bodies that never end.
LIMITS = {"time_ms": 60, "memory_mb": 128}

# signature -> (given, expected) pairs, the last one held back; a property; a right body.
ANSWERS: dict[str, tuple[list[tuple[Any, Any]], str, str]] = {
    INT: ([(3, 6), (5, 10)], "result == x * 2", "return x * 2"),
    TEXT: ([("ab", "ba!"), ("xyz", "zyx!")], "result == text[::-1] + '!'",
           'return text[::-1] + "!"'),
    PRICES: ([([1, 2], [3, 6]), ([4], [12])], "len(result) == len(prices)",
             "return prices * 3.0"),
    "fill: Fill -> str": ([(BUY, "buy a"), (SELL, "sell a")], "len(result) > 3",
                          'return f"{fill.side} {fill.symbol}"'),
    "fill: Fill -> Fill": ([(BUY, SELL | {"time_ms": 5}), (SELL, {**BUY, "time_ms": 7})],
                           "result.side != fill.side",
                           'side = "buy" if fill.side == "sell" else "sell"\n'
                           "return Fill(symbol=fill.symbol, side=side, size=fill.size, "
                           "price=fill.price, time_ms=fill.time_ms)"),
    "fill: Fill -> int": ([(BUY, 15), (SELL, 21)], "result == fill.time_ms * 3",
                          "return fill.time_ms * 3"),
    "at: datetime -> datetime": ([(MIDNIGHT, ONE), (ONE, "2024-01-01T02:00:00+00:00")],
                                 "result > at",
                                 "return at.fromtimestamp(at.timestamp() + 3600, at.tzinfo)"),
    "dates: list[datetime] -> list[bool]": (
        [([MIDNIGHT, ONE], [False, True]), ([ONE, MIDNIGHT], [True, False])],
        "len(result) == len(dates)", "return [at.hour == 1 for at in dates]"),
    "f: Frame -> Frame": ([({"a": [1]}, {"a": [3]}), ({"a": [2]}, {"a": [6]})],
                          "len(result) == len(f)", "return f * 3"),
    "d: Decimal -> str": ([("1.5", "D1.5"), ("2", "D2")], 'result[0] == "D"',
                          'return f"D{d}"'),
    "d: Decimal -> Decimal": ([("1.5", "3"), ("2", "4")], "result == d * 2", "return d * 2"),
}  # fmt: skip


@cache
def spec_of(
    signature: str,
    imports: tuple[str, ...],
    uses: tuple[str, ...],
    ports: tuple[str, ...],
) -> tuple[Spec, SpecGraph]:
    """Return the spec of a signature and the graph that it stands in."""
    left, _, returns = signature.partition(" -> ")
    name, _, kind = left.partition(": ")
    pairs, check, _ = ANSWERS[signature]
    examples: list[dict[str, Any]] = [
        {"given": {name: given}, "expect": expected} for given, expected in pairs
    ]
    examples[-1]["held_back"] = True
    # One port is enough, and no call of it is due.
    spec = Spec.model_validate(
        {
            "name": "subject",
            "kind": "action" if ports else "function",
            "intent": "What the corpus is tried on.",
            "params": {name: {"type": kind, **MEANING, **_domain(kind)}},
            "returns": {"type": returns, **MEANING},
            "imports": list(imports),
            "uses": list(uses),
            "ports": {name: name.title() for name in ports},
            "examples": examples,
            "properties": [
                {"name": "it is what is asked", "check": check, "cases": 20}
            ],
            "limits": LIMITS,
        }
    )
    others = [Spec.model_validate(d) for d in (FILL, POSITION, ORDER_STATUS, EMA)]
    return spec, graph({one.name: one for one in [*others, spec]})


def _domain(kind: str) -> dict[str, Any]:
    return {
        "int": {"range": [0, 100]},
        "Series": {"range": [1, 100], "size": [1, 8]},
        "Frame": {"range": [1, 100], "size": [1, 8]},
        "Decimal": {"range": [0, 100]},
        "datetime": {},
        "str": {"size": [1, 8]},
    }.get(kind, {})


def spec_for(row: Hostile) -> tuple[Spec, SpecGraph]:
    """Return the spec and graph of a row."""
    return spec_of(row.signature, row.imports, row.uses, row.ports)


def modules_for(row: Hostile) -> dict[str, str]:
    """Return the accepted modules that a row's spec uses."""
    _, known = spec_for(row)
    return {name: render_module(known.get(name), EMA_BODY) for name in row.uses}
