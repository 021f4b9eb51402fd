"""What a model may answer to a request for specs, for the tests of drafts."""

from __future__ import annotations

import re

MAKER_FEE = """\
name: maker_fee
kind: function
intent: Fee of an order that rested, never less than nothing.
notes: |
  notional_usd * rate_frac; a negative rate is a rebate and costs nothing: 0.
params:
  notional_usd: {type: Decimal, meaning: size of the trade, range: [0, 1000000]}
  rate_frac: {type: Decimal, meaning: "fee rate, negative for a rebate", range: ["-0.01", "0.01"]}
returns: {type: Decimal, unit: USD, meaning: what is paid}
requires: [notional_usd >= 0]
ensures: [result >= 0]
examples:
  - given: {notional_usd: 1000, rate_frac: "0.0002"}
    expect: "0.2"
  - name: a rebate
    given: {notional_usd: 1000, rate_frac: "-0.0001"}
    expect: 0
  - name: nothing traded
    given: {notional_usd: 0, rate_frac: "0.01"}
    expect: 0
  - held_back: true
    given: {notional_usd: 431, rate_frac: "0.01"}
    expect: "4.31"
  - name: no rate
    held_back: true
    given: {notional_usd: 70, rate_frac: 0}
    expect: 0
  - name: a large rebate
    held_back: true
    given: {notional_usd: 31, rate_frac: "-0.01"}
    expect: 0
properties:
  - name: it is proportional
    check: call(notional_usd=notional_usd * 2) == result * 2
    cases: 10
""".replace('["-0.01", "0.01"]', "[-0.01, 0.01]")
BODY = "return max(notional_usd * rate_frac, Decimal(0))\n"
WRONG_BODY = "return notional_usd * rate_frac\n"
HOSTILE_BODY = "return __import__('os').system('touch /tmp/pwned') or Decimal(0)\n"


def block(*texts: str, language: str = "yaml") -> str:
    """Return texts as fenced blocks."""
    return "".join(f"```{language}\n{text.rstrip()}\n```\n" for text in texts)


def without_examples(text: str, keep: int) -> str:
    """Return a spec with its first examples alone."""
    head, mark, rest = text.partition("examples:\n")
    examples, mark2, tail = rest.partition("properties:\n")
    items = examples.split("  - ")
    return head + mark + "  - ".join(items[: keep + 1]) + mark2 + tail


def with_check(check: str) -> str:
    """Return the spec with another claim."""
    return MAKER_FEE.replace("call(notional_usd=notional_usd * 2) == result * 2", check)


def weak_maker_fee() -> str:
    """Return a spec that lets wrong programs through: with a rate of 1 in every example,
    `/` does for `*`. The property would tell them apart: a quotient is rounded."""
    weak = re.sub(r'rate_frac: ("[-0-9.]+"|0)}', "rate_frac: 1}", MAKER_FEE)
    weak = re.sub(
        r"notional_usd: (\d+), rate_frac: 1}\n    expect: .*",
        r"notional_usd: \1, rate_frac: 1}\n    expect: \1",
        weak,
    ).replace("range: [-0.01, 0.01]", "range: [1, 2]")
    first = "1000, rate_frac: 1}\n    expect: 1000"
    weak = weak.replace(first, first.replace("1000", "900"), 1)
    weak = weak.replace("notional_usd >= 0]", "notional_usd >= 0, rate_frac > 0]")
    claim = "call(notional_usd=notional_usd * 2) == result * 2"
    return weak.replace(claim, "result >= 0")
