"""One stretch of a running system, on a clone of the project: all real processes."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg

from architect.config import read_config
from architect.session import Session
from architect.system.child import Line
from architect.system.system import System
from architect.wick.incidents import Incident, Incidents
from core.events import EVENTS, JOBS, RUNNING, connect
from core.project import Project

WARMUP, CANDLES = 600, 50_000
INTERVAL_MS = 300_000
# Books that differ for a moment are explained by the next fills.
HALTED_S = 10.0


class Stretch:
    """Stores, paper exchange, gateway, Wick and the trading loop; close it when done."""

    def __init__(
        self, root: Path, folder: Path, settings: Mapping[str, str], seed: int
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["git", "clone", "-q", str(root), str(folder)], check=True)
        self.project = Project(folder)
        self.config = read_config(self.project, dict(settings))
        self.seed = seed
        self.summary: Line = {}
        self.longest_ms = 0.0
        self._unhalted = float("inf")
        self._open = ExitStack()

    def opened(self) -> Stretch:
        """Start everything; nothing of it is left when it cannot be."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def _start(self) -> None:
        self.system = self._open.enter_context(System(self.config))
        self.session = self._open.enter_context(Session(self.config))
        self.system.start_stores(lambda _: True)
        self.incidents = self._open.enter_context(
            Incidents(self.system.stores.database_url)
        )
        self.redis = connect(self.system.stores.redis_url)
        self._open.callback(self.redis.close)
        words = ["--warmup", str(WARMUP), "--seed", str(self.seed)]
        self.system.start_paper([*words, "--count", str(WARMUP + CANDLES)])
        self.began_ms = self._paper_ms()
        self.system.start_gateway()
        self.system.start_wick()
        self.system.on_line = self._on_line
        self.system.start_trader()

    def close(self) -> None:
        """Stop everything."""
        self._open.close()

    def _on_line(self, name: str, line: Line) -> None:
        if name == "trader" and line.get("kind") in ("tick", "done"):
            self.summary = line
            if not line.get("halted"):
                self._unhalted = time.monotonic()
            self.longest_ms = max(self.longest_ms, float(line.get("took_ms", 0.0)))

    def _paper_ms(self) -> int:
        keys = json.loads((self.system.run_dir / "paper-keys.json").read_text())
        request = urllib.request.Request(
            f"{self.system.paper_url}/paper/state",
            headers={"X-Paper-Token": keys["control_token"]},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(json.load(answer)["time_ms"])

    @property
    def sound(self) -> bool:
        """Tell whether trading goes on, and its books were right a short while ago."""
        children = self.system.children
        alive = children["trader"].running and children["wick1"].running
        return alive and time.monotonic() - self._unhalted < HALTED_S

    def calls(self, module: str | None = None, version: str = "") -> Mapping[str, int]:
        """Return how often each module was called; of one version if that is given."""
        query = "select module, count(*) from system_logs.reflections"
        if module is not None:
            query += " where module = %s and version = %s"
        query += " group by module"
        values = () if module is None else (module, version)
        with psycopg.connect(self.system.stores.database_url) as connection:
            return dict(connection.execute(query, values).fetchall())  # type: ignore[arg-type]

    def mark(self) -> str:
        """Return the number of the last event that was published."""
        last: Any = self.redis.xrevrange(EVENTS, count=1)
        return str(last[0][0]) if last else "0"

    def warm(self, timeout_s: float) -> bool:
        """Wait until Wick has drawn its inputs, as in any system that runs for a while."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            told: Any = self.redis.xrange(EVENTS)
            if any(fields["kind"] == "warm" for _, fields in told):
                return True
            time.sleep(0.5)
        return False

    def contained(self, mark: str) -> int:
        """Return when the first failure since a mark was contained, UTC ms; 0 for none."""
        told: Any = self.redis.xrange(EVENTS, min=f"({mark}")
        times = [int(f["time_ms"]) for _, f in told if f["kind"] == "contained"]
        return min(times, default=0)

    def idle(self) -> bool:
        """Tell whether Wick has nothing left to do about a failure."""
        groups: Any = self.redis.xinfo_groups(JOBS)
        return all(not one["pending"] and not one.get("lag") for one in groups)

    def failures(self, since: int) -> list[Incident]:
        """Return the incidents of failing modules with a number above `since`, told in
        full, the oldest first."""
        found = [
            self.incidents.get(one.incident_id)
            for one in self.incidents.all()
            if one.incident_id > since
            and one.kind == "failure"
            and one.state != "explained"
        ]
        return [one for one in reversed(found) if one is not None]

    def last_incident(self) -> int:
        """Return the highest number of an incident."""
        return max((one.incident_id for one in self.incidents.all()), default=0)

    def runs(self, module: str, version: str, timeout_s: float = 10.0) -> bool:
        """Wait until the trading loop runs a version."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if self.redis.hget(RUNNING, module) == version:
                return True
            time.sleep(0.01)
        return False

    def finish(self) -> dict[str, Any]:
        """Stop trading; return what became of its ticks."""
        trader = self.system.children["trader"]
        trader.ask_to_stop()
        trader.wait(60.0)
        ticks = int(self.summary.get("ticks", 0))
        candles = (self._paper_ms() - self.began_ms) // INTERVAL_MS
        with psycopg.connect(self.system.stores.database_url) as connection:
            times = [
                int(row[0])
                for row in connection.execute(
                    "select time_ms from trading_data.equity order by time_ms"
                ).fetchall()
            ]
        gaps = sum((b - a) // INTERVAL_MS - 1 for a, b in pairwise(times))
        return {
            "ticks": ticks, "candles": candles, "missed_ticks": candles - ticks,
            "ticks_without_equity": gaps, "longest_tick_ms": self.longest_ms,
            "closed_trades": self.summary.get("closed"), "halted": self.summary.get("halted"),
        }  # fmt: skip
