"""The judge of the fault runs: what it is to find, it must find."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.trading.paper import NewOrder, PaperConfig, PaperExchange
from core.trading.synthetic import synthetic_candles

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
XBT = "PF_XBTUSD"


@pytest.fixture(autouse=True)
def lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where faultlab is found."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@dataclass
class Account:
    """An exchange and the rows that true books hold of it."""

    exchange: PaperExchange
    trades: list[dict[str, Any]]

    def send(self, side: str, size: str, kind: str = "mkt", **more: Any) -> None:
        """Send an order; its client id is new."""
        number = len(self.exchange.venue.orders)
        request = NewOrder(
            symbol=XBT, side=side, size=Decimal(size), kind=kind,
            client_id=f"x{number}-0", **more,
        )  # fmt: skip
        assert self.exchange.send(request).status == "placed"

    def price(self, away: str) -> Decimal:
        """Return a price so far from the mark, in parts of it."""
        price = self.exchange.market.price[XBT] * (1 + Decimal(away))
        return self.exchange.market.contracts[XBT].price_down(price)

    def fills(self) -> list[dict[str, Any]]:
        return [
            {
                "fill_id": fill.fill_id, "client_id": fill.order.client_id,
                "symbol": XBT, "side": fill.order.side, "size": fill.size,
                "price": fill.price,
            }
            for fill in self.exchange.books.fills
        ]  # fmt: skip

    def ledger(self) -> list[dict[str, Any]]:
        return [
            {
                "entry_id": 2 * row.row_id - 1, "symbol": row.symbol,
                "realised_usd": row.realised_usd, "fee_usd": row.fee_usd,
                "funding_usd": row.funding_usd, "transfer_usd": row.transfer_usd,
            }
            for row in self.exchange.books.ledger
        ]  # fmt: skip


@pytest.fixture
def account() -> Account:
    """One trade that has ended, one that goes on, and money paid in between."""
    exchange = PaperExchange(synthetic_candles(7, 400), PaperConfig(warmup=300, seed=7))
    made = Account(exchange, [])
    for side in ("buy", "sell", "sell"):
        made.send(side, "0.05")
        exchange.step(15)
        if side == "buy":
            exchange.transfer(Decimal("12.5"))
    ended = [row for row in exchange.books.ledger if row.symbol == XBT]
    flat = next(number for number, row in enumerate(ended) if not row.size)
    made.trades = [
        {
            "symbol": XBT, "closed_ms": 9,
            "realised_usd": sum(row.realised_usd for row in ended[: flat + 1]),
            "fees_usd": sum(row.fee_usd for row in ended[: flat + 1]),
            "funding_usd": sum(row.funding_usd for row in ended[: flat + 1]),
        },
        {
            "symbol": XBT, "closed_ms": None, "realised_usd": Decimal(0),
            "fees_usd": Decimal(1), "funding_usd": Decimal(0),
        },
    ]  # fmt: skip
    assert len(ended) > flat + 1
    return made


def test_true_books_are_no_problem(account: Account) -> None:
    from faultlab.books import row_problems, trade_problems

    books = account.exchange.books
    assert row_problems(books, account.fills(), account.ledger()) == []
    assert trade_problems(books, account.trades) == []


def test_a_bad_run_leaves_the_exchange_s_account_log(account: Account) -> None:
    from faultlab.books import log_lines

    rows = [json.loads(line) for line in log_lines(account.exchange.books)]
    assert [row["entry_id"] for row in rows] == [
        r["entry_id"] for r in account.ledger()
    ]
    trades = [row for row in rows if row["kind"] == "futures trade"]
    assert [row["fill_id"] for row in trades] == [f["fill_id"] for f in account.fills()]
    (paid,) = [row for row in rows if row["kind"] == "cross-exchange transfer"]
    assert Decimal(paid["transfer_usd"]) == Decimal("12.5")


def test_a_fill_that_was_never_written_or_is_not_as_it_was(account: Account) -> None:
    from faultlab.books import row_problems

    books, fills, ledger = account.exchange.books, account.fills(), account.ledger()
    (said,) = row_problems(books, fills[1:], ledger)
    assert said == f"fills: 1 of 3 missing ({fills[0]['fill_id']})"
    (said,) = row_problems(books, [*fills, {**fills[0], "fill_id": "z"}], ledger)
    assert said == "fills: 1 of 3 unknown to the exchange (z)"
    others: dict[str, Any] = {
        "size": Decimal("0.04"), "price": Decimal(1), "side": "sell", "client_id": "q",
    }  # fmt: skip
    for name, value in others.items():
        (said,) = row_problems(books, [{**fills[0], name: value}, *fills[1:]], ledger)
        assert said == f"fills: 1 of 3 not as there ({fills[0]['fill_id']})"


def test_an_entry_of_the_account_log_that_is_missing_or_other(account: Account) -> None:
    from faultlab.books import row_problems

    books, fills, ledger = account.exchange.books, account.fills(), account.ledger()
    (said,) = row_problems(books, fills, ledger[:-1])
    assert said == f"ledger: 1 of {len(ledger)} missing ({ledger[-1]['entry_id']})"
    for name in ("realised_usd", "fee_usd", "funding_usd", "transfer_usd"):
        wrong = [{**ledger[0], name: Decimal("0.00000001")}, *ledger[1:]]
        (said,) = row_problems(books, fills, wrong)
        assert said == f"ledger: 1 of {len(ledger)} not as there (1)"


def test_trades_that_did_not_earn_what_the_exchange_booked(account: Account) -> None:
    from faultlab.books import trade_problems

    books, (ended, going) = account.exchange.books, account.trades
    assert trade_problems(books, [ended]) == []
    (said,) = trade_problems(books, [going])
    assert said.startswith(f"trades of {XBT}: 0.0000, the exchange ")
    assert said.endswith(" (no trade has what came of x0-0#1)")
    for name in ("realised_usd", "fees_usd", "funding_usd"):
        wrong = {**ended, name: ended[name] + Decimal("0.01")}
        assert len(trade_problems(books, [wrong, going])) == 1


def test_books_that_are_opened_anew_need_late_fills_for_it() -> None:
    from faultlab.exits import Facts
    from faultlab.judge import reopened_problems
    from faultlab.told import Event, Told

    run = Told([Event(200, "books reopened")])
    assert reopened_problems(Facts(run, late=[199], end=500)) == []
    for late in ([], [100], [201]):
        (said,) = reopened_problems(Facts(run, late=late, end=500))
        assert said == "reopened at candle 200, which no late fills explain"
    (said,) = reopened_problems(Facts(run, late=[199], end=210))
    assert said == "reopened in the quiet candles, at candle 200"


def test_what_was_told_is_placed_in_its_candle() -> None:
    from faultlab.told import told

    rows = [
        {"kind": "drift", "time_ms": "1250", "detail": '{"trade_id": "PF_XBTUSD-7"}'},
        {"kind": "trouble", "time_ms": "1099", "detail": "{}"},
    ]
    run = told(rows, [1000, 1100, 1200, 1300])
    assert [(event.candle, event.kind) for event in run.events] == [
        (0, "trouble"),
        (2, "drift"),
    ]
    assert run.candles("drift") == [2]
    both = {"drift", "trouble"}
    assert [e.kind for e in run.of(both, XBT, 0, 2)] == ["trouble", "drift"]
    assert [e.kind for e in run.of(both, "PF_ETHUSD", 0, 2)] == ["trouble"]
    assert run.of(both, XBT, 1, 1) == []


def lasting(ceiling: str = "1") -> tuple[Any, list[str]]:
    """What looks at each candle's end, and what it says; an hour has been calm."""
    from faultlab.lasting import Lasting

    said: list[str] = []
    found = Lasting(Decimal(ceiling), lambda candle, text: said.append(text))
    found.calm[XBT] = 12
    return found, said


