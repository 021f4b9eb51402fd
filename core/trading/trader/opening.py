"""What the books begin with: balance and positions as the exchange tells them at one moment.

What came between the first and the last of its answers is in an unknown part of them, and
the account log may be later than the balance, as the positions may be. So all is read until
nothing new came and every order that only closes has its position; what the log tells only
afterwards is known by the balance that each of its entries left, and a position that is late
even then by its fills (`unread.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.trading.ports import Exchange
from core.trading.trader.unread import Unread, bare_orders, hidden_fills, unread

ZERO = Decimal(0)
# Fills may be shown late and out of order, and clocks differ: so far back is asked again.
OVERLAP_MS = 3_600_000
# How an account log or a position that is a moment late is waited for.
PAUSES_S = (1.0, 1.0, 1.0)
CENT = Decimal("0.01")
# An entry of the log says which balance it left, to more places than this. The account's
# may be told in whole cents: then no more is known.
EXACT_USD, ROUNDED_USD = Decimal("0.0001"), Decimal("0.0051")
# An entry so much younger than the opening was not in the balance then.
UNTOLD_MS = 60_000
# Ticks for which a log that has not told what is in the balance is waited for.
PATIENCE = 3


@dataclass
class Opening:
    """`balance_usd` and `positions` are the exchange's, `fills` the times by id of those it
    showed then, `hidden` the ones of positions that it did not, `unread` those that others may
    have been read without; of the account log entries up to `newest` are in the balance, and
    nothing before `log_since_ms` is read. `untold` are the trades of the
    very millisecond of `opened_ms`, by symbol, that the log has told and no fill has yet; None
    where the log is late itself.
    """

    balance_usd: Decimal = ZERO
    positions: dict[str, Any] = field(default_factory=dict)
    fills: dict[str, int] = field(default_factory=dict)
    hidden: Sequence[Any] = ()
    unread: Unread = field(default_factory=Unread)
    opened_ms: int = 0
    log_since_ms: int = 0
    newest: Any = None
    untold: Counter[str] | None = None
    # Whether the log has told how the balance came to be, and what it has told since.
    is_told: bool = True
    told_usd: Decimal = ZERO
    patience: int = PATIENCE

    @property
    def last_entry(self) -> int:
        """The id of the newest entry that is in the balance, 0 if there is none."""
        return id_of(self.newest)

    @property
    def waits(self) -> bool:
        """Tell whether the log still owes something of the last hour that is in the balance:
        of an hour in which nothing happened it may tell nothing.
        """
        happened = bool(self.fills or self.newest)
        return happened and not self.is_told and self.patience > 0

    def counts_twice_usd(self, entry: Any) -> Decimal:
        """Return what is in the balance already of entries told since, once that is known.

        It is to be asked of each entry that is booked, in their order.
        """
        if self.is_told or entry.time_ms > self.opened_ms + UNTOLD_MS:
            self.is_told = True
            return ZERO
        self.told_usd += entry.funding_usd - entry.fee_usd + entry.transfer_usd
        self.is_told = leaves(entry, self.balance_usd)
        return self.told_usd if self.is_told else ZERO


def opening(exchange: Exchange, sleep: Callable[[float], None], now_ms: int) -> Opening:
    """Read what the exchange holds now; `sleep` waits for seconds where its log is late."""
    told_ms = max((t.time_ms for t in exchange.tickers()), default=now_ms)
    # An account of years has a log of years, and what is older is in the balance.
    since_ms = max(0, told_ms - OVERLAP_MS)
    entries = exchange.ledger(0, since_ms)
    # What is older is in the positions, though its fill may be shown only later. Of
    # clocks the slower one is safe; the account log is of the exchange's books.
    newest_ms = max((e.time_ms for e in entries), default=0)
    before, pauses = _shown(exchange, now_ms), list(PAUSES_S)
    while True:
        balance_usd = exchange.account().balance_usd
        positions = {p.symbol: p for p in exchange.positions()}
        newest = entries[-1] if entries else None
        later = exchange.ledger(id_of(newest), since_ms)
        fills = _shown(exchange, now_ms)
        entries += later
        bare = bare_orders(exchange.open_orders(), positions)
        late = bool(bare) or not _has_told(entries, balance_usd)
        if late and pauses:
            sleep(pauses.pop())
        elif not later and fills.keys() == before.keys():
            opened_ms = max(min(now_ms, told_ms), newest_ms)
            hidden = hidden_fills(fills.values(), bare)
            is_told = newest is not None and leaves(newest, balance_usd)
            return Opening(
                balance_usd=balance_usd,
                positions=positions,
                fills={fill_id: fill.time_ms for fill_id, fill in fills.items()},
                hidden=hidden,
                unread=unread(fills.values(), opened_ms, {f.symbol for f in hidden}),
                opened_ms=opened_ms,
                log_since_ms=since_ms,
                newest=newest,
                untold=_untold(entries, fills.values(), opened_ms) if is_told else None,
                is_told=is_told,
            )
        before = fills


def _untold(entries: Iterable[Any], fills: Iterable[Any], time_ms: int) -> Counter[str]:
    """Return by symbol how many trades of a moment the log tells of, and no fill."""
    traded = (e for e in entries if e.fee_usd or e.realised_usd)
    told = Counter(e.symbol for e in traded if e.time_ms == time_ms)
    told.subtract(fill.symbol for fill in fills if fill.time_ms == time_ms)
    return told


def _shown(exchange: Exchange, now_ms: int) -> dict[str, Any]:
    return {fill.fill_id: fill for fill in exchange.fills(now_ms - OVERLAP_MS)}


def _has_told(entries: Sequence[Any], balance_usd: Decimal) -> bool:
    """Tell whether the account log has told what is in the balance, as far as it says."""
    return not entries or abs(entries[-1].balance_usd - balance_usd) < CENT


def id_of(entry: Any | None) -> int:
    """Return the id of an entry of the account log, 0 where there is none."""
    return entry.entry_id if entry is not None else 0


def leaves(entry: Any, balance_usd: Decimal) -> bool:
    """Tell whether an account's balance is what an entry of its log left, as far as it says."""
    most = EXACT_USD if balance_usd % CENT else ROUNDED_USD
    return bool(abs(entry.balance_usd - balance_usd) < most)
