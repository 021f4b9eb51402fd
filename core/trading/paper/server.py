"""The HTTP server in front of the paper exchange: sockets, threads and one lock.

HTTP/1.1 with keep-alive; each reply leaves in one write, so that a call costs well under
a millisecond. It binds 127.0.0.1 only: this is no server for strangers.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from socketserver import StreamRequestHandler
from types import TracebackType
from typing import Any, Self

from core.errors import ConfigError
from core.trading.paper.api import Api
from core.trading.paper.call import Call, Reply
from core.trading.paper.config import PaperKeys
from core.trading.paper.exchange import PaperExchange

HOST = "127.0.0.1"
_MOST_BODY = 1 << 20
_MOST_LINE = 1 << 16
_MOST_HEADERS = 100


class _Handler(StreamRequestHandler):
    """Reads requests of one connection. It knows as much of HTTP as clients of an API use:
    the standard library's handler spends more time on headers than an answer takes.
    """

    disable_nagle_algorithm = True
    server: _HttpServer

    def handle(self) -> None:
        # A client that is gone in mid-call is nobody to tell.
        with contextlib.suppress(OSError):
            while self._answer_next():
                pass

    def _answer_next(self) -> bool:
        """Answer one request; False when the connection is to end."""
        first = self.rfile.readline(_MOST_LINE)
        if not first.strip():
            return bool(first)
        head = self._headers()
        words = first.decode("latin-1").split()
        length = "x" if head is None else head.get("content-length", "0")
        if len(words) != 3 or not length.isdigit() or int(length) > _MOST_BODY:
            self._write(Reply(400, b'{"error":"Bad Request"}'))
            return False
        assert head is not None
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        path, _, query = words[1].partition("?")
        call = Call(words[0], path, query, body, head)
        with self.server.lock:
            reply = self.server.api.answer(call)
        if reply.delay_s:
            time.sleep(reply.delay_s)
        if reply.drop:
            return False
        self._write(reply)
        stays = "close" if words[2] == "HTTP/1.0" else "keep-alive"
        return head.get("connection", stays).lower() != "close"

    def _headers(self) -> dict[str, str] | None:
        """Return the headers by lower-case name, None if they cannot be read."""
        found: dict[str, str] = {}
        for _ in range(_MOST_HEADERS):
            line = self.rfile.readline(_MOST_LINE).decode("latin-1")
            if line in ("\r\n", "\n"):
                return found
            name, colon, value = line.partition(":")
            if not colon:
                return None
            found[name.strip().lower()] = value.strip()
        return None

    def _write(self, reply: Reply) -> None:
        phrase = HTTPStatus(reply.status).phrase
        head = (
            f"HTTP/1.1 {reply.status} {phrase}\r\nContent-Type: {reply.content_type}\r\n"
            f"Content-Length: {len(reply.body)}\r\n\r\n"
        )
        self.wfile.write(head.encode() + reply.body)


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, api: Api) -> None:
        self.api = api
        self.lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client's broken connection pass; report anything else."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End the connections that are kept alive."""
        for request in list(self._open):
            try:
                request.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class PaperServer:
    """A paper exchange that answers on a port; a context manager that stops it.

    `lock` is held while a call is answered; whoever moves the exchange past the server
    holds it too.
    """

    def __init__(self, api: Api, keys: PaperKeys, port: int = 0) -> None:
        self.exchange = api.exchange
        self.keys = keys
        self.api = api
        self._http = _bind(port, self.api)
        self.lock = self._http.lock
        self.port: int = self._http.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="paper", daemon=True
        )
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering, hang up and free the port."""
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()


def serve(
    exchange: PaperExchange, keys: PaperKeys | None = None, port: int = 0
) -> PaperServer:
    """Start a server on 127.0.0.1 (port 0: any free one) and return it.

    ConfigError if the port is taken. Without keys, new ones are made.
    """
    keys = keys or PaperKeys.generate()
    return PaperServer(Api(exchange, keys), keys, port)


def _bind(port: int, api: Api) -> _HttpServer:
    try:
        return _HttpServer(port, api)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise ConfigError(
            f"port {port} of {HOST} is in use",
            hint="choose another port, or 0 for any free one",
        ) from error