def test_what_stays_naked_after_the_faults_is_a_problem(account: Account) -> None:
    watch, said = lasting()
    for candle in range(3):
        watch.look(account.exchange, candle, acting=True)
    assert said == []
    watch.look(account.exchange, 3, acting=True)
    watch.look(account.exchange, 4, acting=True)
    (text,) = said
    assert text.startswith(f"naked: 0.05 of {XBT} without a stop for 4 candles")
    assert (watch.naked_candles, watch.longest_naked) == (5, 5)


def test_while_the_exchange_fails_what_is_naked_is_counted(account: Account) -> None:
    watch, said = lasting()
    for candle in range(9):
        watch.hit([XBT])
        watch.look(account.exchange, candle, acting=True)
    for candle in range(9, 12):
        watch.look(account.exchange, candle, acting=True)
    for candle in range(12, 20):
        watch.look(account.exchange, candle, acting=False)
    assert said == []
    assert (watch.naked_candles, watch.longest_naked) == (20, 20)
    watch.look(account.exchange, 20, acting=True)
    assert len(said) == 1


def test_a_position_with_its_stop_is_not_naked(account: Account) -> None:
    watch, said = lasting()
    stop = account.price("0.05")
    account.send("buy", "0.05", "stp", stop_price=stop, reduce_only=True)
    for candle in range(9):
        watch.look(account.exchange, candle, acting=True)
    assert (said, watch.naked_candles) == ([], 0)


