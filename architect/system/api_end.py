"""The day on which Kraken ends the API that this release speaks, told while it can help.

After it nothing can be sent or read from here: stops that rest at the exchange are then
all that guards a position.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from core.trading import kill_file

# Kraken's documentation of its Derivatives REST API.
ENDS = date(2027, 3, 1)
# From so many days before on, who watches is reminded.
SOON_DAYS = 30
_HOST = "futures.kraken.com"


def today() -> date:
    """Return the UTC date."""
    return datetime.now(UTC).date()


def days_left(url: str | None, day: date) -> int | None:
    """Return for how many days from `day` the API at a URL answers; None if it is not
    Kraken's, 0 or less when it has ended.
    """
    if urlsplit(url or "").hostname != _HOST:
        return None
    return (ENDS - day).days


def warning(url: str | None, day: date, within_days: int = SOON_DAYS) -> str | None:
    """Return what a person should know of the end, None while it is further off."""
    left = days_left(url, day)
    if left is None or left > within_days:
        return None
    if left <= 0:
        return f"Kraken has ended the API that this release speaks, on {ENDS}"
    days = "1 day" if left == 1 else f"{left} days"
    return (
        f"Kraken ends this API in {days}, on {ENDS}: close what is open before,"
        " for nothing can be sent after"
    )


def halt(url: str | None, day: date, switch: Path) -> None:
    """Throw the kill switch a day before the end, so that what is open has time to close."""
    left = days_left(url, day)
    if left is not None and left <= 1:
        kill_file.write(
            switch, f"Kraken ends the API that this release speaks on {ENDS}"
        )
