"""The gateway as a process: its socket, its end, its keys, and what a crash leaves."""

from __future__ import annotations

import copy
import errno
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from canned_exchange import (
    GOOD,
    KEY,
    NOW_MS,
    SECRET,
    Canned,
    CannedExchange,
    Request,
    execution,
    fill,
    history_event,
    sent,
)
from running_gateway import (
    RECORDS,
    Gateway,
    ask,
    command,
    environment,
    order_request,
)

from core import errors
from core.trading.gateway.socket_server import SocketServer
from core.trading.gateway_client import GatewayExchange
from core.trading.gateway_connection import Connection

SYMBOLS = {"GATEWAY_SYMBOLS": "PF_XBTUSD"}
NONE_OPEN = {**GOOD["/openorders"], "openOrders": []}
FLAT = {**GOOD["/openpositions"], "openPositions": []}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    exchange = CannedExchange({})
    folder = tmp_path_factory.mktemp("gateway")
    with Gateway(folder / "s", exchange.url, **SYMBOLS) as gateway:
        yield exchange, gateway
    exchange.close()


@pytest.fixture
def exchange(shared: tuple[Any, Any]) -> CannedExchange:
    shared[0].answers = copy.deepcopy(GOOD)
    shared[0].requests.clear()
    return shared[0]


@pytest.fixture
def gateway(shared: tuple[Any, Any], exchange: CannedExchange) -> Gateway:
    return shared[1]


def test_records_cross_the_socket_with_their_types(
    gateway: Gateway, exchange: CannedExchange
) -> None:
    exchange.answers["/api/history/v2/orders"] = {
        "elements": [history_event("OrderPlaced", "new_user_order")]
    }
    port = gateway.exchange()
    account = port.account()
    assert account == RECORDS["Account"](
        balance_usd=Decimal(1000),
        equity_usd=Decimal("1012.25"),
        available_usd=Decimal("992.25"),
        initial_margin_usd=Decimal(20),
        maintenance_margin_usd=Decimal(10),
        floating_usd=Decimal("12.5"),
        funding_usd=Decimal("-0.25"),
    )
    (position,) = port.positions()
    assert position.size == Decimal("-0.02")
    (instrument,) = port.instruments()
    assert instrument.size_step == Decimal("0.0001")
    assert instrument.initial_margin_frac == Decimal("0.02")
    (ticker,) = port.tickers()
    assert (ticker.funding_frac, ticker.time_ms) == (Decimal("0.00001"), NOW_MS)
    assert [f.fill_id for f in port.fills(NOW_MS - 1000)] == ["f-0001", "f-0002"]
    assert [f.fill_id for f in port.fills(NOW_MS)] == ["f-0002"]
    (entry,) = port.ledger(0)
    assert (entry.entry_id, entry.fee_usd) == (7, Decimal("0.25"))
    (resting,) = port.open_orders()
    assert (resting.kind, resting.filled) == ("limit", Decimal("0.002"))
    assert resting.created_ms == NOW_MS
    (told,) = port.order_events(0)
    assert (told.kind, told.client_id) == ("placed", "c-1")


def test_candles_are_a_frame_of_closed_candles(gateway: Gateway) -> None:
    frame = gateway.exchange().candles("PF_XBTUSD", NOW_MS - 900_000, 10)
    assert list(frame.columns) == ["time_ms", "open", "high", "low", "close", "volume"]
    assert [str(kind) for kind in frame.dtypes] == ["int64"] + ["float64"] * 5
    assert len(frame) == 2
    assert frame["close"].tolist() == [101.0, 101.0]
    assert (frame["time_ms"] + 300_000 <= NOW_MS).all()
    empty = gateway.exchange().candles("PF_XBTUSD", NOW_MS, 10)
    assert (len(empty), str(empty.dtypes["time_ms"])) == (0, "int64")


def test_a_lost_reply_is_found_again_and_nothing_is_sent_twice(
    gateway: Gateway, exchange: CannedExchange
) -> None:
    exchange.answers |= {"/openorders": NONE_OPEN, "/openpositions": FLAT}
    exchange.answers["/sendorder"] = Canned("", cut=True)
    port = gateway.exchange()
    order = order_request("lost", kind="market", limit_price=None)
    with pytest.raises(errors.OutcomeUnknown):
        port.place(order)
    with pytest.raises(errors.DuplicateOrder):
        port.place(order)
    assert len(exchange.seen("/sendorder")) == 1
    exchange.answers["/fills"] = {
        **GOOD["/fills"],
        "fills": [
            fill(2, cliOrdId="lost", size=0.004, price=50002),
            fill(1, cliOrdId="lost", size=0.006, price=50000),
        ],
    }
    exchange.answers["/api/history/v2/orders"] = {
        "elements": [history_event("OrderPlaced", "new", clientId="lost")]
    }
    found = port.order("lost")
    assert found is not None
    assert (found.status, found.filled) == ("filled", Decimal("0.01"))
    assert found.average_price == Decimal("50000.8")


