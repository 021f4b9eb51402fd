"""One HTTP client for a route: bounded in time and size, and silent about itself.

The client library takes headers and keys from its own environment variables and bounds
only the pause between two bytes; here a request carries what the route says and
nothing else, and a whole answer has to come within the route's time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from architect.route import Route

if TYPE_CHECKING:
    import httpx2
    import openai

MAX_BYTES = 8_000_000
_HEADERS = {
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
}


def open_client(route: Route) -> openai.OpenAI:
    """Return a client for one route; it makes one try and follows no redirect."""
    import httpx2
    import openai

    # At DEBUG it logs headers as they come, and a server may send a key back.
    logging.getLogger("httpcore2").setLevel(logging.WARNING)
    http_client = httpx2.Client(
        timeout=route.timeout_s,
        follow_redirects=False,
        # Reading all certificates of the machine takes 25 ms; http needs none.
        verify=not route.url.startswith("http://"),
        # A proxy is for what lies beyond this machine.
        trust_env=not _is_local(route.url),
        event_hooks={
            "request": [_Outgoing(route)],
            "response": [_bound],
        },
    )
    return openai.OpenAI(
        base_url=route.url,
        api_key="unused",  # the hook below sets the real one, or none
        max_retries=0,
        timeout=route.timeout_s,
        http_client=http_client,
    )


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


class _Outgoing:
    """Leaves a request the headers that it needs, the route's key and a deadline."""

    def __init__(self, route: Route) -> None:
        self._route = route

    def __call__(self, request: httpx2.Request) -> None:
        for name in set(request.headers) - _HEADERS:
            del request.headers[name]
        request.headers["accept-encoding"] = "identity"
        if self._route.key:
            key = self._route.key.get_secret_value()
            request.headers["authorization"] = f"Bearer {key}"
        request.extensions["deadline_s"] = time.monotonic() + self._route.timeout_s


def _bound(response: httpx2.Response) -> None:
    deadline_s = response.request.extensions["deadline_s"]
    response.stream = _bounded_stream(response.stream, deadline_s, response.request)


def _bounded_stream(stream: Any, deadline_s: float, request: httpx2.Request) -> Any:
    import httpx2

    class Bounded(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for chunk in stream:
                size += len(chunk)
                if time.monotonic() > deadline_s:
                    raise httpx2.ReadTimeout("too slow", request=request)
                if size > MAX_BYTES:
                    raise httpx2.ReadError("too long", request=request)
                yield chunk

        def close(self) -> None:
            stream.close()

    return Bounded()
