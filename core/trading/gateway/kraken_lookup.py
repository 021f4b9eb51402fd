"""Finds one order by its client id, wherever the exchange keeps it now.

Five sources in the order in which an order moves through them: what rests, what ended
seconds ago, the fills, the history of orders and that of triggers. "Never got it" is
said only when all were read, because a second order hangs on that answer. Cancelling
and placing are not done here.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.errors import ExchangeUnavailable
from core.trading.gateway.adapter import Row
from core.trading.gateway.answers import Node
from core.trading.gateway.ccxt_calls import Calls
from core.trading.gateway.kraken_fills import fill_rows
from core.trading.gateway.kraken_history import Event, event, event_row, size
from core.trading.gateway.kraken_orders import recent, resting, status_of
from core.trading.gateway.order_state import state, weighed

# How far back an order is looked for: outcomes are asked after within minutes.
LOOKBACK_MS = 48 * 3_600_000
# How far its fills are: at 25 tokens a page, 48 hours of a busy account could never be
# read. What is older stands in the history, but for its price.
_FILLS_MS = 2 * 3_600_000
_PAGE, _PAGES_MAX = 1000, 50


class OrderLookup:
    """Looks orders up; `calls` are those of one account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def open_orders(self) -> list[Row]:
        """Return all resting orders."""
        answer = self._calls.read("privateGetOpenorders")
        return [resting(row) for row in answer.rows("openOrders")]

    def events(self, since_ms: int) -> list[Row]:
        """Return OrderEvent fields at or after since_ms, oldest first."""
        rows = [event_row(e) for e in self._events(since_ms) if e.time_ms >= since_ms]
        # Pages overlap by a millisecond, and a repeat says nothing new.
        once = {tuple(row.values()): row for row in rows}
        return sorted(once.values(), key=lambda row: int(row["time_ms"]))

    def find(self, client_id: str) -> Row | None:
        """Return OrderStatus fields; None if no source of the last 48 hours has it."""
        found = self._open(client_id) or self._recent(client_id)
        if found is not None:
            return self._priced(found, client_id) if found["filled"] else found
        fills = self._fills(client_id)
        events = _of_one([*self._events(self._since_ms(LOOKBACK_MS), client_id)])
        if fills or events:
            return self._ended(client_id, fills, events)
        return None

    def _open(self, client_id: str) -> Row | None:
        found = _only(client_id, self.open_orders())
        return None if found is None else status_of(found)

    def _recent(self, client_id: str) -> Row | None:
        # A plain text, not a list: ccxt would sign a list's Python form.
        answer = self._calls.read("privateGetOrdersStatus", {"cliOrdIds": client_id})
        rows = [recent(row) for row in answer.rows("orders")]
        # One that was refused may have left its id to another.
        return _only(client_id, sorted(rows, key=lambda r: r["status"] == "rejected"))

    def _fills(self, client_id: str) -> list[Row]:
        rows = fill_rows(self._calls, self._since_ms(_FILLS_MS))
        return [row for row in rows if row["client_id"] == client_id]

    def _since_ms(self, back_ms: int) -> int:
        return max(0, self._calls.clock.now_ms() - back_ms)

    def _events(self, since_ms: int, client_id: str | None = None) -> Iterator[Event]:
        # Triggers first: one that wakes becomes an order in the same millisecond.
        for method in ("historyGetTriggers", "historyGetOrders"):
            for page in self._pages(method, since_ms):
                read = (event(element, client_id) for element in page)
                yield from (e for e in read if e is not None)

    def _pages(self, method: str, since_ms: int) -> Iterator[list[Node]]:
        request: dict[str, int | str]
        request = {"since": since_ms, "sort": "asc", "count": _PAGE}
        for _ in range(_PAGES_MAX):
            answer = self._calls.history(method, request)
            page = answer.rows("elements")
            yield page
            if answer.has("continuationToken"):
                request["continuation_token"] = answer.text("continuationToken")
            elif len(page) < _PAGE:
                return
            else:
                newest = max(element.time_ms("timestamp") for element in page)
                if newest == request["since"]:
                    raise answer.refuse(f"pages on end at {newest}")
                request["since"] = newest
        raise ExchangeUnavailable(f"{method}: more than {_PAGES_MAX} pages")

    def _priced(self, found: Row, client_id: str) -> Row:
        """Add the average price, when the fills account for all that is filled."""
        filled, average = _executed(self._fills(client_id))
        return {
            **found,
            "average_price": average if filled == found["filled"] else None,
        }

    def _ended(self, client_id: str, fills: list[Row], events: list[Event]) -> Row:
        if not fills and not any(e.ends for e in events):
            # It may have come to rest after the first look.
            again = self._open(client_id)
            if again is not None:
                return again
            if not any(e.filled for e in events):
                raise ExchangeUnavailable(
                    f"order {client_id} was placed, and its end is not told yet",
                    hint="ask again",
                )
        return _from_history(client_id, fills, events)


def _of_one(events: list[Event]) -> list[Event]:
    """Leave out orders that were refused where another had the id after them."""
    refused = {e.order_id for e in events if e.rejects}
    return [e for e in events if e.order_id not in refused] or events[-1:]


def _only(client_id: str, rows: list[Row]) -> Row | None:
    return next((row for row in rows if row["client_id"] == client_id), None)


def _executed(fills: list[Row]) -> tuple[Decimal, Decimal | None]:
    return weighed([(row["size"], row["price"]) for row in fills])


def _from_history(client_id: str, fills: list[Row], events: list[Event]) -> Row:
    filled, average = _executed(fills)
    told = max((e.filled for e in events), default=Decimal(0))
    if told > filled:
        filled, average = told, None
    ordered = size(events) or filled
    end = next((e for e in events if e.ends), None)
    source = fills[0] if fills else _named(events[0])
    return {
        "client_id": client_id,
        "order_id": source["order_id"],
        "symbol": source["symbol"],
        "side": source["side"],
        "status": _ended_state(ordered, filled, end),
        "size": ordered,
        "filled": filled,
        "average_price": average,
        "reason": end.reason if end else "",
    }


def _ended_state(ordered: Decimal, filled: Decimal, end: Event | None) -> str:
    if end is not None and end.rejects:
        return "rejected"
    return state(ordered, filled, ended=True)


def _named(e: Event) -> Row:
    return {"order_id": e.order_id, "symbol": e.symbol, "side": e.side}
