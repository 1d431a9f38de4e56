"""Many clients and many ways to end at once: every prediction gets its own answer, and no slot is lost."""

from __future__ import annotations

import random
from functools import partial

import pytest
from acting import Gate, model
from conftest import Serve
from server import Answer, Background, Server, eventually

CODE = {
    "succeeded": "return {id!r}",
    "failed": "raise ValueError({id!r})",
    "killed": "os._exit(3)",
    "canceled": "{pause}(1000)",
}


def is_right(id: str, ending: str, answer: Answer) -> bool:
    if answer.status in (409, 503):
        return True  # others have taken, or ended, all that there was
    if answer.status != 200 or answer.json["id"] != id:
        return False
    status, error = answer.json["status"], answer.json.get("error", "")
    if "Worker crashed: exit code 3" in error:
        return True  # its own deed, or that of one in the same process
    if ending == "failed" and not error.endswith(f"ValueError: {id}"):
        return False
    return bool(status == ending and answer.json.get("output", id) == id)


def run_client(server: Server, name: str, pause: str) -> list[str]:
    """Runs predictions one after the other; those that were not answered as they should."""
    dice = random.Random(name)
    wrong = []
    for i in range(25):
        id, (ending,) = f"{name}-{i}", dice.choices(list(CODE), [12, 3, 1, 4])
        code = CODE[ending].format(id=id, pause=pause)
        run = Background(partial(server.create, {"code": code}, id=id))
        while ending == "canceled" and not run.is_done():
            server.cancel(id)
        answer = run.result()
        if not is_right(id, ending, answer):
            wrong.append(f"{id} as {ending}: {answer}")
    return wrong


@pytest.mark.parametrize("threads", ["1", "4"])
@pytest.mark.parametrize(
    ("asynchronous", "workers", "slots", "line"), [(False, 2, 2, 3), (True, 2, 4, 3), (False, 1, 1, 5)]
)
def test_a_storm(serve: Serve, asynchronous: bool, workers: int, slots: int, line: int, threads: str) -> None:
    counts = {"COG_WORKERS": workers, "COG_MAX_CONCURRENCY": slots, "COG_MAX_QUEUE": line, "COG_RESTARTS": 1000}
    limits = {name: str(count) for name, count in counts.items()}
    server = serve(model(asynchronous=asynchronous), COG_THREADS=threads, **limits)
    pause = "await asyncio.sleep" if asynchronous else "time.sleep"
    clients = [Background(partial(run_client, server, f"client-{k}", pause)) for k in range(6)]
    assert [wrong for each in clients for wrong in each.result()] == []
    eventually(lambda: len(server.workers()) == workers and server.health()["status"] == "READY", "all are back")
    gates = [Gate(server) for _ in range(slots)]
    runs = [server.begin(code=gate.async_code if asynchronous else gate.code) for gate in gates]
    for gate in gates:
        gate.wait()
    assert server.health()["status"] == "BUSY"
    for gate in gates:
        gate.open()
    assert {run.result()["status"] for run in runs} == {"succeeded"}
