"""Clients that read slowly, not at all, or send half of what they should: others are served, and nothing spins."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import pytest
from history import metric, wait_until_idle
from server import Background, Server, eventually
from shortage import calls_of, needs_strace

MODEL = """
from typing import Iterator
import cog
from cog import BasePredictor

class Predictor(BasePredictor):
    @cog.streaming
    def predict(self, size: int = 1, count: int = 1) -> Iterator[str]:
        for _ in range(count):
            yield "x" * size
"""
SIZE = 8_000_000
WINDOW = 2.0  # seconds over which system calls are counted
READERS = 10  # of each kind
MOST = 1000  # of them; who spins makes tens of thousands

HEAD = b"POST /predictions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
STUCK = {
    "nothing": b"",
    "half a line": b"GET /health-",
    "half a header": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 8000,
    "a header too long": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 60000,
    "half a body": HEAD + b"Content-Length: 1000000\r\n\r\n" + b"x" * 1000,
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"x" * 1000,
    "a chunk extension": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300000,
    "a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 300000,
    "no chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 300000,
    "empty lines": b"\r\n" * 5000,
    "the next requests": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 500,
    "a refused body": HEAD + b"Content-Length: 999999999999\r\n\r\n" + b"x" * 100000,
    "nonsense": bytes(range(256)) * 100,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, MODEL, COG_MAX_QUEUE="100") as server:
        yield server


def silent(server: Server, data: bytes) -> socket.socket:
    """A client that has sent this, or as much as is taken, and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(0.5)
    client.connect(("127.0.0.1", server.port))
    with suppress(OSError):
        client.sendall(data)
    return client


def request(server: Server, path: str, *fields: str, body: object = None) -> bytes:
    text = json.dumps(body).encode() if body is not None else b""
    lines = [f"{'PUT' if text else 'GET'} {path} HTTP/1.1", "Host: a", "Connection: close", *fields]
    return "\r\n".join([*lines, f"Content-Length: {len(text)}", "", ""]).encode() + text


def silent_readers(server: Server, stack: ExitStack) -> None:
    """Readers of a large kept result, of the answer of a prediction, and of a stream; none reads."""
    json_type, stream = "Content-Type: application/json", "Accept: text/event-stream"
    for k in range(READERS):
        body = {"input": {"size": SIZE // 10, "count": 10}}
        for data in (
            request(server, "/predictions/large"),
            request(server, f"/predictions/whole-{k}", json_type, body=body),
            request(server, f"/predictions/stream-{k}", json_type, stream, body=body),
        ):
            stack.enter_context(closing(silent(server, data)))


def rests(server: Server, calls: str) -> bool:
    return calls_of(server, calls, WINDOW) < MOST


@needs_strace
@pytest.mark.parametrize("half_closed", [False, True], ids=["open", "half closed"])
def test_nothing_spins(server: Server, half_closed: bool) -> None:
    server.create({"size": SIZE}, id="large")
    with ExitStack() as stack:
        for data in STUCK.values():
            for _ in range(5):
                client = stack.enter_context(closing(silent(server, data)))
                if half_closed:
                    with suppress(OSError):
                        client.shutdown(socket.SHUT_WR)
        silent_readers(server, stack)
        eventually(
            lambda: metric(server, "cog_predictions_total") == 1 + 2 * READERS, "the readers' predictions to end"
        )
        # What fits the sockets' buffers may still be on its way; who spins never rests.
        for calls in ("epoll_wait,epoll_pwait,epoll_pwait2", "read,recvmsg,recvfrom,sendmsg,sendto,writev"):
            eventually(partial(rests, server, calls), f"the server to rest: {calls}")
        assert server.health()["status"] in ("READY", "BUSY")
    wait_until_idle(server, 1)
    assert server.output(size=2) == ["xx"]


def test_slow_readers_get_everything_while_others_are_served(server: Server) -> None:
    server.create({"size": SIZE}, id="large")
    ended = threading.Event()

    def read_slowly(number: int) -> int:
        with closing(silent(server, request(server, "/predictions/large"))) as client:
            client.settimeout(60)
            received = 0
            while piece := client.recv(20000 + number):
                received += len(piece)
            return received

    def ask_meanwhile() -> int:
        asked = 0
        while not ended.is_set() or asked == 0:
            assert server.health()["status"] in ("READY", "BUSY")
            assert server.output(size=3) == ["xxx"]
            asked += 1
        return asked

    others = Background(ask_meanwhile)
    readers = [Background(lambda k=k: read_slowly(k)) for k in range(6)]  # type: ignore[misc]
    sizes = {reader.result() for reader in readers}
    ended.set()
    assert others.result() > 0
    assert len(sizes) == 1 and min(sizes) > SIZE
    wait_until_idle(server, 1)


def test_silent_readers_who_leave_free_everything(server: Server) -> None:
    server.create({"size": SIZE}, id="large")
    with ExitStack() as stack:
        silent_readers(server, stack)
        eventually(lambda: metric(server, "cog_http_connections") > 2 * READERS, "the readers")
        assert server.health()["status"] in ("READY", "BUSY")
        assert server.request("GET", "/predictions/large").json["output"] == ["x" * SIZE]
    wait_until_idle(server, 1)
    assert server.output(size=2) == ["xx"]


def test_silent_readers_who_stay_are_let_go(tmp_path: Path) -> None:
    with Server(tmp_path, MODEL, COG_MAX_QUEUE="100", COG_WRITE_TIMEOUT="1") as server, ExitStack() as stack:
        server.create({"size": SIZE}, id="large")
        silent_readers(server, stack)
        wait_until_idle(server, 1)
        assert server.output(size=2) == ["xx"]