def test_an_order_that_never_arrived_may_be_sent_again(
    gateway: Gateway, exchange: CannedExchange
) -> None:
    exchange.answers |= {"/openorders": NONE_OPEN, "/openpositions": FLAT}
    exchange.answers["/sendorder"] = Canned("<html>", 502)
    port = gateway.exchange()
    with pytest.raises(errors.OutcomeUnknown):
        port.place(order_request("again"))
    exchange.answers["/api/history/v2/orders"] = Canned("<html>maintenance")
    with pytest.raises(errors.MalformedAnswer):
        port.order("again")
    exchange.answers["/api/history/v2/orders"] = GOOD["/api/history/v2/orders"]
    assert port.order("again") is None
    exchange.answers["/sendorder"] = sent("placed", execution(1, 0.01, 50000))
    assert port.place(order_request("again")).status == "filled"


def test_many_threads_have_a_connection_each(
    gateway: Gateway, exchange: CannedExchange
) -> None:
    port = gateway.exchange()

    def answer(request: Request) -> dict[str, Any]:
        row = {"order": None, "status": "CANCELLED"}
        told = dict(GOOD["/cancelorder"]["cancelStatus"]["orderEvents"][0]["order"])
        told["cliOrdId"] = request.params["cliOrdIds"]
        return {**GOOD["/orders/status"], "orders": [{**row, "order": told}]}

    exchange.answers |= {"/openorders": NONE_OPEN, "/orders/status": answer}
    with ThreadPoolExecutor(8) as pool:
        names = [f"t-{number}" for number in range(40)]
        found = list(pool.map(lambda name: port.order(name).client_id, names))
    assert found == names


def test_what_is_no_request_is_refused_and_the_connection_lives(
    gateway: Gateway,
) -> None:
    for name in ("resume", "__class__", "pool_margin", "nothing"):
        answer = ask(gateway.socket_path, name)
        assert answer["id"] == 9
        assert answer["error"]["kind"] == "GatewayRefused"
    assert ask(gateway.socket_path, "order")["error"]["kind"] == "MalformedAnswer"
    assert ask(gateway.socket_path, "place")["error"]["kind"] == "OutcomeUnknown"


def test_a_line_that_is_nested_too_deeply_is_refused_and_the_connection_lives(
    gateway: Gateway,
) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(gateway.socket_path))
        connection.sendall(b"[" * 200_000 + b"\n" + b"{}\n")
        with connection.makefile("rb") as lines:
            for _ in range(2):
                answer = json.loads(lines.readline())
                assert answer["error"]["kind"] == "GatewayRefused"


