"""The session under ccxt sends what requests would send, and keeps its errors."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest
import requests
from adapter_cases import kraken_rest
from canned_exchange import Canned, CannedExchange

from core.errors import OutcomeUnknown
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


class Server:
    """Answers each connection by the same parts, `pause_s` after each; `connections` are
    those taken. A part is bytes, and the connection ends with the last.
    """

    def __init__(self, parts: Sequence[bytes], pause_s: float = 0) -> None:
        self._parts, self._pause_s, self.connections = parts, pause_s, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._send, args=(connection,), daemon=True).start()

    def _send(self, connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            for part in self._parts:
                try:
                    connection.sendall(part)
                except OSError:
                    return
                time.sleep(self._pause_s)

    def close(self) -> None:
        self._socket.close()


BODY = b'{"b": "' + b"0123456789" * 20_000 + b'"}'
ZIPPED = gzip.compress(BODY)
HEAD = b"HTTP/1.1 200 OK\r\n"
ZIP = b"Content-Encoding: gzip\r\n"


def sized(body: bytes, more: bytes = b"") -> list[bytes]:
    head = HEAD + more + b"Content-Length: %d\r\n\r\n" % len(body)
    return [head, body[:7], body[7:]]


def chunked(body: bytes, more: bytes = b"") -> list[bytes]:
    head = HEAD + more + b"Transfer-Encoding: chunked\r\n\r\n"
    chunks = [body[at : at + 5000] for at in range(0, len(body), 5000)]
    return [head, *(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks), b"0\r\n\r\n"]


ANSWERS = {
    "sized": sized(BODY),
    "sized, zipped": sized(ZIPPED, ZIP),
    "chunked": chunked(BODY),
    "chunked, zipped": chunked(ZIPPED, ZIP),
    "until it ends": [HEAD + b"\r\n", BODY],
    "empty": sized(b""),
    "cut": sized(BODY)[:2],
    "cut in a chunk": [*chunked(BODY)[:3], b"5\r\nab"],
    "cut between chunks": chunked(BODY)[:3],
    "zipped and cut": sized(ZIPPED, ZIP)[:2],
    "not zipped": sized(BODY, ZIP),
    "no number of bytes": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"zz\r\n"],
}


@pytest.mark.parametrize("parts", ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_is_read_as_requests_would_read_it(parts: list[bytes]) -> None:
    server = Server(parts, pause_s=0.001)
    told: list[Any] = []
    for session in (requests.Session(), LeanSession()):
        try:
            told.append(session.request("GET", server.url, timeout=5).content)
        except requests.exceptions.RequestException as error:
            told.append(type(error))
        session.close()
    server.close()
    assert told[0] == told[1]


@pytest.mark.parametrize("more", [b"", ZIP])
def test_an_answer_that_never_ends_is_a_timeout(more: bytes) -> None:
    """Each byte of it comes in time."""
    head, *body = sized(ZIPPED if more else BODY, more)
    each = [bytes([byte]) for byte in b"".join(body)]
    server = Server([head, *each], pause_s=0.01)
    session = LeanSession()
    for _ in range(2):
        began_s = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.request("GET", server.url, timeout=0.1)
        assert 0.3 <= time.monotonic() - began_s < 2
    assert server.connections == 2, "what is left of it is nobody's answer"
    server.close()


def test_nobody_knows_what_became_of_a_change_whose_answer_never_ends() -> None:
    server = Server([sized(BODY)[0], *[b" "] * 1000], pause_s=0.01)
    adapter, began_s = kraken_rest(server.url, timeout_s=0.1), time.monotonic()
    with pytest.raises(OutcomeUnknown):
        adapter.edit("c-1", Decimal(1), None, None)
    assert time.monotonic() - began_s < 2
    server.close()
