"""Which calls a fault can do anything to: only those does it wait for, strike and count."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.trading.paper.call import BadArgument, Call
from core.trading.paper.exchange import PaperExchange
from core.trading.paper.order_calls import batch_of
from core.trading.paper.orders import TRIGGERED
from core.trading.paper.refusals import USUAL, WORDS, Row, refuses

if TYPE_CHECKING:
    from core.trading.paper.faults import Fault

_DOES = {"sendorder": "send", "editorder": "edit", "cancelorder": "cancel"}
REJECTED = (*WORDS, "batchorder")
FILLED = ("sendorder", "batchorder")


def _reject(fault: Fault, endpoint: str, call: Call, _exchange: PaperExchange) -> bool:
    status, only = status_of(fault, endpoint), str(fault.params.get("only", ""))
    return any(refuses(status, only, row) for row in _rows(endpoint, call))


def _partial_fill(
    _fault: Fault, endpoint: str, call: Call, _exchange: PaperExchange
) -> bool:
    return any(
        does == "send" and args.get("orderType") not in TRIGGERED
        for does, args in _rows(endpoint, call)
    )


def _liquidation(
    _fault: Fault, _endpoint: str, _call: Call, exchange: PaperExchange
) -> bool:
    return any(holding.size for holding in exchange.books.holdings.values())


def _late_positions(
    _fault: Fault, _endpoint: str, _call: Call, exchange: PaperExchange
) -> bool:
    """Only a position that has changed in this moment can be read late."""
    return any(
        holding.size and holding.changed_ms >= exchange.now_ms
        for holding in exchange.books.holdings.values()
    )


def _late_log(
    _fault: Fault, _endpoint: str, _call: Call, exchange: PaperExchange
) -> bool:
    """Only an entry of this moment can be told late."""
    return any(row.time_ms >= exchange.now_ms for row in exchange.books.ledger[-1:])


Reach = Callable[["Fault", str, Call, PaperExchange], bool]
_REACH: dict[str, Reach] = {
    "reject": _reject,
    "partial_fill": _partial_fill,
    "liquidation": _liquidation,
    "late_positions": _late_positions,
    "late_log": _late_log,
}


def status_of(fault: Fault, endpoint: str) -> str:
    """Return the word with which a `reject` refuses."""
    usual = WORDS["cancelorder"][0] if endpoint == "cancelorder" else USUAL
    return str(fault.params.get("status", usual))


def reaches(fault: Fault, endpoint: str, call: Call, exchange: PaperExchange) -> bool:
    """Tell whether a fault does anything to a call."""
    reach = _REACH.get(fault.name)
    return reach is None or reach(fault, endpoint, call, exchange)


def check(fault: Fault) -> None:
    """ValueError for a fault that could never do anything."""
    only_at = {
        "reject": REJECTED,
        "partial_fill": FILLED,
        "late_positions": ("openpositions",),
        "late_log": ("account-log",),
    }.get(fault.name)
    if only_at and fault.match not in ("*", *only_at):
        raise ValueError(
            f"{fault.name} does nothing to {fault.match}; it acts on {', '.join(only_at)}"
        )
    words = WORDS.get(fault.match, ())
    status = status_of(fault, fault.match)
    never_sends = fault.match in ("editorder", "cancelorder")
    if fault.name == "reject" and never_sends and status not in words:
        raise ValueError(
            f"{fault.match} is never refused with {status}; there are {', '.join(words)}"
        )


def _rows(endpoint: str, call: Call) -> list[Row]:
    """Return the instructions of a call; none of one that cannot be read."""
    if endpoint in _DOES:
        call.read_args()
        return [(_DOES[endpoint], call.args)]
    if endpoint != "batchorder":
        return []
    call.read_args()
    try:
        return [(str(row.get("order", "")), row) for row in batch_of(call)]
    except BadArgument:
        return []
