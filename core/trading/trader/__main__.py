"""Starts the trading loop: `python -m core.trading.trader --gateway SOCKET`.

Stores come by DATABASE_URL and REDIS_URL in the environment; the process holds no
exchange key. On stdout it writes one line of JSON when it is ready and one for each
thing worth knowing; it ends when the candles do, or on SIGTERM.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from core import process
from core.environment import read_environment
from core.errors import ArchitectError, ConfigError
from core.project import find_project
from core.runtime import Runtime
from core.trading.config import TradingSettings, read_trading
from core.trading.gateway_client import GatewayExchange
from core.trading.kept_store import KeptStore
from core.trading.model_client import SignalModel
from core.trading.ports import Exchange, Model
from core.trading.store import PostgresStore
from core.trading.trader import worth
from core.trading.trader.clock import PaperClock, RealClock, TickClock
from core.trading.trader.config import TraderConfig
from core.trading.trader.decision import NoModel
from core.trading.trader.failures import Failures
from core.trading.trader.loop import TradingLoop
from core.trading.trader.troubles import Troubles
from core.trading.trader.watched import WatchedExchange

PROGRESS_EVERY = 20
# Of what is told, what `architect up` and a person are shown.
SHOWN = frozenset({"transfer"})
# The name under which it is remembered why entries are stopped.
STOPS = "entry-stops"
# A module that fills the memory fails as one call; the system does not end for it.
MEMORY_BYTES = 4 * 1024**3


def main(arguments: list[str] | None = None) -> int:
    """Trade until the candles end or SIGTERM comes. Returns 0 or 1."""
    options = _parser().parse_args(arguments)
    stop = process.stop_event()
    if options.parent:
        process.stop_with_parent(options.parent, stop)
    try:
        return _run(options, stop)
    except ArchitectError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.trading.trader", description=__doc__
    )
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the project")
    parser.add_argument(
        "--gateway", type=Path, required=True, help="the gateway's socket"
    )
    parser.add_argument(
        "--signal", type=Path, help="the socket of the service that judges entries"
    )
    parser.add_argument(
        "--paper-url", help="step this paper exchange instead of waiting"
    )
    parser.add_argument(
        "--pace-s", type=float, default=0.0, help="paper: seconds a candle takes"
    )
    parser.add_argument(
        "--ticks", type=int, default=0, help="stop after so many candles"
    )
    parser.add_argument(
        "--parent", type=int, default=0, help="end when this process ends"
    )
    return parser


def _setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigError(
            f"{name} is not set", hint="architect up starts everything in order"
        )
    return value


def _run(options: argparse.Namespace, stop: threading.Event) -> int:
    project = find_project(options.root, options.root)
    database_url, redis_url = _setting("DATABASE_URL"), _setting("REDIS_URL")
    config = configured(read_trading(read_environment(None)))
    with Runtime(project, database_url, redis_url) as runtime:
        gateway = GatewayExchange(options.gateway, runtime.modules.records)
        process.limit_memory(MEMORY_BYTES)
        store = KeptStore(PostgresStore(database_url), runtime.tell)
        clock = _clock(options, stop)
        troubles = Troubles()
        loop, failures = watched_loop(
            runtime, gateway, store, _model(options, runtime), clock.sleep, config,
            partial(_told, (runtime.tell, troubles.note)),
        )  # fmt: skip
        failures.restore(runtime.events.remembered(STOPS), clock.now_ms())
        clock.between = partial(between, loop, clock)
        loop.open(clock.now_ms())
        _say("ready", modules=len(runtime.modules.names), time_ms=clock.now_ms())
        _trade(loop, failures, troubles, clock, stop, options.ticks)
        loop.finish(clock.now_ms())
        _say("done", **summary(loop), swaps=runtime.swaps)
        if lost := store.close():
            print(
                f"error: {lost} rows of the books were never written", file=sys.stderr
            )
    return 0


def configured(settings: TradingSettings) -> TraderConfig:
    """Return the loop's knobs with what the settings say of them."""
    return TraderConfig(
        symbols=settings.symbols,
        slippage_frac=settings.slippage_frac,
        max_slippage_frac=settings.max_slippage_frac,
    )


