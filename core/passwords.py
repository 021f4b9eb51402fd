"""Passwords in the URLs of stores and servers: to find and to blot out, never to show.

It goes by where a password stands, not by what a URL may hold: libpq and redis take
passwords that no reader of URLs does, and quote parts of those that they misread.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

# Behind the last @ begins the host: one in the password may have been left as it is.
_BEFORE_HOST = re.compile(r"(://[^/@:\s]*:)(.+)(@)")
# As long as a well written one goes: a text may hold several URLs.
_WELL_WRITTEN = re.compile(r"://[^/@\s]*:([^/@\s]+)@")
_PARAMETER = re.compile(r"([?&](?:ssl)?password=)([^&\s]+)()", re.IGNORECASE)
_CUTS = re.compile(r"[/@?#]")
# A shorter one would blot out parts of words: it is looked for in quotes alone.
_SHORTEST = 4


def passwords(text: str) -> list[str]:
    """Return the passwords in the URLs of a text, as they stand there and decoded."""
    found = [*_WELL_WRITTEN.findall(text)]
    for pattern in (_PARAMETER, _BEFORE_HOST):
        found += [password for _, password, _ in pattern.findall(text)]
        text = pattern.sub(r"\1***\3", text)
    found = [password for password in found if password != "***"]
    return list(dict.fromkeys([*found, *map(unquote, found)]))


def without_password(url: str) -> str:
    """Return `url` fit for messages."""
    # First what follows the host: an @ there ends no password before it.
    return _BEFORE_HOST.sub(r"\1***\3", _PARAMETER.sub(r"\1***\3", url))


def without_passwords_of(url: str, text: str) -> str:
    """Return what a driver says of a URL, without what it quotes of the passwords there."""
    for password in sorted(passwords(url), key=len, reverse=True):
        if len(password) >= _SHORTEST:
            text = text.replace(password, "***")
        cuts = [cut.end() for cut in _CUTS.finditer(password)]
        for rest in (password[cut:] for cut in cuts):
            text = text.replace(f"{rest}@", "***@")  # it was taken for a host
        for part in {password, *_CUTS.split(password)}:
            text = re.sub(rf"""(['"]){re.escape(part)}\1""", r"\1***\1", text)
    return text
