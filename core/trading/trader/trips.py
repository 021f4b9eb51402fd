"""Trips: the fills of a position from the first that opened it to the one that ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.trading.trader.trades import OpenTrade

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Trip:
    """The fills of a position that has ended, oldest first; `turned` says that the first
    of them ended one of the other side.
    """

    fills: list[Any]
    turned: bool

    @property
    def began_ms(self) -> int:
        """When its costs begin, UTC ms."""
        return _began_ms(self.fills[0], turned=self.turned)

    @property
    def ended_ms(self) -> int:
        """When its last fill came, UTC ms."""
        return int(self.fills[-1].time_ms)


def trip_of(
    trade: OpenTrade, fills: Sequence[Any], size: Decimal, entry: str = ""
) -> Trip | None:
    """Return the trip of a trade that has ended, None where the fills do not tell.

    `fills` of all symbols, oldest first; `size` is held after them. Of several trips on the
    trade's side it is the one that its own `entry` began, by what its slices' client ids have
    in common: another may have ended in the tick in which it was entered. Else it is the
    first that had not ended when the trade was opened.
    """
    sign = 1 if trade.side == "long" else -1
    found: Trip | None = None
    newest_first: list[Any] = []
    within, after = False, size * sign
    for fill in reversed([fill for fill in fills if fill.symbol == trade.symbol]):
        before = after - sign * signed(fill)
        if before > ZERO >= after:
            newest_first, within = [], True
        if within:
            newest_first.append(fill)
        if within and before <= ZERO < after:
            if newest_first[0].time_ms < trade.opened_ms:
                break
            found, within = Trip(newest_first[::-1], before < ZERO), False
            if entry and stem(fill.client_id) == entry:
                break
        after = before
    return found


def began_ms(position: Any, fills: Sequence[Any]) -> int | None:
    """Return when a position's costs begin, UTC ms, None if its first fill is not there.

    `fills` of all symbols, oldest first, up to the last that made the position.
    """
    size = position.size
    for fill in reversed(fills):
        if fill.symbol != position.symbol:
            continue
        size -= signed(fill)
        if size * position.size <= 0:
            return _began_ms(fill, turned=size * position.size < 0)
    return None


def _began_ms(first: Any, *, turned: bool) -> int:
    # What a fill cost that turned a position counts to the one that it ended.
    return int(first.time_ms) + turned


def stem(client_id: str) -> str:
    """Return what the client ids of one entry's slices have in common."""
    return client_id.rpartition("-")[0]


def signed(fill: Any) -> Decimal:
    """Return the coins of a fill, negative when sold."""
    size: Decimal = fill.size
    return size if fill.side == "buy" else -size
