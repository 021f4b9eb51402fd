"""ccxt's own class for the one exchange, and nothing of the others."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from core.trading.gateway.ccxt_client import errors, krakenfutures
assert "ccxt" not in sys.modules
others = [name for name in sys.modules if name.startswith("ccxt.abstract.")]
assert others == ["ccxt.abstract.krakenfutures"], others
client = krakenfutures({"apiKey": "key", "secret": "c2VjcmV0"})
assert client.id == "krakenfutures"
import ccxt
assert ccxt.krakenfutures is krakenfutures
assert ccxt.BaseError is errors.BaseError
assert isinstance(ccxt.binance(), ccxt.Exchange)
"""
AFTER = """
import ccxt
from core.trading.gateway.ccxt_client import krakenfutures
assert krakenfutures is ccxt.krakenfutures
"""


def test_a_gateway_reads_one_exchange_and_who_wants_all_of_ccxt_gets_it() -> None:
    for script in (SCRIPT, AFTER):
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
