"""Starts the gateway: `python -m core.trading.gateway --socket PATH --exchange-url URL`.

On stdout it writes one line of JSON when it is ready, and one for each halt.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path

from core import process
from core.environment import read_environment
from core.errors import ArchitectError, ConfigError, ExchangeError
from core.trading.gateway import keys as exchange_keys
from core.trading.gateway import limits as gateway_limits
from core.trading.gateway.adapter import INTERVALS_MS
from core.trading.gateway.adapters import adapter as new_adapter
from core.trading.gateway.guard import Guard
from core.trading.gateway.heartbeat import Heartbeat
from core.trading.gateway.keys import Keys
from core.trading.gateway.kill_switch import KillSwitch
from core.trading.gateway.request_lines import Method, answer
from core.trading.gateway.sent_entries import SENT_FILE
from core.trading.gateway.service import Service
from core.trading.gateway.socket_server import SocketServer
from core.trading.gateway.tripwires import Tripwires
from core.trading.kill_file import DAY_FILE, HALT_FILE

WATCH_S = 1.0
LOOK_EVERY = 10
_EPILOG = """example:
  EXCHANGE_API_KEY=... EXCHANGE_API_SECRET=... python -m core.trading.gateway \\
      --socket run/gateway.sock --exchange-url http://127.0.0.1:8080"""


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0, 1 (it failed) or 2 (called wrongly)."""
    options = _parser().parse_args(arguments)
    stop = process.stop_event()
    try:
        if options.parent:
            process.stop_with_parent(options.parent, stop)
        keys = _keys(options.keys_file)
        process.hide_memory()
        servers = _started(options, keys)
    except ArchitectError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        print(f"error: {error}{hint}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    ready = {"ready": True, "pid": os.getpid(), "socket": str(options.socket)}
    print(
        json.dumps({**ready, "admin_socket": str(_admin(options.socket))}), flush=True
    )
    stop.wait()
    for server in servers:
        server.close()
    return 0


def _started(options: argparse.Namespace, keys: Keys) -> list[SocketServer]:
    limits = gateway_limits.load(options.limits, read_environment(None))
    adapter = new_adapter(
        options.exchange_url,
        keys,
        limits.symbols,
        interval=options.interval,
        timeout_s=options.timeout_s,
    )
    state = options.state_dir or options.socket.parent
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    switch = KillSwitch(state / HALT_FILE, lambda reason: _say("halt", reason))
    tripwires = Tripwires(limits, adapter, switch, state / DAY_FILE, keys.account)
    heartbeat = Heartbeat(adapter, on_silence=lambda text: _say("silence", text))
    guard = Guard(limits, adapter, switch, sent_file=state / SENT_FILE)
    service = Service(adapter, guard, heartbeat, tripwires)
    runtime = _server(options.socket, service.methods(), keys)
    try:
        admin = _server(_admin(options.socket), service.admin_methods(), keys)
    except ArchitectError:
        runtime.close()
        raise
    for server in (runtime, admin):
        server.start()
    threading.Thread(target=_watch, args=(heartbeat, service), daemon=True).start()
    return [runtime, admin]


def _watch(heartbeat: Heartbeat, service: Service) -> None:
    for number in count(1):
        time.sleep(WATCH_S)
        _tried(heartbeat.watch)
        if number % LOOK_EVERY == 0:
            # Also while the loop does not ask: a loss goes on without it.
            _tried(service.look)


def _tried(look: Callable[[], object]) -> None:
    """Look; whatever fails, the next look comes."""
    try:
        look()
    except ExchangeError:
        pass
    except Exception as error:
        # Its type only, since its text might hold a key.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {frame.name}:{frame.lineno}"
        with contextlib.suppress(OSError):
            print(f"gateway: watch: {where}", file=sys.stderr, flush=True)


def _say(kind: str, text: str) -> None:
    print(json.dumps({"kind": kind, "reason": text}), flush=True)


def _server(path: Path, methods: Mapping[str, Method], keys: Keys) -> SocketServer:
    respond: Callable[[bytes], bytes] = partial(answer, methods, redact=keys.redact)
    return SocketServer(path, respond)


def _admin(path: Path) -> Path:
    return path.with_name(path.name + ".admin")


def _keys(path: Path | None) -> Keys:
    # Taken out of the environment even when the file is used: nothing shall inherit them.
    if path is None:
        return exchange_keys.from_environment(os.environ)
    for name in ("EXCHANGE_API_KEY", "EXCHANGE_API_SECRET"):
        os.environ.pop(name, None)
    return exchange_keys.from_file(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.trading.gateway",
        description="The only process with exchange keys. Keys come from "
        "EXCHANGE_API_KEY and EXCHANGE_API_SECRET, or from --keys-file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--socket", type=Path, required=True, help="Unix socket to serve on")
    add("--exchange-url", required=True, help="https, or http on this machine")
    add("--limits", type=Path, help="YAML or JSON file of limits")
    add("--keys-file", type=Path, help="JSON with api_key and api_secret, mode 0600")
    add("--state-dir", type=Path, help="of kill switch and day's loss (the socket's)")
    add("--interval", default="5m", choices=sorted(INTERVALS_MS), help="of candles")
    add("--timeout-s", type=float, default=10.0, help="for one call to the exchange")
    add("--parent", type=int, help="stop when this process (our parent) ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
