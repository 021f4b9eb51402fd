"""The exchange keys: read once, shown nowhere.

They come from the environment or from a file that only its owner can read, never from
the command line. `redact` is the last line of defence for texts that others wrote.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import stat
from collections.abc import MutableMapping
from pathlib import Path

from core.errors import ConfigError

_HINT = "set EXCHANGE_API_KEY and EXCHANGE_API_SECRET, or use --keys-file"


class Keys:
    """An API key and its base64 secret. Both hide in `repr`; it cannot be pickled."""

    __slots__ = ("api_key", "secret")

    def __init__(self, api_key: str, secret: str) -> None:
        self.api_key = _checked("EXCHANGE_API_KEY", api_key)
        self.secret = _checked("EXCHANGE_API_SECRET", secret)
        try:
            base64.b64decode(self.secret, validate=True)
        except binascii.Error:
            raise ConfigError(
                "EXCHANGE_API_SECRET is not base64", hint="copy it whole"
            ) from None

    @property
    def account(self) -> str:
        """A name that tells accounts apart and from which no key can be had."""
        return hashlib.sha256(self.api_key.encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return "Keys(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("keys do not leave the process")

    def redact(self, text: str) -> str:
        """Return the text with both values blotted out."""
        return text.replace(self.secret, "***").replace(self.api_key, "***")


def from_environment(environ: MutableMapping[str, str]) -> Keys:
    """Take the keys out of the environment, so that nothing started later inherits them."""
    return Keys(
        environ.pop("EXCHANGE_API_KEY", ""), environ.pop("EXCHANGE_API_SECRET", "")
    )


def from_file(path: Path) -> Keys:
    """Read `{"api_key": ..., "api_secret": ...}` from a file of mode 0600."""
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise ConfigError(
                    f"{path} can be read by others (mode {mode:04o})",
                    hint=f"chmod 600 {path}",
                )
            data = json.load(file)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        # The decoder's own message may quote the file.
        raise ConfigError(f"{path} is not JSON", hint=_FILE_HINT) from None
    if not isinstance(data, dict) or "api_key" not in data:
        raise ConfigError(f"{path} holds no api_key", hint=_FILE_HINT)
    # The paper exchange writes its secret as `secret`.
    return Keys(data["api_key"], data.get("api_secret") or data.get("secret", ""))


_FILE_HINT = 'write {"api_key": "...", "api_secret": "..."}'


def _checked(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name} is not set", hint=_HINT)
    # Short values would blot out half of every message, and no exchange gives such.
    if len(value) < 8 or not value.isascii() or not value.isprintable():
        raise ConfigError(f"{name} is not a key", hint=_HINT)
    return value
