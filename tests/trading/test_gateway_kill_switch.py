"""What throws the kill switch by itself, and that it stays thrown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canned_exchange import FLEX, GOOD, Canned, sent
from switch_rig import Rig

from core.errors import GatewayRefused, OrderRejected, OutcomeUnknown


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    found = Rig(tmp_path, max_age_ms=-1, lag_ms=-1)
    yield found
    found.exchange.close()


def test_a_days_loss_halts_and_a_restart_does_not_forget_it(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(950)
    rig.start()
    rig.equity(900.01)
    assert rig.halted is None
    rig.equity(900)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"
    assert rig.told == [rig.halted]
    rig.equity(1000)
    rig.start()
    with pytest.raises(GatewayRefused, match="the day has cost"):
        rig.place()


def test_the_next_day_counts_from_its_own_first_equity(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(950, "2026-01-03T00:00:00.000Z")
    rig.equity(851, "2026-01-03T05:00:00.000Z")
    assert rig.halted is None
    rig.equity(850, "2026-01-03T06:00:00.000Z")
    assert "100.00" in str(rig.halted)


def transfer(rig: Rig, number: int, usd: float, date: str, **more: Any) -> None:
    """Let the exchange's account log tell of money that came or went."""
    row = {
        "id": number, "asset": "usd", "contract": None, "date": date,
        "info": "cross-exchange transfer", "fee": None, "realized_pnl": None,
        "realized_funding": None, "old_balance": 500, "new_balance": 500 + usd, **more,
    }  # fmt: skip
    logs = rig.exchange.answers["/account-log"]
    logs["logs"] = [*(r for r in logs["logs"] if r["id"] != 7), row]


NOON = "2026-01-02T12:00:00.000Z"


def test_what_is_taken_out_is_no_loss_even_before_the_loop_has_read_of_it(
    rig: Rig,
) -> None:
    rig.equity(1000)
    transfer(rig, 20, -400, NOON)
    rig.equity(600, NOON)
    assert rig.halted is None
    rig.start("a")
    rig.calls["ledger"](since_id=0)
    rig.equity(501, NOON)
    assert rig.halted is None
    rig.equity(500, NOON)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_what_the_exchange_takes_is_a_loss(rig: Rig) -> None:
    rig.equity(1000)
    transfer(rig, 20, -60, NOON, info="interest payment")
    transfer(rig, 21, -40, NOON, info="covered liquidation")
    rig.equity(900, NOON)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_what_is_paid_in_hides_no_loss(rig: Rig) -> None:
    rig.equity(1000)
    transfer(rig, 20, 400, NOON)
    for _ in range(2):  # told again, it counts once
        rig.calls["ledger"](since_id=0)
    rig.equity(1301, NOON)
    assert rig.halted is None
    rig.equity(1300, NOON)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


@pytest.mark.parametrize("usd", [400, -400])
@pytest.mark.parametrize("restart", [False, True])
def test_a_transfer_counts_though_the_log_told_a_newer_one_first(
    rig: Rig, usd: int, restart: bool
) -> None:
    """A start reads the log's last hour before what is older."""
    rig.equity(1000)
    transfer(rig, 21, 10, "2026-01-02T14:00:00.000Z")
    rig.calls["ledger"](since_id=0)
    transfer(rig, 20, usd, NOON)
    if restart:
        rig.start()
    rig.equity(911 + usd, NOON)
    for _ in range(2):
        rig.calls["ledger"](since_id=0)
    assert rig.halted is None
    rig.equity(910 + usd, NOON)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_a_days_file_that_tells_its_newest_transfer_alone_has_all_up_to_it(
    rig: Rig,
) -> None:
    """As a release before this one wrote it."""
    rig.equity(1000)
    file = rig.folder / "day.json"
    kept = json.loads(file.read_text())
    kept["a"].pop("counted", None)
    kept["a"] |= {"entry_id": 20, "equity_usd": "1400"}
    file.write_text(json.dumps(kept))
    transfer(rig, 20, 400, NOON)
    transfer(rig, 21, 10, NOON)
    rig.start()
    rig.calls["ledger"](since_id=0)
    rig.equity(1311, NOON)
    assert rig.halted is None
    rig.equity(1310, NOON)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_what_came_before_the_days_first_equity_is_in_it(rig: Rig) -> None:
    transfer(rig, 20, -400, "2026-01-02T01:00:00.000Z")
    rig.equity(1000)
    rig.calls["ledger"](since_id=0)
    rig.equity(900)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_a_loss_in_trading_is_no_transfer(rig: Rig) -> None:
    rig.equity(1000)
    lost = {"info": "futures trade", "realized_pnl": -400, "contract": "pf_xbtusd"}
    transfer(rig, 20, -400, NOON, **lost)
    rig.equity(600, NOON)
    assert rig.halted == "the day has cost 400.00 USD, the limit is 100"


