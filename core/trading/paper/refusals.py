"""The words with which Kraken refuses what is done to an order, by what is done.

A refusal on request is one of them, so that no client is tried in what cannot happen. They
are not the gateway's own list: a word that is wrong there is to fail here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.trading.paper.orders import TRIGGERED

SEND = (
    "apiLimitExceeded",
    "clientOrderIdAlreadyExist",
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
    "tooManyRequests",
    "tooManySmallOrders",
    "wouldCauseLiquidation",
    "wouldIncreasePriceDislocation",
    "wouldNotReducePosition",
    "wouldProcessAfterSpecifiedTime",
)
EDIT = (
    "cannotEditLimitPriceOfTrailingStop",
    "cannotEditTriggerPriceOfTrailingStop",
    "insufficientAvailableFunds",
    "invalidPrice",
    "invalidSize",
    "orderCannotBeEdited",
    "orderForEditNotAStop",
    "orderForEditNotFound",
    "outsidePriceCollar",
    "postWouldExecute",
    "selfFill",
    "tooManySmallOrders",
    "wouldNotReducePosition",
)
# What is gone already: there is no other reason not to cancel.
CANCEL = ("notFound", "filled")
# By endpoint; a batch may hold all three.
WORDS = {"sendorder": SEND, "editorder": EDIT, "cancelorder": CANCEL}
# By the word with which a batch says what an instruction is to do.
BATCHED = {"send": SEND, "edit": EDIT, "cancel": CANCEL}
USUAL = "insufficientAvailableFunds"
STOPS, ENTRIES = "stop", "entry"

# An instruction: what is done (send, edit, cancel), and the order's arguments.
Row = tuple[str, Mapping[str, Any]]


def refuses(status: str, only: str, row: Row) -> bool:
    """Tell whether a refusal is one of such an instruction. `only` names the orders that it
    is of: `stop` for triggers, `entry` for what may open, empty for all.
    """
    does, args = row
    if only == STOPS and args.get("orderType") not in TRIGGERED:
        return False
    if only == ENTRIES and _reduces(args):
        return False
    # Of a new order any word is let through: the next one that Kraken thinks of, too.
    return does == "send" or status in BATCHED.get(does, ())


def _reduces(args: Mapping[str, Any]) -> bool:
    return str(args.get("reduceOnly", "")).lower() == "true"
