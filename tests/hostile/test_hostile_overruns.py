"""Every endless body is dead within 250 ms of its limit."""

from __future__ import annotations

import pytest
from corpus import WithoutStructure
from overruns import overruns

from architect.gate.gate import Gate

SLACK_S = 0.25


@pytest.mark.alone
@pytest.mark.slow
def test_every_endless_body_is_dead_in_time(
    gates: tuple[Gate, WithoutStructure],
) -> None:
    late = overruns(gates[0].sandbox)
    assert len(late) >= 40
    assert all(0 <= seconds < SLACK_S for seconds in late.values()), late
