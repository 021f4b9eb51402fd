"""A gateway's service before a canned exchange, for tests of its kill switch."""

from __future__ import annotations

import copy
from decimal import Decimal
from pathlib import Path
from typing import Any

from adapter_cases import kraken_rest
from canned_exchange import DISARMED, FLEX, GOOD, CannedExchange
from running_gateway import plain_request

from core.trading.gateway.exposure import Exposure
from core.trading.gateway.guard import Guard
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.limits import Limits
from core.trading.gateway.service import Service
from core.trading.gateway.tripwires import Tripwires

LIMITS = Limits(
    symbols=("PF_XBTUSD",),
    max_open_risk_usd=Decimal(200),
    max_open_risk_frac=Decimal(10),
    max_daily_loss_usd=Decimal(100),
    max_daily_loss_frac=Decimal("0.2"),
    max_rejects=3,
    max_drift_usd=Decimal(50),
    max_drifts=4,
)


class Rig:
    """A gateway's service before a canned exchange; `told` are the halts told of."""

    def __init__(self, folder: Path, **exposure: int) -> None:
        answers = copy.deepcopy(GOOD)
        answers["/openorders"]["openOrders"] = []
        answers["/cancelallordersafter"] = DISARMED
        answers["/openpositions"]["openPositions"] = []
        self.exchange = CannedExchange(answers)
        self.folder, self.told = folder, list[str]()
        self.start(**exposure)

    def start(self, account: str = "a", **exposure: int) -> None:
        """Be a new process on the same files."""
        adapter = kraken_rest(self.exchange.url)
        switch = KillSwitch(self.folder / "halt", self.told.append)
        guard = Guard(LIMITS, adapter, switch, Exposure(adapter, **exposure))
        file = self.folder / "day.json"
        wires = Tripwires(LIMITS, adapter, switch, file, account)
        self.service = Service(adapter, guard, Heartbeat(adapter), wires)
        self.calls = self.service.methods()

    def equity(self, usd: float, time: str = "2026-01-02T03:04:05.000Z") -> None:
        """Let the exchange tell another equity, and the loop read it."""
        flex = {**FLEX, "portfolioValue": usd}
        answer = {**GOOD["/accounts"], "accounts": {"flex": flex}, "serverTime": time}
        self.exchange.answers["/accounts"] = answer
        self.calls["account"]()

    def place(self, client_id: str = "c-1", **changes: Any) -> Any:
        return self.calls["place"](order=plain_request(client_id=client_id, **changes))

    @property
    def halted(self) -> str | None:
        found: str | None = self.calls["status"]()["halted"]
        return found
