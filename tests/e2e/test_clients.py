"""What the known clients of a Cog server do and rely on (http-api section 26)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting import Gate, model
from conftest import Serve
from listening import STREAMING, Stream, create_async
from server import Answer, Server, eventually

CLOSE = {"Connection": "close"}
NAMED = """
from cog import BasePredictor, Input, current_scope

class Predictor(BasePredictor):
    def setup(self) -> None:
        import time
        from pathlib import Path
        while Path("hold").exists():
            time.sleep(0.01)

    def predict(self, name: str, count: int = Input(default=1, le=10)) -> str:
        return f"{name} {current_scope().context}"

    def train(self, name: str) -> str:
        return f"trained {name}"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("clients"), STREAMING) as server:
        yield server


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("named"), NAMED) as server:
        yield server


def descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def test_the_tool_sees_no_other_state_while_it_waits(serve: Serve) -> None:
    server = serve(NAMED, files={"hold": ""}, until=None)

    def state() -> str:
        return str(server.request("GET", "/health-check", headers=CLOSE).json["status"])

    assert {state() for _ in range(20)} == {"STARTING"}
    (server.project / "hold").unlink()

    def is_ready() -> bool:
        now = state()
        assert now in ("STARTING", "READY")
        return now == "READY"

    eventually(is_ready, "READY")


@pytest.mark.parametrize("context", [{}, {"replicate_api_token": "r8_x"}])
def test_the_tool_predicts(named: Server, context: dict[str, str]) -> None:
    body = {"input": {"name": "Ada"}, "context": context}
    answer = named.request("POST", "/predictions", body, headers=CLOSE)
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert (answer.json["status"], answer.json["output"]) == ("succeeded", f"Ada {context}")
    assert answer.json["metrics"]["predict_time"] >= 0


def test_the_tool_understands_what_is_wrong_with_an_input(named: Server) -> None:
    answer = named.request("POST", "/predictions", {"input": {"count": 11}, "context": {}}, headers=CLOSE)
    assert answer.status == 422
    errors = {tuple(error["loc"]): error["msg"] for error in answer.json["detail"]}
    assert errors == {
        ("body", "input", "count"): "11 is greater than the maximum of 10",
        ("body", "input", "name"): "Field required",
    }


def test_the_tool_trains(serve: Serve) -> None:
    server = serve(NAMED, arguments=("--x-mode", "train"), COG_TRAIN_TYPE_STUB="predict.py:Predictor")
    body = {"input": {"name": "Ada"}, "context": {}}
    assert server.request("POST", "/trainings", body, headers=CLOSE).json["output"] == "trained Ada"
    mismatch = server.request("PUT", "/trainings/one", {"id": "two"})
    assert mismatch.json["detail"][0]["msg"] == "training ID must match the ID supplied in the URL"
    for method, path in (("POST", "/predictions"), ("PUT", "/predictions/job")):
        refused = server.request(method, path, body)
        assert refused.status == 404 and "trainings only" in refused.json["error"]


def answers_of_all_kinds(server: Server) -> list[Answer]:
    gate = Gate(server)
    create_async(server, {"code": f"yield 'a'; {gate.code}; print('x')"}, id="flying")
    gate.wait()
    found = [
        server.create({"code": "print('x'); yield 'a'"}),  # no slot
        server.put("flying", {"input": {}}),
        server.cancel("flying"),
        server.cancel("nobody"),
    ]
    eventually(lambda: server.health()["status"] == "READY", "the end of the cancelled one")
    return [
        *found,
        server.create({"code": "print('x'); yield 'a'"}),
        server.create({"code": "1 / 0\nyield"}),
        create_async(server, {"code": "yield 'a'"}),
        server.create({"code": 7}),
        server.request("GET", "/health-check"),
    ]


def test_browsers_get_the_types_they_expect(server: Server) -> None:
    for answer in answers_of_all_kinds(server):
        assert not 300 <= answer.status < 400
        body = answer.json
        for name in ("id", "status", "error", "logs"):
            assert isinstance(body.get(name, ""), str), body
        assert isinstance(body.get("metrics", {}), dict)
        assert isinstance(body.get("detail", []), list)


