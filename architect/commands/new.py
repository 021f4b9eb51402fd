"""Write the skeleton of a spec: valid, but not built before each TODO is filled in."""

from __future__ import annotations

import argparse
import sys

# Of a name; it names a file, too.
LONGEST = 100
EXAMPLE = "  architect new spread_limit\n  architect new quote --kind record"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("name", metavar="NAME", help="lower_snake_case")
    parser.add_argument(
        "--kind",
        choices=("function", "indicator", "action", "record"),
        default="function",
        help="what kind of module (default: function)",
    )


def run(options: argparse.Namespace) -> int:
    """Return 0; SpecError for a name that is taken or is none."""
    from architect.atomic import write  # heavy: not for --help
    from architect.skeleton import skeleton
    from core.config import open_project
    from core.errors import SpecError
    from core.spec_text import parse_spec

    _refuse_no_name(options.name)
    project = open_project(options.root)
    path = project.spec(options.name)
    if path.exists():
        raise SpecError(
            f"{options.name} has a spec already", hint=f"architect edit {options.name}"
        )
    text = skeleton(options.name, options.kind)
    parse_spec(text, options.name)
    write(path, text.encode())
    print(path.relative_to(project.root))
    print(
        f"hint: architect edit {options.name}, then architect generate", file=sys.stderr
    )
    return 0


def _refuse_no_name(name: str) -> None:
    """SpecError for what names no module, with the nearest that does."""
    import keyword
    import re

    from core.errors import SpecError
    from core.spec_words import NAME

    if len(name) > LONGEST:
        raise SpecError(
            f"a name of {len(name)} letters", hint=f"{LONGEST} letters at most"
        )
    if keyword.iskeyword(name):
        raise SpecError(
            f"{name!r} is a word of Python", hint=f"architect new {name}_NAME"
        )
    if not NAME.fullmatch(name):
        parts = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+", name)
        near = "_".join(parts).lower()
        near = near if NAME.fullmatch(near) else "spread_limit"
        raise SpecError(
            f"{name!r} is not a lower_snake_case name", hint=f"architect new {near}"
        )
