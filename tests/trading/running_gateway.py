"""Starts real gateway processes for tests, and makes the records they are used with."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import make_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from canned_exchange import KEY, SECRET

from core.trading.gateway_client import GatewayExchange
from core.trading.record_fields import FIELDS

ROOT = Path(__file__).resolve().parents[2]
RECORDS = {
    name: make_dataclass(name, list(fields), frozen=True, slots=True)
    for name, fields in FIELDS.items()
}


def command(socket_path: Path, url: str, *more: str) -> list[str]:
    """Return the command line of a gateway."""
    return [
        sys.executable,
        *("-m", "core.trading.gateway", "--socket", str(socket_path)),
        *("--exchange-url", url, *more),
    ]


def environment(**more: str) -> dict[str, str]:
    """Return an environment with keys in it, in which orders without a stop pass."""
    keys = {"EXCHANGE_API_KEY": KEY, "EXCHANGE_API_SECRET": SECRET}
    keys["GATEWAY_MAX_OPEN_RISK_USD"] = "1000000"
    keys["GATEWAY_MAX_OPEN_RISK_FRAC"] = "1000"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        **keys,
        **more,
    }


class Gateway:
    """One gateway process; a context manager that ends it."""

    def __init__(self, socket_path: Path, url: str, *more: str, **env: str) -> None:
        self.socket_path = socket_path
        self.process = subprocess.Popen(
            command(socket_path, url, *more),
            env=environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        self.ready = json.loads(line)

    def exchange(self, **options: Any) -> GatewayExchange:
        """Return a new client."""
        return GatewayExchange(self.socket_path, RECORDS, **options)

    def admin(self, method: str, **params: Any) -> Any:
        """Call a method of the admin socket and return its whole answer."""
        return ask(Path(self.ready["admin_socket"]), method, **params)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.communicate()

    def stop(self) -> tuple[str, str]:
        """End it as a person would; return what it wrote."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def ask(path: Path, method: str, **params: Any) -> Any:
    """Send one raw request and return its whole answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        request = {"id": 9, "method": method, "params": params}
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as lines:
            return json.loads(lines.readline())


def order_request(client_id: str = "c-1", **changes: Any) -> Any:
    """Return an OrderRequest record: a resting buy of 0.01 XBT."""
    values: dict[str, Any] = {
        "client_id": client_id,
        "symbol": "PF_XBTUSD",
        "side": "buy",
        "size": Decimal("0.01"),
        "kind": "limit",
        "limit_price": Decimal(50000),
        "stop_price": None,
        "reduce_only": False,
        "trail_usd": None,
        "protect_price": None,
    }
    return RECORDS["OrderRequest"](**{**values, **changes})


def plain_request(**changes: Any) -> dict[str, Any]:
    """Return the same as plain data."""
    request = order_request()
    row = {name: getattr(request, name) for name in FIELDS["OrderRequest"]}
    return {**row, "size": "0.01", "limit_price": "50000", **changes}
