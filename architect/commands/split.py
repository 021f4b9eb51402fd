"""Split a module whose rule needs more than ten lines: child specs, and the module over them.

The architect's model proposes the children, as architect ask does; the module keeps its
name, its inputs and its examples, so whoever calls it sees no change.
"""

from __future__ import annotations

import argparse

from architect.commands.ask import add_draft_arguments, propose

EXAMPLE = "  architect split exit_decision\n  architect split entry_refusal --dry-run"
_SENTENCE = (
    "The rule of {name} needs more than ten lines of body. Split it: write one or more"
    " child specs for parts of its rule, each with its own examples and properties, and"
    " give {name} whole again with the children in its `uses` and notes that say how it"
    " composes them. Keep its name, params, returns, requires, ensures, examples and"
    " properties as they are."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="a module")
    add_draft_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Return 0 when the parts stand."""
    # Heavy: not for --help.
    from architect.drafts.request import Request
    from core.config import open_project
    from core.errors import SpecError
    from core.spec_graph import load_graph

    spec = load_graph(open_project(options.root).specs).get(options.name)
    if spec.kind == "record":
        raise SpecError(
            f"{spec.name} is a record: it has no body", hint="name a function"
        )
    sentence = _SENTENCE.format(name=spec.name)
    return propose(options, Request(sentence, about=(spec.name,)))
