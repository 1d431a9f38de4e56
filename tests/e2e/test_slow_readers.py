"""Readers that take their answers slowly, and those that take nothing."""

from __future__ import annotations

import json
import re
import socket
import time
from contextlib import closing

from acting import Gate
from conftest import Serve
from listening import STREAMING
from server import Server, eventually

SIZE = 20_000_000
BIG = f"yield 'x' * {SIZE}"


def connections(server: Server) -> int:
    """Open ones, without that of the question itself."""
    found = re.search(r"^cog_http_connections (\d+)$", server.request("GET", "/metrics").text, re.MULTILINE)
    assert found
    return int(found[1]) - 1


def ask(server: Server, path: str, *headers: str, body: str = "") -> socket.socket:
    """Sends a request; the answer is left where it is, and little of it fits there."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.settimeout(60)
    client.connect(("127.0.0.1", server.port))
    method = "PUT" if body else "GET"
    lines = [f"{method} {path} HTTP/1.1", "Host: a", "Connection: close", *headers, f"Content-Length: {len(body)}"]
    client.sendall("\r\n".join([*lines, "", body]).encode())
    return client


def stream(server: Server, id: str, code: str) -> socket.socket:
    headers = ("Content-Type: application/json", "Accept: text/event-stream")
    return ask(server, f"/predictions/{id}", *headers, body=json.dumps({"input": {"code": code}}))


def test_a_slow_reader_that_goes_on_gets_everything(serve: Serve) -> None:
    server = serve(STREAMING, COG_WRITE_TIMEOUT="1")
    server.create({"code": BIG}, id="big")
    with closing(ask(server, "/predictions/big")) as client:
        received = 0
        for _ in range(60):  # so slow that the send buffer is never free enough to be written to within the limit
            received += len(client.recv(16384))
            time.sleep(0.1)
        while piece := client.recv(1 << 20):
            received += len(piece)
        assert received > SIZE


def test_a_reader_that_takes_nothing_is_let_go(serve: Serve) -> None:
    server = serve(STREAMING, COG_WRITE_TIMEOUT="0.5")
    server.create({"code": BIG}, id="big")
    with closing(ask(server, "/predictions/big")):
        eventually(lambda: connections(server) == 0, "the silent reader to be let go")


def test_a_silent_reader_of_a_stream_is_let_go_once_the_prediction_has_ended(serve: Serve) -> None:
    server = serve(STREAMING, COG_WRITE_TIMEOUT="0.5", COG_MAX_CONCURRENCY="2")
    server.create({"code": BIG}, id="big")
    gate = Gate(server)
    with closing(stream(server, "streamed", f"{BIG}; {gate.code}")):
        gate.wait()
        with closing(ask(server, "/predictions/big")):
            eventually(lambda: connections(server) == 1, "the silent reader of an answer to be let go")
        assert server.request("GET", "/predictions/streamed").json["status"] == "processing"
        gate.open()
        eventually(lambda: connections(server) == 0, "the silent reader of the stream to be let go")
    assert server.request("GET", "/predictions/streamed").json["status"] == "succeeded"
