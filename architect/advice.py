"""What helps after a refusal: the one next step, in words that can be typed."""

from __future__ import annotations

from architect.code_generator import Generated

# How the gate ends its refusal of a body that is too long.
TOO_LONG = "split it"


def after_refusal(made: Generated) -> str:
    """Return what helps: a recorded answer is never asked for again by itself."""
    if any(finding.message.endswith(TOO_LONG) for finding in made.verdict.findings):
        return f"architect split {made.name} parts its rule into child specs"
    if made.reply is None:
        return f"mend specs/trading/{made.name}.yaml"
    return (
        f"make the spec clearer, or rm generated/replies/{made.reply.path} to ask again"
    )
