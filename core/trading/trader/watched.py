"""The exchange port with an eye on each order: what was sent, at which price, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.errors import ExchangeError, OutcomeUnknown
from core.trading.ports import Exchange

# Entries and exits. Stops and takes that rest at the exchange are judged by their fills.
JUDGED = ("market", "ioc")


@dataclass
class Sent:
    """One order that was sent. `mark_price` is that of the decision, USD.

    `status` is None until the exchange has told; `error` is the last it gave instead.
    """

    order: Any
    mark_price: Decimal | None
    status: Any = None
    error: ExchangeError | None = None

    @property
    def unknown(self) -> bool:
        """Tell whether nobody knows what became of it."""
        return self.status is None and isinstance(self.error, OutcomeUnknown)


class WatchedExchange:
    """Passes everything on; `sent` holds the orders that are not judged yet, by client id."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._marks: dict[str, Decimal] = {}
        self.sent: dict[str, Sent] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def tickers(self) -> list[Any]:
        """Return one ticker for each tradeable perpetual."""
        found = self._exchange.tickers()
        self._marks.update((ticker.symbol, ticker.mark_price) for ticker in found)
        return found

    def place(self, order: Any) -> Any:
        """Send one order. OutcomeUnknown: ask `order` before anything is sent again."""
        sent = Sent(order, self._marks.get(order.symbol))
        if order.kind in JUDGED:
            self.sent[order.client_id] = sent
        try:
            sent.status = self._exchange.place(order)
        except ExchangeError as error:
            sent.error = error
            raise
        return sent.status

    def order(self, client_id: str) -> Any:
        """Return what the exchange knows of an order, None if it never got it."""
        status = self._exchange.order(client_id)
        if (sent := self.sent.get(client_id)) is not None and sent.status is None:
            sent.status = status
            if status is None and sent.unknown:
                del self.sent[client_id]  # it never got there: nothing became of it
        return status
