"""Start the whole system by one command: stores, paper exchange, gateway, wick, trading.

Mode paper (the default) trades synthetic or given candles at full speed, or at a pace that
one can follow; with --follow those of the live market, as they close, on an account that
goes on the next time where it was. Live trades with real money: it shows what can be lost
at most, and begins after a typed yes. It is refused with paper keys, a paper exchange, a
failing architect verify, or books that differ from the account. Ctrl-C stops everything in
order.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from functools import partial

from architect import config as configuration
from architect.commands.watch import BAD
from architect.config import Config
from architect.secrets import Secrets
from architect.system import api_end
from architect.system.child import Child, ChildFailed, Line
from architect.system.halts import Halts
from architect.system.kill_switch import switch_file
from architect.system.live import check as check_live
from architect.system.live_start import open_live
from architect.system.news import News, transfer_text, trouble_text
from architect.system.overview import last_lines, overview
from architect.system.paper_start import check_market, open_paper
from architect.system.person import Person, read_person
from architect.system.restarts import Restarts, is_worker
from architect.system.start_check import check_symbols
from architect.system.system import System
from architect.system.told import FILE as TOLD_FILE
from architect.system.told import Told
from architect.system.workers import Workers
from architect.typed import may_empty
from architect.up_options import add_arguments as add_arguments
from architect.up_options import market_of, refuse_apart
from core import process
from core.errors import ArchitectError, StoreError, StoreUnavailable
from core.hang import hung_note
from core.plain_words import counted

# A day's partition is made two days ahead, so that an hour more or less is nothing.
KEEP_EVERY_S = 3600.0
# So often it is looked whether a day is over. At full speed the loop's lines come sooner.
LOOK_EVERY_S = 60.0
# So much later than a process we may be asked to end that was asked with us.
ASKED_S = 1.0
# What may end without the system: what is said then.
OPTIONAL = {
    "watch": "specs are watched no more",
    "signal": "entries go on without the model",
}
EXAMPLE = (
    "  architect up --pace 2\n  architect up --candles my_candles --workers 2\n"
    "  architect up --follow\n"
    "  architect up --live"
)


def run(options: argparse.Namespace) -> int:
    """Run until Ctrl-C, SIGTERM or the last candle; return 0, 1 when a process died."""
    config = configuration.load(options.root)
    live = options.live or config.settings.mode == "live"
    refuse_apart(options, live)
    if live:
        check_live(config)
    check_symbols(config)
    if not live:
        check_market(market_of(options))
    told = Told(config.project.data / TOLD_FILE)
    news = News(Person(read_person(config.environment)), told)
    halts = Halts(switch_file(config.project), news.person, told, _say)
    with news.person, System(config, partial(_line, news, halts)) as system:
        system.start_stores(partial(may_empty, yes=False))
        news.database_url = system.stores.database_url
        _say("Postgres and Redis are up")
        if live:
            news.exchange_url = config.settings.exchange_url or ""
            open_live(system, options.adopt, _say)
        else:
            open_paper(system, market_of(options), _say)
        for number in range(1, options.workers + 1):
            system.start_wick(number)
        _say(f"the gateway and {counted(options.workers, 'wick worker')} are up")
        if options.watch:
            system.start_watch()
        if system.start_signal() is not None:
            _say("a model judges entries")
        news.look()
        _look_at_end(config, news)
        system.start_trader()
        code = _trade(system, config, news, halts)
        _tell_end(config, system.stores.database_url)
        return code


def _tell_end(config: Config, database_url: str) -> None:
    with contextlib.suppress(StoreError):
        for text in last_lines(overview(config, database_url)):
            _say(text)


def _trade(system: System, config: Config, news: News, halts: Halts) -> int:
    """Look after the processes until Ctrl-C, SIGTERM or the last candle."""
    # From here on Ctrl-C ends the wait; before, it interrupted the start.
    stop = process.stop_event()
    _say("trading; Ctrl-C stops everything")
    halts.begin()
    try:
        return _look_after(system, config, news, halts, stop)
    finally:
        halts.end()


def _look_after(
    system: System, config: Config, news: News, halts: Halts, stop: threading.Event
) -> int:
    """Look after the processes; each end that nobody asked for is told."""
    try:
        return _until_end(system, config, news, halts, stop)
    except Exception as error:
        kind = "" if isinstance(error, ArchitectError) else f"{type(error).__name__}: "
        # What others raise may quote a store's URL.
        secrets = Secrets(tuple(config.environment.secrets()))
        news.ended("architect up", secrets.scrub(f"{kind}{error}"))
        raise


def _until_end(
    system: System, config: Config, news: News, halts: Halts, stop: threading.Event
) -> int:
    restarts = Restarts(hung_note(config.project))
    workers = Workers(system, restarts, news, _say)
    kept = looked = time.monotonic()
    while not stop.is_set():
        time.sleep(0.1)
        halts.look()
        if time.monotonic() - looked > LOOK_EVERY_S:
            looked = time.monotonic()
            # Where another system has the books by now, two must not trade; while they
            # cannot be held, what trades waits for the database too.
            with contextlib.suppress(StoreUnavailable):
                system.hold_books()
            news.look()
        if time.monotonic() - kept > KEEP_EVERY_S:
            kept = time.monotonic()
            if why := system.keep_reflections():
                _say(f"old reflections stay for now: {why}")
            _look_at_end(config, news)
        for child in list(system.children.values()):
            if child.running:
                continue
            if is_worker(child.name):
                workers.ended(child)
                continue
            if child.name in OPTIONAL:
                # Nothing trades by it: what runs, runs on.
                _say(f"{OPTIONAL[child.name]}: {child.last_words()}")
                del system.children[child.name]
                continue
            delay_s = restarts.due(child.name, child.exit_code)
            if delay_s is None:
                return _ended(system, child, stop)
            if not stop.wait(delay_s):
                _start_again(system, child, news)
    return 0


def _look_at_end(config: Config, news: News) -> None:
    """Enter nothing new any more on the last day of the live exchange's API."""
    api_end.halt(news.exchange_url, api_end.today(), switch_file(config.project))


