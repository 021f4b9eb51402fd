"""A spec to begin with: valid as a file, and refused by every build until it is filled in."""

from __future__ import annotations

# Stands where an author has to write; a spec that holds it is not built.
TODO = "TODO"
MODELINE = "# yaml-language-server: $schema=../schema.json\n"

_FUNCTION = """\
name: {name}
kind: {kind}
intent: TODO what it does in one sentence.
notes: |
  TODO the exact rule: formula, edge cases, ties, rounding, what happens at 0 and on NaN.
params:
{params}
returns: {returns}
requires:
  - {requires}
ensures: []
on_failure: raise
examples:
{examples}
properties: []
"""
_RECORD = """\
name: {name}
kind: record
intent: TODO what it holds in one sentence.
fields:
  price: {{type: Decimal, unit: USD, meaning: TODO, range: [1, 100]}}
requires:
  - price > 0
"""
_EXAMPLE = "  - name: {name}\n{held}    given: {given}\n{ports}    expect: {expect}\n"
_NAMES = ("the usual case", "at the limit", "beyond the limit")
_FORMS = {
    "function": {
        "params": "  price: {type: Decimal, unit: USD, meaning: TODO, range: [1, 100]}",
        "returns": "{type: Decimal, unit: USD, meaning: TODO}",
        "requires": "price > 0",
        "given": "{{price: {n}}}",
        "expect": "{n}",
        "ports": "",
    },
    "indicator": {
        "params": "  close: {type: Series, unit: USD, meaning: closing prices,"
        " range: [1, 100], size: [0, 40]}",
        "returns": "{type: Series, unit: USD, meaning: one value a candle}",
        "requires": "(close > 0).all()",
        "given": "{{close: [{n}, 2]}}",
        "expect": "[{n}, 2]",
        "ports": "",
    },
    "action": {
        "params": "  client_id: {type: str, meaning: the order's id}",
        "returns": "{type: bool, meaning: TODO}",
        "requires": "len(client_id) > 0",
        "given": "{{client_id: a-{n}}}",
        "expect": "false",
        "ports": "    ports:\n      exchange:\n        - {{method: order,"
        " args: {{client_id: a-{n}}}, returns: null}}\n",
    },
}


def skeleton(name: str, kind: str) -> str:
    """Return the text of a new spec of a kind."""
    if kind == "record":
        return MODELINE + _RECORD.format(name=name)
    form = _FORMS[kind]
    head = _FUNCTION
    if kind == "action":
        head = head.replace("requires:", "ports: {{exchange: Exchange}}\nrequires:")
    return MODELINE + head.format(
        name=name,
        kind=kind,
        params=form["params"],
        returns=form["returns"],
        requires=form["requires"],
        examples="".join(_examples(form)).rstrip("\n"),
    )


def _examples(form: dict[str, str]) -> list[str]:
    return [
        _EXAMPLE.format(
            name=_NAMES[number % 3] + (", other numbers" if number >= 3 else ""),
            held="    held_back: true\n" if number >= 3 else "",
            given=form["given"].format(n=number + 3),
            ports=form["ports"].format(n=number + 3),
            expect=form["expect"].format(n=number + 3),
        )
        for number in range(6)
    ]
