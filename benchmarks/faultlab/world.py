"""The exchange of one run: the paper exchange over HTTP, with the plan woven in.

It plays the plan at each candle, kills at the planned call, and notes what it alone can
see: every order that was accepted, and the open risk at the moment it grew.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.trading.paper.api import Api, endpoint_of
from core.trading.paper.call import Call, Reply
from core.trading.paper.config import PaperKeys
from core.trading.paper.control import fault_of
from core.trading.paper.exchange import PaperExchange
from faultlab.plan import Kill, Plan
from faultlab.watch import Watch

AWAY_S = 0.5
_STEP = "/paper/step"


@dataclass
class Pids:
    """The processes that can be killed, by name; 0 while one is down."""

    trader: int = 0
    gateway: int = 0


@dataclass
class World(Api):
    """The Api of a run. `candle` counts those that passed since the start."""

    plan: Plan
    keys: PaperKeys
    exchange: PaperExchange
    watch: Watch
    pids: Pids = field(default_factory=Pids)
    candle: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    away_candles: int = 0
    gateway_ready: bool = True
    _kill: Kill | None = None
    _calls: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.exchange, self.keys)

    def answer(self, call: Call) -> Reply:
        """Answer one call, within the plan."""
        if call.path == _STEP:
            reply = self.step(lambda: super(World, self).answer(call))
            # A gateway is back within seconds, and a candle lasts minutes.
            away_s = 0.0 if self.gateway_ready else AWAY_S
            return replace(reply, delay_s=away_s)
        if call.path.startswith("/paper/"):
            return super().answer(call)
        kill = self._due()
        if kill is not None and not kill.after:
            return self._strike(kill)
        reply = super().answer(call)
        if endpoint_of(call.path) in ("sendorder", "batchorder", "editorder"):
            self.watch.order(self.exchange, self.candle)
        return reply if kill is None else self._strike(kill)

    def step(self, pass_candle: Callable[[], Reply]) -> Reply:
        """Let a candle pass, and set the stage for the next."""
        self.watch.candle(self.exchange, self.candle)
        reply = pass_candle()
        self.candle += 1
        for body in self.plan.faults.get(self.candle, ()):
            self.faults.add(fault_of(dict(body)))
        if (usd := self.plan.transfers.get(self.candle)) is not None:
            # What is bound as margin cannot be taken out.
            with contextlib.suppress(ValueError):
                self.exchange.transfer(Decimal(usd))
        if self.candle == self.watch.quiet_from:
            self.faults.clear()
        self._kill, self._calls = self.plan.kills.get(self.candle), 0
        if self._kill is not None and self._kill.call is None:
            delay_s = self._kill.delay_ms / 1000
            threading.Timer(delay_s, self._strike, (self._kill,)).start()
            self._kill = None
        return reply

    def _due(self) -> Kill | None:
        if self._kill is None:
            return None
        self._calls += 1
        return self._kill if self._calls == self._kill.call else None

    def _strike(self, kill: Kill) -> Reply:
        self._kill = None
        pid = getattr(self.pids, kill.who)
        if pid:
            setattr(self.pids, kill.who, 0)
            self.gateway_ready &= kill.who != "gateway"
            self.away_candles = kill.away_candles
            self.killed[kill.who] = self.killed.get(kill.who, 0) + 1
            os.kill(pid, signal.SIGKILL)
        return Reply(0, b"", drop=True)
