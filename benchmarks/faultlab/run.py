"""One run: a world, a gateway and a trading loop, killed and started again to the end."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import wait as ended
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import redis

from core.events import EVENTS
from core.stores.embedded import Stores
from core.trading import kill_file
from core.trading.paper.call import Reply
from core.trading.paper.config import PaperConfig, PaperKeys
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.server import PaperServer
from core.trading.synthetic import synthetic_candles
from core.trading.trader.config import TraderConfig
from faultlab.books import log_lines
from faultlab.children import Child
from faultlab.exits import Facts
from faultlab.judge import judge
from faultlab.plan import QUIET, draw
from faultlab.told import told
from faultlab.watch import Watch
from faultlab.world import World

WARMUP = 300
STUCK_S = 60.0
NAP_S = 0.25
NO_END = "no end"
UNTOLD = ("late_fills", "late_positions", "late_log")
_PASSED = ("PATH", "HOME", "TZ", "LANG")


@dataclass
class Result:
    """What became of one run."""

    seed: int
    candles: int = 0
    seconds: float = 0.0
    kills: dict[str, int] = field(default_factory=dict)
    killed_at: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    fills: int = 0
    trades: int = 0
    drifts: int = 0
    books_reopened: int = 0
    naked_candles: int = 0
    longest_naked: int = 0
    over_ceiling_candles: int = 0
    levels_passed: int = 0
    exits_told: int = 0
    decisions_untold: int = 0
    highest_risk_frac: float = 0.0
    highest_later_frac: float = 0.0
    drift_usd: float = 0.0
    halted: str = ""
    events: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass
class Lab:
    """What runs share: where they run, on which stores, from which project."""

    forks: ForkServerContext
    stores: Stores
    project: Path
    folder: Path

    def run(self, seed: int, candles: int) -> Result:
        """Run one seed to its last candle and judge it."""
        started = time.monotonic()
        folder = self.folder / f"run-{seed}"
        folder.mkdir(parents=True)
        run = Run(self, seed, candles, folder)
        try:
            result = run.whole()
        finally:
            run.close()
        result.seconds = round(time.monotonic() - started, 2)
        if not result.problems:
            shutil.rmtree(folder)
        return result


class Run:
    """One run in the making."""

    def __init__(self, lab: Lab, seed: int, candles: int, folder: Path) -> None:
        self._lab, self._seed, self._candles, self._folder = lab, seed, candles, folder
        exchange = PaperExchange(
            synthetic_candles(seed, WARMUP + candles),
            PaperConfig(warmup=WARMUP, seed=seed),
        )
        keys = PaperKeys.generate()
        config = TraderConfig()
        # An entry is filled at its worst price at most.
        most = config.max_notional_usd * (1 + config.slippage_frac)
        watch = Watch(config.ceiling_frac, most, candles - QUIET)
        self.world = World(draw(seed, candles), keys, exchange, watch)
        self._server = PaperServer(self.world, keys)
        self._write_files(keys)
        self._children: dict[str, Child] = {}

    def _write_files(self, keys: PaperKeys) -> None:
        text = f'{{"api_key": "{keys.api_key}", "api_secret": "{keys.secret}"}}'
        path = self._folder / "keys.json"
        path.touch(0o600)
        path.write_text(text)
        limits = "max_orders_per_minute: 1000\nmax_open_usd: 60000\n"
        (self._folder / "limits.yaml").write_text(limits)

    def whole(self) -> Result:
        """Run to the last candle; start again what was killed."""
        self._start("gateway")
        self._start("trader")
        stuck = (0, time.monotonic())
        while True:
            # Woken by an end; while a gateway starts it is looked at often.
            naps = NAP_S if self.world.gateway_ready else 0.005
            ended([c.process.sentinel for c in self._children.values()], naps)
            code = self._children["trader"].wait(0)
            self._revive_gateway()
            if self.world.candle != stuck[0]:
                stuck = (self.world.candle, time.monotonic())
            if time.monotonic() - stuck[1] > STUCK_S:
                return self._result([f"{NO_END}: stuck at candle {self.world.candle}"])
            if code == 0:
                return self._result([])
            if code is not None and not self._again(code):
                return self._result([f"{NO_END}: the trader ended with code {code}"])

    def _again(self, code: int) -> bool:
        """Let the market go on without the trader, and start it again; False if it failed."""
        self.world.pids.trader = 0
        if code != -9:
            self._failed_starts += 1
            if self._failed_starts > 50:
                return False
            time.sleep(0.02)
        for _ in range(min(self.world.away_candles, self._left() - 3)):
            with self._server.lock:
                self.world.step(self._pass_candle)
        self.world.away_candles = 0
        self._start("trader")
        return True

    _failed_starts = 0

    def _left(self) -> int:
        return self._candles - self.world.candle

    def _pass_candle(self) -> Reply:
        self.world.exchange.step()
        return Reply(200, b"")

    def _revive_gateway(self) -> None:
        gateway = self._children["gateway"]
        killed = not self.world.pids.gateway
        if killed or gateway.wait(0) is not None:
            gateway.wait(5)
            self.world.gateway_ready = False
            self._start("gateway")
        elif not self.world.gateway_ready:
            self.world.gateway_ready = bool(gateway.lines())

    def _start(self, who: str) -> None:
        words, more = self._words(who)
        environment = {k: os.environ[k] for k in _PASSED if k in os.environ} | more
        output = self._folder / f"{who}.log"
        main = f"core.trading.{who}.__main__"
        child = Child(self._lab.forks, main, words, environment, output)
        self._children[who] = child
        setattr(self.world.pids, who, child.pid)

    def _words(self, who: str) -> tuple[list[str], dict[str, str]]:
        socket, url = str(self._folder / "g"), self._server.url
        if who == "gateway":
            words = ["--socket", socket, "--exchange-url", url, "--timeout-s", "2"]
            words += ["--keys-file", str(self._folder / "keys.json")]
            return [*words, "--limits", str(self._folder / "limits.yaml")], {}
        words = ["--root", str(self._lab.project), "--gateway", socket]
        stores = self._lab.stores
        return [*words, "--paper-url", url], {
            "DATABASE_URL": stores.database_url,
            "REDIS_URL": stores.redis_url,
            "PAPER_TOKEN": self.world.keys.control_token,
        }

    def _result(self, problems: list[str]) -> Result:
        world, watch = self.world, self.world.watch
        watch.end(world.exchange, world.candle)
        lines = log_lines(world.exchange.books)
        (self._folder / "ledger.jsonl").write_text("".join(lines))
        events = self._events()
        facts = Facts(
            told(events, world.begun_ms), world.struck_in("late_fills"), watch.away,
            watch.levels.unended, world.candle, watch.most,
            {c for name in UNTOLD for c in world.struck_in(name)},
            world.killed.get("trader", 0),
        )  # fmt: skip
        verdict = judge(world.exchange, self._lab.stores.database_url, facts)
        return Result(
            seed=self._seed,
            candles=world.candle,
            kills=world.killed,
            killed_at=dict(world.killed_at),
            faults=world.faults.counts,
            fills=len(world.exchange.books.fills),
            trades=verdict.trades,
            drifts=verdict.drifts,
            books_reopened=verdict.books_reopened,
            naked_candles=watch.lasting.naked_candles,
            longest_naked=watch.lasting.longest_naked,
            over_ceiling_candles=watch.lasting.over_ceiling_candles,
            levels_passed=watch.levels.count,
            exits_told=verdict.exits_told,
            decisions_untold=verdict.decisions_untold,
            highest_risk_frac=float(round(watch.highest_risk_frac, 5)),
            highest_later_frac=float(round(watch.lasting.highest_frac, 5)),
            drift_usd=float(round(verdict.drift_usd, 4)),
            halted=kill_file.read(self._folder / kill_file.HALT_FILE) or "",
            events=dict(Counter(str(event["kind"]) for event in events)),
            problems=[*problems, *watch.problems, *verdict.problems],
        )

    def _events(self) -> list[dict[str, str]]:
        """Return what the loop told, and leave it beside the logs."""
        with redis.Redis.from_url(self._lab.stores.redis_url) as client:
            found: Any = client.xrange(EVENTS)
        events = [_event(fields) for _, fields in found]
        lines = [json.dumps(event) + "\n" for event in events]
        (self._folder / "events.jsonl").write_text("".join(lines))
        return events

    def close(self) -> None:
        """End everything of this run."""
        for child in reversed(self._children.values()):
            child.stop()
        self._server.close()


def _event(fields: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in fields.items()}
