"""Spoilt HTTP and JSON, the same for a COG_CHAOS_SEED: whatever comes, the server lives and blames itself for none."""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Union

import pytest
from history import SEED
from server import REPOSITORY, Server

MODEL = """
from typing import Any, Optional
from cog import BasePredictor, Input, Path, Secret

class Predictor(BasePredictor):
    def predict(
        self,
        text: str = Input(default="a", max_length=20, regex="^[a-z ]*$"),
        number: int = Input(default=1, ge=0, le=100),
        ratio: Optional[float] = None,
        choice: str = Input(default="a", choices=["a", "b"]),
        several: list[str] = Input(default=[]),
        file: Optional[Path] = None,
        secret: Optional[Secret] = None,
        anything: Optional[dict] = None,
    ) -> Any:
        return [text, number, ratio, choice, several, str(file), anything]
"""
BUDGET = 15.0
"""Seconds for each of the two, at most; a slow machine tries less."""
WAIT = 0.05
"""Seconds without an answer until the client stops sending."""
END = b"\r\n\r\nGET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
LETTERS = b'\r\n\r\n \t:;,=0159afAFx"\\/?#%[]{}@\0\x7f\xff'

SHAPES: list[dict[str, Any]] = [
    {"input": {"text": "abc", "number": 7, "ratio": 0.5, "choice": "b", "several": ["x", "y"]}},
    {"input": {"file": "data:text/plain;base64,aGVsbG8=", "secret": "hidden"}, "context": {"key": "value"}},
    {"id": "job", "input": {"anything": {"a": [1, 2.5, None, True, {"b": "\u00e9\n"}]}}, "webhook_events_filter": []},
    {"input": {}, "output_file_prefix": None, "other": [[[[]]]]},
]
BODIES = [json.dumps(shape).encode() for shape in SHAPES]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path, MODEL) as server:
        yield server


def check(server: Server, worker: list[int]) -> None:
    assert server.health()["status"] == "READY"
    assert server.workers() == worker
    assert server.output(text="well")[0] == "well"
    metrics = server.request("GET", "/metrics").text
    assert 'status="500"' not in metrics


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Changes some bytes, takes some away, repeats some."""
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(spoilt) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            spoilt[at : at + 1] = bytes([chance.choice(LETTERS)])
        elif kind == 1:
            del spoilt[at : at + chance.randint(1, 8)]
        elif kind == 2:
            start = chance.randrange(len(spoilt) + 1)
            spoilt[at:at] = spoilt[start : start + chance.randint(1, 40)]
        elif kind == 3:
            spoilt[at : at + 1] = bytes([chance.randrange(256)])
        else:
            spoilt[at:at] = bytes([chance.choice(LETTERS)])
    return bytes(spoilt)


def requests() -> list[bytes]:
    """Those of the table that are not long, and predictions in both forms."""

    def text_of(value: Union[str, list[Any]]) -> str:
        return value if isinstance(value, str) else "".join(map(str.__mul__, value[::2], value[1::2]))

    texts = []
    for group in json.loads((REPOSITORY / "tests" / "wire" / "requests.json").read_text()):
        for value in group.get("values", [""]):
            texts.append(group["bytes"].replace("@@", text_of(value)).encode("latin-1"))
    head = b"POST /predictions HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    for body in BODIES:
        texts.append(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        texts.append(head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    return [text for text in texts if len(text) < 3000 and b"/shutdown" not in text]


def answers_to(server: Server, data: bytes) -> bytes:
    """All that is answered until the server closes, which it does once there is no more to come."""
    received = b""
    with closing(server.open_socket()) as connection, suppress(ConnectionResetError, BrokenPipeError):
        connection.settimeout(WAIT)
        connection.sendall(data)
        while True:
            try:
                piece = connection.recv(65536)
            except socket.timeout:
                connection.settimeout(60)
                connection.shutdown(socket.SHUT_WR)
                continue
            if not piece:
                break
            received += piece
    return received


def test_spoilt_http(server: Server) -> None:
    worker = server.workers()
    chance = random.Random(SEED)
    texts = requests()
    statuses: dict[bytes, int] = {}
    end = time.monotonic() + BUDGET
    for _ in range(4000):
        data = mutated(chance.choice(texts), chance) + END
        if b"/shutdown" in data:
            continue
        for status in re.findall(rb"^HTTP/1\.1 (\d\d\d)", answers_to(server, data), re.MULTILINE):
            assert status != b"500", data
            statuses[status] = statuses.get(status, 0) + 1
        if time.monotonic() > end:
            break
    check(server, worker)
    assert {b"200", b"400"} <= set(statuses), statuses


def test_spoilt_json(server: Server) -> None:
    worker = server.workers()
    chance = random.Random(SEED)
    headers = {"Content-Type": "application/json"}
    statuses: dict[int, int] = {}
    end = time.monotonic() + BUDGET
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        for turn in range(4000):
            body = mutated(chance.choice(BODIES), chance)
            if b"http" in body.lower() or b'webhook"' in body:  # nothing is fetched from anywhere
                continue
            method, path = chance.choice([("POST", "/predictions"), ("PUT", f"/predictions/job-{turn}")])
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status in (200, 400, 409, 422), (answer.status, body, text)
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            if time.monotonic() > end:
                break
    check(server, worker)
    assert {200, 400, 422} <= set(statuses), statuses
