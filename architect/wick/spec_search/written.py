"""A patched body with everything as it was written that did not change.

The search works on trees, which know no comments and no layout; what a person reads in
the commit must be the edit alone.
"""

from __future__ import annotations

import ast
import difflib


def rewritten(before: str, after: str) -> str:
    """Return the body `after` with the text of `before` for each statement of both.

    Both are Python at column 0. Comments above a statement stay with it.
    """
    old, new = ast.parse(before).body, ast.parse(after).body
    texts = _texts(before, old)
    match = difflib.SequenceMatcher(
        None, [ast.dump(n) for n in old], [ast.dump(n) for n in new], autojunk=False
    )
    written: list[str] = []
    for what, start, stop, first, last in match.get_opcodes():
        if what == "equal":
            written += texts[start:stop]
        else:
            written += [ast.unparse(node) for node in new[first:last]]
    return "\n".join(written) + "\n"


def _texts(source: str, nodes: list[ast.stmt]) -> list[str]:
    """Return each statement's lines, those above it that belong to none included."""
    lines, found, start = source.splitlines(), [], 0
    for node in nodes:
        assert node.end_lineno is not None
        found.append("\n".join(lines[start : node.end_lineno]))
        start = node.end_lineno
    return found
