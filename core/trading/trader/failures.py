"""Failed trades and drift: what failed is a module's decision, what follows is done here.

After each tick every order that was answered is judged. What failed becomes a job for
Wick, the same failure one job, and may stop new entries until it is settled, also over a
restart. Exits always go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.errors import ExchangeError, Halted
from core.hooks import hooks
from core.records import row_of
from core.registry import Registry
from core.trading.trader.watched import Sent, WatchedExchange

ZERO = Decimal(0)
# Failures of one kind at one symbol, each within this of the one before, are one incident.
MERGE_MS = 3_600_000
# For so long nothing is entered after what does not settle by itself.
PAUSE_MS = 3_600_000
UNKNOWN = "unknown outcome"
# Where these only give their safe value, each trade would cost fees and go unjudged.
SAFE_VALUES = {
    "exit_decision": "every trade is ended at once",
    "failure_triggered_wick": "nobody can judge what failed",
    "trade_failure_kind": "nobody can judge what failed",
}
KINDS_TOLD = {
    "drift": "drift",
    "exit failed": "missed exit",
    "unprotected": "missed exit",
}
Job = Callable[..., None]


@dataclass
class Failures:
    """`job(kind, **detail)` gives Wick a job; `held(symbol)` is the size in our books.

    `keep(stop, since)` remembers why entries are stopped, and since when in ms, over a
    restart; None forgets it. `restore` takes back what was kept.
    """

    modules: Registry
    exchange: WatchedExchange
    job: Job
    tell: Callable[..., None]
    max_slippage_frac: Decimal
    held: Callable[[str], Decimal] = lambda symbol: ZERO
    keep: Callable[[str, str | None], None] = lambda stop, since: None
    now_ms: int = 0
    _rejected: dict[str, int] = field(default_factory=dict)
    _stops: dict[tuple[str, str], int] = field(default_factory=dict)
    _launching: bool = False
    _launched: set[tuple[str, str]] = field(default_factory=set)
    _going_on: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def look(self, now_ms: int) -> None:
        """Judge the orders that were answered since the last look. Never raises."""
        self.now_ms = now_ms
        for client_id, sent in list(self.exchange.sent.items()):
            try:
                self._ask_again(client_id, sent)
                if not sent.unknown:
                    self.exchange.sent.pop(client_id, None)
                self._judge(sent)
            except Exception as error:
                words = f"{type(error).__name__}: {error}"
                self.tell("trouble", part="failures", error=words)
        self._settle()

    def _ask_again(self, client_id: str, sent: Sent) -> None:
        if sent.unknown:
            try:
                self.exchange.order(client_id)
            except ExchangeError:
                return  # entries stay stopped, and it is asked at the next tick

    def _judge(self, sent: Sent) -> None:
        trade = self._result(sent)
        if trade is None:
            return
        failure = self.modules["failure_triggered_wick"](trade, self.max_slippage_frac)
        if failure.kind == "none":
            return
        if failure.stop_entries:
            # A safe value for an order whose fate is known: it settles by time alone.
            unjudged = failure.kind == UNKNOWN and not sent.unknown
            stop = "unjudged" if unjudged else failure.kind
            self._stops[stop, trade.symbol] = self.now_ms
            self.keep(f"{stop}|{trade.symbol}", str(self.now_ms))
        self._launch(
            failure.kind, trade.symbol, severity=failure.severity,
            stop_entries=failure.stop_entries, client_id=sent.order.client_id, trade=_plain(trade),
        )  # fmt: skip

    def _result(self, sent: Sent) -> Any:
        """Return the TradeResult, None for an exit that found nothing left to end, and for
        what the kill switch refused: nothing has failed, and entries go on with its end.
        """
        order, status = sent.order, sent.status
        if status is None and isinstance(sent.error, Halted):
            return None
        filled = status.filled if status is not None else ZERO
        average = status.average_price if status is not None else None
        word = _word(sent)
        row = self._rejected.get(order.symbol, 0) + 1 if word == "rejected" else 0
        self._rejected[order.symbol] = row
        wanted = order.size
        if order.reduce_only:
            wanted = min(wanted, filled + self.held(order.symbol))
        if not wanted:
            return None
        expected = sent.mark_price or average or order.limit_price or Decimal(1)
        slipped = ZERO
        if filled and average is not None:
            slipped = self.modules["slippage_frac"](order.side, expected, average)
        return self.modules.records["TradeResult"](
            purpose="exit" if order.reduce_only else "entry",
            symbol=order.symbol,
            side=order.side,
            status=word,
            size=wanted,
            filled=filled,
            expected_price=expected,
            average_price=average,
            slipped_frac=slipped,
            rejected_in_a_row=row,
            reason=str(sent.error or (status.reason if status is not None else "")),
        )

    def watch(self, kind: str, /, **detail: Any) -> None:
        """Pass an event of the loop on; those that tell of a failure are a job too."""
        self.tell(kind, **detail)
        if kind in KINDS_TOLD:
            named = detail.get("symbol") or detail.get("trade_id", "").partition("-")[0]
            self._launch(KINDS_TOLD[kind], named or "all symbols", severity="critical",
                         stop_entries=True, **detail)  # fmt: skip

    def _launch(self, kind: str, subject: str, severity: str, **detail: Any) -> None:
        """Give Wick the job once, and once more when the failure has become severe."""
        job = self.modules["wick_launcher"](kind, subject, "", self.now_ms, MERGE_MS)
        key, last_ms = self._going_on.get((kind, subject), (job.key, self.now_ms))
        if self.now_ms - last_ms >= MERGE_MS:
            key = job.key
        self._going_on[kind, subject] = key, self.now_ms
        if (key, severity) in self._launched:
            return
        self._launched.add((key, severity))
        self.job(
            "trade", key=key, failed=kind, subject=subject, lane=job.lane,
            severity=severity, urgent=job.urgent, tick=hooks.tick, at_ms=self.now_ms,
            **detail,
        )  # fmt: skip

    def key_of(self, module: str, version: str, time_ms: int) -> str:
        """Return the key of the job for a module that failed."""
        launch = self.modules["wick_launcher"]
        if self._launching:
            return f"failure:{module}:{version}"  # it is the launcher that failed
        self._launching = True
        try:
            return str(launch("failure", module, version, time_ms, MERGE_MS).key)
        finally:
            self._launching = False

    # --- new entries ---------------------------------------------------------------

    def stop_reason(self) -> str:
        """Return why nothing new may be entered, empty when it may."""
        for name, result in SAFE_VALUES.items():
            if _only_safe(self.modules, name):
                return f"{name} gives its safe value alone: {result}"
        if not self._stops:
            return ""
        kind, symbol = next(iter(self._stops))
        return f"{kind} at {symbol}"

    def restore(self, kept: Mapping[str, str], now_ms: int) -> None:
        """Stop entries for what an earlier process kept; what cannot be read is forgotten."""
        for stop, since in kept.items():
            kind, _, symbol = stop.partition("|")
            # A replay may begin before what an earlier one has left.
            if since.isdigit() and symbol and int(since) <= now_ms:
                self._stops[kind, symbol] = int(since)
            else:
                self.keep(stop, None)

    def _settle(self) -> None:
        unknown = {s.order.symbol for s in self.exchange.sent.values() if s.unknown}
        for (kind, symbol), since_ms in list(self._stops.items()):
            settled = {
                "missed exit": not self.held(symbol),
                UNKNOWN: symbol not in unknown,
            }.get(kind, self.now_ms - since_ms >= PAUSE_MS)
            if settled:
                del self._stops[kind, symbol]
                self.keep(f"{kind}|{symbol}", None)


def _only_safe(modules: Registry, name: str) -> bool:
    """Tell whether a module may not run, or has failed and no earlier version answers."""
    versions = modules.versions(name)
    failed = bool(versions) and modules.failed(name, versions[-1].id)
    return failed or bool(modules.barred(name))


def _word(sent: Sent) -> str:
    if sent.status is not None:
        return str(sent.status.status)
    return "unknown" if sent.unknown else "rejected"


def _plain(record: Any) -> dict[str, str]:
    return {name: str(value) for name, value in row_of(record).items()}
