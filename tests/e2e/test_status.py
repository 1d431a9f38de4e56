"""GET /status: what the server says of itself agrees with what was done to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conftest import Serve
from server import Server, eventually
from tool import Running, cog, succeeded

MODEL = """
import time
from pathlib import Path
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, wait: str = "", fail: str = "") -> str:
        print("begun")
        while wait and not Path(wait).exists():
            time.sleep(0.01)
        if fail:
            raise ValueError(fail)
        return "done"
"""


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port of this machine at which nobody listens, and nobody else can meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def status(server: Server) -> Any:
    answer = server.request("GET", "/status")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    return answer.json


def metrics(server: Server) -> dict[str, float]:
    lines = server.request("GET", "/metrics").body.decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_a_server_that_rests(serve: Serve) -> None:
    server = serve(MODEL, COG_IMAGE="registry/name@sha256:0")
    report = status(server)
    assert (report["status"], report["slots"]) == (
        "READY",
        {"total": 1, "live": 1, "busy": 0, "waiting": 0, "queue": 0},
    )
    assert report["model"]["image"] == "registry/name@sha256:0"
    assert report["model"]["async"] is False
    (worker,) = report["workers"]
    assert (worker["state"], worker["pid"]) == ("ready", server.workers()[0])
    assert worker["rss_bytes"] > 1 << 20 and worker["cpu_seconds"] > 0
    assert (report["failures"], report["deaths"], report["gpus"]) == ([], [], [])
    assert report["started_at"] <= worker["since"] <= report["since"] or report["since"] <= worker["since"]


def test_what_runs_and_waits(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_QUEUE="5")
    running = server.begin(id="first", wait="go")
    eventually(lambda: status(server)["workers"][0]["running"], "a prediction that runs")
    more = [server.begin(id=f"more-{i}", wait="go") for i in range(3)]
    eventually(lambda: status(server)["slots"]["waiting"] == 3, "three that wait")
    report = status(server)
    assert (report["status"], report["slots"]["busy"]) == ("BUSY", 1)
    (worker,) = report["workers"]
    assert (worker["state"], [run["id"] for run in worker["running"]]) == ("busy", ["first"])
    found = metrics(server)
    assert found["cog_predictions_waiting"] == report["slots"]["waiting"]
    (server.project / "go").touch()
    for one in [running, *more]:
        assert one.result()["status"] == "succeeded"
    report = status(server)
    assert report["workers"][0]["predictions"] == 4
    assert report["latency"]["count"] == 4
    assert report["latency"]["max"] >= report["latency"]["p99"] >= report["latency"]["p50"] > 0
    assert report["latency"]["queue"]["max"] > 0
    assert report["rates"]["5m"]["succeeded"] > 0


def test_failures_refusals_and_deaths(serve: Serve) -> None:
    server = serve(MODEL)
    assert server.create({"fail": "a reason"}, id="bad").json["status"] == "failed"
    running = server.begin(id="taken", wait="never")
    eventually(lambda: status(server)["slots"]["busy"] == 1, "a prediction that runs")
    assert server.create({}).status == 409
    os.kill(server.workers()[0], signal.SIGKILL)
    assert running.result()["status"] == "failed"
    server.wait_until("READY")
    report = status(server)
    assert [failure["id"] for failure in report["failures"]] == ["taken", "bad"]
    assert "a reason" in report["failures"][1]["error"]
    assert "begun" in report["failures"][1]["log_tail"]
    (death,) = report["deaths"]
    assert (death["worker"], death["predictions"]) == (0, ["taken"])
    assert "signal 9" in death["cause"]
    (worker,) = report["workers"]
    assert worker["restarts"]["total"] == 1
    assert worker["last_death"]["cause"] == death["cause"]
    assert report["rates"]["1m"]["refused"] > 0
    assert metrics(server)['cog_worker_restarts_total{cause="crash"}'] == 1


def test_logs_can_be_left_out(serve: Serve) -> None:
    server = serve(MODEL, COG_STATUS_LOGS="0")
    server.create({"fail": "a reason"})
    (failure,) = status(server)["failures"]
    assert "log_tail" not in failure and "a reason" in failure["error"]


def test_a_server_whose_setup_has_failed(serve: Serve) -> None:
    report = status(serve("1 / 0", until="SETUP_FAILED"))
    assert report["status"] == "SETUP_FAILED"
    (worker,) = report["workers"]
    assert worker["state"] == "failed"
    assert "ZeroDivisionError" in worker["last_death"]["cause"]


def test_cog_top_prints_it_once(serve: Serve, tmp_path: Path) -> None:
    server = serve(MODEL)
    server.create({"fail": "a reason"}, id="bad")
    shown = succeeded(cog(tmp_path, "top", f"localhost:{server.port}")).stdout
    assert "READY" in shown and "slots 0/1 busy" in shown
    assert "ValueError: a reason" in shown and "begun" not in shown
    report = json.loads(succeeded(cog(tmp_path, "top", "--json", f"http://localhost:{server.port}/")).stdout)
    assert report["failures"][0]["id"] == "bad"


def test_cog_top_watches_in_a_terminal(serve: Serve, tmp_path: Path) -> None:
    server = serve(MODEL)
    server.create({"fail": "a reason"}, id="bad")
    with Running(tmp_path, "top", f"localhost:{server.port}", terminal=True) as top:
        top.read_until("f shows failures")
        top.write("f")
        top.read_until("begun")
        top.write("q")
        top.rest()
        assert top.wait() == 0


def test_cog_top_says_what_does_not_answer(tmp_path: Path) -> None:
    with closed_port() as port:
        done = cog(tmp_path, "top", f"localhost:{port}")
    assert done.returncode == 1
    assert f"no server answers at http://localhost:{port}" in done.stderr


def test_a_browser_gets_the_page(serve: Serve) -> None:
    server = serve(MODEL)
    answer = server.request("GET", "/status", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert json.loads(server.request("GET", "/status", headers={"Accept": "*/*"}).body)["status"] == "READY"