def test_open_risk_is_judged_at_every_candle(account: Account) -> None:
    stop = account.price("0.05")
    account.send("buy", "0.05", "stp", stop_price=stop, reduce_only=True)
    exchange = account.exchange
    mark = exchange.market.price[XBT]
    risk = (stop - mark) * Decimal("0.05") / exchange.margin().equity
    watch, said = lasting(str(risk * 2))
    watch.look(exchange, 0, acting=True)
    assert said == []
    assert watch.highest_frac == risk
    watch, said = lasting(str(risk / 2))
    watch.hit([XBT])
    watch.look(exchange, 0, acting=True)
    assert (said, watch.over_ceiling_candles) == ([], 1)
    watch.calm[XBT] = 3
    watch.look(exchange, 1, acting=True)
    (text,) = said
    assert text.startswith("open risk over its ceiling: ")


@pytest.mark.parametrize(
    ("kind", "away", "word"),
    [("stp", "0.05", "stops"), ("take_profit", "-0.05", "takes")],
)
def test_stops_and_takes_for_more_than_is_held(
    account: Account, kind: str, away: str, word: str
) -> None:
    watch, said = lasting()
    order = {"stop_price": account.price(away), "reduce_only": True}
    for size in ("0.03", "0.02", "0.04"):
        watch.look(account.exchange, 0, acting=True)
        assert said == []
        account.send("buy", size, kind, **order)
    watch.hit([XBT])
    watch.look(account.exchange, 1, acting=True)
    assert said == []
    watch.end(account.exchange, 2)
    expected = f"duplicate order: the {word} of {XBT} are 0.04 more than held"
    assert [text.replace("0.0400", "0.04") for text in said] == [expected]
    watch, said = lasting()
    watch.look(account.exchange, 1, acting=True)
    watch.look(account.exchange, 2, acting=True)
    assert len(said) == 1


def levels_after(account: Account, kind: str, away: str, beyond: str) -> Any:
    """A level whose trigger is lost, and a mark beyond it at a candle's close."""
    from faultlab.passed import Levels

    levels, exchange = Levels(), account.exchange
    account.send("buy", "0.05", kind, stop_price=account.price(away), reduce_only=True)
    levels.learn(exchange)
    levels.closed(exchange, 4)
    assert levels.count == 0
    passed = account.price(beyond)
    exchange.market.price[XBT] = passed
    levels.closed(exchange, 5)
    assert levels.count == 0, "it rests there"
    exchange.lose_orders()
    levels.closed(exchange, 6)
    return levels


@pytest.mark.parametrize(
    ("kind", "away", "beyond"),
    [("stp", "0.02", "0.03"), ("take_profit", "-0.02", "-0.03")],
)
def test_a_level_that_was_passed_is_to_end_its_trade(
    account: Account, kind: str, away: str, beyond: str
) -> None:
    levels = levels_after(account, kind, away, beyond)
    assert levels.count == 1
    for candle in range(6, 9):
        levels.look(account.exchange, candle, acting=True)
    levels.look(account.exchange, 9, acting=False)
    assert levels.unended == []
    levels.look(account.exchange, 10, acting=True)
    (found,) = levels.unended
    assert (found.symbol, found.candle, found.last) == (XBT, 6, 10)


