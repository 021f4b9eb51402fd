"""A webhook that keeps what it was told."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Hook:
    """A webhook; `hold` keeps each answer back until it is set, `refuse` are the statuses
    of the next answers that take nothing. One that sends elsewhere names a page that can
    be read.
    """

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.refuse: list[int] = []
        self.asked = 0
        self.hold = threading.Event()
        self.hold.set()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.hold.wait(10)
                hook.asked += 1
                status = hook.refuse.pop(0) if hook.refuse else 200
                if status == 200:
                    hook.got.append(json.loads(body))
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", "/page")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/secret-path"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def told(self, kind: str) -> list[str]:
        """Return the texts of one kind, as they came."""
        return [message["text"] for message in self.got if message["kind"] == kind]
