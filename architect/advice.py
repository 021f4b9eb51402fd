"""What helps after a refusal: the one next step, in words that can be typed."""

from __future__ import annotations

import sys

from architect.code_generator import Generated
from architect.gate.verdict import Verdict
from architect.outcome import Outcome

# How the gate ends its refusal of a body that is too long.
TOO_LONG = "split it"


def tell_problems(outcome: Outcome) -> None:
    """Tell on standard error what was refused and what failed, each with what helps."""
    for name, made in outcome.refused.items():
        print(f"error: {name}: {made.verdict.as_text()}", file=sys.stderr)
        show_author(made.verdict)
        print(f"hint: {after_refusal(made)}", file=sys.stderr)
    for name, error in outcome.failed.items():
        print(f"error: {name}: {error}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
    sys.stderr.flush()


def show_author(verdict: Verdict) -> None:
    """Show a held-back example that failed to the person at the terminal.

    Into a pipe or a file it never goes: a model may read what stands there.
    """
    if verdict.private is not None and sys.stderr.isatty():
        text = verdict.private.as_yaml().rstrip()
        print(f"a held-back example, for you alone:\n{text}", file=sys.stderr)


def after_refusal(made: Generated) -> str:
    """Return what helps: a recorded answer is never asked for again by itself."""
    if any(finding.message.endswith(TOO_LONG) for finding in made.verdict.findings):
        return f"architect split {made.name} parts its rule into child specs"
    if made.verdict.private is not None and not sys.stderr.isatty():
        return (
            f"architect generate {made.name} at a terminal shows the held-back example"
        )
    if made.reply is None:
        return f"mend specs/trading/{made.name}.yaml"
    return (
        f"make the spec clearer, or rm generated/replies/{made.reply.path} to ask again"
    )
