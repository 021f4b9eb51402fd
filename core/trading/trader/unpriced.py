"""What is held and has no price or no listing: its worth and its risk cannot be told.

A person may hold what the gateway was not told of, and a market may be suspended, not to be
traded at the moment or not listed any more. Exits of all else go on; nothing is entered beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.trading.trader.books import Books
from core.trading.trader.market import Market


@dataclass
class Unpriced:
    """Says which symbols are held, by us or by the exchange, that no ticker or no
    instrument tells of.
    """

    market: Market
    books: Books
    tell: Callable[..., None]

    def tell_unlisted(self, symbols: Iterable[str]) -> None:
        """Name those of the symbols to be traded that are not listed."""
        if unlisted := set(symbols).difference(self.market.instruments):
            text = "is not listed, or not among GATEWAY_SYMBOLS: it is not traded"
            self._tell("symbols", f"{_names(unlisted)} {text}")

    def tell_gone(self) -> None:
        """Name the symbols that were listed and have no price now, held or not."""
        if gone := set(self.market.instruments).difference(self.market.tickers):
            text = f"no price is told of {_names(gone)}: nothing is entered in it"
            self._tell("prices", text)

    def tell_late(self, symbols: Iterable[str]) -> None:
        """Name the symbols whose candle has closed and is not told yet."""
        if late := [*symbols]:
            text = f"the candle that has closed is not told yet: {', '.join(late)}"
            self._tell("candles", text)

    def _tell(self, part: str, text: str) -> None:
        self.tell("trouble", part=part, error=text)

    @property
    def symbols(self) -> list[str]:
        """Those symbols."""
        held = {*self.books.positions, *self.books.held}
        known = self.market.tickers.keys() & self.market.instruments.keys()
        return sorted(held.difference(known))

    def reason(self) -> str:
        """Say why nothing may be entered, empty if all that is held has a price."""
        symbols = self.symbols
        unlisted = [s for s in symbols if s not in self.market.instruments]
        foreign = [s for s in unlisted if s not in self.market.tickers]
        if foreign:
            return (
                f"{_names(foreign)} is held and not among the symbols that are traded"
                " here: close it, or add it to GATEWAY_SYMBOLS"
            )
        if unlisted:
            return (
                f"{_names(unlisted)} is held and may not be traded at the moment: its stop"
                " and its exits are looked after again once it may"
            )
        if symbols:
            return (
                f"{_names(symbols)} is held and the exchange tells no price of it"
                " (suspended, or not listed any more): close it there, or wait"
            )
        return ""


def _names(symbols: Iterable[str]) -> str:
    return ", ".join(sorted(symbols))
