"""Print the JSON Schema of spec files, which specs/schema.json publishes.

An editor with a YAML language server completes and checks specs by it: a first line
`# yaml-language-server: $schema=../schema.json`, as architect new writes it.
"""

from __future__ import annotations

import argparse

EXAMPLE = "  architect schema\n  architect schema --write"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--write", action="store_true", help="write specs/schema.json anew"
    )


def run(options: argparse.Namespace) -> int:
    """Return 0."""
    from core.spec_schema import render_schema  # heavy: not for --help

    if not options.write:
        print(render_schema(), end="")
        return 0
    from architect.atomic import write
    from core.config import open_project

    path = open_project(options.root).root / "specs" / "schema.json"
    write(path, render_schema().encode())
    print(path)
    return 0
