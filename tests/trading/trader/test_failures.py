"""Failed trades become jobs for Wick and stop entries, against the real paper exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from trader_rig import Rig

from core.errors import ExchangeUnavailable, OutcomeUnknown
from core.stores.embedded import Stores
from core.trading.trader.config import TraderConfig
from core.trading.trader.failures import MERGE_MS, PAUSE_MS, Failures
from core.trading.trader.loop import TradingLoop
from core.trading.trader.watched import WatchedExchange

NUMBERS = count()


@pytest.fixture(scope="module")
def one_rig(
    make_stores: Callable[[], Stores], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("rig"), make_stores()) as found:
        yield found


@pytest.fixture
def rig(one_rig: Rig) -> Iterator[Rig]:
    """The same exchange for all tests, with a flat account and nothing told at the start."""
    one_rig.told.clear()
    yield one_rig
    one_rig.paper.ask("DELETE", "fault")
    for position in one_rig.exchange.positions():
        side = "sell" if position.size > 0 else "buy"
        one_rig.trade(
            position.symbol, side, str(abs(position.size)), f"end-{next(NUMBERS)}"
        )


class Desk:
    """A loop whose orders are judged after each tick, as the trader does it."""

    def __init__(self, rig: Rig, slippage: str = "0.01", exchange: Any = None) -> None:
        self.rig, self.jobs = rig, list[dict[str, Any]]()
        self.number = next(NUMBERS)
        self.watched = WatchedExchange(exchange or rig.exchange)
        self.failures = Failures(
            rig.modules, self.watched, self._job, rig.tell, Decimal(slippage)
        )
        self.loop = TradingLoop(
            rig.modules, self.watched, rig.store, self.failures.watch,
            TraderConfig(max_hold_ms=300_000), lambda _: None,
            stop_reason=self.failures.stop_reason,
        )  # fmt: skip
        self.failures.held = self._held
        self.now_ms = rig.paper.state()["time_ms"]
        self.loop.open(self.now_ms)

    def _job(self, kind: str, /, **detail: Any) -> None:
        assert kind == "trade"
        self.jobs.append(detail)

    def _held(self, symbol: str) -> Decimal:
        position = self.loop.books.held.get(symbol)
        return abs(position.size) if position is not None else Decimal(0)

    def tick(self) -> None:
        self.now_ms = self.failures.now_ms = self.rig.paper.step()
        self.loop.tick(self.now_ms)
        self.failures.look(self.now_ms)

    def send(self, name: str, side: str = "buy", **more: Any) -> Any:
        """Send an order through the modules, as entries and exits do."""
        fields = {"limit_price": None, "stop_price": None, "reduce_only": False, **more}
        order = self.rig.modules.records["OrderRequest"](
            client_id=f"{name}-{self.number}", symbol="PF_ETHUSD", side=side, size=Decimal("0.5"),
            kind="market", **fields,
        )  # fmt: skip
        return self.rig.modules["position_executor"](self.watched, order)

    def look(self, later_ms: int = 0) -> str:
        self.failures.look(self.now_ms + later_ms)
        return self.failures.stop_reason()

    @property
    def told(self) -> list[tuple[str, str, str]]:
        return [(j["failed"], j["subject"], j["severity"]) for j in self.jobs]


def test_rejected_entries_are_one_incident_and_the_third_stops_entries(
    rig: Rig,
) -> None:
    desk = Desk(rig)
    rig.paper.fault("reject", "sendorder", times=3)
    for number, stopped in enumerate(["", "", "rejected at PF_ETHUSD"]):
        assert desk.send(f"e-{number}").status == "rejected"
        assert desk.look() == stopped
    assert desk.told == [
        ("rejected", "PF_ETHUSD", "warning"),
        ("rejected", "PF_ETHUSD", "critical"),
    ]
    assert len({job["key"] for job in desk.jobs}) == 1
    first = desk.jobs[0]
    assert first["trade"]["rejected_in_a_row"] == "1"
    assert first["trade"]["reason"] != ""
    assert (first["lane"], first["urgent"], first["client_id"]) == (
        "explain",
        False,
        f"e-0-{desk.number}",
    )
    assert desk.look(PAUSE_MS - 1) != ""
    assert desk.look(PAUSE_MS) == ""


def test_a_stop_of_entries_outlives_the_process_that_made_it(rig: Rig) -> None:
    kept: dict[str, str] = {}

    def keep(stop: str, since: str | None) -> None:
        kept.pop(stop, None)
        kept.update({stop: since} if since is not None else {})

    desk = Desk(rig)
    desk.failures.keep = keep
    rig.paper.fault("reject", "sendorder", times=3)
    for number in range(3):
        desk.send(f"e-{number}")
    assert desk.look() == "rejected at PF_ETHUSD"
    again = Desk(rig)
    again.failures.keep = keep
    assert again.look() == ""
    again.failures.restore(kept, again.now_ms)
    assert again.look(PAUSE_MS - 1) == "rejected at PF_ETHUSD"
    assert again.look(PAUSE_MS) == ""
    assert kept == {}


@pytest.mark.parametrize(
    "kept",
    [{"rejected|PF_ETHUSD": "soon"}, {"rejected": "1"}, {"rejected|X": "9" * 15}],
)
def test_what_was_kept_and_cannot_be_meant_is_forgotten(
    rig: Rig, kept: dict[str, str]
) -> None:
    desk, forgotten = Desk(rig), list[tuple[str, str | None]]()
    desk.failures.keep = lambda *given: forgotten.append(given)
    desk.failures.restore(kept, desk.now_ms)
    assert (desk.look(), forgotten) == ("", [(*kept, None)])


def test_what_goes_on_for_hours_stays_one_incident(rig: Rig) -> None:
    desk = Desk(rig)
    began_ms = desk.now_ms

    def drifts_again(later_ms: int) -> set[str]:
        desk.failures.now_ms = began_ms + later_ms
        desk.failures.watch("drift", ours_usd="100", exchange_usd="90")
        return {job["key"] for job in desk.jobs}

    for number in range(4):
        assert len(drifts_again(number * (MERGE_MS - 1))) == 1
    assert len(desk.jobs) == 1
    assert len(drifts_again(3 * (MERGE_MS - 1) + MERGE_MS)) == 2


def test_an_accepted_entry_in_between_ends_the_row(rig: Rig) -> None:
    desk = Desk(rig)
    rig.paper.fault("reject", "sendorder", times=2)
    desk.send("e-0")
    desk.send("e-1")
    assert desk.send("e-2").status == "filled"
    rig.paper.fault("reject", "sendorder", times=1)
    desk.send("e-3")
    assert desk.look() == ""


@pytest.mark.parametrize(
    ("limit", "severity"), [("0.00003", "warning"), ("0.00001", "critical")]
)
def test_what_slips_beyond_the_limit_is_a_failed_trade(
    rig: Rig, limit: str, severity: str
) -> None:
    desk = Desk(rig, slippage=limit)
    desk.loop.market.update_prices()
    desk.send("e-0")
    assert bool(desk.look()) is (severity == "critical")
    assert desk.told == [("slippage", "PF_ETHUSD", severity)]
    assert Decimal(desk.jobs[0]["trade"]["slipped_frac"]) > Decimal(limit)


def test_an_exit_that_did_not_happen_stops_entries_until_it_has(rig: Rig) -> None:
    desk = Desk(rig)
    rig.trade("PF_ETHUSD", "buy", "0.5", f"mine-{desk.number}")
    desk.tick()
    assert desk.told == []
    rig.paper.fault("reject", "sendorder", times=1)
    desk.tick()
    assert desk.told == [("missed exit", "PF_ETHUSD", "critical")]
    assert desk.jobs[0]["urgent"] is True
    assert desk.failures.stop_reason() == "missed exit at PF_ETHUSD"
    desk.tick()
    assert rig.exchange.positions() == []
    assert desk.failures.stop_reason() == ""
    assert len(desk.jobs) == 1


def test_an_exit_that_finds_nothing_left_is_no_failure(rig: Rig) -> None:
    desk = Desk(rig)
    rig.paper.fault("reject", "sendorder", times=1)
    desk.send("x-0", "sell", reduce_only=True)
    assert desk.look() == ""
    assert desk.told == []


class _Lossy:
    """The real exchange; replies to orders are lost, and nobody tells what became of them."""

    def __init__(self, exchange: Any) -> None:
        self._exchange, self.away = exchange, True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def place(self, order: Any) -> Any:
        self._exchange.place(order)
        raise OutcomeUnknown("reply lost")

    def order(self, client_id: str) -> Any:
        if self.away:
            raise ExchangeUnavailable("maintenance")
        return self._exchange.order(client_id)


def test_an_unknown_outcome_stops_entries_until_it_is_known(rig: Rig) -> None:
    lossy = _Lossy(rig.exchange)
    desk = Desk(rig, exchange=lossy)
    with pytest.raises(OutcomeUnknown):
        desk.send("e-0")
    assert desk.look() == "unknown outcome at PF_ETHUSD"
    assert desk.look(PAUSE_MS) == "unknown outcome at PF_ETHUSD"
    lossy.away = False
    assert desk.look() == ""
    assert set(desk.told) == {("unknown outcome", "PF_ETHUSD", "critical")}
    assert desk.watched.sent == {}


def test_an_order_that_never_came_is_known(rig: Rig) -> None:
    lossy = _Lossy(rig.exchange)
    desk = Desk(rig, exchange=lossy)
    lossy._exchange = _Without(rig.exchange)
    with pytest.raises(OutcomeUnknown):
        desk.send("e-0")
    assert desk.look() != ""
    lossy.away = False
    assert desk.look() == ""
    assert desk.watched.sent == {}


class _Without:
    """An exchange that no order reaches."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)

    def place(self, order: Any) -> None:
        pass


