"""The HTTP session that ccxt sends through: requests' transport without its trimmings.

ccxt hands over a whole URL, its headers and its body, and wants neither cookies, hooks,
proxies of the environment nor redirects; for what a session does about these, half of
the CPU time of a call was spent. Connections, TLS, decoding and errors are requests' own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

_KNOWN = frozenset({"data", "headers", "timeout", "proxies", "verify", "files"})
# A call may take so many times as long as each of its reads may: 30 s of the gateway's 10.
_TIMEOUTS = 3


class LeanSession(requests.Session):
    """A session for one exchange; safe for one call at a time, as ccxt uses it."""

    # It takes what ccxt gives, no more of a session's two dozen ways to say it.
    def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]
        """Send one request and return requests' Response, its content read.

        Anything but a plain call over a direct connection goes the whole way. A redirect
        is an error: it would carry the key's headers to another host. `timeout` is of each
        read; ReadTimeout also where all of them take too long, each in time.
        """
        began_s = time.monotonic()
        body, proxies, files = (given.get(k) for k in ("data", "proxies", "files"))
        if (
            proxies
            or files
            or not isinstance(body, bytes | None)
            or set(given) - _KNOWN
        ):
            return super().request(method, url, **given)
        call = requests.PreparedRequest()
        call.method, call.url, call.body = method.upper(), url, body
        call.headers = CaseInsensitiveDict(given.get("headers") or {})
        if body is not None:
            call.headers["Content-Length"] = str(len(body))
        response = self.get_adapter(url).send(
            call, stream=True, timeout=given.get("timeout"), proxies={},
            verify=given.get("verify", True),
        )  # fmt: skip
        if response.is_redirect:
            response.close()
            raise requests.exceptions.TooManyRedirects(f"redirected from {url}")
        timeout = given.get("timeout")
        _read(response, began_s + _TIMEOUTS * timeout if timeout else None)
        return response


def _read(response: requests.Response, end_s: float | None) -> None:
    """Read a response's content, while its errors are requests'."""
    if end_s is None:
        response.content  # noqa: B018
        return
    raw, response.raw = response.raw, _Timely(response.raw, end_s)
    try:
        response.content  # noqa: B018
    except requests.exceptions.ReadTimeout:
        # What is left of it would be the answer to the connection's next call.
        raw.close()
        raise
    finally:
        response.raw = raw


class _Timely:
    """A urllib3 response that is read as it comes, until a time of the monotonic clock."""

    def __init__(self, raw: Any, end_s: float) -> None:
        self._raw, self._end_s = raw, end_s

    def stream(self, size: int, decode_content: bool) -> Iterator[bytes]:
        # `read` would wait until there are so many bytes, however slowly they come.
        while part := self._raw.read1(size, decode_content=decode_content):
            yield part
            if len(part) < size and self._raw.closed:
                return  # without another look for the end of it
            if time.monotonic() > self._end_s:
                raise requests.exceptions.ReadTimeout("the answer does not end")
