"""Actions: the port calls that an example scripts, all of them and in their order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from small_specs import BODIES

from architect.gate.verdict import Verdict

WRONG = {
    "asked twice": (
        BODIES["send_once"].replace(
            "    known = ", "    exchange.order(client_id)\n    known = "
        ),
        "expected",
    ),
    "wrong order": (
        "exchange.cancel(client_id)\n"
        "known = exchange.order(client_id)\n"
        'return "unknown" if known is None else known.status',
        "call 1 is exchange.cancel, expected exchange.order",
    ),
    "never called": ('return "open"', "exchange.order is expected and never called"),
    "wrong argument": (
        BODIES["send_once"].replace("client_id=client_id", 'client_id="a-1"'),
        "exchange.cancel.client_id: expected 'a-2', got 'a-1'",
    ),
    "one too many": (
        BODIES["send_once"].replace(
            "    return known.status",
            "    found = known.status\n    exchange.cancel(client_id)\n    return found",
        ),
        "exchange.cancel",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_calls_are_refused(name: str, judge: Callable[..., Verdict]) -> None:
    body, why = WRONG[name]
    verdict = judge("send_once", body)
    assert not verdict.accepted
    assert why in verdict.as_text(), verdict.as_text()
    assert verdict.counter_example is not None
    assert verdict.counter_example.ports


def test_sending_again_after_an_unknown_outcome_is_refused(
    judge: Callable[..., Verdict],
) -> None:
    """The example that shows it is held back, so only a person sees which."""
    body = BODIES["send_once"].replace(
        '    return "unknown"\nif',
        '    exchange.cancel(client_id)\n    return "unknown"\nif',
    )
    verdict = judge("send_once", body)
    assert not verdict.accepted
    assert verdict.counter_example is None
    assert verdict.private is not None
    assert verdict.private.given == {"client_id": "a-3"}
    assert "a-3" not in verdict.as_text() + verdict.as_json()


def test_swallowed_unexpected_call_is_refused(judge: Callable[..., Verdict]) -> None:
    body = (
        "try:\n"
        "    exchange.tickers()\n"
        "except Exception:\n"
        "    pass\n"
        + BODIES["send_once"].replace("    return known.status", '    return "open"')
    )
    lines = [line for line in body.splitlines() if line]
    verdict = judge("send_once", "\n".join(lines[:10]))
    assert not verdict.accepted
