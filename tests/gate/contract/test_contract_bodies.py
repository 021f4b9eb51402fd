"""Right bodies are accepted, wrong ones refused by the check that is meant for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from small_specs import BODIES

from architect.gate.verdict import Verdict

USES = {"round_trip": ("fee",)}

WRONG = [
    # off by one, wrong side, wrong sign
    ("clamp", "return max(low, min(value, high - 1))", "expected 3, got 2"),
    ("clamp", "return max(low, min(value, 3))", "ensures: low <= result <= high"),
    ("clamp", "return high if value > 4 else low", "keeps what is inside"),
    ("clamp", "return max(low, min(value, high)) if value != 6 else low", "inside"),
    # NaN
    (
        "running_mean",
        "return close.fillna(0).expanding().mean()",
        "expected 4.0, got 2.0",
    ),
    # look-ahead
    (
        "running_mean",
        "mean = close.expanding().mean()\n"
        "return mean if len(close) < 5 else mean + close.mean() * 0.01",
        "looks ahead",
    ),
    (
        "running_mean",
        "mean = close.expanding().mean()\n"
        "return mean if len(close) < 4 else mean.shift(-1).ffill()",
        "looks ahead",
    ),
    # wrong type
    ("fee", "return float(notional * rate_frac)", "expected Decimal"),
    ("fee", "return notional * rate_frac if notional else 0", "not Decimal"),
    ("halve", "return np.float64(x / 2)", "got float64"),
    ("halve", "return x / 2 if x else 0", "the result is int, not float"),
    ("halve", "return int(x / 2) if x == 6 else x / 2", "not float"),
    # mutation of an argument
    (
        "top_names",
        "names = [n for n in scores if n not in before]\n"
        'before.append("x")\n'
        "return sorted(names, key=lambda n: (-scores[n], n))[:count]",
        "changes its argument before",
    ),
    (
        "top_names",
        "names = [n for n in scores if n not in before]\n"
        "found = sorted(names, key=lambda n: (-scores[n], n))[:count]\n"
        "scores.clear()\n"
        "return found",
        "changes its argument scores",
    ),
    # errors on allowed input
    (
        "top_names",
        "return [max(scores, key=scores.get)] * 0 or before[:0]",
        "expected 2",
    ),
    (
        "top_names",
        "names = [n for n in scores if n not in before]\n"
        "best = sorted(names, key=lambda n: (-scores[n], n))[:count]\n"
        "return best if best or not count else [names[0]]",
        "raises IndexError",
    ),
]


@pytest.mark.parametrize("name", sorted(BODIES))
def test_right_body_is_accepted(name: str, judge: Callable[..., Verdict]) -> None:
    verdict = judge(name, BODIES[name], *USES.get(name, ()))
    assert verdict.accepted, verdict.as_text()
    assert verdict.checks >= 4


@pytest.mark.parametrize(("name", "body", "why"), WRONG)
def test_wrong_body_is_refused(
    name: str, body: str, why: str, judge: Callable[..., Verdict]
) -> None:
    verdict = judge(name, body)
    assert not verdict.accepted
    assert why in verdict.as_text(), verdict.as_text()
    assert verdict.stage == "contract"
    assert verdict.counter_example is not None
