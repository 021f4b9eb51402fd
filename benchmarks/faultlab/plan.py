"""What goes wrong in one run, and when: all of it drawn from the run's seed.

Faults go to the paper exchange at a candle, as does money that its owner pays in or takes
out; a SIGKILL strikes a process at a call that it makes to the exchange, before it is
carried out or after, or a moment after a candle. Some wait for a call that changes an
order: of all calls few do, and those are the ones that must not be done twice.
The last candles are quiet, so that what is judged at the end is what recovery left.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from core.trading.paper.reach import FILLED
from core.trading.paper.refusals import CANCEL, EDIT, SEND

QUIET = 12
# So many candles late fills are shown at most.
LATEST = 3
_READS = ("fills", "openpositions", "openorders", "accounts", "account-log", "tickers")
# Of new orders what the exchange says anywhere, of what rests what it says there.
REFUSALS = {
    "sendorder": SEND,
    "batchorder": SEND,
    "editorder": EDIT,
    "cancelorder": CANCEL,
}
_ORDERS = tuple(REFUSALS)
_ANYWHERE = ("http_500", "http_502", "http_503", "http_504", "html_200")
# Seconds of real time; the gateway waits for two. Few are longer, for nothing goes on then.
_SLOW_S, _TOO_SLOW_S = (0.02, 0.1, 0.4), 2.3


@dataclass(frozen=True, slots=True)
class Kill:
    """A SIGKILL of `who` in a candle. `call` is how many of its calls come first.

    `after` says whether that call is carried out; `call` None kills it `delay_ms` after
    the candle began, wherever it is then. With `match` only calls of that endpoint are
    counted, over as many candles as it takes, and `further` are those of any kind that
    come between the one counted last and the end.
    """

    who: str
    call: int | None
    after: bool
    delay_ms: int
    away_candles: int
    match: str = ""
    further: int = 0


@dataclass
class Plan:
    """The faults, kills and transfers (USD) of one run, by the number of the candle."""

    seed: int
    faults: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    kills: dict[int, Kill] = field(default_factory=dict)
    order_kills: dict[int, Kill] = field(default_factory=dict)
    transfers: dict[int, str] = field(default_factory=dict)


def draw(seed: int, candles: int) -> Plan:
    """Return the plan of one run of so many candles."""
    rng = random.Random(f"faults:{seed}")
    plan = Plan(seed)
    for number in range(2, candles - QUIET):
        if rng.random() < 0.12:
            plan.faults[number] = [_fault(rng) for _ in range(rng.choice((1, 1, 2, 3)))]
    for number in rng.sample(range(5, candles - QUIET), rng.randint(2, 5)):
        plan.kills[number] = _kill(rng)
    # Drawn apart: a seed's faults stay those that they were.
    rng = random.Random(f"transfers:{seed}")
    for number in rng.sample(range(2, candles - QUIET), rng.randint(0, 3)):
        plan.transfers[number] = (
            f"{rng.choice((-1, 1, 1)) * rng.randint(1, 60_000) / 100}"
        )
    rng = random.Random(f"slow:{seed}")
    for number in range(2, candles - QUIET):
        if rng.random() < 0.02:
            plan.faults.setdefault(number, []).append(_slow(rng))
    rng = random.Random(f"positions:{seed}")
    for number in range(2, candles - QUIET):
        if rng.random() < 0.1:
            plan.faults.setdefault(number, []).append(_late_positions(rng))
    rng = random.Random(f"older:{seed}")
    for number in range(2, candles - QUIET):
        if rng.random() < 0.1:
            late = _late_positions(rng) | {"older": True}
            plan.faults.setdefault(number, []).append(late)
    rng = random.Random(f"log:{seed}")
    for number in range(2, candles - QUIET):
        if rng.random() < 0.1:
            plan.faults.setdefault(number, []).append(_late_log(rng))
    # Seldom: it ends every trade of its moment, so that other faults find less to strike.
    rng = random.Random(f"liquidation:{seed}")
    if rng.random() < 0.3:
        number = rng.randrange(2, candles - QUIET)
        skip = rng.randrange(30)
        fault = {"name": "liquidation", "match": "*", "skip": skip}
        plan.faults.setdefault(number, []).append(fault)
    rng = random.Random(f"order kills:{seed}")
    for number in rng.sample(range(2, candles - QUIET), rng.randint(2, 4)):
        plan.order_kills[number] = _order_kill(rng)
    return plan


def _late_positions(rng: random.Random) -> dict[str, Any]:
    match, times = "openpositions", rng.choice((1, 1, 2, 4))
    return {"name": "late_positions", "match": match, "times": times}


def _late_log(rng: random.Random) -> dict[str, Any]:
    match, times = "account-log", rng.choice((1, 1, 2, 4))
    return {"name": "late_log", "match": match, "times": times}


def _slow(rng: random.Random) -> dict[str, Any]:
    delay_s = _TOO_SLOW_S if rng.random() < 0.1 else rng.choice(_SLOW_S)
    match = rng.choice((*_ORDERS, *_READS))
    return {"name": "slow", "match": match, "delay_s": delay_s}


def _kill(rng: random.Random) -> Kill:
    who = rng.choice(("trader", "trader", "gateway"))
    call = rng.randint(1, 14) if rng.random() < 0.75 else None
    away = rng.choice((0, 0, 1, 3, 12)) if who == "trader" else 0
    return Kill(who, call, rng.random() < 0.5, rng.randint(0, 12), away)


def _order_kill(rng: random.Random) -> Kill:
    """At an entry with its stop most of all: what is doubled or naked comes from there."""
    match = rng.choice(("batchorder", *_ORDERS))
    who = rng.choice(("trader", "gateway"))
    away = rng.choice((0, 0, 1, 3)) if who == "trader" else 0
    further = rng.choice((0, 0, 0, 1, 2, 6))
    call = rng.choice((1, 1, 2, 3))
    return Kill(who, call, rng.random() < 0.5, 0, away, match, further)


def _fault(rng: random.Random) -> dict[str, Any]:
    kind = rng.randrange(10)
    times = rng.choice((1, 1, 2, 4))
    order, read = rng.choice(_ORDERS), rng.choice(_READS)
    anywhere = rng.choice((order, read, "*"))
    skip = rng.randrange(4)
    if kind <= 1:
        return {"name": "reply_lost_after_accept", "match": order}
    if kind == 2:
        after = rng.random() < 0.5
        name = rng.choice(_ANYWHERE)
        return {"name": name, "match": anywhere, "times": times, "after": after}
    if kind == 3:
        status, only = rng.choice(REFUSALS[order]), rng.choice(("", "stop", "entry"))
        part = {"only": only} if order == "batchorder" else {}
        return {
            "name": "reject",
            "match": order,
            "status": status,
            "times": times,
        } | part
    if kind == 4:
        order, share = rng.choice(FILLED), rng.choice(("0.3", "0.5", "0.9"))
        return {"name": "partial_fill", "match": order, "share": share}
    if kind == 5:
        late = {
            "name": "late_fills",
            "match": "fills",
            "candles": rng.randint(1, LATEST),
        }
        twice = {"name": "duplicated_fills", "match": "fills"}
        return {**rng.choice((late, twice)), "times": rng.randint(1, 6)}
    if kind == 6:
        status = rng.choice((200, 429))
        return {"name": "rate_limit", "match": anywhere, "status": status, "skip": skip}
    if kind == 7:
        skew = rng.choice((-30_000, 90_000, 600_000))
        return {"name": "clock_skew", "skew_ms": skew, "times": times}
    if kind == 8:
        return {"name": "restart_lost_orders", "match": anywhere, "skip": skip}
    name = rng.choice(("connection_lost", "http_503", "html_200"))
    return {"name": name, "match": anywhere, "skip": skip, "times": times}
