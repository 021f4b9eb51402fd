"""The allowlist over libcst: which syntax, names and attributes one body may have."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from architect.gate import (
    rules_names,
    rules_syntax,
    rules_texts,
    rules_times,
    rules_uses,
)
from architect.gate.scope import Scope
from architect.gate.walk import Rule, Walk

RULES: Mapping[type, Rule] = {
    cst.Name: rules_names.name_read,
    cst.Attribute: rules_names.attribute,
    cst.Call: rules_syntax.call,
    cst.FunctionDef: rules_syntax.function,
    cst.Lambda: rules_syntax.lambda_,
    cst.Param: rules_syntax.param,
    cst.Yield: rules_syntax.yield_,
    cst.Try: rules_uses.try_,
    cst.ExceptHandler: rules_syntax.handler,
    cst.MatchClass: rules_syntax.match_class,
    cst.Module: rules_texts.built,
    cst.SimpleString: rules_syntax.string,
    cst.ConcatenatedString: rules_times.clock_text,
    cst.FormattedString: rules_syntax.formatted,
    cst.Integer: rules_syntax.number,
    cst.Float: rules_syntax.number,
}


def refusals(body: str, scope: Scope) -> list[tuple[int, str, str | None]]:
    """Return (line, message, hint) for each thing that is not allowed, by line."""
    try:
        module = cst.parse_module(body)
    except cst.ParserSyntaxError as error:
        return [(error.raw_line, f"syntax error: {error.message}", None)]
    found = Walk(module, scope).run(RULES)
    if not found:
        return []
    # Positions are dear, so they are only worked out when something is wrong.
    places = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    lined = [(places[node].start.line, text, hint) for node, text, hint in found]
    return sorted(dict.fromkeys(lined), key=lambda refusal: refusal[0])