def test_a_level_that_ended_its_trade_or_was_not_reached(account: Account) -> None:
    levels = levels_after(account, "stp", "0.02", "0.03")
    account.send("buy", "0.05")
    for candle in range(6, 20):
        levels.look(account.exchange, candle, acting=True)
    assert (levels.count, levels.unended) == (1, [])
    account.send("sell", "0.05")
    assert levels_after(account, "stp", "0.02", "0.01").count == 0


def test_an_exit_is_done_or_told(account: Account) -> None:
    from faultlab.exits import Facts, exit_problems
    from faultlab.passed import Passed
    from faultlab.told import Event, Told

    def judged(*events: Any) -> tuple[int, list[str]]:
        passed = [Passed(XBT, "stop", 20, 4, 24)]
        return exit_problems(Facts(Told(events), unended=passed, end=500), [], 0)

    silent = (0, [f"the stop of {XBT} was passed at candle 20, untold"])
    assert judged() == silent
    for told in ("exit failed", "unprotected"):
        assert judged(Event(22, told, {"trade_id": f"{XBT}-7"})) == (1, [])
        assert judged(Event(25, told, {"trade_id": f"{XBT}-7"})) == silent
    # Of these a person hears only when the same part fails again and again.
    assert judged(Event(22, "protection failed", {"trade_id": f"{XBT}-7"})) == silent
    failing = [Event(candle, "trouble", {"part": "fetch"}) for candle in (19, 20, 21)]
    assert judged(*failing) == (1, [])
    assert judged(*failing[1:]) == silent
    assert judged(*failing[:2], Event(21, "trouble", {"part": "store"})) == silent
    assert judged(Event(22, "exit failed", {"trade_id": "PF_ETHUSD-7"})) == silent
    assert judged(Event(22, "exit", {"trade_id": f"{XBT}-7"})) == silent


def test_a_time_limit_holds_for_trades_that_have_ended_too() -> None:
    from faultlab.exits import Facts, exit_problems
    from faultlab.told import Event, Told

    def judged(lived: int, **facts: Any) -> tuple[int, list[str]]:
        row = {
            "trade_id": "t", "symbol": XBT, "opened_ms": 0,
            "closed_ms": lived * 300_000,
        }  # fmt: skip
        known = Facts(**{"run": Told(), "end": 500, **facts})
        return exit_problems(known, [row], 150_000_000)

    assert judged(147) == (0, [])
    late = "t was overdue from candle 144 to 148, untold"
    assert judged(148) == (0, [late])
    assert judged(148, away={145}) == (0, [])
    ours = {"trade_id": f"{XBT}-7"}
    assert judged(148, run=Told([Event(146, "exit failed", ours)])) == (1, [])
    # What is told long after it was due excuses nothing.
    (said,) = judged(400, run=Told([Event(390, "exit failed", ours)]))[1]
    assert said == "t was overdue from candle 144 to 400, untold"


def test_an_exit_that_failed_is_to_be_done_before_the_end() -> None:
    from faultlab.exits import Facts, exit_problems
    from faultlab.told import Event, Told

    run = Told([Event(400, "exit failed", {"trade_id": "t"})])
    row = {"trade_id": "t", "symbol": XBT, "opened_ms": 140_000_000, "closed_ms": None}
    (said,) = exit_problems(Facts(run, end=500), [row], 150_000_000)[1]
    assert said == "that of t failed, and was never done"
    assert exit_problems(Facts(run, end=410), [row], 150_000_000)[1] == []
    ended = {**row, "closed_ms": 141_000_000}
    assert exit_problems(Facts(run, end=500), [ended], 150_000_000)[1] == []


def test_what_should_have_ended_for_want_of_a_stop_may_live_on_once_taken_up() -> None:
    from faultlab.exits import Facts, exit_problems
    from faultlab.told import Event, Told

    row = {"trade_id": "t", "symbol": XBT, "opened_ms": 140_000_000, "closed_ms": None}
    adopted = Event(401, "adopted", {"trade_id": "t"})
    for reason, problems in (("unprotected", 0), ("stop", 1)):
        failed = Event(400, "exit failed", {"trade_id": "t", "reason": reason})
        for events, wrong in (([failed], 1), ([failed, adopted], problems)):
            found = exit_problems(Facts(Told(events), end=500), [row], 150_000_000)
            assert len(found[1]) == wrong, (reason, events)


