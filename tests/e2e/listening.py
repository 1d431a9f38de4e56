"""Who listens to predictions: a receiver of webhooks with programmable answers, and a client of event streams.

with Receiver() as receiver:
    receiver.script("/hook", Reply(500), Reply(200))
    server.create({}, webhook=receiver.url("/hook"))
    assert receiver.end("/hook").body["status"] == "succeeded"
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Optional

from acting import model
from server import PATIENCE, Answer, Server, eventually

ENDS = ("succeeded", "failed", "canceled")

STREAMING = model(
    extra="""
    from typing import Iterator
    @cog.streaming
    def predict(self, code: str = "yield 'a'") -> Iterator[str]:
        yield from compiled(code, "def")()
    """
)
"""Yields what the code of each prediction yields, and offers event streams."""


@dataclass(frozen=True)
class Reply:
    """What the receiver answers. With a gate only once that is set; `silent`: it hangs up without a word;
    `cut`: it promises more bytes of body than it sends."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    gate: Optional[threading.Event] = None
    silent: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Hook:
    """A request that the receiver got: header names in lower case, the moment of `time.monotonic`."""

    method: str
    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def progress(self) -> tuple[str, int, str]:
        """Status, chunks, logs."""
        return self.body["status"], len(self.body.get("output") or []), self.body["logs"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def _take(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.receiver.take(self.path, Hook(self.command, headers, raw, time.monotonic()))
        if reply.gate is not None:
            reply.gate.wait(PATIENCE)
        self.receiver.leave(self.path)
        if reply.silent:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "10" if reply.cut else "0")
        self.end_headers()
        self.close_connection = self.close_connection or reply.cut

    do_POST = do_GET = do_PUT = _take

    def log_message(self, *_: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        pass  # whoever was kept waiting may have left


class Receiver:
    """Takes webhooks on a port of 127.0.0.1; each path has its own history and its own answers.

    `refusing`: connections are refused until `listen`.
    """

    def __init__(self, *, refusing: bool = False) -> None:
        self._lock = threading.Lock()
        self._hooks: dict[str, list[Hook]] = defaultdict(list)
        self._replies: dict[str, list[Reply]] = defaultdict(list)
        self._busy: dict[str, int] = defaultdict(int)
        self.most_at_once = 0
        """Requests to one path that were under way at the same time."""
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = _Quiet(("127.0.0.1", 0), handler, bind_and_activate=False)
        self._server.server_bind()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        if not refusing:
            self.listen()

    def listen(self) -> None:
        self._server.server_activate()
        self._thread.start()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *_: object) -> None:
        for replies in self._replies.values():
            for reply in replies:
                if reply.gate is not None:
                    reply.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def script(self, path: str, *replies: Reply) -> None:
        """What the first requests get; those after them get 200."""
        self._replies[path] = list(replies)

    def take(self, path: str, hook: Hook) -> Reply:
        with self._lock:
            hooks = self._hooks[path]
            hooks.append(hook)
            self._busy[path] += 1
            self.most_at_once = max(self.most_at_once, self._busy[path])
            replies = self._replies[path]
            return replies[len(hooks) - 1] if len(hooks) <= len(replies) else Reply()

    def leave(self, path: str) -> None:
        with self._lock:
            self._busy[path] -= 1

    def received(self, path: str) -> list[Hook]:
        with self._lock:
            return list(self._hooks[path])

    def wait_for(self, path: str, count: int) -> list[Hook]:
        """The first so many requests, once they are there."""
        hooks = eventually(lambda: found if len(found := self.received(path)) >= count else None, f"{count} webhooks")
        return hooks[:count]

    def end(self, path: str) -> Hook:
        """The first request with a terminal status, once it is there."""

        def probe() -> Optional[Hook]:
            return next((hook for hook in self.received(path) if hook.body["status"] in ENDS), None)

        return eventually(probe, "terminal webhook")

    def all(self, path: str, server: Server) -> list[Hook]:
        """All requests that ever came: the server is stopped, which brings what is due."""
        server.stop()
        return self.received(path)


def create_async(server: Server, values: object, *, id: Optional[str] = None, **fields: object) -> Answer:
    method, path = ("POST", "/predictions") if id is None else ("PUT", f"/predictions/{id}")
    return server.request(method, path, {"input": values, **fields}, headers={"Prefer": "respond-async"})


def kept(server: Server, id: str) -> Any:
    """The state of a prediction, in flight or kept."""
    return server.request("GET", f"/predictions/{id}").json


def ended(server: Server, id: str) -> Any:
    """The prediction, once it has ended."""

    def probe() -> Any:
        state = kept(server, id)
        return state if state["status"] in ENDS else None

    return eventually(probe, f"end of {id}")


class Stream:
    """An event stream, read event by event as (name, data)."""

    def __init__(self, server: Server, values: object, *, id: Optional[str] = None, **fields: object) -> None:
        method, path = ("POST", "/predictions") if id is None else ("PUT", f"/predictions/{id}")
        body = json.dumps({"input": values, **fields}).encode()
        self.connection = server.connect()
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        self.connection.request(method, path, body, headers)
        self._socket: socket.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.headers = {name.lower(): value for name, value in self.response.getheaders()}

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], _: object, __: Optional[TracebackType]) -> None:
        self.response.close()
        self.connection.close()

    def read(self) -> Optional[tuple[str, Any]]:
        """The next event; None at the end of the stream."""
        if not (first := self.response.readline()):
            return None
        name, data, empty = first.decode(), self.response.readline().decode(), self.response.readline()
        assert name.startswith("event: ") and data.startswith("data: ") and empty == b"\n", (name, data, empty)
        return name[7:-1], json.loads(data[6:])

    def expect(self, name: str) -> Any:
        """The data of the next event, which must have this name."""
        event = self.read()
        assert event is not None and event[0] == name, event
        return event[1]

    def rest(self) -> list[tuple[str, Any]]:
        events = []
        while event := self.read():
            events.append(event)
        return events

    def text(self) -> str:
        """All of the rest as it was sent."""
        return self.response.read().decode()

    def leave(self) -> None:
        """Leaves, and waits until the server has seen it."""
        self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(65536):
            pass


def chunks(events: list[tuple[str, Any]]) -> list[Any]:
    return [data["chunk"] for name, data in events if name == "output"]
