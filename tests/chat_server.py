"""A small real HTTP server that speaks chat completions, for tests of the live route.

It answers from a script, one step a request; the last step repeats. What it was sent
is kept in `requests`. Use it as a context manager:

    with ChatServer(rate_limited("0"), says("```python\\nreturn 1\\n```")) as server:
        ...  # LLM_API_URL is server.url
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Step = Callable[["Exchange"], None]
BODY = "```python\nreturn 1\n```\n"
ELEVEN_LINES = "```python\n" + "".join(f"x{n} = {n}\n" for n in range(11)) + "```\n"
PROSE = f"Sure! Here is the body you asked for:\n\n{BODY}\nIt returns one.\n"
TWO_BLOCKS = f"{BODY}\nor, if you like it better:\n\n{BODY}"
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


@dataclass
class Exchange:
    """One request and the means to answer it."""

    handler: BaseHTTPRequestHandler
    request: dict[str, Any]
    headers: dict[str, str]
    stopped: threading.Event

    def send(self, status: int, body: bytes, **headers: str) -> None:
        """Answer with a whole body; header names with _ for -."""
        self.head(status, content_length=str(len(body)), **headers)
        self.handler.wfile.write(body)

    def head(self, status: int, **headers: str) -> None:
        self.handler.send_response(status)
        for name, value in {"content_type": "application/json", **headers}.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def event(self, data: str) -> None:
        self.handler.wfile.write(f"data: {data}\n\n".encode())
        self.handler.wfile.flush()


@dataclass
class ChatServer:
    """Serves on a free port of this machine until the context ends."""

    steps: tuple[Step, ...]
    requests: list[Exchange] = field(default_factory=list)

    def __init__(self, *steps: Step) -> None:
        self.steps, self.requests = steps or (says(BODY),), []
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> ChatServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Base URL, as LLM_API_URL takes it."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {k.lower(): v for k, v in self.headers.items()}
                exchange = Exchange(self, json.loads(body), headers, server._stopped)
                server._step(exchange)(exchange)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def _step(self, exchange: Exchange) -> Step:
        with self._lock:
            self.requests.append(exchange)
            return self.steps[min(len(self.requests), len(self.steps)) - 1]


def says(
    text: str | None,
    *,
    usage: Any = USAGE,
    finish: str | None = "stop",
    refusal: str | None = None,
    model: Any = "small-2026",
) -> Step:
    """Answer with a whole completion, or as a stream when that was asked for."""

    def step(exchange: Exchange) -> None:
        if exchange.request.get("stream"):
            return _stream(exchange, text or "", usage, finish, refusal, model)
        message = {"role": "assistant", "content": text, "refusal": refusal}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return exchange.send(200, _completion([choice], usage, model))

    return step


def refuses(words: str = "I cannot help with that.") -> Step:
    return says(None, refusal=words)


def status(code: int, message: str = "no", **headers: str) -> Step:
    """Answer with an error in the form of the API."""
    body = json.dumps({"error": {"message": message, "code": None}}).encode()
    return lambda exchange: exchange.send(code, body, **headers)


def rate_limited(retry_after: str | None = None) -> Step:
    return status(
        429, "slow down", **({"retry_after": retry_after} if retry_after else {})
    )


def echoes_key(code: int = 401) -> Step:
    """Answer with an error that repeats the key, as careless servers do."""

    def step(exchange: Exchange) -> None:
        sent = exchange.headers.get("authorization", "")
        body = json.dumps({"error": {"message": f"bad key: {sent}", "code": sent}})
        exchange.send(code, body.encode(), x_echo=sent)

    return step


def html(code: int = 200) -> Step:
    page = b"<html><body>Sign in</body></html>"
    return lambda exchange: exchange.send(code, page, content_type="text/html")


def raw(body: bytes) -> Step:
    return lambda exchange: exchange.send(200, body)


def hangs(exchange: Exchange) -> None:
    """Never answer, until the test ends."""
    exchange.stopped.wait()


def drips(exchange: Exchange) -> None:
    """Send a byte now and then, so that no pause is ever long."""
    exchange.head(200)
    while not exchange.stopped.wait(0.05):
        try:
            exchange.handler.wfile.write(b" ")
        except OSError:
            return


def floods(exchange: Exchange) -> None:
    """Send far more than any answer holds."""
    exchange.head(200)
    try:
        while True:
            exchange.handler.wfile.write(b" " * 65536)
    except OSError:
        return


def cut(exchange: Exchange) -> None:
    """Close the connection in the middle of an answer."""
    if exchange.request.get("stream"):
        exchange.head(200, content_type="text/event-stream")
        exchange.event(_chunk("```python\nret", None, None, "m"))
    else:
        exchange.head(200, content_length="1000")
        exchange.handler.wfile.write(b'{"choices": [')


def in_turn(*texts: str) -> tuple[Step, ...]:
    """Answer each request with the next text."""
    return tuple(says(text) for text in texts)


def _completion(choices: list[Any], usage: Any, model: Any) -> bytes:
    whole = {"id": "c", "object": "chat.completion", "created": 0, "choices": choices}
    return json.dumps({**whole, "model": model, "usage": usage}).encode()


def _stream(
    exchange: Exchange,
    text: str,
    usage: Any,
    finish: str | None,
    refusal: str | None,
    model: Any,
) -> None:
    exchange.head(200, content_type="text/event-stream")
    for start in range(0, len(text), 7):
        exchange.event(_chunk(text[start : start + 7], None, None, model))
    exchange.event(_chunk(None, finish, refusal, model))
    if usage is not None:
        exchange.event(_completion([], usage, model).decode())
    exchange.event("[DONE]")


def _chunk(
    text: str | None, finish: str | None, refusal: str | None, model: Any
) -> str:
    delta = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _completion([choice], None, model).decode()
