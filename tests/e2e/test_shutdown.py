"""How a server ends: gracefully, within its time, and with nothing left of it."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from server import Background, Server, eventually

MODEL = """
import atexit, subprocess, time
from pathlib import Path
from typing import Any
from cog import BasePredictor, CancelationException

class Predictor(BasePredictor):
    def setup(self) -> None:
        atexit.register(Path("exited").touch)
        while Path("hold").exists():
            time.sleep(0.01)

    def predict(self, wait: str = "", stubborn: bool = False) -> str:
        Path("running").touch()
        while wait and not Path(wait).exists():
            try:
                time.sleep(0.01)
            except CancelationException:
                if not stubborn:
                    raise
        return "done"
"""


def create(body: bytes = b'{"input":{}}') -> bytes:
    head = f"Host: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return b"POST /predictions HTTP/1.1\r\n" + head.encode() + body


def wait_until_draining(server: Server) -> None:
    server.wait_for_log("server: stopping")

    def is_refused() -> bool:
        try:
            server.open_socket().close()
        except (ConnectionRefusedError, ConnectionResetError):
            return True
        return False

    eventually(is_refused, "end of listening")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, "/shutdown"])
def test_an_idle_server_ends(serve: Serve, how: signal.Signals | str) -> None:
    server = serve(MODEL)
    with server.raw_client() as idle:
        idle.send(b"GET /health-check HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.answer().status == 200
        if isinstance(how, str):
            answer = server.request("POST", how, b"ignored", headers={"Content-Type": "text/plain"})
            assert (answer.status, answer.json) == (200, {})
        else:
            server.signal(how)
        assert idle.rest() == b""
        assert server.wait() == 0
    assert (server.project / "exited").exists()
    assert list(server.temporary.iterdir()) == []


def test_a_running_prediction_may_finish(serve: Serve) -> None:
    server = serve(MODEL)
    running = server.begin(wait="go")
    server.wait_for_file("running")
    server.signal(signal.SIGTERM)
    wait_until_draining(server)
    (server.project / "go").touch()
    prediction = running.result()
    assert (prediction["status"], prediction["output"]) == ("succeeded", "done")
    assert server.wait() == 0


def test_a_create_on_an_open_connection_is_refused(serve: Serve) -> None:
    server = serve(MODEL)
    with server.raw_client() as running, server.raw_client() as late:
        running.send(create(b'{"input":{"wait":"go"}}'))
        server.wait_for_file("running")
        late.send(create()[:-1])
        server.wait_until("BUSY")
        server.signal(signal.SIGTERM)
        wait_until_draining(server)
        late.send(create()[-1:])
        refused = late.answer()
        assert (refused.status, refused.json["status"]) == (503, "failed")
        assert refused.headers["connection"] == "close"
        assert late.rest() == b""
        (server.project / "go").touch()
        answer = running.answer()
        assert (answer.status, answer.json["output"]) == (200, "done")
        assert answer.headers["connection"] == "close"
    assert server.wait() == 0


def begin_two(server: Server) -> tuple[Background[Any], Background[Any]]:
    running = server.begin(wait="go")
    server.wait_for_file("running")
    waiting = server.begin(id="waiting")
    eventually(lambda: server.put("waiting", {"input": 5}).status == 202, "second prediction in the line")
    return running, waiting


def test_a_waiting_prediction_still_runs(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_QUEUE="1")
    running, waiting = begin_two(server)
    server.signal(signal.SIGTERM)
    wait_until_draining(server)
    (server.project / "go").touch()
    assert running.result()["status"] == "succeeded"
    assert waiting.result()["status"] == "succeeded"
    assert server.wait() == 0


def test_what_still_waits_when_time_is_short_says_why(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_QUEUE="2", COG_SHUTDOWN_TIMEOUT="5")
    running, sent_ahead = begin_two(server)
    waiting = server.begin(id="third")
    eventually(lambda: server.put("third", {"input": 5}).status == 202, "third prediction in the line")
    server.signal(signal.SIGTERM)
    answer = waiting.result()
    assert (answer["status"], answer["error"]) == ("canceled", "The server stopped before this prediction could begin")
    assert [running.result()["status"], sent_ahead.result()["status"]] == ["canceled", "canceled"]
    assert server.wait() == 0


def test_an_announced_stop_serves_on(serve: Serve) -> None:
    server = serve(MODEL, COG_DRAIN_DELAY="600", COG_MAX_CONCURRENCY="1")
    with server.raw_client() as kept:
        kept.send(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
        first = kept.answer()
        assert (first.status, first.headers.get("connection")) == (200, None)
        server.signal(signal.SIGTERM)
        server.wait_for_log("server: stop-announced")
        eventually(lambda: server.request("GET", "/readyz").status == 503, "a probe that says no")
        assert server.request("GET", "/livez").status == 200
        kept.send(create())
        answer = kept.answer()
        assert (answer.status, answer.json["output"]) == (200, "done")
        assert answer.headers["connection"] == "close"
        assert kept.rest() == b""
    assert server.output() == "done"
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_after_the_delay_the_server_stops(serve: Serve) -> None:
    server = serve(MODEL, COG_DRAIN_DELAY="0.2")
    running = server.begin(wait="go")
    server.wait_for_file("running")
    server.signal(signal.SIGTERM)
    server.wait_for_log("server: stop-announced")
    wait_until_draining(server)
    (server.project / "go").touch()
    assert running.result()["status"] == "succeeded"
    assert server.wait() == 0


def test_a_prediction_is_cancelled_when_time_is_short(serve: Serve) -> None:
    server = serve(MODEL, COG_SHUTDOWN_TIMEOUT="5")
    running = server.begin(wait="never")
    server.wait_for_file("running")
    server.signal(signal.SIGTERM)
    assert running.result()["status"] == "canceled"
    assert server.wait() == 0


def test_a_prediction_that_does_not_end_does_not_keep_the_server(serve: Serve) -> None:
    server = serve(MODEL, COG_SHUTDOWN_TIMEOUT="0.3")
    with server.raw_client() as client:
        client.send(create(b'{"input":{"wait":"never","stubborn":true}}'))
        server.wait_for_file("running")
        server.signal(signal.SIGTERM)
        assert server.wait() == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_forces(serve: Serve, second: signal.Signals) -> None:
    server = serve(MODEL)
    with server.raw_client() as client:
        client.send(create(b'{"input":{"wait":"never"}}'))
        server.wait_for_file("running")
        server.signal(signal.SIGTERM)
        wait_until_draining(server)
        server.signal(second)
        assert server.wait() == 0


def test_stopping_during_setup(serve: Serve) -> None:
    server = serve(MODEL, files={"hold": ""}, until="STARTING")
    eventually(server.workers, "start of the worker")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_stopping_after_a_failed_setup(serve: Serve, tmp_path: Path) -> None:
    told, unasked = tmp_path / "told", tmp_path / "unasked"
    told.touch()
    for file in (told, unasked):
        server = serve("1 / 0", until="SETUP_FAILED", COG_TERMINATION_LOG=str(file))
        server.signal(signal.SIGTERM)
        assert server.wait() == 1
        assert "ZeroDivisionError" in json.loads(server.log_end.splitlines()[-1])["fields"]["message"]
    assert "predict.py:1: ZeroDivisionError" in told.read_text()
    assert not unasked.exists()


def test_stopping_without_a_worker(serve: Serve, tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.touch()
    model = "import os\nfrom cog import BasePredictor\nclass Predictor(BasePredictor):\n"
    code = "    def predict(self) -> str:\n        os._exit(3)\n"
    server = serve(model + code, COG_RESTARTS="0", COG_TERMINATION_LOG=str(told))
    server.create({})
    server.wait_until("DEFUNCT")
    server.signal(signal.SIGTERM)
    assert server.wait() == 1
    assert "exit code 3" in told.read_text()


def test_children_of_the_model_end_with_the_server(serve: Serve) -> None:
    server = serve("""
