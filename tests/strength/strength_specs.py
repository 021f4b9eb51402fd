"""A spec that leaves much open, one that does not, and bodies with a catch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from architect.strength.strength import Strength
from core.spec_graph import SpecGraph, graph
from core.spec_text import load_spec, parse_spec
from core.template_footer import render_module

TEXTS = {
    # One point of the line: a great many other lines go through it.
    "weak_fee": """
name: weak_fee
kind: function
intent: What a trade costs.
params:
  size: {type: int, meaning: how many, range: [0, 50]}
  price: {type: int, unit: USD, meaning: of one, range: [0, 50]}
returns: {type: int, unit: USD, meaning: what is paid}
examples:
  - given: {size: 2, price: 2}
    expect: 5
  - given: {size: 2, price: 2}
    expect: 5
    held_back: true
""",
    "strong_fee": """
name: strong_fee
kind: function
intent: What a trade costs.
params:
  size: {type: int, meaning: how many, range: [0, 50]}
  price: {type: int, unit: USD, meaning: of one, range: [0, 50]}
returns: {type: int, unit: USD, meaning: what is paid}
examples:
  - given: {size: 2, price: 3}
    expect: 7
  - given: {size: 10, price: 7}
    expect: 71
    held_back: true
properties:
  - name: one more costs the price
    check: call(size=size + 1) == result + price
""",
    "steps_down": """
name: steps_down
kind: function
intent: How many steps it is down to zero.
params:
  start: {type: int, meaning: where it begins, range: [0, 20]}
returns: {type: int, meaning: steps}
limits: {time_ms: 50}
examples:
  - given: {start: 3}
    expect: 3
  - given: {start: 0}
    expect: 0
    held_back: true
""",
    "larger": """
name: larger
kind: function
intent: The larger of two.
params:
  a: {type: int, meaning: one, range: [0, 9]}
  b: {type: int, meaning: the other, range: [0, 9]}
returns: {type: int, meaning: the larger}
examples:
  - given: {a: 1, b: 2}
    expect: 2
  - given: {a: 5, b: 4}
    expect: 5
    held_back: true
""",
    # Whoever forgets the copy gives the same list, and has changed the caller's.
    "with_last": """
name: with_last
kind: function
intent: The items with one more behind them.
params:
  items: {type: "list[int]", meaning: any, range: [0, 9], size: [0, 5]}
  last: {type: int, meaning: what comes last, range: [0, 5]}
returns: {type: "list[int]", meaning: one more}
examples:
  - given: {items: [3, 1, 2], last: 2}
    expect: [3, 1, 2, 2]
  - given: {items: [], last: 1}
    expect: [1]
    held_back: true
""",
    # The port never has the order in its examples: nobody sees whether it is cancelled.
    "cancel_it": """
name: cancel_it
kind: action
intent: Cancel an order if the exchange has it; say whether it had.
params:
  client_id: {type: str, meaning: the order's id}
ports: {exchange: Exchange}
returns: {type: bool, meaning: whether the exchange had it}
examples:
  - given: {client_id: a-2}
    ports:
      exchange:
        - {method: order, args: {client_id: a-2}, returns: null}
    expect: false
  - given: {client_id: a-3}
    ports:
      exchange:
        - {method: order, args: {client_id: a-3}, returns: null}
    expect: false
    held_back: true
""",
}
BODIES = {
    "weak_fee": "return size * price + 1\n",
    "strong_fee": "return size * price + 1\n",
    "steps_down": (
        "steps = 0\n"
        "while start > 0:\n"
        "    start, steps = start - 1, steps + 1\n"
        "return steps\n"
    ),
    "larger": "return a if a > b else b\n",
    "with_last": "longer = list(items)\nlonger.append(last)\nreturn longer\n",
    "cancel_it": (
        "known = exchange.order(client_id)\n"
        "if known is not None:\n"
        "    exchange.cancel(client_id)\n"
        "return known is not None\n"
    ),
}
SPECS = Path(__file__).resolve().parents[2] / "specs/trading"
RECORDS = {
    name: load_spec(SPECS / f"{name}.yaml")
    for name in ("order_request", "order_status")
}
GRAPH: SpecGraph = graph(
    {**RECORDS, **{name: parse_spec(text, name) for name, text in TEXTS.items()}}
)
Measure = Callable[[str], Strength]
MODULES = {n: render_module(GRAPH.get(n), body) for n, body in BODIES.items()}
