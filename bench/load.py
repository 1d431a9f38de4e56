"""Asking a server: single requests by http.client, load by wrk."""

import contextlib
import http.client
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

from cases import Case

SCRIPT = Path(__file__).resolve().parent / "wrk.lua"
START_SECONDS = 30
POLL_SECONDS = 0.002


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


def wait_until(done: Callable[[], bool]) -> None:
    """Asks again and again, since a server that starts sends no word of it."""
    end = time.monotonic() + START_SECONDS
    while not done():
        if time.monotonic() > end:
            raise WrongAnswer(f"neither ready nor a right answer after {START_SECONDS} s")
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
