"""Says what a failure of a ccxt call means for us: one of core.errors' kinds.

For a read, anything but an answer is ExchangeUnavailable. For a write the question is
whether it may have been carried out: only an explicit refusal by the exchange, or proof
that nothing left this machine, says no. All else is OutcomeUnknown.
"""

from __future__ import annotations

import requests
import urllib3

from core.errors import (
    DuplicateOrder,
    ExchangeError,
    ExchangeUnavailable,
    MalformedAnswer,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
)
from core.trading.gateway.ccxt_client import errors as ccxt

_KEYS_HINT = "check EXCHANGE_API_KEY and EXCHANGE_API_SECRET and the key's permissions"
_ASK_HINT = "ask `order` for it before anything is sent again"

# Explicit refusals that ccxt raises as a bare ExchangeError. "Server Error",
# "unknownError" and names that are new stay unknown: they do not say "not carried out".
_REFUSED = frozenset({"accountInactive", "wouldNotReducePosition"})
_UNSENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
)


def meaning(
    what: str, error: BaseException, told: str | None, *, write: bool
) -> ExchangeError:
    """Return the error to raise. `told` is the exchange's own error name, if it gave one."""
    text = f"{what}: {told or _name(error)}"
    refused = _refused_before_work(text, error)
    if refused is not None:
        return refused
    if not isinstance(error, ccxt.BaseError):
        # ccxt stumbled over an answer: for an order it may be live all the same.
        text = f"{what}: the answer cannot be read ({type(error).__name__})"
        return OutcomeUnknown(text, hint=_ASK_HINT) if write else MalformedAnswer(text)
    if not write or _unsent(error):
        return ExchangeUnavailable(text)
    if told and _rejected(error, told):
        return (
            DuplicateOrder(text)
            if isinstance(error, ccxt.DuplicateOrderId)
            else OrderRejected(text)
        )
    return OutcomeUnknown(text, hint=_ASK_HINT)


def _refused_before_work(text: str, error: BaseException) -> ExchangeError | None:
    if isinstance(error, (ccxt.RateLimitExceeded, ccxt.DDoSProtection)):
        return RateLimited(text)
    if isinstance(error, ccxt.AuthenticationError):
        return ExchangeUnavailable(text, hint=_KEYS_HINT)
    if isinstance(error, ccxt.InvalidNonce):
        return ExchangeUnavailable(text, hint="check this machine's clock")
    return None


def _rejected(error: BaseException, told: str) -> bool:
    kinds = (ccxt.InsufficientFunds, ccxt.InvalidOrder, ccxt.BadRequest)
    return isinstance(error, kinds) or told in _REFUSED


def _unsent(error: BaseException) -> bool:
    """Say whether the connection was never made, so that nothing can have arrived."""
    cause = error.__cause__
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return True
    if not isinstance(cause, requests.exceptions.ConnectionError) or not cause.args:
        return False
    return isinstance(getattr(cause.args[0], "reason", None), _UNSENT)


def _name(error: BaseException) -> str:
    # Not the error's text: it holds whole pages of HTML, and what others wrote.
    cause = error.__cause__ or error.__context__
    response = getattr(cause, "response", None)
    status = getattr(response, "status_code", None)
    return type(error).__name__ + (f" (HTTP {status})" if status else "")
