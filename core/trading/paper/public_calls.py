"""The public endpoints: what the market shows to anybody."""

from __future__ import annotations

from collections.abc import Callable

from core.trading.paper import market_answers
from core.trading.paper.call import BadArgument, Call
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.wire import Plain, iso, success

Handler = Callable[[PaperExchange, Call], Plain]


def _symbol(exchange: PaperExchange, name: str) -> str:
    symbol = name.upper()
    if symbol not in exchange.market.contracts:
        raise BadArgument("contractNotFound")
    return symbol


def _instruments(exchange: PaperExchange, _call: Call) -> Plain:
    contracts = exchange.market.contracts.values()
    start_ms = exchange.market.start_ms
    rows = [market_answers.instrument(contract, start_ms) for contract in contracts]
    return success(exchange.now_ms, instruments=rows)


def _instrument_statuses(exchange: PaperExchange, _call: Call) -> Plain:
    fields = {"experiencingDislocation": False, "experiencingExtremeVolatility": False}
    rows = [{"tradeable": symbol, **fields} for symbol in exchange.market.contracts]
    return success(exchange.now_ms, instrumentStatus=rows)


def _tickers(exchange: PaperExchange, _call: Call) -> Plain:
    market = exchange.market
    rows = [market_answers.ticker(market, symbol) for symbol in market.contracts]
    return success(exchange.now_ms, tickers=rows)


def _ticker(exchange: PaperExchange, call: Call) -> Plain:
    symbol = _symbol(exchange, call.path.rsplit("/", 1)[1])
    row = market_answers.ticker(exchange.market, symbol)
    return success(exchange.now_ms, ticker=row)


def _order_book(exchange: PaperExchange, call: Call) -> Plain:
    symbol = _symbol(exchange, call.required("symbol"))
    book = market_answers.order_book(exchange.market, symbol)
    return success(exchange.now_ms, orderBook=book)


def _funding_rates(exchange: PaperExchange, call: Call) -> Plain:
    symbol = _symbol(exchange, call.required("symbol"))
    rates = market_answers.funding_rates(exchange.market, symbol)
    return success(exchange.now_ms, rates=rates)


def _fee_schedules(exchange: PaperExchange, _call: Call) -> Plain:
    fees = (exchange.config.maker_fee_frac, exchange.config.taker_fee_frac)
    rows = market_answers.fee_schedules(fees)
    return success(exchange.now_ms, feeSchedules=rows)


def _public_history(exchange: PaperExchange, call: Call) -> Plain:
    symbol = _symbol(exchange, call.required("symbol"))
    rows = []
    for element in market_answers.public_executions(exchange.market, symbol, 100):
        trade = element["event"]["Execution"]["execution"]
        row = {"time": iso(int(trade["timestamp"])), "uid": trade["uid"]}
        row |= {"price": float(trade["price"]), "size": float(trade["quantity"])}
        row |= {"side": trade["takerOrder"]["direction"].lower(), "type": "fill"}
        rows.append(row)
    return success(exchange.now_ms, history=rows)


def market_executions(exchange: PaperExchange, call: Call) -> Plain:
    """Return the executions of a market: one for each closed candle, newest first."""
    symbol = _symbol(exchange, call.path.split("/")[-2])
    count = int(call.args.get("count", 100))
    since_ms, before_ms = int(call.args.get("since", 0)), call.args.get("before")
    rows = market_answers.public_executions(exchange.market, symbol, count)
    rows = [row for row in rows if int(row["timestamp"]) >= since_ms]
    if before_ms is not None:
        rows = [row for row in rows if int(row["timestamp"]) < int(before_ms)]
    return {"elements": rows, "len": len(rows)}


PUBLIC: dict[tuple[str, str], Handler] = {
    ("GET", "instruments"): _instruments,
    ("GET", "instruments/status"): _instrument_statuses,
    ("GET", "tickers"): _tickers,
    ("GET", "tickers/SYMBOL"): _ticker,
    ("GET", "orderbook"): _order_book,
    ("GET", "historicalfundingrates"): _funding_rates,
    ("GET", "feeschedules"): _fee_schedules,
    ("GET", "history"): _public_history,
}