def test_a_fault_hits_the_symbols_that_its_call_is_about(account: Account) -> None:
    """In a run's world: a refused order is of its symbol, a failed read is of all."""
    from faultlab.plan import Plan
    from faultlab.watch import Watch
    from faultlab.world import Pids, World

    from core.trading.paper.call import Call, Reply
    from core.trading.paper.config import PaperKeys
    from core.trading.paper.faults import Fault

    exchange = account.exchange
    watch = Watch(Decimal(1), Decimal(9000), 400)
    world = World(Plan(0), PaperKeys.generate(), exchange, watch, Pids(1, 2))
    stop = account.price("0.05")
    account.send("buy", "0.05", "stp", stop_price=stop, reduce_only=True)
    (order,) = exchange.venue.live.values()

    def calm_after(
        method: str, path: str, body: str = "", name: str = "http_503"
    ) -> set[str]:
        watch.lasting.calm.clear()
        world.faults.add(Fault(name))
        world.answer(Call(method, f"/derivatives/api/v3/{path}", "", body, {}))
        world.step(lambda: Reply(200, b""))
        return {symbol for symbol, count in watch.lasting.calm.items() if count}

    everything = set(exchange.books.holdings)
    others = everything - {XBT}
    assert len(others) == 2
    assert calm_after("GET", "openorders") == set()
    assert calm_after("GET", "fills", name="duplicated_fills") == everything
    assert calm_after("POST", "sendorder", f"symbol={XBT}") == others
    sent = f"symbol={XBT}&orderType=mkt"
    assert calm_after("POST", "sendorder", sent, name="reject") == others
    assert calm_after("POST", "sendorder", f"symbol={XBT}", name="liquidation") == set()
    account.send("sell", "0.05")
    account.send("buy", "0.05", "stp", stop_price=stop, reduce_only=True)
    (order,) = exchange.venue.live.values()
    assert calm_after("POST", "cancelorder", f"order_id={order.order_id}") == others
    assert calm_after("POST", "editorder", f"cliOrdId={order.client_id}") == others
    batch = f'json={{"batchOrder": [{{"order": "send", "symbol": "{XBT}"}}]}}'
    assert calm_after("POST", "batchorder", batch) == others
    world.gateway_ready = False
    assert calm_after("POST", "sendorder", f"symbol={XBT}") == set()
    assert watch.away == {world.candle - 1}
    assert world.struck_in("duplicated_fills") == [1]


def test_every_kind_of_fault_is_drawn_where_it_acts() -> None:
    from faultlab.plan import REFUSALS, draw

    from core.trading.gateway import order_words
    from core.trading.paper.control import fault_of
    from core.trading.paper.faults import NAMES, Faults

    assert draw(5, 500) == draw(5, 500) != draw(6, 500)
    drawn = [
        body
        for seed in range(120)
        for bodies in draw(seed, 500).faults.values()
        for body in bodies
    ]
    for body in drawn:
        Faults(0).add(fault_of(body))
    assert {body["name"] for body in drawn} == set(NAMES)
    rejects = [body for body in drawn if body["name"] == "reject"]
    assert {(b["match"], b["status"]) for b in rejects} == {
        (match, word) for match, words in REFUSALS.items() for word in words
    }
    assert {b["only"] for b in rejects if "only" in b} == {"", "stop", "entry"}
    known = (
        order_words._REJECTED,
        order_words._REJECTED_EDITS,
        order_words._RATE,
    )
    unknown = frozenset().union(*known) - {body["status"] for body in rejects}
    assert unknown == set()
    slow = [b["delay_s"] for b in drawn if b["name"] == "slow"]
    assert 0.02 < sum(delay > 2 for delay in slow) / len(slow) < 0.2
    assert sum(slow) / 120 < 5, "seconds that a run waits"
    assert 15 < sum(body["name"] == "liquidation" for body in drawn) < 60


