"""Kraken's words for orders: their types, and how one is refused.

They are the exchange's, whichever API they come by, and the paper engine's too: it speaks
to a backtest without any API.
"""

from __future__ import annotations

from core.errors import DuplicateOrder, ExchangeError, OrderRejected, RateLimited

ORDER_TYPES = {
    "market": "mkt",
    "limit": "lmt",
    "post": "post",
    "ioc": "ioc",
    "stop": "stp",
    "take_profit": "take_profit",
    "trailing_stop": "trailing_stop",
}
RESTING_KINDS = {
    "lmt": "limit",
    "post": "post",
    "stp": "stop",
    # openorders tells a stop by this word.
    "stop": "stop",
    "take_profit": "take_profit",
    "trailing_stop": "trailing_stop",
}
_REJECTED = frozenset(
    {
        "cannotEditLimitPriceOfTrailingStop",
        "cannotEditTriggerPriceOfTrailingStop",
        "clientOrderIdInvalid",
        "clientOrderIdTooBig",
        "clientOrderIdTooLong",
        "fixedLeverageTooHigh",
        "insufficientAvailableFunds",
        "invalidOrderType",
        "invalidPrice",
        "invalidSide",
        "invalidSize",
        "iocWouldNotExecute",
        "marketInactive",
        "marketIsPostOnly",
        "marketSuspended",
        "maxPositionViolation",
        "outsidePriceCollar",
        "postWouldExecute",
        "selfFill",
        "tooManyOrders",
        "tooManySmallOrders",
        "wouldCauseLiquidation",
        "wouldIncreasePriceDislocation",
        "wouldNotReducePosition",
        "wouldProcessAfterSpecifiedTime",
    }
)
_REJECTED_EDITS = frozenset({"orderForEditNotAStop", "orderCannotBeEdited"})
_RATE = frozenset({"tooManyRequests", "apiLimitExceeded"})


def refusal(status: str) -> ExchangeError | None:
    """Return what a sendStatus means if it is an explicit no; None if it is not."""
    if status == "clientOrderIdAlreadyExist":
        return DuplicateOrder(status, hint="look the order up by its client id")
    if status in _RATE:
        return RateLimited(f"sendorder: {status}")
    refused = status in _REJECTED or status in _REJECTED_EDITS
    return OrderRejected(status) if refused else None
