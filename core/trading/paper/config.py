"""What a paper exchange is told at its start, and the keys that may trade on it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class PaperConfig:
    """Costs, depth and limits of the paper exchange.

    Fees are fractions of the notional. A taker pays half the spread, and up to
    `slippage_frac` more as it uses up a candle's depth, which is `depth_frac` of the
    candle's volume; what is beyond the depth is not filled. `funding_frac` fixes the
    relative funding rate per hour; None takes it from the candles. With `next_open` an
    order meets the open of the candle that follows, and its depth: it was on its way while
    the candle closed. Without it, the close that the decision saw.
    """

    balance_usd: Decimal = Decimal("10000")
    taker_fee_frac: Decimal = Decimal("0.0005")
    maker_fee_frac: Decimal = Decimal("0.0002")
    half_spread_frac: Decimal = Decimal("0.00005")
    slippage_frac: Decimal = Decimal("0.001")
    depth_frac: Decimal = Decimal("0.1")
    protection_frac: Decimal = Decimal("0.01")
    collar_frac: Decimal = Decimal("0.1")
    funding_frac: Decimal | None = None
    next_open: bool = False
    rate_limited: bool = True
    warmup: int = 300
    seed: int = 0


@dataclass(frozen=True, slots=True)
class PaperKeys:
    """The API key, its secret (base64) and the token of the control calls."""

    api_key: str
    secret: str = field(repr=False)
    control_token: str = field(repr=False)

    @classmethod
    def generate(cls, account: str | None = None) -> Self:
        """Return new random keys; the API key is always the same for a named account."""
        secret = base64.b64encode(secrets.token_bytes(64)).decode()
        drawn = (account or secrets.token_hex(16)).encode()
        api_key = f"paper-{hashlib.sha256(drawn).hexdigest()[:16]}"
        return cls(api_key, secret, secrets.token_urlsafe(24))


def new_account() -> str:
    """Return a name that no other paper account has."""
    return f"paper-{secrets.token_hex(8)}"
