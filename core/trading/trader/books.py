"""Our own books: positions, realised P&L, fees and funding, from fills and the account log.

Nothing here is copied from the exchange's balance but the amount at the start, so
that equal figures prove something. Positions are computed by modules; what they are worth
at the prices of now is in `worth.py`, what anybody tells to be held in `standing.py`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import StoreUnavailable
from core.records import row_of
from core.registry import Registry
from core.trading.ports import UNDO_SUFFIX, Exchange, Store
from core.trading.trader.missed import missed
from core.trading.trader.opening import OVERLAP_MS, Opening, id_of, leaves, opening
from core.trading.trader.unread import Unread

ZERO = Decimal(0)
# So many ids of the account log are asked for again when something is missing.
LEDGER_OVERLAP = 1000


@dataclass
class Totals:
    """Sums since the start, Decimal USD; fees are positive when paid, transfers when
    they were paid in.
    """

    realised_usd: Decimal = ZERO
    fees_usd: Decimal = ZERO
    funding_usd: Decimal = ZERO
    transfers_usd: Decimal = ZERO


@dataclass
class Books:
    """Kept up to date by `sync`; `start_balance_usd` is the exchange's at the start.

    `positions` are by our own fills, `held` by the exchange, both by symbol; `unread` are the
    fills that the positions may have been read without when they were opened. `sent` are the
    client ids of this process's slices, `placed` those of its stops and takes.
    `transfers` are entries of the account log by which money came or went otherwise, `late`
    fills of before the opening that were shown only later, `news` the fills that were booked.
    Whoever reads these three takes out what he has read.
    Rows for the store wait in `unsaved` until `save`, so that trading goes on without it.
    """

    modules: Registry
    exchange: Exchange
    store: Store
    sleep: Callable[[float], None] = time.sleep
    start_balance_usd: Decimal = ZERO
    positions: dict[str, Any] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    by_symbol: dict[str, Totals] = field(default_factory=dict)
    held: dict[str, Any] = field(default_factory=dict)
    unread: Unread = field(default_factory=Unread)
    fills: int = 0
    transfers: deque[Any] = field(default_factory=deque)
    late: deque[Any] = field(default_factory=deque)
    news: deque[Any] = field(default_factory=deque)
    unsaved: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)
    _since_ms: int = 0
    sent: set[str] = field(default_factory=set)
    placed: set[str] = field(default_factory=set)
    _opening: Opening = field(default_factory=Opening)
    _opened_with: set[str] = field(default_factory=set)
    _sent_before: frozenset[str] = frozenset()
    _newest_entry: Any = None
    _booked: set[int] = field(default_factory=set)
    _seen: dict[str, int] = field(default_factory=dict)

    def open(self, now_ms: int, *, again: bool = False) -> None:
        """Adopt what the exchange holds now as the point of departure. Once more, `again`, its
        word counts alone: our fills have parted from it for long.
        """
        self._opening = now = opening(self.exchange, self.sleep, now_ms)
        self.unread = now.unread
        self.start_balance_usd = now.balance_usd - self._earned_usd
        self.positions, self.held = dict(now.positions), dict(now.positions)
        self._seen, self._opened_with = dict(now.fills), set(now.fills)
        self._since_ms, self._newest_entry = now_ms, now.newest
        self._sent_before = frozenset(self.sent | self.placed)
        if not again:
            late = {fill.symbol for fill in now.hidden}
            shown = {s: p for s, p in now.positions.items() if s not in late}
            self.positions = self._moved(shown, now.hidden)

    @property
    def late_log(self) -> str:
        """Why what a trade has cost is not known yet, empty if it is: the account log has not
        told what is in the opening balance, and may still.
        """
        if not self._opening.waits:
            return ""
        return "the account log does not tell yet what is in the balance"

    def has_told(self, balance_usd: Decimal) -> bool:
        """Tell whether the account log has told all that is in a balance of the exchange's:
        also the fee of a small trade, which is less than what may drift.
        """
        newest = self._newest_entry
        return newest is None or leaves(newest, balance_usd)

    def pass_tick(self) -> None:
        """Count a tick: a log that is late is waited for so many."""
        self._opening.patience -= 1

    def entries_since(self, since_ms: int) -> list[Any]:
        """Return the log entries that are in the sums or in what they began with: what is
        not booked yet will be, and would count twice.
        """
        return [e for e in self.exchange.ledger(0, since_ms) if self._has(e)]

    def _has(self, entry: Any) -> bool:
        # Of what is older than the part of the log that is read nothing is booked any more.
        return bool(
            entry.entry_id in self._booked
            or entry.entry_id <= self._opening.last_entry
            or entry.time_ms < self._opening.log_since_ms
        )

    def fills_since(self, since_ms: int) -> list[Any]:
        """Return the fills that are in the positions."""
        fills = self.exchange.fills(since_ms)
        return [fill for fill in fills if not self._is_new(fill)]

    def began_with(self, fill: Any) -> bool:
        """Tell whether a fill was in the positions when the books were opened."""
        return (
            fill.time_ms < self._opening.opened_ms or fill.fill_id in self._opened_with
        )

    def catch_up(self, now_ms: int) -> None:
        """Let the store get what came while nobody booked it. StoreError without it."""
        self.unsaved.extend(missed(self.store, self.exchange, now_ms))

    def sync(self, *, again: bool = False) -> None:
        """Book the fills and account log entries that are new.

        `again` looks further back, for what was not shown when it was looked for.
        """
        back_ms = OVERLAP_MS * (3 if again else 1)
        shown = self.exchange.fills(max(0, self._since_ms - back_ms))
        for fill in shown:
            if self._is_new(fill):
                self._book_fill(fill)
            elif fill.fill_id not in self._seen:
                self._keep_late(fill)
        self._forget()
        since = id_of(self._newest_entry) - (LEDGER_OVERLAP if again else 0)
        since = max(since, self._opening.last_entry)
        for entry in self.exchange.ledger(since, self._opening.log_since_ms):
            if entry.entry_id not in self._booked:
                self._book_entry(entry)
                self.start_balance_usd -= self._opening.counts_twice_usd(entry)
        self.look()

    def look(self) -> None:
        """Fetch what the exchange holds. A position that was read at the opening without its
        newest fills is known to be when it is shown with them.
        """
        self.held = {p.symbol: p for p in self.exchange.positions()}
        missing = self.unread.missing(self.held, self.positions)
        self.positions = self._moved(self.positions, missing)
        self.unread.drop(missing)
        self.positions = {**self.unread.shown(self.held), **self.positions}

    def traded(self, symbol: str) -> None:
        """Note that an order of this process filled, or may have: what the positions turn out
        to lack from now on may be its fill.
        """
        self.unread.forget(symbol)

    def _is_new(self, fill: Any) -> bool:
        if fill.fill_id in self._seen or fill.time_ms < self._opening.opened_ms:
            return False
        if fill.time_ms > self._opening.opened_ms:
            return True
        # Also what the gateway takes back of an entry of this process.
        entry = fill.client_id.partition(UNDO_SUFFIX)[0]
        if {entry, fill.client_id} & ((self.sent | self.placed) - self._sent_before):
            return True
        # In the very millisecond of the opening: before it, or only behind it?
        if self._opening.untold is not None:
            return self._opening.untold[fill.symbol] <= 0
        # Where the log is late too, nothing is known of it but whose it is.
        ours = self.modules["order_purpose"](fill.client_id)
        return not (ours or UNDO_SUFFIX in fill.client_id)

    def _forget(self) -> None:
        oldest = self._since_ms - 4 * OVERLAP_MS
        if len(self._seen) > 1000:
            self._seen = {i: ms for i, ms in self._seen.items() if ms >= oldest}
        if len(self._booked) > 4 * LEDGER_OVERLAP:
            oldest_entry = id_of(self._newest_entry) - 2 * LEDGER_OVERLAP
            self._booked = {i for i in self._booked if i >= oldest_entry}

    def save(self) -> None:
        """Write what waits for the store; what it does not take now waits on.

        A row that is refused as data is told by its error, and does not hold up the rest.
        """
        while self.unsaved:
            row = self.unsaved.popleft()
            try:
                self.store.insert(*row)
            except StoreUnavailable:
                self.unsaved.appendleft(row)
                raise

    def _moved(
        self, positions: Mapping[str, Any], fills: Sequence[Any]
    ) -> dict[str, Any]:
        """Return what positions are after fills, oldest first."""
        after = dict(positions)
        for fill in fills:
            held = after.get(fill.symbol) or self.flat(fill.symbol)
            after[fill.symbol] = moved = self.modules["book_fill"](held, fill)
            if not moved.size:
                del after[fill.symbol]
        return after

    def _book_fill(self, fill: Any) -> None:
        late = self.unread.held.get(fill.symbol)
        if late is not None and fill.symbol not in self.positions:
            # Its stop was reached before it was shown.
            self.positions = {**self.positions, fill.symbol: late.position}
        held = self.positions.get(fill.symbol) or self.flat(fill.symbol)
        realised = self.modules["realised_pnl"](held, fill)
        self.positions = self._moved(self.positions, [fill])
        self.traded(fill.symbol)
        self.totals_of(fill.symbol).realised_usd += realised
        self.totals.realised_usd += realised
        self._seen[fill.fill_id] = fill.time_ms
        self._since_ms = max(self._since_ms, fill.time_ms)
        self.fills += 1
        self.news.append(fill)
        self.unsaved.append(("fills", row_of(fill)))

    def _keep_late(self, fill: Any) -> None:
        """Write a fill of before the opening that was not shown then: what it made is in
        the positions already.
        """
        self._seen[fill.fill_id] = fill.time_ms
        self._opened_with.add(fill.fill_id)
        if fill.time_ms == self._opening.opened_ms and self._opening.untold:
            self._opening.untold[fill.symbol] -= 1
        self.unread.add(fill)
        self.late.append(fill)
        self.unsaved.append(("fills", row_of(fill)))

    def _book_entry(self, entry: Any) -> None:
        for totals in (self.totals, self.totals_of(entry.symbol)):
            totals.fees_usd += entry.fee_usd
            totals.funding_usd += entry.funding_usd
            totals.transfers_usd += entry.transfer_usd
        if entry.transfer_usd:
            self.transfers.append(entry)
        if entry.entry_id > id_of(self._newest_entry):
            self._newest_entry = entry
        self._booked.add(entry.entry_id)
        self.unsaved.append(("ledger", row_of(entry)))

    def totals_of(self, symbol: str) -> Totals:
        """Return the sums of one symbol, to be added to."""
        return self.by_symbol.setdefault(symbol, Totals())

    def flat(self, symbol: str) -> Any:
        """Return the Position of a symbol of which nothing is held."""
        position = self.modules.records["Position"]
        return position(symbol=symbol, size=ZERO, entry_price=ZERO, funding_usd=ZERO)

    @property
    def balance_usd(self) -> Decimal:
        """What the balance must be, by our own sums."""
        return self.start_balance_usd + self._earned_usd

    @property
    def _earned_usd(self) -> Decimal:
        t = self.totals
        return t.realised_usd - t.fees_usd + t.funding_usd + t.transfers_usd
