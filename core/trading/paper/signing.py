"""Who may call: Kraken's `Authent` header, and nonces where they are sent."""

from __future__ import annotations

import base64
import hashlib
import hmac

from core.trading.paper.config import PaperKeys


def authent(secret: str, post_data: str, nonce: str, path: str) -> str:
    """Return the signature of a call; path has no leading /derivatives.

    base64(HMAC-SHA512(base64-decoded secret, SHA256(post data + nonce + path))).
    """
    digest = hashlib.sha256((post_data + nonce + path).encode()).digest()
    key = base64.b64decode(secret)
    return base64.b64encode(hmac.new(key, digest, hashlib.sha512).digest()).decode()


class Gatekeeper:
    """Checks keys, signatures and that nonces only grow."""

    def __init__(self, keys: PaperKeys) -> None:
        self._keys = keys
        self._highest: int | None = None

    def refusal(self, headers: dict[str, str], post_data: str, path: str) -> str | None:
        """Return Kraken's error for a private call, None if it may pass.

        headers has lower-case names; path is the request's, without its query.
        """
        nonce = headers.get("nonce", "")
        signed_path = path.removeprefix("/derivatives")
        right = authent(self._keys.secret, post_data, nonce, signed_path)
        given = headers.get("authent", "")
        known = hmac.compare_digest(
            headers.get("apikey", "").encode(), self._keys.api_key.encode()
        )
        if not (known and hmac.compare_digest(given.encode(), right.encode())):
            return "authenticationError"
        return self._nonce_refusal(nonce) if nonce else None

    def _nonce_refusal(self, nonce: str) -> str | None:
        if not nonce.isdigit():
            return "invalidArgument: nonce"
        number = int(nonce)
        if self._highest is not None and number <= self._highest:
            same = number == self._highest
            return "nonceDuplicate" if same else "nonceBelowThreshold"
        self._highest = number
        return None
