"""A real HTTP server between pybit and a local Bybit that changes answers on their way."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

Change = Callable[[str, bytes], bytes]
Rows = list[dict[str, Any]]


class Middle:
    """The server; `change` gets the path and the body of each answer and says what the client gets instead."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.change: Change = lambda _, body: body

    def change_rows(self, path: str, change: Callable[[Rows], Rows]) -> None:
        """Changes the rows of the lists that one endpoint answers."""

        def changed(asked: str, body: bytes) -> bytes:
            if asked != path:
                return body
            answer = json.loads(body)
            answer["result"]["list"] = change(answer["result"]["list"])
            return json.dumps(answer).encode()

        self.change = changed

    def heal(self) -> None:
        """Answers pass as they are from now on."""
        self.change = lambda _, body: body


@contextmanager
def in_the_middle(of: str) -> Iterator[Middle]:
    """Runs one in front of the local Bybit at an address."""
    behind = urlsplit(of)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name that http.server asks for
            connection = http.client.HTTPConnection(str(behind.hostname), behind.port, timeout=10)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            body = middle.change(urlsplit(self.path).path, answer.read())
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            connection.close()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    middle = Middle(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        yield middle
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
