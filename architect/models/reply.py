"""An answer to a prompt, wherever it came from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, byte for byte.

    Attributes:
        text: the raw answer.
        model: who answered, as the route or the answering person names it.
        route: the route's name, or `relay`.
        source: how it came this time: `recorded`, `live` or `relay`.
        instead_of: routes that were tried before and failed, in order.
        path: the reply file, relative to the store's folder; empty if not recorded.
        file_sha256: of that file.
        cost_usd: what all tries were charged, failed routes' too; zero for a recorded reply.
        unshown: what went wrong where it was shown as it came; for who asked to raise.
    """

    text: str
    model: str
    route: str
    source: str
    instead_of: tuple[str, ...] = ()
    path: str = ""
    file_sha256: str = ""
    cost_usd: Decimal = Decimal(0)
    unshown: Exception | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 in hex of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()
