"""Show who answers: the routes with model, URL, price, limits and fallbacks."""

from __future__ import annotations

import argparse
import json
import sys

from core.errors import ConfigError

EXAMPLE = "  architect model\n  architect model code"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("route", nargs="?", metavar="ROUTE", help="one route")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0; ConfigError for a route that is not set."""
    # Heavy: not for --help.
    from architect import config as configuration
    from architect.models.access import SET_A_MODEL
    from architect.route import JOBS

    config = configuration.load(options.root)
    routes = dict(config.routes)
    if options.route is not None:
        if options.route not in routes:
            known = f"routes: {', '.join(sorted(routes))}" if routes else SET_A_MODEL
            if options.route not in JOBS:
                every = f"routes: {', '.join(sorted({*JOBS, *routes}))}"
                raise ConfigError(f"there is no route {options.route!r}", hint=every)
            raise ConfigError(f"no model is set for {options.route}", hint=known)
        routes = {options.route: routes[options.route]}
    rows = [
        {**route.model_dump(mode="json", exclude={"key"}), "key": route.key is not None}
        for route in routes.values()
    ]
    if options.json:
        print(json.dumps(rows))
        return 0
    for row in rows:
        print(_line(row))
    if not rows:
        print("no model is set: recorded replies answer, and the relay (--relay)")
        print(f"hint: {SET_A_MODEL}", file=sys.stderr)
    settings = config.models
    print(
        f"budget: {settings.budget_run_usd} USD a run, {settings.budget_day_usd} a day;"
        f" relay {'on' if settings.relay else 'off'}"
    )
    return 0


def _line(row: dict[str, object]) -> str:
    key = "with a key" if row["key"] else "without a key"
    then = row["fallbacks"]
    after = f", then {', '.join(then)}" if isinstance(then, list) and then else ""
    return (
        f"{row['name']:10} {row['model']} at {row['url']} {key}, {row['price_in_usd']} in"
        f" and {row['price_out_usd']} out USD a million, {row['max_tokens']} tokens,"
        f" {row['timeout_s']:g} s, {row['retries']} retries{after}"
    )
