"""Show what models cost: by day, job and module, and what is left of today's budget.

From the ledgers that are kept before each call; a call that was cancelled counts with
its worst case. Nothing is written and nobody is asked.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from architect.models.spending import Sum

EXAMPLE = "  architect cost\n  architect cost --since 2026-11-01 --by route"
BY = ("day", "job", "module")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--since",
        type=_day,
        metavar="DAY",
        help="from this UTC day on: 2026-11-01",
    )
    parser.add_argument(
        "--by",
        action="append",
        choices=("day", "job", "module", "route", "run"),
        help="add up by this (default: day, job and module)",
    )
    parser.add_argument("--json", action="store_true", help="print the sums as JSON")


def _day(text: str) -> str:
    """Read a day; ledgers are named as it is returned."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no day such as 2026-11-01"
        ) from None


def run(options: argparse.Namespace) -> int:
    """Return 0."""
    # Heavy: not for --help.
    from architect import config as configuration
    from architect.models.access import SPEND
    from architect.models.budget import Budget, spend
    from architect.models.spending import sums, total

    config = configuration.load(options.root)
    folder = config.project.data / SPEND
    since = options.since or ""
    charges = [(day, c) for day, c in spend(folder) if day >= since]
    whole = total("all", charges)
    by = {key: sums(charges, key) for key in options.by or BY}
    limits = config.models.budget_run_usd, config.models.budget_day_usd
    left = Budget(folder, *limits).left()[1] if folder.exists() else limits[1]
    if options.json:
        print(json.dumps(_plain(whole, by, left)))
    else:
        _show(whole, by, left, limits[1])
    return 0


def _plain(whole: Sum, by: dict[str, list[Sum]], left: Decimal) -> dict[str, object]:
    sums = {key: [_row(one) for one in found] for key, found in by.items()}
    return {**_row(whole), "left_today_usd": str(left), "by": sums}


def _row(one: Sum) -> dict[str, object]:
    return {
        "name": one.name,
        "calls": one.calls,
        "usd": str(one.usd),
        "open_usd": str(one.open_usd),
    }


def _show(
    whole: Sum, by: dict[str, list[Sum]], left: Decimal, day_usd: Decimal
) -> None:
    for key, found in by.items():
        for one in found:
            print(f"{key:6}  {one.name:30}  {one.calls:5} calls  {_usd(one)}")
    print(f"{'all':6}  {'':30}  {whole.calls:5} calls  {_usd(whole)}")
    if left < 0:
        over = f"today is {-left:.4f} USD over its {day_usd}"
        print(f"{over}: nothing that costs is asked before midnight UTC")
    else:
        print(f"{left:.4f} of {day_usd} USD are left for today")


def _usd(one: Sum) -> str:
    still = f", {one.open_usd:.4f} of it never settled" if one.open_usd else ""
    return f"{one.usd:10.4f} USD{still}"
