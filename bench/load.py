"""Asking a server: single requests by http.client, load by wrk, streams by plain sockets."""

import contextlib
import http.client
import json
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Optional

from cases import CHUNK_RATE, CHUNKS, FIRST_CHUNK, Case

SCRIPT = Path(__file__).resolve().parent / "wrk.lua"
START_SECONDS = 30
POLL_SECONDS = 0.002
CHUNK = b"event: output"


class WrongAnswer(Exception):
    """A server did not do what the case asks for."""


def ready(port: int) -> bool:
    """What /health-check says; raises WrongAnswer when the server will never be ready."""
    _, answer = _ask(port, "GET", "/health-check", None)
    if answer.get("status") in ("SETUP_FAILED", "DEFUNCT"):
        raise WrongAnswer(json.dumps(answer))
    return answer.get("status") == "READY"


def predict(port: int, case: Case, body: bytes) -> bool:
    """True for a right answer, false while the server starts or is busy; anything else raises WrongAnswer."""
    status, answer = _ask(port, "POST", "/predictions", body)
    if status in (0, 409, 503):
        return False
    if status != 200 or answer.get("status") != "succeeded" or not case.output_is_right(answer.get("output")):
        raise WrongAnswer(f"{status} {json.dumps(answer)[:300]}")
    return True


def wait_until(done: Callable[[], bool], patience: float = START_SECONDS) -> None:
    """Asks again and again, since a server that starts sends no word of it."""
    end = time.monotonic() + patience
    while not done():
        if time.monotonic() > end:
            raise WrongAnswer(f"neither ready nor a right answer after {patience:g} s")
        time.sleep(POLL_SECONDS)


def wrk(port: int, case: Case, seconds: float, body: Path) -> dict[str, float]:
    """One round of load: the rate counts answers with status 200 only."""
    request = ["GET"] if case.path != "/predictions" else ["POST", str(body)]
    command = ["wrk", "-t1", f"-c{case.clients}", f"-d{seconds:g}s", "--timeout", "10s", "-s", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}{case.path}", "--", *request]
    printed = subprocess.run(command, stdout=subprocess.PIPE, timeout=seconds + 60, check=True).stdout
    counts = json.loads(printed.splitlines()[-1])
    good = counts["answers"] - counts["refused"]
    if not good:
        raise WrongAnswer(f"no answer with status 200: {counts}")
    return {
        "answers/s": good / counts["duration_us"] * 1e6,
        "p50 us": counts["p50_us"],
        "p99 us": counts["p99_us"],
        "refused": counts["refused"] / counts["answers"],
        "broken": counts["broken"],
    }


def stream(port: int, case: Case, seconds: float, body: bytes) -> dict[str, float]:
    """Streams read one after the other, each on a connection of its own.

    The first chunk is timed from the moment the request has been sent; chunks a second are those of whole streams.
    """
    firsts: list[float] = []
    spent = 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        asked = time.perf_counter()
        first, text = _read_stream(port, case.path, body)
        if text.startswith(b"HTTP/1.1 409"):
            continue  # the reference frees its slot some milliseconds after its answer
        if text.count(CHUNK) != CHUNKS or b"event: completed" not in text:
            raise WrongAnswer(f"{text.count(CHUNK)} chunks: {text[-300:]!r}")
        spent += time.perf_counter() - asked
        firsts.append(first)
    if not firsts:
        raise WrongAnswer("no stream with status 200")
    return {FIRST_CHUNK: median(firsts) * 1e6, CHUNK_RATE: CHUNKS * len(firsts) / spent}


def _read_stream(port: int, path: str, body: bytes) -> tuple[float, bytes]:
    """Seconds until the first chunk, and all that came."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    text, first = bytearray(), 0.0
    with socket.create_connection(("127.0.0.1", port), START_SECONDS) as client:
        client.sendall(head.encode() + body)
        sent = time.perf_counter()
        while piece := client.recv(65536):
            text += piece
            if not first and CHUNK in text:
                first = time.perf_counter() - sent
    return first, bytes(text)


def _ask(port: int, method: str, path: str, body: Optional[bytes]) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer; status 0 when nobody listens or the connection breaks."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)) as connection:
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            return 0, {}
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {"text": text.decode(errors="replace")}
    return response.status, answer if isinstance(answer, dict) else {"answer": answer}
