"""Write the skeleton of a spec: valid, but not built before each TODO is filled in."""

from __future__ import annotations

import argparse
import sys

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
