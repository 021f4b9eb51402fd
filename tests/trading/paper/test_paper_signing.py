"""Keys, signatures, nonces and the rate limit, with the client and with bare calls."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import ccxt  # type: ignore[import-untyped]
import pytest
from paper_market import ccxt_client, exchange, flat

from core.errors import ConfigError
from core.trading.paper import PaperServer, serve
from core.trading.paper.limiter import TokenPool, cost, history_cost
from core.trading.paper.signing import authent


@pytest.fixture
def server() -> Iterator[PaperServer]:
    with serve(exchange(flat(100_000, 3))) as running:
        yield running


def _fails(server: PaperServer, error: Any, **settings: Any) -> None:
    client = ccxt_client(server, **settings)
    try:
        with pytest.raises(error):
            client.fetch_positions()
    finally:
        client.close()


def test_a_wrong_secret_or_key_is_refused(server: PaperServer) -> None:
    wrong = base64.b64encode(b"x" * 64).decode()
    _fails(server, ccxt.AuthenticationError, secret=wrong)
    _fails(server, ccxt.AuthenticationError, apiKey="somebody")


def test_the_signature_is_the_documented_one() -> None:
    """A fixed vector, worked out by hand with openssl's sha256 and hmac."""
    secret = base64.b64encode(b"secret").decode()
    assert authent(secret, "a=1", "7", "/api/v3/accounts") == (
        "0zek5avxedTQ17sb1UwEfw5hqGvOQlErlp6EjSTOjYnW"
        "OjTKEIqM2VKtusADgQpl8loljA+7BlX33bIEn760EQ=="
    )


def _signed(server: PaperServer, nonce: str, query: str = "") -> Any:
    path = "/api/v3/openpositions"
    signature = authent(server.keys.secret, query, nonce, path)
    headers = {"APIKey": server.keys.api_key, "Authent": signature, "Nonce": nonce}
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    try:
        connection.request("GET", f"/derivatives{path}", headers=headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_nonces_must_grow(server: PaperServer) -> None:
    assert _signed(server, "5")["result"] == "success"
    assert _signed(server, "5")["error"] == "nonceDuplicate"
    assert _signed(server, "4")["error"] == "nonceBelowThreshold"
    assert _signed(server, "6")["result"] == "success"


def test_a_signature_is_good_for_its_arguments_only(server: PaperServer) -> None:
    assert _signed(server, "5", query="symbol=other")["error"] == "authenticationError"


def test_too_many_calls_in_one_candle_are_refused_until_time_goes_by(
    server: PaperServer,
) -> None:
    client = ccxt_client(server)
    client.load_markets()
    for _ in range(20):
        client.cancel_all_orders()
    with pytest.raises(ccxt.RateLimitExceeded):
        client.fetch_positions()
    server.exchange.step()
    assert client.fetch_positions() == []
    client.close()


def test_tokens_come_back_evenly() -> None:
    pool = TokenPool()
    assert pool.spend(500, 0)
    assert not pool.spend(51, 1_000)
    assert pool.spend(50, 1_000)
    assert pool.spend(500, 60_000)


@pytest.mark.parametrize(
    ("call", "args", "tokens"),
    [
        ("POST sendorder", {}, 10),
        ("POST batchorder", {}, 13),
        ("GET fills", {}, 2),
        ("GET fills", {"lastFillTime": "1"}, 25),
        ("GET leveragepreferences", {"symbol": "PF_XBTUSD"}, 2),
        ("PUT leveragepreferences", {"symbol": "PF_XBTUSD"}, 10),
        ("GET tickers", {}, 0),
    ],
)
def test_calls_cost_what_kraken_says(
    call: str, args: dict[str, str], tokens: int
) -> None:
    assert cost(*call.split(" "), args, 4) == tokens


@pytest.mark.parametrize(
    ("endpoint", "args", "tokens"),
    [
        ("orders", {"count": "1000"}, 1),
        ("account-log", {"count": "25"}, 1),
        ("account-log", {"count": "26"}, 2),
        ("account-log", {"count": "1000"}, 3),
        ("account-log", {"count": "5001"}, 10),
        ("account-log", {}, 3),
    ],
)
def test_history_calls_cost_by_what_is_asked_for(
    endpoint: str, args: dict[str, str], tokens: int
) -> None:
    assert history_cost(endpoint, args) == tokens


def test_the_history_has_a_pool_of_its_own(server: PaperServer) -> None:
    client = ccxt_client(server)
    for _ in range(100):
        client.historyGetOrders({})
    with pytest.raises(ccxt.RateLimitExceeded):
        client.historyGetOrders({})
    client.fetch_open_orders()
    server.exchange.step(2)
    client.historyGetOrders({})
    client.close()


def test_a_port_in_use_is_a_clear_error(server: PaperServer) -> None:
    with pytest.raises(ConfigError, match=f"port {server.port}") as refused:
        serve(exchange(flat(100, 2)), port=server.port)
    assert refused.value.hint


def test_keys_hide_their_secrets(server: PaperServer) -> None:
    shown = repr(replace(server.keys))
    assert server.keys.secret not in shown
    assert server.keys.control_token not in shown


def test_a_closed_server_frees_its_port_and_hangs_up() -> None:
    with serve(exchange(flat(100, 2))) as first:
        connection = http.client.HTTPConnection("127.0.0.1", first.port)
        connection.request("GET", "/derivatives/api/v3/tickers")
        connection.getresponse().read()
        port = first.port
    with serve(exchange(flat(100, 2)), port=port) as second:
        assert second.port == port
    connection.close()