def test_without_an_account_log_a_loss_is_a_loss(rig: Rig) -> None:
    rig.equity(1000)
    rig.exchange.answers["/account-log"] = {"logs": "none"}
    rig.equity(600, NOON)
    assert rig.halted


def test_each_account_has_a_first_equity_of_its_own(rig: Rig) -> None:
    """A rich one on paper must not hide what a live one loses on the same day."""
    rig.equity(1000)
    rig.start("paper")
    rig.equity(50_000)
    rig.equity(49_950)
    assert rig.halted is None
    rig.start("a")
    rig.equity(901)
    assert rig.halted is None
    rig.equity(900)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"a": 3}', '{"day": 1, "equity_usd": "9"}']
)
def test_a_days_file_that_cannot_be_read_counts_from_now_on(
    rig: Rig, text: str
) -> None:
    (rig.folder / "day.json").write_text(text)
    rig.equity(1000)
    rig.equity(901)
    assert rig.halted is None
    rig.equity(900)
    assert rig.halted


def test_a_small_account_may_lose_a_part_of_it_in_a_day(rig: Rig) -> None:
    rig.equity(300)
    rig.equity(240.01)
    assert rig.halted is None
    rig.equity(240)
    assert rig.halted == "the day has cost 60.00 USD, the limit is 60"


def hold(rig: Rig, **quantities: float) -> None:
    """Let the exchange tell what beside 1000 USD the wallet holds."""
    held = {name: {"quantity": number} for name, number in quantities.items()}
    flex = {**FLEX, "currencies": {**FLEX["currencies"], **held}}
    rig.exchange.answers["/accounts"] = {
        **GOOD["/accounts"],
        "accounts": {"flex": flex},
    }
    rig.calls["account"]()


def test_collateral_beside_usd_halts_once(rig: Rig) -> None:
    hold(rig, XBT=0)
    assert rig.halted is None
    hold(rig, XBT=0.1, usdc=5)
    assert str(rig.halted).startswith("the account holds USDC, XBT beside USD")
    assert rig.calls["status"]()["other_collateral"] == ("XBT", "USDC")
    rig.service.admin_methods()["resume"]()
    hold(rig, XBT=0.2)
    assert rig.halted is None, "a person has read of it"
    hold(rig, EUR=1)
    assert "holds EUR beside" in str(rig.halted)


def test_a_reading_of_no_equity_is_not_what_the_day_began_with(rig: Rig) -> None:
    rig.equity(0)
    rig.equity(1000)
    rig.equity(900)
    assert rig.halted


