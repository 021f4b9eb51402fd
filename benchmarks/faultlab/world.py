"""The exchange of one run: the paper exchange over HTTP, with the plan woven in.

It plays the plan at each candle, kills at the planned call, and notes what it alone can
see: every order that was accepted, and the open risk at the moment it grew.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.trading.paper.api import Api, endpoint_of
from core.trading.paper.call import BadArgument, Call, Reply
from core.trading.paper.config import PaperKeys
from core.trading.paper.control import fault_of
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.order_calls import batch_of
from core.trading.paper.refusals import STOPS
from faultlab.plan import Kill, Plan
from faultlab.watch import Watch

AWAY_S = 0.5
_STEP = "/paper/step"
# What each call of these is about is known; any other call is about all symbols.
CHANGES = ("sendorder", "batchorder", "editorder", "cancelorder")
# After these the loop sees and does what it would have without.
HARMLESS = frozenset({"duplicated_fills"})
# These are of the whole account, whichever call they struck.
SWEEPING = frozenset({"restart_lost_orders", "liquidation"})


@dataclass
class Pids:
    """The processes that can be killed, by name; 0 while one is down."""

    trader: int = 0
    gateway: int = 0


@dataclass
class Waiting:
    """A kill that waits for its call, over as many candles as it takes."""

    kill: Kill
    left: int
    further: int

    def is_due(self, endpoint: str) -> bool:
        """Count one call; tell whether it is the one."""
        if self.left:
            self.left -= endpoint == self.kill.match
            return not self.left and not self.further
        self.further -= 1
        return not self.further


@dataclass(frozen=True)
class Strike:
    """A fault that struck a call, and in which candle."""

    candle: int
    name: str


@dataclass
class World(Api):
    """The Api of a run. `candle` counts those that passed since the start.

    `begun_ms` are the real times at which they began, by which what was told can be placed.
    """

    plan: Plan
    keys: PaperKeys
    exchange: PaperExchange
    watch: Watch
    pids: Pids = field(default_factory=Pids)
    candle: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    killed_at: Counter[str] = field(default_factory=Counter)
    away_candles: int = 0
    gateway_ready: bool = True
    strikes: list[Strike] = field(default_factory=list)
    begun_ms: list[int] = field(default_factory=list)
    _kill: Kill | None = None
    _calls: int = 0
    _waiting: list[Waiting] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.exchange, self.keys)
        self.begun_ms.append(_real_ms())

    def answer(self, call: Call) -> Reply:
        """Answer one call, within the plan."""
        if call.path == _STEP:
            reply = self.step(lambda: super(World, self).answer(call))
            # A gateway is back within seconds, and a candle lasts minutes.
            away_s = 0.0 if self.gateway_ready else AWAY_S
            return replace(reply, delay_s=away_s)
        if call.path.startswith("/paper/"):
            return super().answer(call)
        endpoint = endpoint_of(call.path)
        kill = self._due(endpoint)
        if kill is not None and not kill.after:
            return self._strike(kill, endpoint)
        reply = super().answer(call)
        fault = self.faults.last
        if fault is not None:
            self.strikes.append(Strike(self.candle, fault.name))
            if fault.name not in HARMLESS:
                self.watch.hit(self._touched(call, fault.name))
        if endpoint in CHANGES:
            bare = call.forced_status is not None and call.forced_for == STOPS
            refused = self._touched(call, "") if bare else set()
            self.watch.order(self.exchange, self.candle, refused)
        if kill is None:
            return reply
        dropped = self._strike(kill, endpoint)
        # A gateway whose trader is killed is told what became of the call.
        return reply if kill.who == "trader" else dropped

    def step(self, pass_candle: Callable[[], Reply]) -> Reply:
        """Let a candle pass, and set the stage for the next."""
        # A gateway that is being started again may have failed the loop's calls.
        acting = bool(self.pids.trader) and self.gateway_ready
        if not acting:
            self.watch.hit(self.exchange.books.holdings)
        self.watch.candle(self.exchange, self.candle, acting=acting)
        reply = pass_candle()
        self.candle += 1
        self.watch.closed(self.exchange, self.candle)
        self.begun_ms.append(_real_ms())
        for body in self.plan.faults.get(self.candle, ()):
            self.faults.add(fault_of(dict(body)))
        if (usd := self.plan.transfers.get(self.candle)) is not None:
            # What is bound as margin cannot be taken out.
            with contextlib.suppress(ValueError):
                self.exchange.transfer(Decimal(usd))
        if self.candle == self.watch.quiet_from:
            self.faults.clear()
            self._waiting.clear()
        if (kill := self.plan.order_kills.get(self.candle)) is not None:
            self._waiting.append(Waiting(kill, kill.call or 1, kill.further))
        self._kill, self._calls = self.plan.kills.get(self.candle), 0
        if self._kill is not None and self._kill.call is None:
            delay_s = self._kill.delay_ms / 1000
            threading.Timer(delay_s, self._strike, (self._kill, "any time")).start()
            self._kill = None
        return reply

    def struck_in(self, name: str) -> list[int]:
        """Return the candles in which a kind of fault struck, each once."""
        return sorted({s.candle for s in self.strikes if s.name == name})

    def _touched(self, call: Call, fault: str) -> set[str]:
        """Return the symbols that a fault at a call is about."""
        everything = set(self.exchange.books.holdings)
        if endpoint_of(call.path) not in CHANGES or fault in SWEEPING:
            return everything
        call.read_args()
        try:
            rows = batch_of(call) if "batchorder" in call.path else [call.args]
        except BadArgument:
            return everything
        found = set()
        for row in rows:
            client_id = row.get("cliOrdId")
            order = self.exchange.find(row.get("order_id"), client_id)
            named = row.get("symbol")
            found.add(order.symbol if order else str(named or "").upper())
        return found if found <= everything else everything

    def _due(self, endpoint: str) -> Kill | None:
        """Return the kill that this call is for; one whose process is down waits on."""
        for waiting in list(self._waiting):
            if getattr(self.pids, waiting.kill.who) and waiting.is_due(endpoint):
                self._waiting.remove(waiting)
                return waiting.kill
        if self._kill is None:
            return None
        self._calls += 1
        kill = self._kill if self._calls == self._kill.call else None
        if kill is not None:
            self._kill = None
        return kill

    def _strike(self, kill: Kill, endpoint: str) -> Reply:
        pid = getattr(self.pids, kill.who)
        if pid:
            setattr(self.pids, kill.who, 0)
            self.watch.hit(self.exchange.books.holdings)
            self.gateway_ready &= kill.who != "gateway"
            self.away_candles = kill.away_candles
            self.killed[kill.who] = self.killed.get(kill.who, 0) + 1
            self.killed_at[endpoint] += 1
            os.kill(pid, signal.SIGKILL)
        return Reply(0, b"", drop=True)


def _real_ms() -> int:
    return time.time_ns() // 1_000_000
