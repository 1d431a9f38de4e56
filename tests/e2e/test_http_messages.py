"""Where HTTP messages begin and end: tests/wire/requests.json over a socket, and no spinning on what never ends."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any, Union

import pytest
from server import REPOSITORY, RawClient, Server
from test_cost import count_calls

MODEL = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str = "none") -> str:
        return text
"""
GROUPS: list[dict[str, Any]] = json.loads((REPOSITORY / "tests" / "wire" / "requests.json").read_text())
IN_STEP = b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"
KIB = 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("messages"), MODEL) as server:
        yield server
        assert server.output(text="undisturbed") == "undisturbed"


def value_of(value: Union[str, list[Any]]) -> str:
    return value if isinstance(value, str) else "".join(text * times for text, times in zip(value[::2], value[1::2]))


def texts_of(group: dict[str, Any]) -> list[bytes]:
    values = [value_of(value) for value in group.get("values", [""])]
    return [group["bytes"].replace("@@", value).encode("latin-1") for value in values]


def statuses_of(received: bytes) -> list[int]:
    """Of answers that follow one another without a gap."""
    statuses = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 "), received[:200]
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        assert length, head
        statuses.append(int(head.split()[1]))
        received = rest[int(length[1]) :]
    return statuses


def send(client: RawClient, text: bytes) -> None:
    """What is refused early may be cut off before all of it was sent."""
    try:
        client.send(text)
    except (BrokenPipeError, ConnectionResetError):
        pass


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["rule"])
def test_a_message_ends_where_the_rule_says(server: Server, group: dict[str, Any]) -> None:
    for text in texts_of(group):
        expected = list(group["answers"])
        ends = "refused" in group or group.get("closes", False)
        with server.raw_client() as client:
            if "refused" in group:
                expected.append(group["refused"])
                send(client, text if group.get("at_once") else text + b"\r\n\r\n" + IN_STEP)
            else:
                client.send(text + IN_STEP)
            if ends:
                received = statuses_of(client.rest())
            else:
                expected.append(200)
                received = [client.answer().status for _ in expected]
        assert received == expected, text[:300]
    assert server.health()["status"] == "READY"


def test_http_1_0_is_never_told_to_go_on(server: Server) -> None:
    body = b'{"input":{"text":"x"}}'
    head = f"Host: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    with server.raw_client() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.send(b"POST /predictions HTTP/1.0\r\n" + head.encode())
        for byte in body:
            client.send(bytes([byte]))
        received = client.rest()
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("data", [b"0\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", b"2\r\n{}\r\n0\r\nX: y\r\n\r\n"])
def test_chunks_byte_by_byte(server: Server, data: bytes) -> None:
    with server.raw_client() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.send(b"POST /predictions HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in data:
            client.send(bytes([byte]))
            assert server.request("GET", "/livez").status == 200  # so that the byte has been read by itself
        assert client.answer().json["output"] == "none"


# No spinning


POST = b"POST /predictions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = POST + b"Content-Length: 50000000\r\n\r\n"


@pytest.mark.parametrize(
    ("text", "filling"),
    [
        (b"GET /", b"a"),
        (b"GET / HTTP/1.1\r\nX: ", b"a"),
        (b"GET / HTTP/1.1\r\n", b"X: y\r\n"),
        (b"\r\n", b"\r\n"),
        (LENGTH, b" "),
        (LENGTH.replace(b"/predictions", b"/nowhere"), b" "),
        (CHUNKED, b"0"),
        (CHUNKED + b"5", b" "),
        (CHUNKED + b"5;a=", b"b"),
        (CHUNKED + b'5;a="', b"b"),
        (CHUNKED + b"5;a=b\r\nhello", b" "),
        (CHUNKED + b"1000000\r\n", b" "),
        (CHUNKED + b"0\r\nX: ", b"y"),
        (CHUNKED + b"0\r\n", b"X: y\r\n"),
        (b"GET /health-check HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", b"x"),
        (b"POST /predictions HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n"),
    ],
    ids=lambda text: repr(text[-40:]),
)
def test_a_full_buffer_is_no_reason_to_look_again(server: Server, text: bytes, filling: bytes) -> None:
    """System calls are counted while the client stays, once 600 KiB have come, or as many as the server takes."""
    with server.raw_client() as client:
        rest = text + filling * (600 * KIB // len(filling))
        client.socket.settimeout(1)  # until it counts as not taking any more
        try:
            client.send(rest)
        except OSError:
            pass
        address = f"http://127.0.0.1:{server.port}/livez"
        for _ in range(5):  # on a slow machine it is not done with what is there at first
            calls = count_calls(server.process.pid, address, 200, "--body", "")
            if calls["total"] < 10:
                break
    assert calls["total"] < 10, calls