def echo(path: Path) -> bytes:
    """Send a line to a server that echoes it, and return its answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(b"hello\n")
        return connection.recv(99)


def test_a_thread_that_cannot_be_started_costs_one_connection_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = SocketServer(tmp_path / "s", lambda line: line)
    server.start()
    start, failures = threading.Thread.start, [RuntimeError("can't start new thread")]

    def failing(thread: threading.Thread) -> None:
        if failures:
            raise failures.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", failing)
    with socket.socket(socket.AF_UNIX) as first:
        first.settimeout(5)
        first.connect(str(tmp_path / "s"))
        assert first.recv(99) == b""
    assert echo(tmp_path / "s") == b"hello\n"
    server.close()


class Short:
    """A listener that cannot accept while `error` stands; `asked` counts the tries."""

    def __init__(self, listener: socket.socket, error: int) -> None:
        self.listener, self.error, self.asked = listener, error, 0

    def accept(self) -> Any:
        self.asked += 1
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        return self.listener.accept()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.listener, name)


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENOMEM])
def test_a_gateway_without_descriptors_waits_for_some_and_does_not_spin(
    tmp_path: Path, error: int
) -> None:
    server = SocketServer(tmp_path / "s", lambda line: line)
    short = server._listener = Short(server._listener, error)
    server.start()
    time.sleep(0.15)
    tries, short.error = short.asked, 0
    assert echo(tmp_path / "s") == b"hello\n"
    assert tries < 10
    server.close()


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(line: bytes) -> bytes:
        told = {"asked": json.loads(line)["method"]}
        return json.dumps({"id": 1, "ok": told}).encode() + b"\n"

    def full(connection: Connection) -> bytes:
        raise MemoryError

    server = SocketServer(tmp_path / "s", answer)
    server.start()
    port = GatewayExchange(tmp_path / "s", RECORDS)
    assert port.status() == {"asked": "status"}
    with monkeypatch.context() as patched:
        patched.setattr(Connection, "receive", full)
        with pytest.raises(MemoryError):
            port.account()
    assert port.status() == {"asked": "status"}
    port.close()
    server.close()


def test_sockets_are_their_owners_alone(gateway: Gateway) -> None:
    for name in ("socket", "admin_socket"):
        mode = os.stat(gateway.ready[name]).st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600


def test_a_second_gateway_is_busy_and_the_first_lives_on(
    gateway: Gateway, exchange: CannedExchange
) -> None:
    second = subprocess.run(
        command(gateway.socket_path, exchange.url),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "error: a gateway already serves" in second.stderr
    assert "hint:" in second.stderr
    assert gateway.exchange().account().balance_usd == 1000


def test_sigkill_in_mid_call_leaves_the_outcome_unknown_and_a_restart_heals(
    tmp_path: Path,
) -> None:
    release = threading.Event()
    exchange = CannedExchange(
        {**GOOD, "/openorders": NONE_OPEN, "/openpositions": FLAT}
    )
    exchange.answers["/sendorder"] = Canned("{}", hold=release)
    path = tmp_path / "s"
    port = GatewayExchange(path, RECORDS)
    with ThreadPoolExecutor(1) as pool:
        with Gateway(path, exchange.url, **SYMBOLS) as first:
            pool.submit(port.account).result()
            placing = pool.submit(port.place, order_request("killed"))
            exchange.wait_for("/sendorder")
            first.kill()
            with pytest.raises(errors.OutcomeUnknown):
                placing.result()
        with pytest.raises(errors.ExchangeUnavailable, match="no gateway at"):
            port.account()
        assert path.exists()
        with Gateway(path, exchange.url, **SYMBOLS):
            assert pool.submit(port.order, "killed").result() is None
        with Gateway(path, exchange.url, **SYMBOLS):
            # The broken connection is found before anything is written.
            assert pool.submit(port.account).result().balance_usd == 1000
    release.set()
    exchange.close()


def test_sigterm_answers_what_is_under_way_and_leaves_nothing(tmp_path: Path) -> None:
    release = threading.Event()
    exchange = CannedExchange(
        {**GOOD, "/openorders": NONE_OPEN, "/openpositions": FLAT}
    )
    good = Canned(GOOD["/sendorder"], hold=release)
    exchange.answers["/sendorder"] = good
    with (
        Gateway(tmp_path / "s", exchange.url, **SYMBOLS) as gateway,
        ThreadPoolExecutor(1) as pool,
    ):
        placing = pool.submit(gateway.exchange().place, order_request())
        exchange.wait_for("/sendorder")
        gateway.process.send_signal(signal.SIGTERM)
        release.set()
        assert placing.result().status == "open"
        gateway.process.wait(20)
        assert gateway.process.returncode == 0
    # What the next one must know: an entry was sent in this minute.
    assert [file.name for file in tmp_path.iterdir()] == ["entries.json"]
    exchange.close()


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, os, time\n"
        "p = subprocess.Popen(sys.argv[1:] + ['--parent', str(os.getpid())],"
        " stdout=subprocess.PIPE)\n"
        "sys.stdout.buffer.write(p.stdout.readline()); sys.stdout.flush()\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *command(tmp_path / "s", "http://127.0.0.1:9")],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert parent.stdout is not None
    pid = json.loads(parent.stdout.readline())["pid"]
    watched = os.pidfd_open(pid)
    parent.kill()
    parent.communicate()

    assert select.select([watched], [], [], 20)[0], "it outlived its parent"
    os.close(watched)
    assert list(tmp_path.iterdir()) == []


def test_keys_show_in_no_output_answer_or_command_line(tmp_path: Path) -> None:
    def echo(request: Request) -> Canned:
        told = f"{request.headers.get('APIKey')} {SECRET} {KEY}"
        return Canned({"result": "error", "error": told}, 500)

    names = ("/accounts", "/sendorder", "/openpositions", "/tickers", "/fills")
    exchange = CannedExchange(dict.fromkeys(names, echo))
    exchange.answers["/account-log"] = {"logs": [{"id": KEY}]}
    with Gateway(tmp_path / "s", exchange.url) as gateway:
        told = [
            ask(gateway.socket_path, "account"),
            ask(gateway.socket_path, "positions"),
            ask(gateway.socket_path, "fills", since_ms=0),
            ask(gateway.socket_path, "ledger", since_id=0),
            ask(gateway.socket_path, "place", order={"client_id": KEY}),
            ask(gateway.socket_path, KEY),
            gateway.ready,
            gateway.admin("status"),
            Path(f"/proc/{gateway.process.pid}/cmdline").read_bytes(),
        ]
        assert exchange.seen("/accounts")[0].headers["APIKey"] == KEY
        told += gateway.stop()
    exchange.close()
    everything = repr(told)
    assert "***" in everything
    assert KEY not in everything
    assert SECRET not in everything


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"EXCHANGE_API_SECRET": ""}, "EXCHANGE_API_SECRET is not set"),
        ({"EXCHANGE_API_SECRET": "no*base64*at*all"}, "is not base64"),
        ({"EXCHANGE_API_KEY": "short"}, "EXCHANGE_API_KEY is not a key"),
        ({"GATEWAY_MAX_OPEN_USD": "plenty"}, "max_open_usd"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        command(tmp_path / "s", "http://127.0.0.1:9"),
        env=environment(**change),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "hint:" in done.stderr
    assert "Traceback" not in done.stderr
    assert "no*base64" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_keys_never_travel_over_plain_http_to_another_host(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path / "s", "http://futures.example.com"),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "neither https nor on this machine" in done.stderr
