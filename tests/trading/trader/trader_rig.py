"""A whole trading system for tests: paper exchange, gateway, stores, modules, loop."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from running_gateway import Gateway
from running_gateway import environment as gateway_environment

from core.manifest import Entry, read_manifest, sha256
from core.registry import Registry
from core.stores.embedded import Stores
from core.trading.store import PostgresStore
from core.trading.trader import worth
from core.trading.trader.config import TraderConfig
from core.trading.trader.loop import TradingLoop

ROOT = Path(__file__).resolve().parents[3]
CENT = Decimal("0.01")


class Paper:
    """A paper exchange process and its control calls."""

    def __init__(self, keys_file: Path, *more: str) -> None:
        command = [sys.executable, "-m", "core.trading.paper", "--seed", "7"]
        self.process = subprocess.Popen(
            [*command, "--keys-file", str(keys_file), "--count", "1500", *more],
            env=gateway_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())
        self.token = json.loads(keys_file.read_text())["control_token"]
        self.connection = http.client.HTTPConnection("127.0.0.1", self.ready["port"])

    def ask(self, method: str, path: str, **body: Any) -> Any:
        text = json.dumps(body) if body else None
        headers = {"X-Paper-Token": self.token}
        self.connection.request(method, f"/paper/{path}", text, headers)
        response = self.connection.getresponse()
        answer = json.loads(response.read())
        assert response.status == 200, answer
        return answer

    def state(self) -> Any:
        return self.ask("GET", "state")

    def step(self, candles: int = 1) -> int:
        return int(self.ask("POST", "step", candles=candles)["time_ms"])

    def fault(self, name: str, match: str = "*", **more: Any) -> None:
        self.ask("POST", "fault", name=name, match=match, **more)

    def close(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.communicate(timeout=10)


@dataclass
class Rig:
    """A context manager; `loop()` makes a trading loop, as a new process would."""

    folder: Path
    stores: Stores
    paper_words: tuple[str, ...] = ()
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Rig:
        words = ("--no-rate-limit", *self.paper_words)
        self.paper = Paper(self.folder / "keys.json", *words)
        self._open.callback(self.paper.close)
        keys = ("--keys-file", self.paper.ready["keys_file"])
        limits = self.folder / "limits.json"
        limits.write_text('{"max_orders_per_minute": 100000, "max_open_usd": 60000}')
        words = (*keys, "--timeout-s", "2", "--limits", str(limits))
        self.gateway = self._open.enter_context(
            Gateway(self.folder / "s", self.paper.ready["url"], *words)
        )
        self.modules = Registry(ROOT / "generated" / "trading")
        self.modules.load(read_manifest(ROOT / "manifest.yaml"))
        self.store = PostgresStore(self.stores.database_url)
        self._open.callback(self.store.close)
        self.exchange = self._exchange()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _exchange(self) -> Any:
        from core.trading.gateway_client import GatewayExchange

        exchange = GatewayExchange(self.gateway.socket_path, self.modules.records)
        self._open.callback(exchange.close)
        return exchange

    def tell(self, kind: str, **detail: Any) -> None:
        self.told.append((kind, detail))

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    def loop(self, **config: Any) -> TradingLoop:
        """Return a loop that has taken over the account."""
        loop = TradingLoop(
            self.modules,
            self.exchange,
            self.store,
            self.tell,
            TraderConfig(**config),
            sleep=lambda _: None,
        )
        loop.open(self.paper.state()["time_ms"])
        return loop

    def trade(self, symbol: str, side: str, size: str, name: str) -> Any:
        """Send a market order past all loops, as a person would."""
        order = self.modules.records["OrderRequest"](
            client_id=name,
            symbol=symbol,
            side=side,
            size=Decimal(size),
            kind="market",
            limit_price=None,
            stop_price=None,
            reduce_only=False,
        )
        return self.exchange.place(order)

    def replace_module(self, name: str, body: str) -> None:
        """Make a module live whose body is another, contract and all else the same."""
        path = ROOT / "generated" / "trading" / f"{name}.py"
        head, mark, _ = path.read_text().partition('    """\n')
        text = f'{head}{mark}    {body}\n\n\n__all__ = ["{name}"]\n'
        entry: Entry = replace(self.modules.version(name).entry, file=sha256(text))
        self.modules.accept(name, entry, text.encode())

    def restore_module(self, name: str) -> None:
        """Make the shipped version of a module live again."""
        raw = (ROOT / "generated" / "trading" / f"{name}.py").read_bytes()
        entry = self.modules.version(name).entry
        entry = replace(entry, file=sha256(raw.decode()))
        self.modules.accept(name, entry, raw)

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.store.rows(table, 0)

    def assert_books_equal(self, loop: TradingLoop) -> None:
        """Sizes exactly, money to the cent, and realised, fees and funding each."""
        state = self.paper.state()
        ours = {s: p.size for s, p in loop.books.positions.items()}
        theirs = {p["symbol"]: Decimal(p["size"]) for p in state["positions"]}
        assert ours == theirs
        marks = {s: t.mark_price for s, t in loop.market.tickers.items()}
        equity = worth.equity(loop.books, state["time_ms"], marks)
        assert abs(equity.equity_usd - Decimal(state["equity_usd"])) < CENT
        assert abs(equity.balance_usd - Decimal(state["balance_usd"])) < CENT