def _model(options: argparse.Namespace, runtime: Runtime) -> Model:
    if options.signal is None:
        return NoModel()
    return SignalModel(options.signal, tell=runtime.tell)


def _clock(options: argparse.Namespace, stop: threading.Event) -> Any:
    if options.paper_url:
        token = _setting("PAPER_TOKEN")
        return PaperClock(options.paper_url, token, options.pace_s, stop.wait)
    return RealClock(stop.wait)


def watched_loop(
    runtime: Runtime,
    exchange: Exchange,
    store: KeptStore,
    model: Model,
    sleep: Callable[[float], None],
    config: TraderConfig,
    tell: Callable[..., None],
) -> tuple[TradingLoop, Failures]:
    """Return a loop whose orders are judged, and what judges them after each tick.

    `tell` publishes what both have to say.
    """
    watched = WatchedExchange(exchange)
    failures = Failures(
        runtime.modules, watched, runtime.events.job, tell,
        config.max_slippage_frac,
    )  # fmt: skip
    loop = TradingLoop(
        runtime.modules, watched, store, failures.watch, config, sleep, model=model,
        stop_reason=lambda: (
            runtime.breaker.stop_reason()
            or failures.stop_reason()
            or store.stop_reason()
            or runtime.reflections.stop_reason()
        ),
    )  # fmt: skip

    def held(symbol: str) -> Decimal:
        position = loop.books.held.get(symbol)
        return abs(position.size) if position is not None else Decimal(0)

    failures.held = held
    failures.keep = partial(runtime.events.remember, STOPS)
    runtime.key_of = failures.key_of
    return loop, failures


def between(loop: TradingLoop, clock: TickClock) -> None:
    """Do what cannot wait for the next candle: say that we live, look after the stops."""
    loop.beat()
    loop.guard(clock.now_ms())


def _trade(
    loop: TradingLoop,
    failures: Failures,
    troubles: Troubles,
    clock: TickClock,
    stop: threading.Event,
    ticks: int,
) -> None:
    stopped = loop.stopped
    while not stop.is_set() and not (ticks and loop.ticks >= ticks):
        now_ms = clock.next_close_ms()
        if now_ms is None:
            return
        failures.now_ms = now_ms
        took_ms = loop.tick(now_ms)
        failures.look(now_ms)
        for kind, detail in troubles.tick():
            _say(kind, **detail)
        if bool(loop.stopped) != bool(stopped):
            stopped = loop.stopped
            _say("entries", stopped=stopped)
        if loop.ticks % PROGRESS_EVERY == 0:
            _say("tick", **summary(loop), took_ms=round(took_ms, 2))


def summary(loop: TradingLoop) -> dict[str, Any]:
    """Return the loop's own counts, as plain JSON data; what floats is NaN where the
    module that tells it fails: a report is not worth the loop.
    """
    totals = loop.books.totals
    try:
        pnl = worth.pnl(loop.books, loop.market.marks)
        floating = sum((p.floating_usd for p in pnl), Decimal(0))
    except Exception:  # contained and told by the wrapper
        pnl, floating = [], Decimal("NaN")
    return {
        "ticks": loop.ticks,
        "open": len(loop.trades),
        "closed": loop.closed,
        "fills": loop.books.fills,
        "realised_usd": str(totals.realised_usd),
        "fees_usd": str(totals.fees_usd),
        "funding_usd": str(totals.funding_usd),
        "floating_usd": str(floating),
        "net_usd": {p.symbol: str(p.net_usd) for p in pnl},
        "drifts": loop.drifts,
        "halted": loop.halted,
        "stopped": loop.stopped,
    }


def _told(heard: Sequence[Callable[..., None]], kind: str, /, **detail: Any) -> None:
    for tell in heard:
        tell(kind, **detail)
    if kind in SHOWN:
        _say(kind, **detail)


def _say(kind: str, **detail: Any) -> None:
    print(json.dumps({"kind": kind, **detail}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
