"""The session under ccxt sends what requests would send, and keeps its errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests
from canned_exchange import Canned, CannedExchange

from core.trading.gateway.ccxt_session import LeanSession


@pytest.fixture
def server() -> Iterator[CannedExchange]:
    found = CannedExchange({"/a": {"b": "é"}})
    yield found
    found.close()


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("POST", None), ("POST", b"json=%7B%7D")]
)
def test_a_call_reaches_the_server_as_requests_would_send_it(
    server: CannedExchange, method: str, body: bytes | None
) -> None:
    seen = []
    for session in (requests.Session(), LeanSession()):
        session.headers.clear()
        answer = session.request(
            method, f"{server.url}/a?x=1%2B2", data=body, timeout=2,
            headers={"APIKey": "k", "Accept-Encoding": "gzip, deflate"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()) == (200, {"b": "é"})
        request = server.requests.pop()
        headers = {k.lower(): v for k, v in request.headers.items()}
        headers.pop("user-agent", None)
        seen.append((request.method, request.params, headers))
        session.close()
    assert seen[0] == seen[1]


def test_a_connection_is_used_again_and_no_cookie_is_kept(
    server: CannedExchange,
) -> None:
    server.answers["/a"] = Canned({}, headers={"Set-Cookie": "who=me"})
    session = LeanSession()
    session.request("GET", f"{server.url}/a")
    session.request("GET", f"{server.url}/a")
    assert "Cookie" not in server.requests[-1].headers
    assert not session.cookies


def test_a_redirect_is_an_error_and_is_not_followed(server: CannedExchange) -> None:
    server.answers["/a"] = Canned("", 302, {"Location": f"{server.url}/b"})
    with pytest.raises(requests.exceptions.TooManyRedirects):
        LeanSession().request("GET", f"{server.url}/a", headers={"APIKey": "k"})
    assert len(server.requests) == 1


def test_errors_are_those_that_ccxt_knows(server: CannedExchange) -> None:
    session, url = LeanSession(), f"{server.url}/a"
    with pytest.raises(requests.exceptions.SSLError):
        session.request("GET", url.replace("http", "https"), timeout=2)
    server.answers["/a"] = Canned("", cut=True)
    with pytest.raises(requests.exceptions.ConnectionError):
        session.request("GET", url, timeout=2)
    with pytest.raises(requests.exceptions.RequestException):
        session.request("GET", "http://127.0.0.1:1/a", timeout=2)


def test_an_answer_that_comes_too_late_is_a_timeout(server: CannedExchange) -> None:
    server.answers["/a"] = Canned({}, hold=(hold := threading.Event()))
    with pytest.raises(requests.exceptions.Timeout):
        LeanSession().request("GET", f"{server.url}/a", timeout=0.2)
    hold.set()