def test_drift_is_an_incident_of_the_books(rig: Rig) -> None:
    desk = Desk(rig)
    desk.loop.books.totals.fees_usd += 5
    desk.tick()
    desk.tick()
    assert [(f, severity) for f, _, severity in desk.told] == [("drift", "critical")]
    assert "drift" in rig.kinds()


def test_honest_trading_gives_wick_no_job(rig: Rig) -> None:
    desk = Desk(rig)
    for _ in range(30):
        desk.tick()
    assert desk.jobs == []
    assert [d for kind, d in rig.told if kind == "trouble"] == []


@pytest.mark.parametrize("judge", ["failure_triggered_wick", "trade_failure_kind"])
def test_while_nobody_can_judge_what_failed_nothing_is_entered(
    rig: Rig, judge: str
) -> None:
    desk = Desk(rig)
    rig.modules.bar(judge, "it did not come back")
    desk.send("e-0")
    barred = desk.look(), desk.look(PAUSE_MS)
    rig.modules.unbar(judge)
    reason = f"{judge} gives its safe value alone: nobody can judge what failed"
    assert barred == (reason, reason)
    # That of which nobody knows what it came to stops entries as long as the worst does.
    assert desk.told == [("unknown outcome", "PF_ETHUSD", "critical")]
    assert desk.look() == ""


