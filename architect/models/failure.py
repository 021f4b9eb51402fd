"""What went wrong in one try: which error it is, and whether to try again.

The client's exceptions hold the request with its key, so none of them leaves this
module: what is raised later is made anew, from texts that were scrubbed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from architect.route import Route
from architect.secrets import Secrets
from core.errors import (
    AnswerIncomplete,
    ModelError,
    ModelRejected,
    ModelUnavailable,
)

# Answered before any model was run.
_FREE_STATUS = (429, 503, 529)
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try.

    Attributes:
        error: what to raise when no further try is made.
        again: another try may work.
        free: it certainly cost nothing.
        wait_s: what the server asks to wait, if it does.
        used: tokens of prompt and answer that it tells all the same.
    """

    error: ModelError
    again: bool = False
    free: bool = False
    wait_s: float | None = None
    used: tuple[int | None, int | None] = (None, None)


class TryFailed(Exception):
    """Carries a failure out of one try."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.error))
        self.failure = failure


def classify(error: Exception, route: Route, secrets: Secrets) -> Failure:
    """Return the failure that an exception of the client stands for."""
    import httpx2
    import openai

    if isinstance(error, TryFailed):
        return error.failure
    where = f"{route.name} ({route.model} at {route.url})"
    if isinstance(error, openai.APIStatusError):
        return _status(error, where, secrets)
    if isinstance(error, openai.APIConnectionError):
        unsent = isinstance(
            error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout)
        )
        return _connection(error, where, route, unsent)
    text = _shown(error, secrets)
    if isinstance(error, openai.APIError):
        return Failure(ModelUnavailable(f"{where} broke off: {text}"), again=True)
    return Failure(
        AnswerIncomplete(f"{where} gave no chat completion: {text}", hint=_URL_HINT)
    )


_URL_HINT = "check LLM_API_URL: it mostly ends in /v1"


def plain(text: str, secrets: Secrets) -> str:
    """Return a server's text as one short printable line without secrets."""
    kept = "".join(c if c.isprintable() else " " for c in secrets.scrub(text))
    line = " ".join(kept.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _shown(error: Exception, secrets: Secrets) -> str:
    return plain(f"{type(error).__name__}: {error}", secrets)


def _connection(error: Exception, where: str, route: Route, unsent: bool) -> Failure:
    import openai

    if unsent:
        why = f"{where} cannot be reached"
    elif isinstance(error, openai.APITimeoutError):
        why = f"{where} gave no answer within {route.timeout_s:g} s"
    else:
        why = f"{where} closed the connection before its answer was whole"
    hint = "check LLM_API_URL and the server" if unsent else None
    return Failure(ModelUnavailable(why, hint=hint), again=True, free=unsent)


def _status(error: Any, where: str, secrets: Secrets) -> Failure:
    status: int = error.status_code
    text = f"{where} answered {status}: {plain(_words(error), secrets)}"
    if status in (408, 409, 429) or status >= 500:
        # Money that is used up does not come back by waiting.
        again = getattr(error, "code", None) != "insufficient_quota"
        wait_s = retry_after_s(error.response.headers)
        free = status in _FREE_STATUS
        return Failure(ModelUnavailable(text), again=again, free=free, wait_s=wait_s)
    hints = {
        401: "check LLM_API_KEY",
        403: "check LLM_API_KEY and what it may use",
        404: "check LLM_MODEL and LLM_API_URL",
    }
    hint = hints.get(status, _URL_HINT if status < 400 else None)
    return Failure(ModelRejected(text, hint=hint), free=True)


def _words(error: Any) -> str:
    body = error.body
    inner = body.get("message") if isinstance(body, dict) else None
    if isinstance(inner, str):
        return inner
    if location := error.response.headers.get("location"):
        return f"it redirects to {location}"
    return str(body or "no reason given")


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, None when it says nothing usable."""
    text = headers.get("retry-after", "")
    try:
        wait_s = float(text)
    except ValueError:
        try:
            wait_s = parsedate_to_datetime(text).timestamp() - time()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(wait_s, 0.0) if wait_s == wait_s else None
