"""Keys are read once and shown nowhere."""

from __future__ import annotations

import io
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest
from adapter_cases import kraken_rest
from canned_exchange import GOOD, KEY, SECRET, Canned, CannedExchange

from core.errors import ConfigError, ExchangeError
from core.trading.gateway.keys import Keys, from_environment, from_file


def test_keys_hide_in_every_rendering() -> None:
    keys = Keys(KEY, SECRET)
    shown = f"{keys} {keys!r} {[keys]} {vars.__name__}"
    assert KEY not in shown
    assert SECRET not in shown
    with pytest.raises(TypeError):
        pickle.dumps(keys)
    assert keys.redact(f"a {KEY} b {SECRET} c") == "a *** b *** c"


def test_an_accounts_name_tells_it_apart_and_no_key() -> None:
    name = Keys(KEY, SECRET).account
    assert name == Keys(KEY, "c2VjcmV0IHNlY3JldA==").account
    assert name != Keys(KEY + "x", SECRET).account
    assert name not in KEY
    assert not any(KEY[i : i + 6] in name for i in range(len(KEY) - 5))


def test_keys_are_taken_out_of_the_environment() -> None:
    environ = {"EXCHANGE_API_KEY": KEY, "EXCHANGE_API_SECRET": SECRET, "PATH": "/bin"}
    assert from_environment(environ).api_key == KEY
    assert environ == {"PATH": "/bin"}


def test_a_keys_file_must_be_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"api_key": KEY, "api_secret": SECRET}))
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="can be read by others") as caught:
        from_file(file)
    assert caught.value.hint == f"chmod 600 {file}"
    file.chmod(0o600)
    assert from_file(file).secret == SECRET


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"api_key": "' + KEY, '{"api_key": 5}']
)
def test_a_broken_keys_file_is_an_error_without_its_content(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "keys.json"
    file.touch(0o600)
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        from_file(file)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("answer", [Canned(f"{KEY}", 500), Canned("", cut=True)])
def test_no_log_and_no_traceback_of_a_call_holds_a_key(answer: Canned) -> None:
    exchange = CannedExchange({**GOOD, "/accounts": answer})
    adapter = kraken_rest(exchange.url)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        adapter.positions()
        with pytest.raises(ExchangeError) as caught:
            adapter.account()
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        exchange.close()
    told = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    # This test's own frame knows the key; those of the gateway must not show it.
    told.stack[:] = [frame for frame in told.stack if "/core/" in frame.filename]
    shown = log.getvalue() + "".join(told.format())
    assert "privateGetAccounts" in shown
    assert "client = " in shown
    assert KEY not in shown
    assert SECRET not in shown
