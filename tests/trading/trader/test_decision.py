"""What earlier trades, the hour, the pause and the model make of an entry."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from core.manifest import read_manifest
from core.project import Project
from core.registry import Registry
from core.trading.backtest.run import Session, Setup
from core.trading.synthetic import synthetic_candles
from core.trading.trader.config import CANDLE_MS, TraderConfig
from core.trading.trader.decision import Decision, NoModel
from core.trading.trader.entry_config import LOOSEST, NORMAL, EntryConfig
from core.trading.trader.history import TradeHistory

ROOT = Path(__file__).resolve().parents[3]
CANDLES = synthetic_candles(11, 1400)
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NOW_MS = 1_750_000_000_000 // DAY_MS * DAY_MS + 5 * HOUR_MS


class Judge:
    """A model that says the same of everything, and remembers what it was asked."""

    def __init__(self, answer: str | None) -> None:
        self.answer, self.keys = answer, []
        self.contexts: list[str] = []

    keys: list[str]

    def judge(self, key: str, context: str) -> str | None:
        self.keys.append(key)
        self.contexts.append(context)
        return self.answer


@pytest.fixture(scope="module")
def modules() -> Registry:
    project = Project(ROOT)
    registry = Registry(project.generated, project.package)
    registry.load(read_manifest(project.manifest))
    return registry


@pytest.fixture
def decision(modules: Registry) -> Decision:
    frame = pd.DataFrame(
        {
            name: getattr(CANDLES["PF_XBTUSD"], name)
            for name in ("time_ms", "open", "high", "low", "close", "volume")
        }
    )
    market: Any = SimpleNamespace(candles={"PF_XBTUSD": frame})
    history = TradeHistory(modules, EntryConfig(), started_ms=NOW_MS - 10 * DAY_MS)
    return Decision(modules, market, history, NoModel(), TraderConfig())


def note(decision: Decision, opened_ms: int, net: str, n: int = 0) -> None:
    """Take in a trade of half an hour that made `net` USD."""
    trade = decision.modules.records["Trade"]
    decision.history.note(
        trade(
            trade_id=f"{opened_ms}-{n}",
            symbol="PF_XBTUSD",
            side="long",
            size=Decimal(1),
            entry_price=Decimal(100),
            opened_ms=opened_ms,
            closed_ms=opened_ms + HOUR_MS // 2,
            realised_usd=Decimal(net),
        )
    )


def test_an_hour_that_surely_loses_blocks_entries_of_that_hour_only(
    decision: Decision,
) -> None:
    for day in range(1, 41):
        note(decision, NOW_MS - day * DAY_MS, "-1")
        note(decision, NOW_MS - day * DAY_MS + 3 * HOUR_MS, "1" if day % 2 else "-1")
    assert decision.view("PF_XBTUSD", NOW_MS).hour_weight == 0.0
    assert decision.view("PF_XBTUSD", NOW_MS + HOUR_MS).hour_weight == 1.0
    assert decision.view("PF_XBTUSD", NOW_MS + 3 * HOUR_MS).hour_weight == 1.0


@pytest.mark.parametrize(
    ("win", "loss", "weight"), [("10", "-1", 1.0), ("1", "-9", 0.6)]
)
def test_an_hour_is_held_to_what_wins_and_losses_are_worth(
    decision: Decision, win: str, loss: str, weight: float
) -> None:
    """12 of 40 are enough where wins are large; where they are small they are not."""
    for day in range(1, 41):
        note(decision, NOW_MS - day * DAY_MS, win if day % 10 < 3 else loss)
    found = decision.view("PF_XBTUSD", NOW_MS).hour_weight
    assert found == pytest.approx(weight, abs=0.03)


def test_a_few_losses_in_an_hour_are_no_proof_against_it(decision: Decision) -> None:
    for day in range(1, 7):
        note(decision, NOW_MS - day * DAY_MS, "-1")
    assert decision.view("PF_XBTUSD", NOW_MS).hour_weight == 1.0


def test_hours_are_those_of_all_trades_summed_up_at_once(decision: Decision) -> None:
    draws = random.Random(3)
    config, history = decision.config.entry, decision.history
    for n in range(120):
        opened_ms = NOW_MS - draws.randrange(90 * DAY_MS)
        note(decision, opened_ms, str(draws.randint(-9, 9)), n)
        if n % 7 == 0:
            history.standing()
    kept = history.standing()
    newest_ms = max(t.opened_ms for t in history._trades.values())
    ended = [
        trade
        for trade in history._trades.values()
        if trade.opened_ms >= newest_ms - config.history_ms
    ]
    assert 50 < len(ended) < 120
    ended.sort(key=lambda t: (t.closed_ms, t.trade_id))
    call = decision.modules
    assert kept.hours == call["hourly_heatmap"](ended, "opened", config.heatmap_z)
    last = ended[-config.recent_trades :]
    assert kept.nets_usd == [call["trade_net"](trade) for trade in last]


def test_what_an_earlier_version_summed_up_is_summed_up_anew(
    decision: Decision, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(decision, NOW_MS, "1")
    history = decision.history
    before = history.standing()
    assert history.standing() is before
    monkeypatch.setattr(type(decision.modules), "edition", object())
    after = history.standing()
    assert after is not before
    assert after.hours[0] is not before.hours[0]
    assert after == before


def test_what_is_older_than_the_history_is_forgotten(decision: Decision) -> None:
    history_ms = decision.config.entry.history_ms
    note(decision, NOW_MS - history_ms - 1, "-1")
    note(decision, NOW_MS - history_ms, "-1")
    assert decision.history.standing().closed == 2
    note(decision, NOW_MS, "1")
    standing = decision.history.standing()
    assert (standing.closed, standing.streak) == (2, 1)
    assert standing.entries_ms == [NOW_MS - history_ms, NOW_MS]


def test_criteria_relax_step_by_step_and_tighten_after_an_entry(
    decision: Decision,
) -> None:
    c = decision.config.entry
    note(decision, NOW_MS, "1")
    quiet_ms = NOW_MS + c.flex_quiet_ms
    ratios = [
        decision.terms(quiet_ms + n * c.flex_step_ms - 1).criteria.min_volume_ratio
        for n in range(6)
    ]
    assert ratios == pytest.approx([1.2, 1.1, 1.0, 0.9, 0.8, 0.8])
    entered_ms = quiet_ms + 5 * c.flex_step_ms
    note(decision, entered_ms, "1")
    after = [
        decision.terms(entered_ms + n * c.flex_step_ms).criteria.max_rsi
        for n in range(3)
    ]
    assert after == pytest.approx([80.0, 77.5, 75.0])


def test_losses_in_a_row_forbid_any_relaxing(decision: Decision) -> None:
    for n in range(decision.config.entry.flex_max_losses):
        note(decision, NOW_MS - DAY_MS + n * HOUR_MS, "-1")
    found = decision.terms(NOW_MS).criteria
    assert {name: getattr(found, name) for name in NORMAL} == NORMAL
    note(decision, NOW_MS - 12 * HOUR_MS, "1")
    found = decision.terms(NOW_MS).criteria
    assert {name: getattr(found, name) for name in LOOSEST} == LOOSEST


def test_risk_follows_results_and_the_model_within_its_bound(
    decision: Decision,
) -> None:
    base = decision.config.risk_frac
    assert decision.risk_frac(0.5) == base
    assert decision.risk_frac(0.9) > base > decision.risk_frac(0.1) > 0
    for n in range(20):
        note(decision, NOW_MS - 40 * HOUR_MS + n * HOUR_MS, "-1")
    lost = decision.risk_frac(0.5)
    assert 0 < lost <= base * Decimal("0.25")
    for n in range(60):
        note(decision, NOW_MS - 20 * HOUR_MS + n * CANDLE_MS, "1", n)
    assert base < decision.risk_frac(0.5) <= decision.config.entry.max_risk_frac
    assert decision.risk_frac(1.0) == decision.config.entry.max_risk_frac


def test_trades_opened_together_fill_the_room_of_their_moment(
    decision: Decision,
) -> None:
    c = decision.config.entry
    assert decision.room(NOW_MS) == c.cluster_at_most
    for n in range(c.cluster_at_most):
        note(decision, NOW_MS + n * CANDLE_MS, "1", n)
    last_ms = NOW_MS + (c.cluster_at_most - 1) * CANDLE_MS
    assert decision.room(last_ms + c.cluster_gap_ms) == 0
    assert decision.room(last_ms + c.cluster_gap_ms + 1) == c.cluster_at_most


def traded(model: Any = None) -> Session:
    session = Session(Setup(ROOT, CANDLES, TraderConfig(max_hold_ms=7_200_000)))
    if model is not None:
        session.loop.entries.decision.model = model
    session.run()
    return session


@pytest.fixture(scope="module")
def alone() -> Session:
    return traded()


def rows(session: Session) -> list[dict[str, Any]]:
    return session.store.rows("trades", 0)


def test_a_restart_forgets_nothing_of_the_trades(alone: Session) -> None:
    kept, modules = alone.loop.history, alone.loop.modules
    now_ms = alone.stepper.now_ms
    again = TradeHistory(modules, EntryConfig())
    again.load(alone.store, now_ms)
    assert again.standing() == kept.standing()
    assert kept.standing().closed > 10
    before = TradeHistory(modules, EntryConfig())
    before.load(alone.store, now_ms - 4000 * CANDLE_MS)
    assert before.standing().closed == 0


def test_a_model_without_an_answer_changes_nothing(alone: Session) -> None:
    judge = Judge(None)
    assert rows(traded(judge)) == rows(alone)
    assert len(judge.keys) >= len(rows(alone))


def test_a_model_that_is_against_all_entries_stops_them(alone: Session) -> None:
    judge = Judge("score: 0\nreason: no")
    assert rows(traded(judge)) == []
    assert judge.keys
    assert len(judge.keys) == len(set(judge.keys))
    assert all("long" in k or "short" in k for k in judge.contexts)


def test_a_model_that_is_for_them_makes_them_larger(alone: Session) -> None:
    first, sure = rows(alone)[0], rows(traded(Judge("score: 1\nreason: yes")))[0]
    assert (sure["symbol"], sure["opened_ms"]) == (first["symbol"], first["opened_ms"])
    assert sure["score"] > first["score"]
    assert sure["size"] > first["size"]


def test_a_hostile_model_is_worth_no_more_than_none(alone: Session) -> None:
    judge = Judge("score: 9\nreason: put everything in")
    assert rows(traded(judge)) == rows(alone)
