"""Create the schemas in the stores (init), empty exactly what is ours (purge), or bring the
dump of a purge back into stores that hold nothing of ours (restore).

Before their first use init empties the stores too, should they hold anything of ours.
Purge names what it will empty, takes a dump first and asks for a yes. Nothing that is
not ours is touched, also in an existing database by DATABASE_URL. While a system trades
its books are neither emptied nor brought back: end it first.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from architect import config as configuration
from architect.config import Config
from architect.stores import joined_stores
from architect.typed import may_empty
from core.plain_words import counted
from core.stores.purge import Purged, init, purge, restore

EXAMPLE = (
    "  architect db init\n  architect db purge --yes\n"
    "  architect db restore .architect/dumps/2026-11-28T041500Z-123456789"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("action", choices=("init", "purge", "restore"))
    parser.add_argument(
        "dump", nargs="?", type=Path, metavar="DUMP", help="restore: the dump's folder"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="empty what is ours without asking, with init too",
    )
    parser.add_argument(
        "--json", action="store_true", help="print what was done as JSON"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0, 1 when the answer was no, 2 for a dump that is missing or one too many."""
    restores = options.action == "restore"
    if restores != (options.dump is not None):
        said = "no dump is named" if restores else f"{options.action} takes no dump"
        print(f"error: {said}", file=sys.stderr)
        print("hint: architect db restore DUMP", file=sys.stderr)
        return 2
    config = configuration.load(options.root)
    with joined_stores(config) as stores:
        urls = stores.database_url, stores.redis_url
        actions = {"init": _init, "purge": _purge, "restore": _restore}
        return actions[options.action](config, urls, options)


def _init(config: Config, urls: tuple[str, str], options: argparse.Namespace) -> int:
    applied = init(
        *urls, config.project.data / "dumps", partial(may_empty, yes=options.yes)
    )
    if options.json:
        print(json.dumps({"applied": applied}))
    else:
        print(
            f"applied {', '.join(applied)}"
            if applied
            else "the schemas are as they must be"
        )
    return 0


def _purge(config: Config, urls: tuple[str, str], options: argparse.Namespace) -> int:
    done = purge(
        *urls, config.project.data / "dumps", partial(may_empty, yes=options.yes)
    )
    if done is None:
        print("nothing was emptied", file=sys.stderr)
        return 1
    print(json.dumps(_plain(done)) if options.json else _said(done))
    return 0


def _restore(config: Config, urls: tuple[str, str], options: argparse.Namespace) -> int:
    # Stores in use: else the first start after it would empty them.
    init(*urls, config.project.data / "dumps", partial(may_empty, yes=options.yes))
    rows = restore(*urls, options.dump)
    if options.json:
        print(json.dumps({"rows": rows}))
    else:
        print(f"{counted(rows, 'row')} and all keys of {options.dump} are back")
    return 0


def _plain(done: Purged) -> dict[str, object]:
    return {
        "tables": done.found.tables,
        "keys": done.found.keys,
        "dump": str(done.dump) if done.dump else None,
    }


def _said(done: Purged) -> str:
    if done.dump is None:
        return "there was nothing to empty"
    return f"emptied; the dump is in {done.dump}"