def test_browsers_see_whether_the_model_streams(server: Server, named: Server) -> None:
    def mark(asked: Server) -> Any:
        return asked.request("GET", "/openapi.json").json["paths"]["/predictions"]["post"].get("x-cog-streaming")

    assert (mark(server), mark(named)) == (True, None)


def test_texts_that_are_matched(server: Server, named: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"yield 'a'; {gate.code}"}, id="holder")
    gate.wait()
    full = server.create({})
    assert (full.status, "capacity" in full.json["error"]) == (409, True)
    gate.open()
    eventually(lambda: server.health()["status"] == "READY", "its end")
    assert "must match" in server.put("a", {"id": "b", "input": {}}).text
    refused = named.request("POST", "/predictions", {"input": {"name": "A"}}, headers={"Accept": "text/event-stream"})
    assert refused.json["error"].startswith("This model does not support streaming responses")
    assert server.predict(code="raise SystemExit(1)\nyield")["error"].endswith("SystemExit: 1")
    assert re.fullmatch("pred_[0-9a-f]+", server.predict()["id"])
    code = "cog.current_scope().record_metric('n', 1, 'incr'); yield 'a'"
    with Stream(server, {"code": code}) as stream:
        assert 'data: {"mode":"increment","name":"n","value":1}' in stream.text()


def test_texts_before_ready(serve: Serve) -> None:
    server = serve(NAMED, files={"hold": ""}, until="STARTING")
    assert "Setup has not finished yet" in server.create({"name": "A"}).json["error"]
    (server.project / "hold").unlink()
    server.wait_until("READY")


def test_no_document_before_the_model_is_loaded(serve: Serve) -> None:
    server = serve("import time\nwhile True: time.sleep(1)\n", until="STARTING")
    answer = server.request("GET", "/openapi.json")
    assert (answer.status, answer.json) == (503, {"error": "OpenAPI schema not available"})


@pytest.mark.parametrize("checked", ["", "return True"], ids=["model without a check", "model with one"])
def test_fifty_health_checks_beside_a_prediction(serve: Serve, checked: str) -> None:
    server = serve(model(healthcheck=checked))
    server.health()
    before = descriptors(server)
    gate = Gate(server)
    running = server.begin(code=f"{gate.code}; return 'undisturbed'")
    gate.wait()
    assert {server.health()["status"] for _ in range(50)} == {"BUSY"}
    connection = server.connect()
    assert {server.request("GET", "/health-check", connection=connection).status for _ in range(50)} == {200}
    connection.close()
    gate.open()
    assert running.result()["output"] == "undisturbed"
    eventually(lambda: descriptors(server) <= before, "the connections are closed")


def test_ready_right_after_every_answer(server: Server) -> None:
    for number in range(50):
        assert server.predict(code=f"yield '{number}'")["output"] == [str(number)]
        assert server.health()["status"] == "READY"


def test_three_cancels_in_a_row(server: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"yield 'a'; {gate.code}"}, id="thrice")
    gate.wait()
    assert {server.cancel("thrice").status for _ in range(3)} <= {200, 404}
    eventually(lambda: server.health()["status"] == "READY", "its end")
    assert server.predict()["status"] == "succeeded"


def test_a_webhook_that_nobody_hears_does_not_delay_ready(server: Server) -> None:
    answer = server.create({}, webhook="http://127.0.0.1:1/nobody")
    assert answer.json["status"] == "succeeded"
    assert server.health()["status"] == "READY"
    assert server.predict()["status"] == "succeeded"


def test_the_readiness_file_of_kubernetes(serve: Serve, tmp_path: Path) -> None:
    ready = tmp_path / "run" / "cog" / "ready"
    server = serve(NAMED, files={"hold": ""}, until="STARTING", KUBERNETES_SERVICE_HOST="x", COG_READY_FILE=str(ready))
    server.health()
    assert not ready.exists()
    (server.project / "hold").unlink()
    server.wait_until("READY")
    eventually(ready.exists, "the readiness file")
    assert ready.read_bytes() == b""


def test_sorted_keys_are_what_tools_match(server: Server) -> None:
    answer = server.create({"code": "yield 'a'"}, id="sorted")
    assert re.match(r'\{"id":"sorted","logs":"","metrics":\{"predict_time":[0-9.e-]+\},"output":\["a"\],', answer.text)
    assert list(json.loads(answer.body)) == sorted(json.loads(answer.body))