def test_after_a_resume_the_loss_counts_anew(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(900)
    rig.service.admin_methods()["resume"]()
    rig.equity(890)
    assert rig.halted is None
    rig.equity(790)
    assert rig.halted


def test_a_transfer_that_is_told_after_a_resume_brings_the_old_day_not_back(
    rig: Rig,
) -> None:
    rig.equity(1000)
    rig.equity(900)
    for name in ("day.json", "halt"):
        (rig.folder / name).unlink()
    transfer(rig, 20, 1, NOON)
    rig.calls["ledger"](since_id=0)
    rig.equity(890, NOON)
    assert rig.halted is None


WRONG_DAYS = ("2026-01-01T03:04:05.000Z", "2026-01-03T03:04:05.000Z")


@pytest.mark.parametrize("wrong", WRONG_DAYS)
def test_one_answer_of_a_wrong_day_does_not_lose_what_the_day_has_cost(
    rig: Rig, wrong: str
) -> None:
    rig.equity(1000, "2026-01-01T01:00:00.000Z")
    rig.equity(1000)
    rig.equity(930, wrong)
    rig.equity(930, NOON)
    assert rig.halted is None
    rig.equity(900, NOON)
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_a_day_does_not_begin_with_what_an_answer_of_a_wrong_day_told(rig: Rig) -> None:
    rig.equity(1000)
    rig.equity(930, WRONG_DAYS[1])
    rig.equity(1000, NOON)
    rig.equity(1000, "2026-01-03T00:00:05.000Z")
    rig.equity(900, "2026-01-03T05:00:00.000Z")
    assert rig.halted == "the day has cost 100.00 USD, the limit is 100"


def test_rejects_in_a_row_halt_and_a_success_between_does_not(rig: Rig) -> None:
    small = {"size": "0.001"}
    for outcome in ("no", "no", "yes", "no", "no", "no"):
        assert rig.halted is None
        if outcome == "yes":
            rig.exchange.answers["/sendorder"] = GOOD["/sendorder"]
            rig.place("c-2", **small)
            continue
        rig.exchange.answers["/sendorder"] = sent("insufficientAvailableFunds")
        with pytest.raises(OrderRejected):
            rig.place(**small)
    assert "3 rejects in a row" in str(rig.halted)


@pytest.mark.parametrize(
    ("drifts", "halted"),
    [
        (["1", "1", "1", "1"], True),
        (["1", "-1", "1"], False),
        (["1", "-1", "1", "0.009", "1"], True),
        (["1", "-1", "1", *["0"] * 11, "1"], True),
        (["1", "-1", "1", *["0"] * 12, "1"], False),
        (["1", "-1", "1", *["0"] * 12, "1", "1"], True),
        (["50", "50", "0", "50"], False),
        (["50", "50", "50"], True),
        (["-50", "1", "-50"], True),
        (["50", "50"], False),
        (["50", "50", "49.99"], False),
    ],
)
def test_drift_halts_when_it_stays_or_is_large(
    rig: Rig, drifts: list[str], halted: bool
) -> None:
    for drift in drifts:
        rig.calls["report_drift"](drift_usd=drift)
    assert bool(rig.halted) is halted


def test_an_entry_may_risk_only_what_is_left(rig: Rig) -> None:
    rig.place("c-1", protect_price="30000")
    rig.place("c-2", side="sell", protect_price="70000")
    with pytest.raises(GatewayRefused, match=r"max_open_risk_usd is 200, .* 500\.00"):
        rig.place("c-3")
    with pytest.raises(GatewayRefused, match=r"it is 200\.01"):
        rig.place("c-3", protect_price="29999")


def test_orders_sent_since_the_last_reading_count_in_full(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.place("c-1", protect_price="40000")
    rig.place("c-2", protect_price="40000")
    with pytest.raises(GatewayRefused, match=r"it is 200\.01"):
        rig.place("c-3", protect_price="49999")
    assert len(rig.exchange.seen("/openpositions")) == 1
    rig.exchange.close()


def test_after_a_failure_what_is_open_is_read_anew(tmp_path: Path) -> None:
    """A restart that loses stops answers an entry with 503, and time stands still."""
    rig = Rig(tmp_path)
    rig.place("c-1", protect_price="49000")
    rig.exchange.answers["/batchorder"] = Canned("<html>503</html>", 503)
    with pytest.raises(OutcomeUnknown):
        rig.place("c-2", protect_price="49000")
    rig.exchange.answers["/batchorder"] = GOOD["/batchorder"]
    rig.exchange.answers["/openpositions"] = GOOD["/openpositions"]
    with pytest.raises(GatewayRefused, match="max_open_risk_usd"):
        rig.place("c-3", protect_price="49000")
    rig.exchange.close()