import subprocess
from cog import BasePredictor

class Predictor(BasePredictor):
    def setup(self) -> None:
        self.plain = subprocess.Popen(["sleep", "600"])
        self.stubborn = subprocess.Popen(
            ["sh", "-c", "trap '' TERM; echo up; sleep 600"], stdout=subprocess.PIPE, start_new_session=True
        )
        self.stubborn.stdout.readline()

    def predict(self) -> list:
        return [self.plain.pid, self.stubborn.pid]
""")
    pids = server.output()
    assert set(pids) <= set(server.processes())
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_the_worker_dies_with_a_killed_server(serve: Serve) -> None:
    server = serve(MODEL, exits=-signal.SIGKILL)
    assert server.workers()
    server.signal(signal.SIGKILL)
    server.process.wait()
    eventually(lambda: not server.processes(), "end of the workers")


def test_only_an_explicit_shutdown_when_told_so(serve: Serve) -> None:
    server = serve(MODEL, arguments=("--await-explicit-shutdown", "true"))
    server.signal(signal.SIGTERM)
    assert server.output() == "done"
    server.signal(signal.SIGTERM)
    assert server.health()["status"] == "READY"
    assert server.request("POST", "/shutdown").status == 200
    assert server.wait() == 0


def test_await_explicit_shutdown_still_hears_sigint(serve: Serve) -> None:
    server = serve(MODEL, arguments=("--await-explicit-shutdown=true",))
    server.signal(signal.SIGINT)
    assert server.wait() == 0


def test_await_explicit_shutdown_may_be_false(serve: Serve) -> None:
    server = serve(MODEL, arguments=("--await-explicit-shutdown", "false"))
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
