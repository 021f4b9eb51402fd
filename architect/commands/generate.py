"""Build what is stale: prompt, reply, structure, tests, file, manifest, one commit each.

A module is stale when its spec, its prompt or a contract that it uses changed. With
names, those modules and what they need are built. Answers come from recorded replies,
then from a live model (LLM_API_URL), then from the relay.
"""

from __future__ import annotations

import argparse
import json
import sys

from architect.pipeline import Outcome
from architect.session import open_session
from architect.terminal import Progress

EXAMPLE = "  architect generate\n  architect generate rsi ema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="modules (default: all stale)")
    parser.add_argument("--force", action="store_true", help="build even what is not stale")
    parser.add_argument("--relay", action="store_true", help="let a person or a chat answer")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 when everything asked for stands, 1 otherwise."""
    with open_session(options.root, relay=options.relay or None) as session:
        with session.building() as pipeline:
            session.models.post(pipeline.prompts(options.names))
            graph_size = len(list(session.project.specs.glob("*.yaml")))
            with Progress("building", graph_size, quiet=options.json) as progress:
                pipeline.progress = progress
                outcome = pipeline.generate(options.names, options.force)
        session.record_verdicts(outcome)
    if options.json:
        print(json.dumps(_plain(outcome)))
    else:
        _report(outcome)
    return 0 if outcome.ok else 1


def _plain(outcome: Outcome) -> dict[str, object]:
    return {
        "built": {n: g.verdict.as_plain() for n, g in outcome.built.items()},
        "refused": {n: g.verdict.as_plain() for n, g in outcome.refused.items()},
        "failed": {n: str(error) for n, error in outcome.failed.items()},
        "skipped": outcome.skipped,
        "fresh": outcome.fresh,
    }


def _report(outcome: Outcome) -> None:
    for name, made in outcome.refused.items():
        print(f"error: {name}: {made.verdict.as_text()}", file=sys.stderr)
        print(f"hint: architect generate {name} asks again", file=sys.stderr)
    for name, error in outcome.failed.items():
        print(f"error: {name}: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
    parts = {"built": outcome.built, "refused": outcome.refused, "failed": outcome.failed}
    words = [f"{len(found)} {what}" for what, found in parts.items() if found]
    words += [f"{len(outcome.skipped)} skipped"] if outcome.skipped else []
    words += [f"{len(outcome.fresh)} up to date"] if outcome.fresh else []
    print(", ".join(words))
