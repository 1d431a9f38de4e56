"""Batches in a storm of cancels, leaves, deaths and poison: each prediction has one end, its own output and log."""

from __future__ import annotations

import os
import random
from functools import partial

import pytest
from batching import batch_model, metric
from conftest import Serve
from server import Background, Server, eventually

PREDICTIONS = int(os.environ.get("COG_CHURN", "240"))
CLIENTS = int(os.environ.get("COG_CHURN_CLIENTS", "12"))

CODE = {
    "succeeds": "",
    "fails": "result = ValueError(item.name)",
    "raises": "raise RuntimeError(item.name)",
    "dies": "os._exit(3)",
    "leaves": "time.sleep(0.002)",
    "cancels": "time.sleep(0.002)",
}
OFTEN = [30, 4, 1, 1, 4, 6]


def problem_of(name: str, what: str, end: dict[str, object]) -> str:
    """Why this is not how it should have ended; empty if it is."""
    status, error, logs = end["status"], str(end.get("error", "")), str(end.get("logs", ""))
    lines = {line for line in logs.splitlines() if line.startswith("log of ")}
    if not lines <= {f"log of {name}"}:
        return f"{name} has the log of another: {lines}"
    if status == "canceled":
        return "" if what in ("leaves", "cancels") else f"{name} {what}, and was canceled"
    if status == "succeeded":
        right = end["output"] == name and bool(lines) and what in ("succeeds", "leaves", "cancels")
        return "" if right else f"{name} {what}: {end}"
    expected = {"fails": f"ValueError: {name}", "raises": f"RuntimeError: {name}", "dies": "exit code 3"}
    return "" if status == "failed" and error.endswith(expected.get(what, "?")) else f"{name} {what}: {end}"


def run_client(server: Server, client: int, count: int) -> dict[str, str]:
    """Runs predictions one after the other. Returns what each was to do."""
    dice = random.Random(client)
    asked: dict[str, str] = {}
    connection = server.connect()
    for i in range(count):
        name, (what,) = f"c{client}-{i}", dice.choices(list(CODE), OFTEN)
        asked[name] = what
        body = {"input": {"name": name, "code": CODE[what], "width": dice.choice([1, 1, 1, 2])}}
        if what == "leaves":
            with server.open_socket() as leaving:
                text = f'{{"id":"{name}","input":{{"name":"{name}","code":"{CODE[what]}"}}}}'
                head = "POST /predictions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                leaving.sendall(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())
                eventually(partial(is_known, server, name), f"{name} was read before its client left")
        elif what == "cancels":
            run = Background(partial(server.put, name, body))
            while not run.is_done():
                server.cancel(name)
            assert run.result().status == 200, run.result()
        else:
            answer = server.request("PUT", f"/predictions/{name}", body, connection=connection)
            assert answer.status == 200, answer
            assert problem_of(name, what, answer.json) == ""
    connection.close()
    return asked


def is_known(server: Server, name: str) -> bool:
    return server.request("GET", f"/predictions/{name}").status == 200


@pytest.mark.parametrize(("workers", "threads"), [("1", "1"), ("2", "4")])
def test_each_has_one_end(serve: Serve, workers: str, threads: str) -> None:
    server = serve(
        batch_model(isolate=True),
        COG_WORKERS=workers,
        COG_THREADS=threads,
        COG_MAX_QUEUE="1000",
        COG_RESTARTS="1000000",
        COG_KEEP_RESULTS="100000",
    )
    each = PREDICTIONS // CLIENTS
    clients = [Background(partial(run_client, server, k, each)) for k in range(CLIENTS)]
    for client in clients:
        eventually(client.is_done, "a client is through", 60 + PREDICTIONS / 5)
    asked = {name: what for client in clients for name, what in client.result().items()}
    eventually(lambda: metric(server, "cog_predictions_in_flight") == 0, "all have ended")
    ended = metric(server, "cog_predictions_total")
    assert ended == len(asked) == each * CLIENTS
    problems = [
        problem_of(name, what, server.request("GET", f"/predictions/{name}").json) for name, what in asked.items()
    ]
    assert [problem for problem in problems if problem] == []
    assert metric(server, "cog_batch_size_count") < ended
