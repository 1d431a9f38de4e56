"""A `cog playground` on a free port, and a server of the test's own for it to pass requests on to.

with Playground(tmp_path) as page, Target() as target:
    assert page.proxy("GET", "/health-check", target.url).status == 200
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

from server import PATIENCE, Answer, RawClient, eventually
from tool import Running, Variables


class Playground:
    """The command, running until the test is over."""

    def __init__(self, folder: Path, *arguments: str, no_open: bool = True, env: Optional[Variables] = None) -> None:
        given = ("playground", *(["--no-open"] if no_open else []), *arguments)
        self.running = Running(folder, *given, env=env)
        self.port = 0

    def __enter__(self) -> Playground:
        def find() -> Optional[re.Match[str]]:
            assert self.running.process.poll() is None, self.running.log
            return re.search(r"Cog playground running at http://\S+?:(\d+)", self.running.log)

        self.port = int(eventually(find, "the playground runs")[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.running.__exit__()

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}/"

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def raw_client(self) -> RawClient:
        return RawClient(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def request(self, method: str, path: str, body: Any = None, headers: Optional[dict[str, str]] = None) -> Answer:
        with closing(self.connect()) as connection:
            connection.request(method, path, body, headers or {})
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())

    def proxy(
        self, method: str, path: str, target: str, body: Any = None, headers: Optional[dict[str, str]] = None
    ) -> Answer:
        return self.request(method, f"/proxy{path}", body, {**(headers or {}), "X-Cog-Target": target})

    def error(self, answer: Answer) -> str:
        return str(answer.json["error"])

    @contextmanager
    def events(self, token: str) -> Iterator[Events]:
        with closing(self.connect()) as connection:
            connection.request("GET", f"/events?token={token}")
            events = Events(connection.getresponse())
            yield events

    def resident(self, what: str = "VmHWM") -> int:
        """Bytes of memory, at most until now."""
        status = Path(f"/proc/{self.running.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


class Events:
    def __init__(self, answer: http.client.HTTPResponse) -> None:
        assert answer.status == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream"
        self._answer = answer
        assert self.line() == ": waiting"
        assert self.line() == ""

    def line(self) -> str:
        return self._answer.readline().decode().rstrip("\n")

    def webhook(self) -> Any:
        """The next webhook as the page hears of it."""
        while (line := self.line()) in (":", ""):
            pass
        assert line == "event: webhook"
        data = self.line()
        assert data.startswith("data: ")
        return json.loads(data[6:])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target: Target

    def _take(self) -> None:
        if self.headers.get("transfer-encoding") == "chunked":
            body = b""
            while length := int(self.rfile.readline(), 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
        else:
            size = int(self.headers.get("content-length", 0))
            body = b"" if size > 1 << 20 else self.rfile.read(size)
            left = size - len(body)
            while left and (piece := self.rfile.read(min(left, 1 << 16))):
                left -= len(piece)
            assert not left
        self.target.take(self, body)

    def log_message(self, *_: object) -> None:
        pass

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_OPTIONS = _take


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # somebody who leaves


class Target:
    """Answers each request with what it was, and with fields that a browser must not see; `/redirect` with 302,
    `/bytes/N` with so many bytes, `/slow` piece by piece as the test says."""

    def __init__(self) -> None:
        self._server = _Quiet(("127.0.0.1", 0), type("Of", (_Handler,), {"target": self}))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.more = threading.Semaphore(0)
        self.left = threading.Event()

    def __enter__(self) -> Target:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        name, _, number = handler.path[1:].partition("/")
        if name == "slow":
            self._answer_slowly(handler)
        elif name == "bytes":
            handler.send_response(200)
            handler.send_header("Content-Length", number)
            handler.end_headers()
            for _ in range(int(number) >> 16):
                handler.wfile.write(bytes(1 << 16))
        else:
            fields = [[one, value] for one, value in handler.headers.items()]
            said = {"method": handler.command, "path": handler.path, "headers": fields, "body": body.decode("latin-1")}
            self._answer(handler, 302 if name == "redirect" else 200, json.dumps(said).encode())

    def _answer(self, handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        handler.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Location": "http://elsewhere.example/",
            "Set-Cookie": "a=b",
            "WWW-Authenticate": "Basic realm=x",
            "Access-Control-Allow-Origin": "*",
            "Clear-Site-Data": '"*"',
            "Cache-Control": "public, max-age=100",
            "Retry-After": "3",
            "X-Own": "kept",
        }.items():
            handler.send_header(name, value)
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)

    def _answer_slowly(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Connection", "close")
        handler.end_headers()
        number = 0
        while True:
            while not self.more.acquire(timeout=0.02):
                if _has_left(handler.connection):
                    self.left.set()
                    return
            handler.wfile.write(b"data: %d\n\n" % number)
            number += 1


def _has_left(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