def _start_again(system: System, child: Child, news: News) -> None:
    if child.name == "trader":
        _say("a module held the trading loop: it is started again without it")
        system.start_trader()
        return
    told = f"the gateway ended with code {child.exit_code}; it is started again"
    _say(told)
    news.restarted(told)
    # One that does not start has ended, and is looked at like any other; so is one for
    # which the machine had no room.
    with contextlib.suppress(ChildFailed, OSError):
        system.start_gateway()


def _ended(system: System, child: Child, stop: threading.Event) -> int:
    """Return 0 where it was to end; ChildFailed otherwise."""
    code = child.exit_code
    if child.name == "trader" and code == 0 and _runs_out(system):
        _say("the candles are used up")
        return 0
    # Whoever ends every process at once, as systemd does, may reach us last.
    if stop.wait(ASKED_S):
        return 0
    by = ", as by a SIGTERM that was not ours" if code == 0 else ""
    raise ChildFailed(f"{child.name} ended with code {code}{by}: {child.last_words()}")


def _runs_out(system: System) -> bool:
    """Tell whether what is traded has a last candle."""
    return bool(system.paper_url) and "candles" not in system.children


def _line(news: News, halts: Halts, name: str, line: Line) -> None:
    _show(name, line)
    if name == "gateway" and line.get("kind") == "halt":
        halts.heard(str(line.get("reason")))
    news.line(name, line)


def _show(name: str, line: Line) -> None:
    kind = line.get("kind")
    if name == "watch":
        _say(f"{'' if kind not in BAD else 'error: '}{line.get('text', '')}")
    elif name == "candles" and kind in ("trouble", "over"):
        _say(str(line["text"]))
    elif name == "gateway" and kind == "silence":
        _say(f"silence: {line.get('reason')}")
    elif name == "trader" and kind == "entries":
        reason = line.get("stopped")
        _say(f"nothing new is entered: {reason}" if reason else "entries go on")
    elif name == "trader" and kind == "transfer":
        _say(transfer_text(line))
    elif name == "trader" and kind in ("stuck", "unstuck"):
        _say(f"trading loop: {trouble_text(line)}")
    elif kind == "incident":
        _say(f"incident {line['incident']}: {line['module']} {line['state']}")
    elif kind == "tick" and line["ticks"] % 200 == 0:
        _say(
            f"{line['ticks']} candles, {line['open']} open, "
            f"{counted(line['closed'], 'closed trade')}"
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