def test_an_entry_whose_stop_is_refused_is_owed_back(account: Account) -> None:
    """The exchange took one of two and not the other: nobody could know, but it must end."""
    from faultlab.watch import Watch

    exchange = account.exchange
    account.send("buy", "0.05")

    def bare(*refused: str) -> Any:
        watch = Watch(Decimal("0.01"), Decimal(90_000), 400)
        watch._fills = len(exchange.books.fills)
        account.send("buy", "0.05")
        watch.order(exchange, 7, set(refused))
        return watch

    (said,) = bare().problems
    assert said.startswith("open risk over its ceiling: ")
    account.send("sell", "0.05")
    watch = bare(XBT)
    assert watch.problems == []
    watch.candle(exchange, 7, acting=True)
    kept = f"naked: 0.05 of {XBT} whose stop was refused are kept, at candle 7"
    assert watch.problems == [kept]
    account.send("sell", "0.05")
    watch = bare(XBT)
    account.send("sell", "0.05")
    watch.candle(exchange, 7, acting=True)
    assert watch.problems == []
    watch = bare(XBT)
    watch.hit([XBT])
    watch.candle(exchange, 7, acting=True)
    assert watch.problems == []


def test_a_decision_that_comes_to_more_than_was_decided_is_found() -> None:
    from faultlab.exits import Facts
    from faultlab.judge import decided_problems
    from faultlab.told import Event, Told

    wanted = {"trade_id": f"{XBT}-7", "size": "0.0212", "side": "long"}
    facts = Facts(Told([Event(5, "entering", wanted)]), end=500, killed=1)
    of_it = "pf-xbtusd-7-entry"
    assert decided_problems(facts, {of_it: Decimal("0.0212")}) == (0, [])
    assert decided_problems(facts, {of_it: Decimal("0.0213")}) == (
        0, [f"{XBT}-7 came to 0.0213 of 0.0212 decided"],
    )  # fmt: skip
    others = {f"pf-xbtusd-{number}-entry": Decimal(1) for number in (8, 9)}
    assert decided_problems(facts, {"pf-xbtusd-9-entry": Decimal(1)}) == (1, [])
    # What is untold for another reason would leave nothing to hold a position to.
    assert decided_problems(facts, others) == (
        2, ["of 2 decisions nothing was told"],
    )  # fmt: skip


def test_kills_strike_every_call_that_changes_an_order() -> None:
    from faultlab.plan import draw
    from faultlab.world import CHANGES

    kills = [k for seed in range(60) for k in draw(seed, 500).order_kills.values()]
    assert {kill.match for kill in kills} == {*CHANGES}
    assert len(kills) >= 120
    assert {(kill.who, kill.after) for kill in kills} == {
        (who, after) for who in ("trader", "gateway") for after in (True, False)
    }


def test_a_kill_waits_for_its_call() -> None:
    from faultlab.plan import Kill
    from faultlab.world import Waiting

    def struck(call: int, further: int, *endpoints: str) -> list[int]:
        kill = Kill("trader", call, True, 0, 0, "batchorder", further)
        waiting = Waiting(kill, call, further)
        for number, endpoint in enumerate(endpoints):
            if waiting.is_due(endpoint):
                return [number]
        return []

    assert struck(1, 0, "fills", "accounts", "batchorder") == [2]
    assert struck(2, 0, "batchorder", "fills", "batchorder", "fills") == [2]
    assert struck(1, 2, "batchorder", "fills", "batchorder", "fills") == [2]
    assert struck(1, 0, "fills", "editorder") == []


def test_equity_that_differs_once_is_found_unless_the_exchange_had_not_told_all() -> (
    None
):
    from faultlab.exits import Facts
    from faultlab.judge import equity_problems
    from faultlab.told import Told

    rows = [
        {"time_ms": 300_000 * n, "equity_usd": Decimal(100 + (n == 7)),
         "exchange_equity_usd": Decimal(100)}
        for n in range(20)
    ]  # fmt: skip

    def judged(*untold: int) -> list[str]:
        return equity_problems(rows, Facts(Told(), end=19, untold=untold), 300_000 * 19)

    (said,) = judged()
    assert said == "101.0000, the exchange 100.0000, at candle 7"
    assert judged(3) == judged(8) == [said]
    assert judged(4) == judged(7) == []
