"""Round trips that were over before there was a trade: an entry that was taken back at once,
or one of unknown fate whose stop was reached before anybody knew of it.

They cost fees and a spread. Without a row of their own the trades would tell of more money
than is there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.trading.ports import TAKEN_BACK
from core.trading.trader.books import Totals
from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)
# Candles for which fills may be shown late.
PATIENCE = 12


@dataclass
class _Loose:
    """Fills of a symbol without a trade, and its sums before them; for so many candles
    more they are waited for.
    """

    base: Totals
    fills: list[Any] = field(default_factory=list)
    purposes: list[str] = field(default_factory=list)
    is_new: bool = True
    patience: int = PATIENCE


@dataclass
class Untold:
    """Keeps fills that no trade counts, by symbol, until a trade does or they end flat."""

    _loose: dict[str, _Loose] = field(default_factory=dict)

    def expect(self, symbol: str, base: Totals) -> None:
        """An entry was taken back, or nobody knows what became of it; `base` are the sums
        before it. Its fees may be told before its fills are shown.
        """
        self._loose.setdefault(symbol, _Loose(base))

    def never_came(self, symbol: str) -> None:
        """Expect no fills of an entry any more: it filled nothing."""
        if symbol in self._loose and not self._loose[symbol].fills:
            del self._loose[symbol]

    def waits(self, symbol: str) -> bool:
        """Tell whether fills of a symbol are waited for that no trade is to count."""
        return symbol in self._loose

    def note(self, fill: Any, before: Mapping[str, Totals], purpose: str) -> None:
        """Keep a fill of a symbol without a trade; `before` are the sums before it, and
        `purpose` is that of its order.

        A round trip of ours begins with an entry: others' are not ours to tell, and what is
        shown late of a trade that has ended is none.
        """
        if fill.symbol not in self._loose:
            if purpose != "entry":
                return
            base = before.get(fill.symbol) or Totals()
            self._loose[fill.symbol] = _Loose(base)
        loose = self._loose[fill.symbol]
        loose.fills.append(fill)
        loose.purposes.append(purpose)
        loose.is_new = True

    def over(
        self, traded: Collection[str], held: Collection[str]
    ) -> list[tuple[OpenTrade, int]]:
        """Return those that are over as trades, with when they ended, UTC ms.

        One is left a candle longer than its last fill, for its fees may be told later.
        """
        found = []
        for symbol, loose in list(self._loose.items()):
            if symbol in traded:
                del self._loose[symbol]  # they are its entry
            elif not loose.fills:
                loose.patience -= 1
                if not loose.patience:
                    del self._loose[symbol]
            elif symbol not in held and not loose.is_new:
                del self._loose[symbol]
                if (trade := _trade(loose)) is not None:
                    found.append((trade, int(loose.fills[-1].time_ms)))
            loose.is_new = False
        return found


def _trade(loose: _Loose) -> OpenTrade | None:
    """Return a round trip as a trade, None where the fills are not one."""
    first, base = loose.fills[0], loose.base
    into = [fill for fill in loose.fills if fill.side == first.side]
    size = sum((fill.size for fill in into), ZERO)
    both = zip(loose.fills, loose.purposes, strict=True)
    back = [(fill, purpose) for fill, purpose in both if fill.side != first.side]
    if size != sum((fill.size for fill, _ in back), ZERO):
        return None
    cost = sum((fill.size * fill.price for fill in into), ZERO)
    side = "long" if first.side == "buy" else "short"
    trade = OpenTrade(
        f"{first.symbol}-{first.time_ms}-back", first.symbol, side, size, cost / size,
        None, first.time_ms, 0.0, base.realised_usd, base.fees_usd, base.funding_usd,
    )  # fmt: skip
    for fill, purpose in back:
        trade.note_exit(fill, purpose)
    trade.ending = trade.ending or TAKEN_BACK
    return trade
