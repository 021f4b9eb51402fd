"""Opens the way to the paper exchange: candles, gateway, and the books of its account."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from architect.system import api_end
from architect.system.system import System
from core.config import KRAKEN
from core.errors import ConfigError
from core.plain_words import counted
from core.trading.dates import iso

# What fills the window of the indicators, and how many days hold that and more.
WARMUP, FOLLOWED_DAYS = 600, 3
DAY_MS = 86_400_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PaperMarket:
    """What is traded on paper: `count` synthetic candles of `seed`, or those in `folder`, each
    in `pace_s` seconds; with `follow` those of the live market as they close, on an account
    that outlives its process unless it is to be a `new_account`.
    """

    folder: Path | None
    seed: int
    count: int
    pace_s: float
    follow: bool
    new_account: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A paper account that outlives its process, and how many calls it has had."""

    name: str
    calls: int


def check_market(market: PaperMarket) -> None:
    """ConfigError for candles that nothing can be traded on."""
    folder = market.folder
    if folder is not None and not market.follow and not folder.is_dir():
        raise ConfigError(
            f"--candles: {folder} is no folder",
            hint="give one of CSV or CSV.gz files; architect candles makes one",
        )
    if folder is None and not market.follow and market.count <= WARMUP:
        raise ConfigError(
            f"--count {market.count}: the first {WARMUP} only warm the indicators up",
            hint=f"give more than {WARMUP}",
        )


def open_paper(system: System, market: PaperMarket, say: Say) -> None:
    """Start the paper exchange and the gateway, and claim the account's books."""
    account = _start_market(system, market, say)
    system.start_gateway()
    books = system.claim_books("paper", account.name if account is not None else None)
    if books.aside is not None:
        say(f"the books of the paper run before are in {books.aside}")
    if books.back is not None:
        say(f"the account's books are back from {books.back}")
    if account is not None and account.calls and books.empty:
        say("its books are not here: they begin empty, with what the account holds")


def _start_market(system: System, market: PaperMarket, say: Say) -> Account | None:
    """Start the paper exchange, where it follows on the candles of the live market.

    Returns the account if it outlives the exchange.
    """
    words = ["--warmup", str(WARMUP), "--seed", str(market.seed)]
    folder = market.folder
    if market.follow:
        data = system.config.project.data
        folder, journal = folder or data / "candles", data / "paper" / "account.jsonl"
        days = FOLLOWED_DAYS if market.new_account else followed_days(journal)
        system.start_candles(folder, days)
        say(f"the live market's candles are in {folder}")
        url = system.config.settings.exchange_url or KRAKEN
        if (ending := api_end.warning(url, api_end.today())) is not None:
            say(ending)
        words += ["--follow", "--account", str(journal)]
        words += ["--new-account"] if market.new_account else []
    if folder is not None:
        words += ["--candles", str(folder.resolve())]
    else:
        words += ["--count", str(market.count)]
    system.pace_s = market.pace_s
    paper = system.start_paper(words)
    say(f"paper exchange at {paper['url']}")
    if (name := paper["account"]) is None:
        return None
    since = f"{iso(paper['began_ms'])} UTC"
    account = Account(str(name), int(paper["calls"]))
    say(f"account {account.name} of {since}: {counted(account.calls, 'call')} so far")
    return account


def followed_days(journal: Path) -> int:
    """Return how many days of candles are wanted: a folder that was lost is filled again
    from before the account of a journal began.
    """
    from core.trading.paper.account_journal import began_ms

    began, now_ms = began_ms(journal), time.time_ns() // 1_000_000
    past_ms = 0 if began is None else max(0, now_ms - began)
    return FOLLOWED_DAYS + -(-past_ms // DAY_MS)
