"""What a server says about itself and its model."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from conftest import Serve
from server import REPOSITORY, Background, Server, eventually

MODEL = """
import time
from pathlib import Path
from typing import List, Optional
from cog import BasePredictor, Input

class Predictor(BasePredictor):
    def setup(self) -> None:
        print("weights loaded")
        while Path("hold").exists():
            time.sleep(0.01)

    def predict(self, text: str = Input(default="t", max_length=9), seed: Optional[int] = None) -> List[str]:
        while Path("wait").exists():
            time.sleep(0.01)
        return [text]
"""

CHECKED = """
import time
from pathlib import Path
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self) -> str:
        while Path("wait").exists():
            time.sleep(0.01)
        return "done"

    def healthcheck(self) -> bool:
        with open("checks", "a") as file:
            file.write("x")
        return eval(Path("verdict").read_text())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("info"), MODEL) as server:
        yield server


def test_the_discovery_document(server: Server) -> None:
    answer = server.request("GET", "/")
    served = answer.json["operations"]
    assert served["embeddings"].startswith("This model does not serve embeddings")
    operations = json.dumps(served, separators=(",", ":"), ensure_ascii=False)
    assert answer.text.replace(f'"operations":{operations},', "") == (
        '{"cog_version":"0.23.1","docs_url":"/docs","healthcheck_url":"/health-check","openapi_url":"/openapi.json",'
        '"predictions_cancel_url":"/predictions/{prediction_id}/cancel",'
        '"predictions_idempotent_url":"/predictions/{prediction_id}","predictions_url":"/predictions",'
        '"shutdown_url":"/shutdown","status":"alive"}'
    )


def test_a_ready_server(server: Server) -> None:
    report = server.health()
    assert list(report) == ["status", "setup", "version"]
    assert report["status"] == "READY"
    assert list(report["setup"]) == ["started_at", "completed_at", "status", "logs"]
    assert report["setup"]["status"] == "succeeded"
    assert list(report["version"]) == ["coglet", "git_sha", "build_time", "python_sdk", "python"]
    assert report["version"]["python_sdk"] == "0.23.1"
    assert report["version"]["python"] == ".".join(str(part) for part in sys.version_info[:3])
    times = [report["setup"][name] for name in ("started_at", "completed_at")]
    for text in times:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3}){0,2})?\+00:00", text)
    begin, end = (datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)) for text in times)
    assert begin <= end


def test_the_setup_log_of_a_ready_server(server: Server) -> None:
    lines = server.health()["setup"]["logs"].splitlines()
    assert "[coglet::setup] weights loaded" in lines
    for text in (
        "Spawning worker subprocess",
        "Connected to slot transport",
        "File descriptor redirection complete",
        "Server ready",
    ):
        assert any(line.endswith(f"] {text}") for line in lines)
    assert lines[-1].endswith("Server ready")


def test_probes_of_a_ready_server(server: Server) -> None:
    for path in ("/livez", "/readyz"):
        answer = server.request("GET", path)
        assert (answer.status, answer.json) == (200, {"status": "READY"})


def test_many_health_checks_in_a_row(server: Server) -> None:
    connection = server.connect()
    states = {server.request("GET", "/health-check", connection=connection).json["status"] for _ in range(100)}
    connection.close()
    assert states == {"READY"}


def test_the_openapi_document_is_that_of_the_model(server: Server) -> None:
    answer = server.request("GET", "/openapi.json")
    document = answer.json
    assert answer.text == json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    schemas = document["components"]["schemas"]
    assert schemas["Input"]["properties"]["text"]["maxLength"] == 9
    assert schemas["Input"]["properties"]["seed"]["nullable"] is True
    assert schemas["Output"]["type"] == "array"
    shown = subprocess.run(
        [sys.executable, "-m", "cog.schema", "predict.py:Predictor"],
        cwd=server.project,
        env={"PYTHONPATH": str(REPOSITORY / "python")},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(shown.stdout) == document


def test_a_server_that_is_starting(serve: Serve) -> None:
    server = serve(MODEL, files={"hold": ""}, until="STARTING")
    setup = server.health()["setup"]
    assert setup["status"] == "starting"
    assert "completed_at" not in setup
    for path, status in (("/livez", 200), ("/readyz", 503)):
        answer = server.request("GET", path)
        assert (answer.status, answer.json) == (status, {"status": "STARTING"})
    assert server.cancel("x").status == 404
    assert server.request("GET", "/").status == 200
    refused = server.create({})
    message = "Setup has not finished yet. Wait until it has finished, or GET /health-check for status."
    assert (refused.status, refused.json) == (503, {"error": message, "status": "failed"})
    assert server.request("POST", "/predictions", {}, headers={"Content-Type": "text/plain"}).status == 415
    (server.project / "hold").unlink()
    server.wait_until("READY")
    assert server.output() == ["t"]


def test_a_busy_server(serve: Serve) -> None:
    server = serve(MODEL)
    (server.project / "wait").touch()
    running = server.begin()
    server.wait_until("BUSY")
    assert server.request("GET", "/readyz").json == {"status": "BUSY"}
    assert server.request("GET", "/livez").status == 200
    (server.project / "wait").unlink()
    assert running.result()["status"] == "succeeded"
    assert server.health()["status"] == "READY"


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        ("False", "Healthcheck failed: user-defined healthcheck returned False"),
        ("1 / 0", "Healthcheck failed: ZeroDivisionError: division by zero"),
        ("exit(1)", "Healthcheck failed: SystemExit: 1"),
    ],
)
def test_a_model_that_says_it_is_unhealthy(serve: Serve, verdict: str, error: str) -> None:
    server = serve(CHECKED, files={"verdict": "True"})
    (server.project / "verdict").write_text(verdict)
    report = server.health()
    assert (report["status"], report["user_healthcheck_error"]) == ("UNHEALTHY", error)
    assert list(report)[-1] == "user_healthcheck_error"
    for path, status in (("/livez", 200), ("/readyz", 503)):
        answer = server.request("GET", path)
        assert (answer.status, answer.json) == (status, {"status": "UNHEALTHY"})
    assert server.output() == "done"
    (server.project / "verdict").write_text("None")
    assert server.health()["status"] == "READY"


def begin_slow_check(server: Server) -> Background[Any]:
    """A health check that runs until the file "slow" is gone."""
    slow = "exec('while Path(\"slow\").exists(): time.sleep(0.01)') is None"
    (server.project / "verdict").write_text(slow)
    (server.project / "slow").touch()
    (server.project / "checks").unlink()
    check = Background(server.health)
    server.wait_for_file("checks")
    return check


def test_a_slow_check_delays_neither_work_nor_cancels(serve: Serve) -> None:
    server = serve(CHECKED, files={"verdict": "True"})
    check = begin_slow_check(server)
    assert server.output() == "done"
    (server.project / "wait").touch()
    running = server.begin(id="job")
    eventually(lambda: server.cancel("job").status == 200, "start of the second prediction")
    assert running.result()["status"] == "canceled"
    assert not check.is_done()
    (server.project / "slow").unlink()
    assert check.result()["status"] in ("READY", "BUSY")


def test_checks_at_the_same_time_are_one(serve: Serve) -> None:
    server = serve(CHECKED, files={"verdict": "True"})
    first = begin_slow_check(server)
    with server.raw_client() as second, server.raw_client() as third:
        for client in (second, third):
            client.send(b"GET /health-check HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.request("GET", "/").status == 200
        (server.project / "slow").unlink()
        assert {client.answer().json["status"] for client in (second, third)} == {"READY"}
    assert first.result()["status"] == "READY"
    assert len((server.project / "checks").read_text()) <= 2
