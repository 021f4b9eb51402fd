"""Build what is stale: prompt, reply, structure, tests, file, manifest, one commit each.

A module is stale when its spec, its prompt or a contract that it uses changed, or when it
was accepted without a user that then stayed as it was. With names, those modules and what
they need are built. Answers come from recorded replies, then from a live model
(LLM_API_URL), then from the relay.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from typing import TYPE_CHECKING

from architect.terminal import Progress
from core.errors import ArchitectError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from architect.outcome import Outcome
    from architect.session import Session
    from architect.staleness import State
    from core.manifest import Manifest

EXAMPLE = "  architect generate\n  architect generate rsi ema"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="modules (default: all stale)"
    )
    parser.add_argument(
        "--force", action="store_true", help="build even what is not stale"
    )
    parser.add_argument(
        "--weak",
        action="store_true",
        help="build even where a spec's tests catch too few wrong programs",
    )
    parser.add_argument(
        "--relay",
        action="store_true",
        help="where no model is set or it fails, let a person or a chat window answer",
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 when everything asked for stands, 1 otherwise."""
    # Heavy: not for --help.
    from architect.session import open_session
    from core.manifest import read_manifest

    with open_session(options.root, relay=options.relay or None, tell=_say) as session:
        session.strength = True
        with session.building() as pipeline:
            pipeline.weak = options.weak
            asked = pipeline.prompts(options.names, options.force)
            session.models.post(asked)
            size = len(list(session.project.specs.glob("*.yaml")))
            with Progress("building", size, quiet=options.json) as progress:
                pipeline.progress = progress
                pipeline.before = partial(_tell_cost, session, progress.say)
                outcome = pipeline.generate(options.names, options.force)
        session.record_verdicts()
    if options.json:
        print(json.dumps(_plain(outcome), default=str))
    else:
        _report(outcome, read_manifest(session.project.manifest))
    return 0 if outcome.ok else 1


def _tell_cost(
    session: Session, say: Callable[[str], None], stale: Sequence[State]
) -> None:
    """Tell what answers will cost before the first is asked for, if any may be."""
    cost = session.estimate(session.graph(), stale)
    if cost.asked or cost.most_usd:
        say(cost.as_text())


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _plain(outcome: Outcome) -> dict[str, object]:
    return {
        "ok": outcome.ok,
        "built": {n: g.verdict.as_plain() for n, g in outcome.built.items()},
        "refused": {n: g.verdict.as_plain() for n, g in outcome.refused.items()},
        "failed": {n: _error(error) for n, error in outcome.failed.items()},
        "skipped": outcome.skipped,
        "fresh": outcome.fresh,
        "removed": outcome.removed,
    }


def _error(error: ArchitectError) -> dict[str, str | None]:
    return {"error": str(error), "hint": error.hint}


def _report(outcome: Outcome, accepted: Manifest) -> None:
    from architect.advice import tell_problems

    tell_problems(outcome)
    for name in outcome.built:
        if name in accepted.modules and (users := sorted(accepted.unjudged(name))):
            with_them = f"{name} goes live with {', '.join(users)}"
            print(f"{with_them}: architect generate {' '.join(users)}")
    counts = {
        "built": len(outcome.built),
        "refused": len(outcome.refused),
        "failed": len(outcome.failed),
        "skipped": len(outcome.skipped),
        "removed": len(outcome.removed),
        "up to date": len(outcome.fresh),
    }
    words = [f"{count} {what}" for what, count in counts.items() if count]
    print(", ".join(words))
