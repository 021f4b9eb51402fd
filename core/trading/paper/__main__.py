"""The paper exchange as a process: `python -m core.trading.paper --port 0`.

One line of JSON on stdout says that it is ready, where it listens and where its keys
are; the keys themselves go into a file that only its owner can read.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path

from core.errors import ArchitectError, ConfigError
from core.trading.candles import Candles, load_folder
from core.trading.paper.account_journal import opened
from core.trading.paper.config import PaperConfig, PaperKeys
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.growing import GrowingFolder
from core.trading.paper.kept_account import KeptExchange
from core.trading.paper.server import PaperServer, serve
from core.trading.synthetic import synthetic_candles

_PR_SET_PDEATHSIG = 1
POLL_S = 0.05


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; return the exit code."""
    parser = _parser()
    options = parser.parse_args(argv)
    stops: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stops.append(received))
    if options.follow and options.candles is None:
        parser.error("--follow goes with --candles")
    if options.account and (not options.follow or options.next_open):
        parser.error("--account goes with --follow, and without --next-open")
    if options.die_with_parent and not _die_with_parent():
        return 0
    try:
        _run(options, stops)
    except ArchitectError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace, stops: list[int]) -> None:
    candles = _candles(options)
    # What has closed already is not played again.
    known = len(next(iter(candles.values())))
    if options.follow and known < options.warmup:
        raise ConfigError(
            f"{options.candles} has {known} candles, and {options.warmup} fill the window",
            hint="move the folder away: a new one is filled from further back",
        )
    config = PaperConfig(
        balance_usd=options.balance,
        next_open=options.next_open,
        rate_limited=not options.no_rate_limit,
        warmup=known if options.follow else options.warmup,
        seed=options.seed,
    )
    with ExitStack() as held:
        exchange = _exchange(options, candles, config, held)
        # By its key a gateway knows an account again, and what its day has cost.
        name = exchange.origin.name if isinstance(exchange, KeptExchange) else None
        keys, keys_file = _keys(options.keys_file, name)
        if options.keys_file is None:
            held.callback(keys_file.unlink, missing_ok=True)
        with serve(exchange, keys, options.port) as server:
            _say_ready(server, keys_file)
            # By sleeping: numpy has threads of its own, and a signal that one of them
            # receives neither ends a sigwait nor wakes a lock of this thread.
            while not stops:
                time.sleep(POLL_S)


def _exchange(
    options: argparse.Namespace,
    candles: dict[str, Candles],
    config: PaperConfig,
    held: ExitStack,
) -> PaperExchange:
    source = GrowingFolder(options.candles) if options.follow else None
    if options.account is None:
        return PaperExchange(candles, config, source)
    try:
        journal = held.enter_context(opened(options.account, new=options.new_account))
    except OSError as error:
        raise ConfigError(f"cannot write {options.account}: {error.strerror}") from None
    return KeptExchange(candles, config, journal, source)


def _say_ready(server: PaperServer, keys_file: Path) -> None:
    market = server.exchange.market
    kept = server.exchange if isinstance(server.exchange, KeptExchange) else None
    line = {
        "ready": True,
        "url": server.url,
        "port": server.port,
        "keys_file": str(keys_file),
        "time_ms": market.now_ms,
        "candles_left": market.length - market.count,
        "account": kept and kept.origin.name,
        "began_ms": kept and kept.origin.began_ms,
        "calls": kept and kept.calls,
    }
    print(json.dumps(line), flush=True)


def _candles(options: argparse.Namespace) -> dict[str, Candles]:
    if options.candles is not None:
        return load_folder(options.candles)
    return synthetic_candles(options.seed, options.count)


def _keys(path: Path | None, account: str | None) -> tuple[PaperKeys, Path]:
    """Return the keys of a file, or new ones in a file that did not exist yet."""
    if path is not None and path.exists():
        try:
            return PaperKeys(**json.loads(path.read_text())), path
        except (ValueError, TypeError) as error:
            raise ConfigError(f"{path} holds no paper keys: {error}") from error
    keys = PaperKeys.generate(account)
    if path is None:
        handle, name = tempfile.mkstemp(prefix="paper-keys-", suffix=".json")
        path = Path(name)
    else:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    fields = ("api_key", "secret", "control_token")
    with os.fdopen(handle, "w") as file:
        json.dump({name: getattr(keys, name) for name in fields}, file)
    return keys, path


def _die_with_parent() -> bool:
    """Ask the kernel for SIGTERM when the parent ends; False if it has ended already."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.trading.paper",
        description="Kraken Futures' REST API over candles, on 127.0.0.1.",
        epilog="example: python -m core.trading.paper --port 8100 --seed 7 --count 3000",
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0, the default, takes any free port")
    add("--seed", type=int, default=0, help="of synthetic candles, ids and faults")
    add("--count", type=int, default=3000, help="how many synthetic candles")
    add("--candles", type=Path, metavar="DIR", help="a folder of CSV or CSV.gz files")
    add(
        "--follow",
        action="store_true",
        help="begin after the folder's last candle; go on as more are added to it",
    )
    add(
        "--account",
        type=Path,
        metavar="FILE",
        help="--follow: keep the account in this file, and go on with it the next time",
    )
    add(
        "--new-account",
        action="store_true",
        help="--account: begin another; what is in the file is put beside it",
    )
    add("--warmup", type=int, default=300, help="candles that are closed at the start")
    add("--balance", type=_decimal, default=Decimal(10_000), help="in USD")
    add(
        "--next-open",
        action="store_true",
        help="fill an order at the open of the candle that follows, not at the last close",
    )
    add("--keys-file", type=Path, help="read if it exists, else written (mode 0600)")
    add("--no-rate-limit", action="store_true", help="let any number of calls pass")
    add("--die-with-parent", action="store_true", help="end when the parent ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
