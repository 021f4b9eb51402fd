"""A failure in words that do not depend on the machine, the Python or the moment.

They go to a model, into a commit and into the file of a regression: the same failure
must make the same prompt, so that a recorded reply answers it everywhere.
"""

from __future__ import annotations

import re
from dataclasses import replace

from architect.gate.contract.failure import Failure

LONGEST = 600
_DEPTH = "maximum recursion depth exceeded"
_AFTER_DEPTH = re.compile(rf"{_DEPTH}( while| in) [\w .]*")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def stable(text: str) -> str:
    """Return an error's text without addresses, control characters and excess length."""
    text = _ADDRESS.sub("", _AFTER_DEPTH.sub(_DEPTH, _CONTROL.sub("", text)))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def told(failure: Failure) -> str:
    """Return a failure as a model is told of it, with its counter-example."""
    # Where the stack happened to be full says nothing about the body.
    deep = _DEPTH in failure.message
    place = f"line {failure.line}: " if failure.line is not None and not deep else ""
    lines = [f"{place}{stable(failure.message)}"]
    example = failure.counter_example
    if example is not None:
        got = stable(example.got) if isinstance(example.got, str) else example.got
        shown = replace(example, got=got, why=stable(example.why))
        lines += ["", "```yaml", shown.as_yaml().rstrip(), "```"]
    return "\n".join(lines)