def test_what_was_judged_by_a_safe_value_stops_entries_for_an_hour(rig: Rig) -> None:
    desk = Desk(rig)
    rig.modules.bar("trade_failure_kind", "it did not come back")
    desk.send("e-0")
    desk.look()
    rig.modules.unbar("trade_failure_kind")
    assert desk.look() == "unjudged at PF_ETHUSD"
    assert desk.look(PAUSE_MS - 1) == "unjudged at PF_ETHUSD"
    assert desk.look(PAUSE_MS) == ""


def test_while_every_trade_is_ended_for_safety_none_is_opened(rig: Rig) -> None:
    desk = Desk(rig)
    wanted = 'return Signal(symbol=view.symbol, side="long", score=1.0, reason="test")'
    rig.replace_module("entry_decision", wanted)
    try:
        desk.tick()
        assert desk.loop.trades
        rig.modules.bar("exit_decision", "it did not come back")
        for _ in range(6):  # more than the pause between what is one bet
            desk.tick()
            assert rig.exchange.positions() == []
        said = "exit_decision gives its safe value alone: every trade is ended at once"
        assert desk.loop.stopped == said
        rig.modules.unbar("exit_decision")
        desk.tick()
        assert (bool(desk.loop.trades), desk.loop.stopped) == (True, "")
    finally:
        rig.modules.unbar("exit_decision")
        rig.restore_module("entry_decision")


def test_a_module_that_failed_gives_its_safe_value_unless_an_earlier_one_answers(
    rig: Rig,
) -> None:
    desk, modules = Desk(rig), rig.modules
    modules.roll_back("exit_decision", modules.version("exit_decision").id)
    assert desk.look().startswith("exit_decision gives its safe value alone")
    modules.forgive("exit_decision")
    assert desk.look() == ""
    rig.replace_module("exit_decision", "return 'stop'")
    modules.roll_back("exit_decision", modules.version("exit_decision").id)
    assert desk.look() == ""


def test_entries_under_the_kill_switch_are_no_rejected_orders(rig: Rig) -> None:
    rig.paper.step()  # the rate limit is counted in the exchange's time
    desk = Desk(rig)
    rig.paper.fault("reject", "sendorder", times=2)
    desk.send("e-0")
    desk.send("e-1")
    desk.look()
    told = list(desk.told)
    rig.exchange.halt("news at 14:00")
    try:
        for number in range(3):
            status = desk.send(f"halted-{number}")
            assert (status.status, "news at 14:00" in status.reason) == (
                "rejected",
                True,
            )
            assert desk.look() == ""
    finally:
        rig.gateway.admin("resume")
    assert desk.told == told == [("rejected", "PF_ETHUSD", "warning")]
    # Nor do they end a row of rejected ones.
    rig.paper.fault("reject", "sendorder", times=1)
    desk.send("e-2")
    assert desk.look() == "rejected at PF_ETHUSD"


def test_a_judge_that_is_broken_is_trouble_and_no_end_of_the_loop(rig: Rig) -> None:
    desk = Desk(rig)
    rig.replace_module("trade_failure_kind", "raise ValueError('no')")
    desk.send("e-0")
    assert desk.look() == ""
    assert ("trouble", "failures") in [(k, d.get("part")) for k, d in rig.told]
