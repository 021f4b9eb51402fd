"""A running system: stores, exchange or paper exchange, gateway, wick, trading loop.

Started in this order, stopped in the reverse one. Only the gateway is given exchange
keys; the trading loop gets the stores' addresses and the gateway's socket.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType

from architect.atomic import write_failed
from architect.config import Config
from architect.system.child import START_S, Child, Line
from architect.system.kill_switch import state_dir
from architect.system.running_gateway import note_admin
from architect.uninterrupted import uninterrupted
from core.config import KRAKEN
from core.errors import ConfigError, StoreUnavailable
from core.stores.account import Claim, Kind, claimed
from core.stores.books_lock import BooksLock
from core.stores.embedded import Stores
from core.stores.open import open_stores
from core.stores.purge import Confirm, init
from core.stores.retention import MOST_S, keep

OnLine = Callable[[str, Line], None]
# How long one may take to be ready that fetches or plays many candles first.
FETCH_S = 600.0
# Nothing waits for a start but the start, and after a long rest there may be many old
# reflections to move.
FIRST_KEEP_S = 600.0


@dataclass
class System:
    """A context manager; each `start_*` starts one process and waits until it is ready."""

    config: Config
    on_line: OnLine = lambda name, line: None
    children: dict[str, Child] = field(default_factory=dict)
    paper_url: str = ""
    # Seconds that a paper candle takes; 0 is full speed.
    pace_s: float = 0.0
    _stores: Stores | None = None
    _lock: BooksLock | None = None
    _paper_keys: Path | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _named: set[str] = field(default_factory=set)

    def __enter__(self) -> System:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def run_dir(self) -> Path:
        """Folder of sockets and logs of this run."""
        return self.config.project.data / "run"

    @property
    def stores(self) -> Stores:
        """The stores; only after `start_stores`."""
        assert self._stores is not None
        return self._stores

    def start_stores(self, confirm: Confirm) -> None:
        """Start or join the stores and make the schemas ready."""
        settings = self.config.settings
        database, redis = settings.database_url, settings.redis_url
        self._stores = self._open.enter_context(
            open_stores(
                self.config.project.data,
                database.get_secret_value() if database else None,
                redis.get_secret_value() if redis else None,
            )
        )
        dumps = self.config.project.data / "dumps"
        init(self._stores.database_url, self._stores.redis_url, dumps, confirm)
        # What is not done is no reason to trade later: it is tried each hour.
        self.keep_reflections(FIRST_KEEP_S)

    def claim_books(self, kind: Kind, name: str | None = None) -> Claim:
        """Hold the books for an account until the end; see `core.stores.account`.

        After the gateway has started: what holds its socket is the only one there is.
        """
        folder = self.config.project.data / "dumps"
        held = claimed(self.stores.database_url, kind, folder, name)
        try:
            claim = self._open.enter_context(held)
        except OSError as error:
            raise write_failed(folder, error) from None
        self._lock = claim.lock
        return claim

    def hold_books(self) -> None:
        """Hold the claimed books on where the database has restarted; `BooksLock.keep`."""
        if self._lock is not None:
            self._lock.keep()

    def keep_reflections(self, most_s: float = MOST_S) -> str:
        """Make the next days' partitions of reflections, and drop the old ones.

        Returns why that cannot be done now, empty when it was.
        """
        now_ms, days = time.time_ns() // 1_000_000, self.config.settings.keep_days
        try:
            keep(self.stores.database_url, now_ms, days, most_s)
        except StoreUnavailable as error:
            return str(error)
        return ""

    def _start(
        self,
        name: str,
        module: str,
        arguments: list[str],
        environment: dict[str, str],
        timeout_s: float = START_S,
    ) -> Line:
        return self._begin(name, module, arguments, environment).ready(timeout_s)

    def _begin(
        self, name: str, module: str, arguments: list[str], environment: dict[str, str]
    ) -> Child:
        with uninterrupted():  # a child that nobody knows would be left behind
            child = Child(
                name, module, arguments, self.run_dir / f"{name}.log", environment,
                lambda line: self.on_line(name, line),
            )  # fmt: skip
            if name not in self._named:
                # One that is started again is stopped in its old place.
                self._named.add(name)
                self._open.callback(self._stop, name)
            self.children[name] = child
        return child

    def _stop(self, name: str) -> None:
        if (child := self.children.get(name)) is not None:
            child.stop()

    def start_paper(self, arguments: list[str]) -> Line:
        """Start the paper exchange; its keys stay in a file of this run."""
        self.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._paper_keys = self.run_dir / "paper-keys.json"
        self._paper_keys.unlink(missing_ok=True)
        self._open.callback(self._paper_keys.unlink, missing_ok=True)
        words = ["--die-with-parent", "--keys-file", str(self._paper_keys), *arguments]
        # One that goes on with its account plays what came meanwhile first.
        line = self._start("paper", "core.trading.paper", words, {}, FETCH_S)
        self.paper_url = str(line["url"])
        return line

    def start_candles(self, folder: Path, days: int) -> Line:
        """Start what adds the live market's candles to a folder as they close."""
        url = self.config.settings.exchange_url or KRAKEN
        words = ["candles", "--to", str(folder), "--days", str(days), "--follow", "--json",
                 "--exchange-url", url, "--parent", str(os.getpid())]  # fmt: skip
        self.run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._start("candles", "architect", words, {}, FETCH_S)

    def start_gateway(self) -> Line:
        """Start the gateway before the paper exchange, or before the configured one."""
        url = self.paper_url or self.config.settings.exchange_url
        if not url:
            raise ConfigError(
                "EXCHANGE_URL is not set", hint=".env.example explains it"
            )
        words = [
            "--socket",
            str(self.socket),
            "--exchange-url",
            url,
            "--state-dir",
            str(state_dir(self.config.project)),
            "--parent",
            str(os.getpid()),
        ]
        environment = self._gateway_environment()
        if self._paper_keys is not None:
            words += ["--keys-file", str(self._paper_keys)]
        line = self._start("gateway", "core.trading.gateway", words, environment)
        note_admin(self.run_dir, str(line["admin_socket"]))
        return line

    def _gateway_environment(self) -> dict[str, str]:
        keys = ("EXCHANGE_API_KEY", "EXCHANGE_API_SECRET")
        names = self.config.environment.keys("GATEWAY_")
        if self._paper_keys is None:
            names = [*names, *keys]
        return {n: v for n in names if (v := self.config.environment.get(n))}

    @property
    def socket(self) -> Path:
        """The gateway's socket."""
        return self._socket("gateway.sock")

    @property
    def signal_socket(self) -> Path:
        """The signal service's socket."""
        return self._socket("signal.sock")

    def _socket(self, name: str) -> Path:
        wanted = self.run_dir / name
        # A Unix socket's path has at most 107 bytes; the gateway adds ".admin".
        return wanted if len(os.fsencode(wanted)) < 96 else self._short_folder / name

    @cached_property
    def _short_folder(self) -> Path:
        folder = tempfile.TemporaryDirectory(prefix="architect-")
        self._open.enter_context(folder)
        return Path(folder.name)

    def _addresses(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.stores.database_url,
            "REDIS_URL": self.stores.redis_url,
        }

    def start_wick(self, number: int = 1) -> Line:
        """Start a Wick worker."""
        return self._begin_own(f"wick{number}", "wick").ready()

    def start_wick_again(self, name: str) -> None:
        """Start a Wick worker that has ended, without waiting until it is ready."""
        self._begin_own(name, "wick")

    def start_watch(self) -> Line:
        """Start what builds specs when they are saved."""
        return self._begin_own("watch", "watch", "--json").ready()

    def _begin_own(self, name: str, *command: str) -> Child:
        """Start a command of ours. It may call models, so it is given their settings."""
        root, parent = str(self.config.project.root), str(os.getpid())
        words = [*command, "--root", root, "--parent", parent]
        environment = self.config.environment
        names = (*environment.keys("LLM_"), *environment.keys("WICK_"))
        models = {n: v for n in names if (v := environment.get(n))}
        return self._begin(name, "architect", words, {**self._addresses(), **models})

    def start_signal(self) -> Line | None:
        """Start the signal service if a model of its own is set for it, else None.

        Models that are set for other jobs are not asked: each entry would cost money.
        """
        environment = self.config.environment
        if not environment.get("LLM_SIGNAL_MODEL"):
            return None
        words = ["signal", "--root", str(self.config.project.root),
                 "--socket", str(self.signal_socket), "--parent", str(os.getpid())]  # fmt: skip
        models = {n: v for n in environment.keys("LLM_") if (v := environment.get(n))}
        return self._start("signal", "architect", words, models)

    def start_trader(self, ticks: int = 0) -> Line:
        """Start the trading loop."""
        words = ["--root", str(self.config.project.root), "--gateway", str(self.socket),
                 "--parent", str(os.getpid())]  # fmt: skip
        known = self.config.environment
        trading = {n: v for n in known.keys("TRADING_") if (v := known.get(n))}
        environment = {**self._addresses(), **trading}
        if self.paper_url:
            assert self._paper_keys is not None
            words += ["--paper-url", self.paper_url, "--pace-s", str(self.pace_s)]
            environment["PAPER_TOKEN"] = json.loads(self._paper_keys.read_text())[
                "control_token"
            ]
        if "signal" in self.children:
            words += ["--signal", str(self.signal_socket)]
        if ticks:
            words += ["--ticks", str(ticks)]
        return self._start("trader", "core.trading.trader", words, environment)
