"""The HTTP session that ccxt sends through: requests' transport without its trimmings.

ccxt hands over a whole URL, its headers and its body, and wants neither cookies, hooks,
proxies of the environment nor redirects; for what a session does about these, half of
the CPU time of a call was spent. Connections, TLS, decoding and errors are requests' own.
"""

from __future__ import annotations

from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

_KNOWN = frozenset({"data", "headers", "timeout", "proxies", "verify", "files"})


class LeanSession(requests.Session):
    """A session for one exchange; safe for one call at a time, as ccxt uses it."""

    # It takes what ccxt gives, no more of a session's two dozen ways to say it.
    def request(self, method: str, url: str, **given: Any) -> Any:  # type: ignore[override]
        """Send one request and return requests' Response, its content read.

        Anything but a plain call over a direct connection goes the whole way. A redirect
        is an error: it would carry the key's headers to another host.
        """
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
        response.content  # noqa: B018  # it is read here, while its errors are requests'
        return response
