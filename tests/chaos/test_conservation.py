"""After any mix of loads and ends, memory, disk, connections and webhooks are what they were."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

import pytest
from history import SEED, metric, wait_until_idle
from listening import ENDS, Receiver, Reply, create_async, kept
from server import Background, Server, eventually, files_below

MODEL = """
import os, time
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(self, name: str, ends: str, file: Path) -> list[Path]:
        os.makedirs("out", exist_ok=True)
        output = Path("out/" + name)
        output.write_bytes(file.read_bytes())
        if ends == "failed":
            return [output, Path("out/nowhere")]
        if ends == "raised":
            raise ValueError(name)
        if ends == "killed":
            os.kill(os.getpid(), 9)
        if ends in ("canceled", "late"):
            open(name + ".runs", "w").close()
            time.sleep(1000)
        return [output, output]
"""
PLAIN = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str) -> int:
        return len(text)
"""
FILE = bytes(range(256)) * 4096  # 1 MiB
KEPT = 3
ALLOWED = 100 << 20
"""Bytes that the server may have grown by: many times less than what has gone through it."""


def resident(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def end_one(server: Server, receiver: Receiver, name: str, ends: str) -> None:
    url = "data:application/octet-stream;base64," + base64.b64encode(FILE).decode()
    fields = {"webhook": receiver.url(f"/{name}"), "webhook_events_filter": ["completed"]}

    def is_taken() -> bool:
        answer = create_async(server, {"name": name, "ends": ends, "file": url}, id=name, **fields)
        assert answer.status in (202, 409, 503), answer
        return answer.status == 202

    eventually(is_taken, f"{name} to be taken")
    if ends == "canceled":
        eventually(lambda: (server.project / f"{name}.runs").exists() or kept(server, name)["status"] in ENDS, name)
        server.cancel(name)
    expected = {"succeeded": "succeeded", "canceled": "canceled"}.get(ends, "failed")
    assert receiver.end(f"/{name}").body["status"] == expected
    (server.project / "out" / name).unlink(missing_ok=True)


def test_any_mix_of_ends_leaves_only_what_is_kept(tmp_path: Path) -> None:
    limits = {"COG_RESTARTS": "1000", "COG_PREDICT_TIMEOUT": "3", "COG_KEEP_RESULTS": str(KEPT)}
    settings: dict[str, Any] = {"COG_WORKERS": "3", **limits}
    with Receiver() as receiver, Server(tmp_path, MODEL, **settings) as server:
        before = resident(server)
        dice = random.Random(SEED)
        ends = ["failed", "raised", "killed", "canceled", "late", *["succeeded"] * 3] * 6
        dice.shuffle(ends)
        names = [f"{number}-{end}" for number, end in enumerate(ends)]

        def run_client(first: int) -> None:
            for name, end in list(zip(names, ends))[first::4]:
                end_one(server, receiver, name, end)

        for client in [Background(lambda k=k: run_client(k)) for k in range(4)]:  # type: ignore[misc]
            client.result()
        wait_until_idle(server, 3)
        for number in range(KEPT):
            end_one(server, receiver, f"last-{number}", "succeeded")
        wait_until_idle(server, 3)
        eventually(lambda: len(files_below(server.temporary)) <= 2 * KEPT, "the removal of files")
        sizes = {path: path.stat().st_size for path in files_below(server.temporary)}
        assert sum(sizes.values()) <= 2 * KEPT * len(FILE), sizes
        assert set(sizes.values()) == {len(FILE)}, sizes
        assert resident(server) - before < ALLOWED
        assert {len(receiver.received(f"/{name}")) for name in names} == {1}


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_bodies_are_let_go_of(tmp_path: Path, kind: str) -> None:
    """400 MiB of bodies at 64 MiB allowed."""
    with Server(tmp_path, PLAIN, COG_MAX_BODY_MEMORY=str(64 << 20), COG_MAX_QUEUE="100") as server:
        before = resident(server)
        body = {"text": "x" * (4 << 20)}

        def run_client(number: int) -> set[int]:
            if kind == "sync":
                return {server.create(body).status for _ in range(25)}
            return {create_async(server, body, id=f"{number}-{turn}").status for turn in range(25)}

        clients = [Background(lambda k=k: run_client(k)) for k in range(4)]  # type: ignore[misc]
        statuses = set().union(*[client.result() for client in clients])
        assert statuses <= {200, 202, 409, 503} and statuses & {200, 202}
        wait_until_idle(server, 1)
        assert metric(server, "cog_body_memory_bytes") == 0
        assert resident(server) - before < ALLOWED


def test_webhooks_outlast_their_host(tmp_path: Path) -> None:
    """Its host refuses, then answers with errors, then takes them."""
    count = 60
    with Receiver(refusing=True) as receiver, Server(tmp_path, PLAIN, COG_MAX_QUEUE="100") as server:
        for n in range(count):
            fields = {"webhook": receiver.url(f"/{n}"), "webhook_events_filter": ["completed"]}
            assert create_async(server, {"text": "x" * n}, id=f"job-{n}", **fields).status == 202
            if n % 3 == 0:
                receiver.script(f"/{n}", *[Reply(503)] * 2)
        eventually(lambda: metric(server, "cog_webhooks_waiting") == count, "all webhooks to wait")
        receiver.listen()
        for n in range(count):
            hooks = receiver.wait_for(f"/{n}", 3 if n % 3 == 0 else 1)
            assert {(hook.body["id"], hook.body["output"]) for hook in hooks} == {(f"job-{n}", n)}
        wait_until_idle(server, 1)
        assert [len(receiver.received(f"/{n}")) for n in range(count)] == [3 if n % 3 == 0 else 1 for n in range(count)]
