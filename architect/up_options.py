"""The options of `architect up`: what belongs to paper, what to live, and what they make."""

from __future__ import annotations

import argparse
from pathlib import Path

from architect.command_types import positive, seconds
from architect.system.paper_start import WARMUP, PaperMarket
from core.errors import ConfigError

SEED, COUNT = 7, 20_000
_FLAGS = ("follow", "new_account")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    _add_paper(parser)
    parser.add_argument("--workers", type=positive, default=1, help="Wick workers (1)")
    parser.add_argument(
        "--live",
        action="store_true",
        help="trade with real money, as ARCHITECT_MODE=live",
    )
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="live: take over positions that the books do not know, and cancel orders "
        "that may open",
    )
    parser.add_argument(
        "--no-watch",
        dest="watch",
        action="store_false",
        help="do not build specs when they are saved",
    )


def _add_paper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--candles", type=Path, metavar="DIR", help="paper: real candles to play"
    )
    parser.add_argument(
        "--seed", type=int, help=f"paper: of the synthetic candles ({SEED})"
    )
    parser.add_argument(
        "--count",
        type=positive,
        help=f"paper: candles to make ({COUNT}); the first {WARMUP} warm the indicators up",
    )
    parser.add_argument(
        "--pace",
        type=seconds,
        metavar="SECONDS",
        help="paper: time for each candle (full speed)",
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="paper: the live market's candles as they close, kept in --candles DIR "
        "(.architect/candles); no key is needed",
    )
    parser.add_argument(
        "--new-account",
        action="store_true",
        help="--follow: begin another paper account; the one so far is put aside",
    )


def refuse_apart(options: argparse.Namespace, live: bool) -> None:
    """ConfigError for options that the mode, or another option, would pass over in silence."""
    if live:
        _refuse_paper(options)
    elif options.adopt:
        raise ConfigError("--adopt goes with --live", hint="leave it out")
    if options.new_account and not options.follow:
        raise ConfigError("--new-account goes with --follow", hint="leave it out")


def _refuse_paper(options: argparse.Namespace) -> None:
    for name in ("candles", "seed", "count", "pace", "follow", "new_account"):
        # A seed or a pace of 0 is equal to False, and given all the same.
        if getattr(options, name) is not (False if name in _FLAGS else None):
            raise ConfigError(
                f"--{name.replace('_', '-')} is for mode paper",
                hint="leave it out, or trade on paper: no --live, ARCHITECT_MODE=paper",
            )


def market_of(options: argparse.Namespace) -> PaperMarket:
    """Return the market that the options ask for."""
    return PaperMarket(
        folder=options.candles,
        seed=SEED if options.seed is None else options.seed,
        count=options.count or COUNT,
        pace_s=options.pace or 0.0,
        follow=options.follow,
        new_account=options.new_account,
    )
