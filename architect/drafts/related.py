"""Which specs a sentence is about: those that it names, then those that share its words.

A word counts more the fewer specs hold it. No model is asked for this, so what a prompt
holds can be told beforehand and stays the same for the same sentence.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

from core.spec import Spec
from core.spec_graph import SpecGraph

MOST = 4
_WORD = re.compile(r"[a-z]{3,}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# Words of a request that say nothing about what it is for.
_COMMON_TEXT = """
and are but can for from has have how into its let make new not one should than that the
them then there this when where which while with would you your what why does module spec
trade trades number value
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def mentioned(graph: SpecGraph, text: str) -> list[str]:
    """Return the modules that a text names, in its order; a record also by its class."""
    by_name = {spec.class_name: spec.name for spec in graph} | {
        n: n for n in graph.specs
    }
    # `trade` is a module too, but most who write the word do not mean it.
    words = [word for word in _NAME.findall(text) if word not in _COMMON]
    return list(dict.fromkeys(by_name[word] for word in words if word in by_name))


def related(graph: SpecGraph, text: str, most: int = MOST) -> list[str]:
    """Return the specs that a text is most likely about, best first."""
    named = mentioned(graph, text)[:most]
    wanted = set(_words([text]))
    held = {spec.name: Counter(_words(_texts(spec))) for spec in graph}
    spread = Counter(word for words in held.values() for word in words)

    def score(name: str) -> float:
        shared = wanted & held[name].keys()
        rare = sum(math.log(1 + len(held) / spread[word]) for word in shared)
        in_name = sum(2.0 for word in wanted if word in _words([name]))
        return rare + in_name

    ranked = sorted(graph.specs, key=lambda name: (-score(name), name))
    found = [name for name in ranked if score(name) > 0 and name not in named]
    return (named + found)[:most]


def _texts(spec: Spec) -> list[str]:
    inputs = {**spec.params, **spec.fields}
    meanings = [param.meaning for param in inputs.values()]
    returns = [spec.returns.meaning] if spec.returns else []
    return [spec.name, spec.intent, spec.notes or "", *inputs, *meanings, *returns]


def _words(texts: Iterable[str]) -> list[str]:
    found = _WORD.findall(" ".join(texts).lower().replace("_", " "))
    return [_stem(word) for word in found if word not in _COMMON]


def _stem(word: str) -> str:
    """Let `entries` meet `entry`, `sizing` meet `size` and `closed` meet `close`."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
