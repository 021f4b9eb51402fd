"""The entries of a minute are counted over every gateway that sends them."""

from __future__ import annotations

from pathlib import Path

import pytest
from paper_process import Paper
from running_gateway import Gateway, order_request

from core.errors import GatewayRefused
from core.trading.gateway.sent_entries import Sent, SentEntries

LIMIT = {"GATEWAY_MAX_ORDERS_PER_MINUTE": "3"}


def test_a_gateway_that_is_started_again_does_not_begin_at_none(tmp_path: Path) -> None:
    with Paper(tmp_path / "keys.json", "--no-rate-limit") as paper:
        words = ("--keys-file", str(paper.keys_file))

        def enter(gateway: Gateway, number: int) -> None:
            order = order_request(f"in-{number}", kind="market", limit_price=None)
            gateway.exchange().place(order)

        with Gateway(tmp_path / "s", paper.url, *words, **LIMIT) as first:
            enter(first, 1)
            enter(first, 2)
            first.kill()
        with Gateway(tmp_path / "s", paper.url, *words, **LIMIT) as second:
            enter(second, 3)
            with pytest.raises(GatewayRefused, match="max_orders_per_minute is 3"):
                enter(second, 4)
            # Five minutes of the exchange's time, which the next call tells.
            paper.step()
            enter(second, 5)


@pytest.mark.parametrize(
    "text",
    ["[1, ", "[1]", '[{"sent_ms": 1, "order": {"size": "x"}, "before": "0"}]', "{}x"],
)
def test_what_cannot_be_read_counts_as_used_up_for_a_minute(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "entries.json"
    path.write_text(text)
    rate = SentEntries(2, path)
    for now_ms in (100_000, 159_999):
        with pytest.raises(GatewayRefused):
            rate.check(now_ms)
    rate.check(160_000)
    rate.note(Sent(160_000))
    SentEntries(2, path).check(160_001)


def test_a_disk_that_takes_nothing_stops_no_entry_and_no_count(tmp_path: Path) -> None:
    rate = SentEntries(1, tmp_path / "gone" / "entries.json")
    rate.check(100_000)
    rate.note(Sent(100_000))
    with pytest.raises(GatewayRefused):
        rate.check(100_001)
