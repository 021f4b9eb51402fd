"""Send a message by NOTIFY_WEBHOOK_URL and NOTIFY_COMMAND, to see that it arrives.

So a person is told of halts, incidents, the end of the system and each day's figures.
"""

from __future__ import annotations

import argparse

from architect import config as configuration
from core.errors import ConfigError

EXAMPLE = """  architect notify
  architect notify "is anybody there?\""""


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
    return 1 if any(found.values()) else 0
