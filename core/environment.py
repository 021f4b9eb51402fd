"""The settings as text: the process environment over `.env`, read in this one place.

The parser is our own: the lock holds no library for this file, and the usual ones
guess (they interpolate, take duplicates, skip what they cannot read). Here a line is a
comment, blank, or KEY=value; anything else is an error. What the values mean is for
`core.config` and those who extend it.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ConfigError
from core.passwords import passwords

_KEY = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_SECRET = re.compile(r"(_KEY|_SECRET|_TOKEN|_PASSWORD)\Z")
# Shorter ones would blot out half of every message, and nobody hands out such keys.
_SHORTEST_SECRET = 6


@dataclass(frozen=True, slots=True)
class Environment:
    """Settings by key. The process environment wins, even where it says: empty."""

    process: Mapping[str, str] = field(repr=False)
    file: Mapping[str, str] = field(default_factory=dict, repr=False)
    file_path: Path | None = None

    def get(self, key: str) -> str | None:
        """Return the value, None when it is unset or blank."""
        value = self.process.get(key, self.file.get(key, ""))
        return value.strip() or None

    def keys(self, prefix: str) -> list[str]:
        """Return the keys with a prefix, those of the file first."""
        found = [key for key in self.file if key.startswith(prefix)]
        return found + sorted(
            key
            for key in self.process
            if key.startswith(prefix) and key not in self.file
        )

    def origin(self, key: str) -> str:
        """Say where a value comes from, for an error message."""
        return (
            "the environment" if key in self.process else str(self.file_path or ".env")
        )

    def secrets(self) -> list[str]:
        """Return the values that no text of ours may hold, longest first."""
        keys = {*self.file, *(k for k in self.process if k in self.file or _ours(k))}
        values = {value for key in keys for value in _secret_parts(key, self.get(key))}
        return sorted(
            (v for v in values if len(v) >= _SHORTEST_SECRET), key=len, reverse=True
        )

    def refuse_unknown(self, keys: Iterable[str], known: Iterable[str]) -> None:
        """ConfigError for the first of `keys` that is not known; names the nearest."""
        known = set(known)
        for key in keys:
            if key not in known:
                raise self._unknown(key, known)

    def _unknown(self, key: str, known: set[str]) -> ConfigError:
        near = difflib.get_close_matches(key, sorted(known), n=1, cutoff=0.5)
        nearest = f"; the nearest known one is {near[0]}" if near else ""
        return ConfigError(
            f"unknown setting {key} in {self.origin(key)}{nearest}",
            hint=".env.example lists every setting",
        )


def read_environment(
    env_file: Path | None, process: Mapping[str, str] | None = None
) -> Environment:
    """Return the settings of this process and of `env_file`, which may be missing."""
    process = os.environ if process is None else process
    if env_file is not None and env_file.is_dir():
        raise ConfigError(
            f"{env_file} is a folder; settings are read from a file of that name",
            hint=f"mv {env_file} {env_file}.folder",
        )
    if env_file is None or not env_file.is_file():
        return Environment(dict(process))
    try:
        text = env_file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"cannot read {env_file}: {why}",
                          hint="it is a text file as .env.example is") from None  # fmt: skip
    return Environment(dict(process), parse_env(text, str(env_file)), env_file)


def parse_env(text: str, name: str = ".env") -> dict[str, str]:
    """Return the keys and values of a `.env` text.

    A value may stand in one pair of quotes and is taken as it is: no escapes, no
    interpolation, no comment after it. Errors give the line and never the value,
    which may be a secret.
    """
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, value = _line(line, f"{name} line {number}")
        if key in values:
            raise ConfigError(f"{name} line {number}: {key} is set twice",
                              hint="remove one of the two lines")  # fmt: skip
        values[key] = value
    return values


def _line(line: str, place: str) -> tuple[str, str]:
    key, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not _KEY.match(key):
        raise ConfigError(
            f"{place}: not a KEY=value line", hint="comments begin with #"
        )
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0] or value[0] in value[1:-1]:
            raise ConfigError(f"{place}: the quotes of {key} do not match",
                              hint="a value in quotes holds none of its own kind")  # fmt: skip
        return key, value[1:-1]
    if " #" in value:
        raise ConfigError(
            f"{place}: a comment after the value of {key}",
            hint="put the comment on a line of its own, or the value in quotes",
        )
    return key, value


def _ours(key: str) -> bool:
    return key.startswith(("LLM_", "EXCHANGE_", "WICK_")) or key in (
        "DATABASE_URL",
        "REDIS_URL",
    )


def _secret_parts(key: str, value: str | None) -> list[str]:
    if value is None:
        return []
    return [value] if _SECRET.search(key) else passwords(value)
