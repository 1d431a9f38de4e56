"""Rounds of the cases that send or fetch something: webhooks, uploads, downloads. They measure our server only."""

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from statistics import quantiles
from typing import Any

import load
from cases import MEMORY, P50, P99, SECONDS, Case
from cost import peak_memory
from far_end import FarEnd, serving

MIB = 1024 * 1024
PATIENCE = 300
"""Seconds in which every webhook must have arrived, or a large file its end."""
PROBES = 500
"""Predictions asked for one after the other to see how long one takes."""

Round = Callable[[int, int], dict[str, float]]
"""Given the port and the pid of the server that is ready."""


@contextlib.contextmanager
def prepared(case: Case, megabytes: int, predictions: int) -> Iterator[tuple[list[str], Round]]:
    """Arguments for the server, and the round to do once it is ready."""
    if case.kind == "webhooks":
        with contextlib.ExitStack() as stack:
            kinds = [FarEnd(), FarEnd(pause=1), FarEnd(errors=3), FarEnd(dead=True)]
            far_ends = [stack.enter_context(serving(far_end)) for far_end in kinds]
            yield [], lambda port, pid: _webhooks(case, far_ends, predictions, port, pid)
        return
    if case.kind == "answer":
        yield [], lambda port, pid: _large_answer(port, pid, megabytes)
        return
    with serving(FarEnd(serves=megabytes * MIB)) as far_end:
        if case.kind == "upload":
            values: dict[str, Any] = {"megabytes": megabytes}
        else:
            values = {"file": far_end.address + "/large.bin"}

        def large(port: int, pid: int) -> dict[str, float]:
            begin = time.monotonic()
            answer = _predict(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE), {"input": values})
            seconds = time.monotonic() - begin
            is_right = (
                answer["output"] == far_end.address + "/up/large.bin" and far_end.uploaded == megabytes * MIB
                if case.kind == "upload"
                else answer["output"] == megabytes * MIB
            )
            if not is_right:
                raise load.WrongAnswer(f"{answer}, {far_end.uploaded} bytes uploaded")
            return {MEMORY: peak_memory(pid), SECONDS: seconds}

        yield (["--upload-url", far_end.address + "/up"] if case.kind == "upload" else []), large


def _large_answer(port: int, pid: int, megabytes: int) -> dict[str, float]:
    """An answer with a file of that size as a data URL, counted and not kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    begin = time.monotonic()
    body = json.dumps({"input": {"megabytes": megabytes}})
    connection.request("POST", "/predictions", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    size, piece = 0, bytearray(MIB)
    while got := answer.readinto(piece):
        size += got
    connection.close()
    if answer.status != 200 or size < megabytes * MIB * 4 // 3:
        raise load.WrongAnswer(f"{answer.status}, {size} bytes")
    return {MEMORY: peak_memory(pid), SECONDS: time.monotonic() - begin}


def _predict(connection: http.client.HTTPConnection, body: dict[str, Any]) -> dict[str, Any]:
    connection.request("POST", "/predictions", json.dumps(body), {"Content-Type": "application/json"})
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    if answer.get("status") != "succeeded":
        raise load.WrongAnswer(json.dumps(answer)[:300])
    return answer


def _probe(port: int, case: Case) -> list[float]:
    """Microseconds that each of some predictions takes, by percent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    times = []
    for _ in range(PROBES):
        begin = time.monotonic()
        _predict(connection, {"input": case.input})
        times.append((time.monotonic() - begin) * 1e6)
    connection.close()
    return quantiles(times, n=100)


def _create(port: int, case: Case, targets: list[str]) -> None:
    """Asynchronous predictions, each with a webhook of its own; asks again while every place is taken."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    for target in targets:
        body = json.dumps({"input": case.input, "webhook": target, "webhook_events_filter": ["completed"]})
        while True:
            headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
            connection.request("POST", "/predictions", body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 202:
                break
            if answer.status != 409:
                raise load.WrongAnswer(f"{answer.status} to an asynchronous create")
    connection.close()


def _webhooks(case: Case, far_ends: list[FarEnd], predictions: int, port: int, pid: int) -> dict[str, float]:
    targets = [f"{far_ends[number % len(far_ends)].address}/{number}" for number in range(predictions)]
    alone = _probe(port, case)
    begin = time.monotonic()
    creating = threading.Thread(target=_create, args=(port, case, targets))
    creating.start()
    beside = _probe(port, case)
    creating.join()
    living = [far_end for far_end in far_ends if not far_end.dead]
    wanted = sum(1 for number in range(predictions) if not far_ends[number % len(far_ends)].dead)

    def have_all_arrived() -> bool:
        return sum(len(far_end.taken) for far_end in living) == wanted

    load.wait_until(have_all_arrived, PATIENCE)
    seconds = time.monotonic() - begin
    twice = [path for far_end in living for path, count in far_end.taken.items() if count != 1]
    if twice:
        raise load.WrongAnswer(f"terminal webhooks that came more than once: {twice}")
    figures = {SECONDS: seconds, MEMORY: peak_memory(pid), P50: beside[49], P99: beside[98]}
    return {**figures, "p50 us alone": alone[49], "p99 us alone": alone[98]}
