"""The HTTP server in front of the paper exchange: sockets, threads and one lock.

HTTP/1.1 with keep-alive; each reply leaves in one write, so that a call costs well under
a millisecond. It binds 127.0.0.1 only: this is no server for strangers.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from core.errors import ConfigError
from core.trading.paper.api import Api
from core.trading.paper.call import Call, Reply
from core.trading.paper.config import PaperKeys
from core.trading.paper.exchange import PaperExchange

HOST = "127.0.0.1"
_MOST_BODY = 1 << 20


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HttpServer

    def do_GET(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _MOST_BODY:
            self._write(Reply(400, b'{"error":"Bad Request"}'))
            self.close_connection = True
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, path, query, body, headers)
        with self.server.lock:
            reply = self.server.api.answer(call)
        if reply.delay_s:
            time.sleep(reply.delay_s)
        self._write(reply)

    do_POST = do_PUT = do_DELETE = do_GET

    def _write(self, reply: Reply) -> None:
        if reply.drop:
            self.close_connection = True
            return
        phrase = HTTPStatus(reply.status).phrase
        head = (
            f"HTTP/1.1 {reply.status} {phrase}\r\nContent-Type: {reply.content_type}\r\n"
            f"Content-Length: {len(reply.body)}\r\n\r\n"
        )
        try:
            self.wfile.write(head.encode() + reply.body)
        except OSError:  # the client is gone: nobody is left to tell
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: calls are counted, not printed."""


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
