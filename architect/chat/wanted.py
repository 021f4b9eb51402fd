"""The change that an answer of the chat says is wanted, in a block of its own.

The specs for it are drafted from these sentences, as if they had been said to
`architect ask`: so the chat's own prompt needs neither the format nor whole specs.
"""

from __future__ import annotations

import re

import yaml

from architect.drafts.answer import printable
from architect.drafts.request import Request
from core.spec_graph import SpecGraph

_BLOCK = re.compile(
    r"^ {0,3}```ya?ml[ \t]*\n(?P<text>\s*change:.*?)^ {0,3}```", re.M | re.S
)
LONGEST = 2000


def change_wanted(text: str, graph: SpecGraph) -> Request | None:
    """Return the request that an answer ends in, None for none.

    `about` keeps the names that there are; a block that is no such mapping is no request.
    """
    found = list(_BLOCK.finditer(text.replace("\r\n", "\n")))
    if not found:
        return None
    sentence, names = _read(found[-1]["text"])
    if not sentence:
        return None
    return Request(sentence, tuple(n for n in dict.fromkeys(names) if n in graph.specs))


def _read(block: str) -> tuple[str, list[str]]:
    try:
        plain = yaml.safe_load(block)
    except yaml.YAMLError:
        return _plain(block)
    if not isinstance(plain, dict) or not isinstance(plain.get("change"), str):
        return "", []
    about = plain.get("about") or []
    names = about if isinstance(about, list) else [about]
    return _clean(plain["change"]), [str(name) for name in names]


def _plain(block: str) -> tuple[str, list[str]]:
    """Read a block whose sentence has a colon in it: YAML for a program, not for a model."""
    said, _, about = block.partition("\nabout:")
    names = re.findall(r"[a-z][a-z0-9_]*", about)
    return _clean(said.partition("change:")[2]), names


def _clean(text: str) -> str:
    return " ".join(printable(text).split())[:LONGEST]
