"""From a sentence to a live module: specs are drafted, checked, shown, and built on a yes.

The architect's model proposes specs, never code. They are validated, their examples run
against their properties, and shown with a diff and what building them costs. What is
missing is asked back. With a yes they are written, built by the code route, gated,
committed and, if the system is up, live.

Exit codes: 0 it stands (or --dry-run: the draft is sound), 1 not, 2 called wrongly.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from architect.terminal import Progress

if TYPE_CHECKING:
    from architect.drafts.dialogue import Ended
    from architect.drafts.draft import Draft

EXAMPLE = (
    '  architect ask "reject entries when the spread is over 8 basis points"\n'
    '  architect ask --dry-run "halve the size while RSI is over 65" --about position_sizing'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("words", nargs="+", metavar="SENTENCE", help="what is wanted")
    add_draft_arguments(parser)
    parser.add_argument(
        "--about",
        action="append",
        default=[],
        metavar="NAME",
        help="a module that the sentence is about",
    )


def add_draft_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that proposes specs."""
    parser.add_argument("--yes", action="store_true", help="do not ask before writing")
    parser.add_argument(
        "--dry-run", action="store_true", help="propose and check; write nothing"
    )
    parser.add_argument(
        "--relay",
        action="store_true",
        help="where no model is set or it fails, let a person or a chat window answer",
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Return 0 when what was asked for stands."""
    from architect.drafts.request import Request  # heavy: not for --help

    sentence = " ".join(options.words)
    if not sentence.strip():
        print("error: nothing is asked for", file=sys.stderr)
        print('hint: architect ask "what you want"', file=sys.stderr)
        return 2
    return propose(options, Request(sentence, about=tuple(options.about)))


def propose(options: argparse.Namespace, request: object) -> int:
    """Discuss a request, settle its draft, print how it ended; return the exit code."""
    from architect.drafts.dialogue import discuss, settle
    from architect.drafts.person import TerminalPerson
    from architect.drafts.request import Request
    from architect.session import open_session

    assert isinstance(request, Request)
    person = TerminalPerson(options.json, False if options.json else None)
    with open_session(
        options.root, relay=options.relay or None, tell=person.tell
    ) as session:
        for name in request.about:
            session.graph().get(name)
        draft, request = discuss(request, session, person)
        ended = settle(
            draft,
            request,
            session,
            person,
            lambda size: Progress("building", size, quiet=options.json),
            options.yes,
            options.dry_run,
        )
    if options.json:
        print(json.dumps(_plain(ended), default=str))
    elif draft.sound and ended.applied is None and not options.dry_run:
        person.tell("nothing was written; --yes says yes beforehand")
    return 0 if ended.ok or (options.dry_run and draft.sound) else 1


def _plain(ended: Ended) -> dict[str, object]:
    plain: dict[str, object] = {"ok": ended.ok, **_draft(ended.draft)}
    if ended.estimate is not None:
        cost = ended.estimate
        plain["cost"] = {"usd": cost.usd, "most_usd": cost.most_usd, "rows": cost.rows}
    if ended.applied is not None:
        outcome = ended.applied.outcome
        refused = {n: g.verdict.as_plain() for n, g in outcome.refused.items()}
        plain |= {
            "built": list(outcome.built),
            "refused": refused,
            "failed": {name: str(error) for name, error in outcome.failed.items()},
            "skipped": outcome.skipped,
            "taken_out": outcome.removed,
            "live": ended.applied.live,
            "held": ended.applied.held,
        }
    return plain


def _draft(draft: Draft) -> dict[str, object]:
    specs = [
        {"name": d.name, "new": d.before is None, "yaml": d.text, "diff": d.diff}
        for d in draft.specs
    ]
    return {
        "specs": specs,
        "removed": [{"name": d.name, "diff": d.diff} for d in draft.removed],
        "questions": draft.questions,
        "problems": draft.problems,
        "warnings": draft.warnings,
        "remarks": draft.remarks,
        "model": draft.model,
    }
