"""What the account loses if every stop is hit: open risk, from the exchange's own rows.

Measured from the mark to the stop. What no stop covers is at risk whole. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from core.trading.gateway.adapter import Row
from core.trading.gateway.order import Order
from core.trading.ports import STOP_SUFFIX

ZERO = Decimal(0)
_STOPS = frozenset({"stop", "trailing_stop"})


def open_risk_usd(
    positions: Sequence[Row], orders: Sequence[Row], marks: Mapping[str, Decimal]
) -> Decimal:
    """Return the risk of positions and of entries that rest, in USD.

    Rows are Position and OpenOrder rows; marks are mark prices by symbol.
    """
    entries = [row for row in orders if not row["reduce_only"]]
    # A stop that waits for its entry covers nothing that is held already.
    waiting = {row["client_id"] + STOP_SUFFIX for row in entries if row["client_id"]}
    stops = [row for row in orders if is_stop(row)]
    covers = [row for row in stops if row["client_id"] not in waiting]
    by_id = {row["client_id"]: row for row in stops}
    held = [_position_risk(row, covers, _mark(row, marks)) for row in positions]
    resting = [
        _resting_risk(
            row,
            by_id.get(row["client_id"] + STOP_SUFFIX) if row["client_id"] else None,
            _mark(row, marks),
        )
        for row in entries
    ]
    return sum(held, ZERO) + sum(resting, ZERO)


def order_risk_usd(order: Order, mark: Decimal) -> Decimal:
    """Return what an order adds to the open risk at most."""
    prices = [mark, order.limit_price, order.stop_price]
    return _entry_risk(order.side, order.size, prices, order.protect_price)


def _resting_risk(row: Row, stop: Row | None, mark: Decimal) -> Decimal:
    """Return the risk of an entry that rests: its stop may be smaller than what is left."""
    prices = [mark, row["limit_price"], row["stop_price"]]
    left: Decimal = row["size"] - row["filled"]
    if stop is None:
        return _entry_risk(row["side"], left, prices, None)
    covered = min(left, stop["size"] - stop["filled"])
    bare = _entry_risk(row["side"], left - covered, prices, None)
    return bare + _entry_risk(row["side"], covered, prices, stop["stop_price"])


def _entry_risk(
    side: str, size: Decimal, prices: Sequence[Decimal | None], stop: Decimal | None
) -> Decimal:
    """Return the risk of an entry with a stop, the whole of it without one.

    It counts from the worst of its prices: a buy pays up to it, a sell takes down to it.
    """
    known = [price for price in prices if price is not None]
    if stop is None:
        return size * max(known)
    worst = max(known) if side == "buy" else min(known)
    return size * abs(worst - stop)


def _position_risk(row: Row, stops: Sequence[Row], mark: Decimal) -> Decimal:
    long, risk = row["size"] > 0, ZERO
    left: Decimal = abs(row["size"])
    mine = [
        stop
        for stop in stops
        if stop["symbol"] == row["symbol"] and (stop["side"] == "sell") == long
    ]
    for stop in sorted(mine, key=lambda s: s["stop_price"], reverse=long):
        covered = min(left, stop["size"] - stop["filled"])
        distance = mark - stop["stop_price"] if long else stop["stop_price"] - mark
        risk += covered * max(ZERO, distance)
        left -= covered
    return risk + left * mark


def is_stop(row: Row) -> bool:
    """Tell whether an OpenOrder row is a stop that only reduces, at any price."""
    priced = row["stop_price"] is not None and row["limit_price"] is None
    return bool(row["reduce_only"] and row["kind"] in _STOPS and priced)


def _mark(row: Row, marks: Mapping[str, Decimal]) -> Decimal:
    own = [
        row[key] for key in ("entry_price", "limit_price", "stop_price") if row.get(key)
    ]
    # Of a symbol that we do not trade there is no mark; its own price must do.
    return marks.get(row["symbol"]) or (max(own) if own else ZERO)
