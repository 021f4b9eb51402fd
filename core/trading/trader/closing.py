"""The end of trades: an exit where one is due, and the books when it has happened.

A trade that has ended is closed in the books once the account log tells what it has cost:
the fee of its exit may be told a moment later than its fill. What somebody turned makes way
for the trade of what is held now, and is closed as late as that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from core.trading.trader.exits import Exits
from core.trading.trader.journal import Journal
from core.trading.trader.plans import Plans
from core.trading.trader.reconciler import Reconciler
from core.trading.trader.spans import Spans
from core.trading.trader.trades import MOST_UNTOLD_TICKS, OpenTrade

# So often the account log is read again within a tick.
TRIES, PAUSE_S = 3, 1.0


@dataclass
class Closing:
    """Ends `trades`, the open ones by symbol. `sync` books what is new, `sleep` waits for
    seconds, `safely` runs a part and tells of its error.
    """

    trades: dict[str, OpenTrade]
    exits: Exits
    plans: Plans
    spans: Spans
    journal: Journal
    reconciler: Reconciler
    tell: Callable[..., None]
    safely: Callable[[str, Callable[[], Any]], Any]
    sync: Callable[[], None]
    sleep: Callable[[float], None]

    def exit(self, trade: OpenTrade, now_ms: int) -> None:
        """Move a trade's stop after the price, and end it where its exit is due."""
        if self.exits.is_over(trade):
            return
        self.exits.trail(trade)
        # One that was refused, filled in part, or not sent for want of a position that is
        # shown only later, is tried again wherever the price is.
        if reason := self.exits.reason(trade, now_ms) or trade.wanted:
            self.end(trade, reason, now_ms)

    def end(self, trade: OpenTrade, reason: str, now_ms: int) -> None:
        """Send a trade's exit."""
        trade.ending = trade.wanted = reason
        trade.plan = None
        self.safely("store", partial(self.plans.keep, trade))
        self.exits.close(trade, now_ms)
        self.sync()
        if self.exits.is_over(trade):
            return
        if not self.exits.is_dust(trade):
            self.tell("exit failed", trade_id=trade.trade_id, reason=reason)
        elif not trade.dust_told:
            trade.dust_told = True
            why = "what is left is less than the exchange takes in an order"
            self.tell("exit left dust", trade_id=trade.trade_id, reason=why)

    def close_ended(self, now_ms: int) -> None:
        """Close in the books what is over."""
        over = [t for t in self.trades.values() if self.exits.is_over(t)]
        ended = [*self.spans.turned, *over]
        told = not ended or self._is_told()
        for trade in ended:
            trade.untold_ticks += 1
            if told or trade.untold_ticks > MOST_UNTOLD_TICKS:
                self.safely("exits", partial(self._close, trade, now_ms))

    def let_go(self, now_ms: int) -> None:
        """Take what somebody turned out of the open trades: what is held now is another's, and
        has no stop before it has one. Asks nobody, so nothing keeps it from that.
        """
        for trade in list(self.trades.values()):
            if self.exits.is_over(trade) and self.exits.is_turned(trade):
                # A clock may be set back, and the exchange's need not be ours.
                trade.ended_ms = max(now_ms, trade.opened_ms)
                del self.trades[trade.symbol]
                self.spans.turned.append(trade)

    def _is_told(self) -> bool:
        for _ in range(TRIES):
            if self.reconciler.is_told():
                return True
            self.sleep(PAUSE_S)
            self.sync()
        return self.reconciler.is_told()

    def _close(self, trade: OpenTrade, now_ms: int) -> None:
        if not trade.begun:
            self.safely("adoption", partial(self.spans.begin, trade, now_ms))
        if trade.ended_ms:
            self.spans.end_turned(trade)
        else:
            del self.trades[trade.symbol]
        reason = trade.ending or "closed elsewhere"
        ended_ms = trade.ended_ms or now_ms
        self.journal.close(trade, reason, max(ended_ms, trade.opened_ms))
