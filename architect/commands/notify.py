"""Send a message by NOTIFY_WEBHOOK_URL and NOTIFY_COMMAND, to see that it arrives.

So a person is told of halts, incidents, the end of the system and each day's figures.
"""

from __future__ import annotations

import argparse
import sys

from architect import config as configuration
from core.errors import ConfigError

EXAMPLE = """  architect notify
  architect notify "is anybody there?\""""


# Which way, and what was wrong -> what mends it.
_ELSEWHERE = "give NOTIFY_WEBHOOK_URL as it is redirected to"
_PATH = "NOTIFY_COMMAND is run without a shell: give the whole path of a program"
HINTS = {
    ("command", "FileNotFoundError"): _PATH,
    ("command", "PermissionError"): f"{_PATH} that this user may run",
    ("command", "CalledProcessError"): "what it ran ended with another code than 0",
    ("command", "TimeoutExpired"): "raise NOTIFY_TIMEOUT_S, or let it end sooner",
    ("webhook", "TimeoutError"): "raise NOTIFY_TIMEOUT_S, or look after the server",
    ("webhook", "gaierror"): "check the host in NOTIFY_WEBHOOK_URL",
    ("webhook", "ConnectionRefusedError"): "check NOTIFY_WEBHOOK_URL and its server",
    ("webhook", "HTTP 404"): "check the path in NOTIFY_WEBHOOK_URL",
    **{("webhook", f"HTTP {code}"): _ELSEWHERE for code in (301, 302, 303, 307, 308)},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "text",
        nargs="?",
        default="a test: so you are told of halts and incidents",
        help="what to say",
    )


def run(options: argparse.Namespace) -> int:
    """Return 0 when it arrived by every way that is set, 1 otherwise."""
    from architect.system.person import Person, read_person

    person = Person(read_person(configuration.load(options.root).environment))
    if not person.listens:
        raise ConfigError(
            "nobody is told of anything",
            hint="set NOTIFY_WEBHOOK_URL or NOTIFY_COMMAND in .env",
        )
    found = person.try_out(options.text)
    for name, why in found.items():
        print(f"{name}: {f'not told ({why})' if why else 'told'}")
        if hint := HINTS.get((name, why)):
            print(f"hint: {hint}", file=sys.stderr)
    return 1 if any(found.values()) else 0
