"""Let a model judge entries: a service beside the trading loop, which holds no model key.

architect up starts it when LLM_SIGNAL_MODEL is set. Each answer is recorded in
.architect/signals. Each question is a run: none is asked that may cost more than
LLM_BUDGET_RUN_USD, or than LLM_BUDGET_DAY_USD leaves for the day.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from architect import config as configuration
from architect.models.access import Models
from architect.replies import ReplyStore
from architect.signals import Signals
from core import process
from core.errors import ConfigError
from core.trading.gateway.socket_server import SocketServer

EXAMPLE = "  architect signal --socket .architect/run/signal.sock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--socket", type=Path, required=True, help="Unix socket to serve on"
    )
    parser.add_argument(
        "--parent", type=int, default=0, help="end when this process ends"
    )


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM; return 0."""
    stop = process.stop_event()
    if options.parent:
        process.stop_with_parent(options.parent, stop)
    config = configuration.load(options.root)
    if "signal" not in config.routes:
        raise ConfigError("no model is set for signal", hint="LLM_SIGNAL_MODEL in .env")
    with ExitStack() as opened:
        models = Models.from_config(config, relay=False, tell=_tell)
        # Not among the modules' replies: they are no part of what is built.
        store = ReplyStore(config.project.data / "signals")
        models = opened.enter_context(replace(models, store=store))
        signals = Signals(models, config.project.prompts, _tell)
        server = SocketServer(options.socket, signals.answer)
        server.start()
        opened.callback(server.close, grace_s=2.0)
        print(json.dumps({"kind": "ready", "pid": os.getpid()}), flush=True)
        stop.wait()
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
