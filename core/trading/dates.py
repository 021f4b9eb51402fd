"""Dates as a person writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from core.errors import ConfigError


def time_ms(text: str) -> int:
    """Return UTC milliseconds of `2025-04-03` or an ISO 8601 time; ConfigError if neither."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text!r} is no date", hint="such as 2025-04-03") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(zoned.timestamp() * 1000)


def iso(ms: int) -> str:
    """Return UTC milliseconds as a time that a person reads: `2025-04-03 14:05`."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M}"
