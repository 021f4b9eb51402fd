"""Small specs that the tests of the gate judge right and wrong bodies of."""

from __future__ import annotations

from core.spec import Spec
from core.spec_graph import SpecGraph, graph
from core.spec_text import parse_spec
from core.template_footer import render_module

TEXTS = {
    "clamp": """
name: clamp
kind: function
intent: The nearest value that lies within the bounds.
params:
  value: {type: int, meaning: any number, range: [-100, 100]}
  low: {type: int, meaning: lower bound, range: [-100, 100]}
  high: {type: int, meaning: upper bound, range: [-100, 100]}
returns: {type: int, meaning: the value or the bound that it passes}
requires: [low <= high, value > -1000]
ensures: [low <= result <= high]
examples:
  - given: {value: 5, low: 0, high: 3}
    expect: 3
  - given: {value: 77, low: -70, high: 70}
    expect: 70
    held_back: true
properties:
  - name: it keeps what is inside
    check: result == value or not low <= value <= high
  - name: it stays when done again
    check: call(value=result) == result
""",
    "running_mean": """
name: running_mean
kind: indicator
intent: Mean of all closes so far.
params:
  close: {type: Series, unit: USD, meaning: closing prices, range: [1, 1000], size: [0, 40]}
returns: {type: Series, unit: USD, meaning: one value a candle}
ensures: [len(result) == len(close)]
examples:
  - given: {close: [2, 4]}
    expect: [2, 3]
  - given: {close: [4, null, 8]}
    expect: [4, 4, 6]
  - given: {close: [5]}
    expect: [5]
    held_back: true
""",
    "fee": """
name: fee
kind: function
intent: Fee of a trade.
params:
  notional: {type: Decimal, unit: USD, meaning: size of the trade, range: [0, 1000000]}
  rate_frac: {type: Decimal, meaning: fee rate, default: 0.0005, range: [0, 0.01]}
returns: {type: Decimal, unit: USD, meaning: what is paid}
ensures: [result >= 0]
examples:
  - given: {notional: 1000}
    expect: 0.5
  - given: {notional: 431, rate_frac: 0.01}
    expect: 4.31
    held_back: true
properties:
  - name: it is proportional
    check: call(notional=notional * 2) == result * 2
    cases: 20
""",
    "round_trip": """
name: round_trip
kind: function
intent: Fee of going in and out again.
params:
  notional: {type: Decimal, unit: USD, meaning: size of one trade, range: [0, 1000000]}
returns: {type: Decimal, unit: USD, meaning: what is paid for both}
uses: [fee]
examples:
  - given: {notional: 1000}
    expect: 1
  - given: {notional: 3}
    expect: 0.003
    held_back: true
properties:
  - name: it is two fees
    check: result == fee(notional) * 2
""",
    "halve": """
name: halve
kind: function
intent: Half of a number.
params:
  x: {type: float, meaning: any number, range: [-1000, 1000]}
returns: {type: float, meaning: its half}
imports: [numpy]
examples:
  - given: {x: 3}
    expect: 1.5
  - given: {x: 8}
    expect: 4
    held_back: true
properties:
  - name: twice is the number
    check: result * 2 == x
""",
    "top_names": """
name: top_names
kind: function
intent: The names with the highest score, best first, ties by name.
params:
  scores: {type: "dict[str, int]", meaning: score by name, range: [0, 3], size: [0, 6]}
  count: {type: int, meaning: how many at most, range: [0, 5]}
  before: {type: "list[str]", meaning: names left out, default: []}
returns: {type: "list[str]", meaning: the names}
requires: [count >= 0]
ensures: [len(result) <= count]
examples:
  - given: {scores: {b: 1, a: 1, c: 2}, count: 2}
    expect: [c, a]
  - given: {scores: {q: 3, p: 2, o: 2}, count: 3, before: [q]}
    expect: [o, p]
    held_back: true
properties:
  - name: no name twice, none that is left out
    check: unique(result) and not set(result) & set(before)
""",
    "send_once": """
name: send_once
kind: action
intent: Send an order unless the exchange has it already; say its status.
params:
  client_id: {type: str, meaning: the order's id}
ports: {exchange: Exchange}
returns: {type: str, meaning: "open, or unknown"}
imports: [core.errors.OutcomeUnknown]
examples:
  - name: it is there
    given: {client_id: a-1}
    ports:
      exchange:
        - {method: order, args: {client_id: a-1}, returns: {status: open}}
    expect: open
  - name: it is not there
    given: {client_id: a-2}
    ports:
      exchange:
        - {method: order, args: {client_id: a-2}, returns: null}
        - {method: cancel, args: {client_id: a-2}, returns: null}
    expect: unknown
  - name: nobody knows
    given: {client_id: a-3}
    ports:
      exchange:
        - {method: order, args: {client_id: a-3}, raises: OutcomeUnknown}
    expect: unknown
    held_back: true
""",
    "order_status": """
name: order_status
kind: record
intent: What is known of an order.
fields:
  status: {type: 'Literal["open", "filled"]', meaning: how it stands}
""",
}

BODIES = {
    "clamp": "return max(low, min(value, high))\n",
    "running_mean": "return close.expanding().mean()\n",
    "fee": "return notional * rate_frac\n",
    "round_trip": "return fee(notional) + fee(notional)\n",
    "halve": "return x / 2\n",
    "top_names": (
        "names = [name for name in scores if name not in before]\n"
        "return sorted(names, key=lambda name: (-scores[name], name))[:count]\n"
    ),
    "send_once": (
        "try:\n"
        "    known = exchange.order(client_id)\n"
        "except OutcomeUnknown:\n"
        '    return "unknown"\n'
        "if known is not None:\n"
        "    return known.status\n"
        "exchange.cancel(client_id=client_id)\n"
        'return "unknown"\n'
    ),
}


def spec(name: str) -> Spec:
    """Return one of the small specs."""
    return parse_spec(TEXTS[name], name)


GRAPH: SpecGraph = graph({name: spec(name) for name in TEXTS})


def modules(*names: str) -> dict[str, str]:
    """Return the right module texts of these specs."""
    return {name: render_module(GRAPH.get(name), BODIES[name]) for name in names}
