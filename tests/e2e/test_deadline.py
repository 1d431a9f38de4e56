"""`Cancel-After` and COG_DEFAULT_DEADLINE: a prediction ends when its time is over, wherever it is by then."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from acting import FILE_MODEL, Gate, model
from conftest import Serve
from listening import Receiver, ended, kept
from server import Answer, Background, Server

LONG = "time.sleep(1000)"


@pytest.fixture(scope="module", params=["1", "4"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("deadline"), model(), COG_MAX_QUEUE="5", COG_THREADS=request.param) as server:
        yield server


def create(server: Server, values: object, limit: str, *, id: Optional[str] = None, **headers: str) -> Answer:
    method, path = ("POST", "/predictions") if id is None else ("PUT", f"/predictions/{id}")
    return server.request(method, path, {"input": values}, headers={"Cancel-After": limit, **headers})


def assert_late(prediction: Any, error: str) -> None:
    assert (prediction["status"], prediction["error"]) == ("canceled", error)
    assert "output" not in prediction


def test_one_that_runs_is_ended_and_answered_200(server: Server) -> None:
    answer = create(server, {"code": f"print('begun'); {LONG}"}, "500ms")
    assert answer.status == 200
    assert_late(answer.json, "Deadline of 500 ms passed while it ran")
    assert answer.json["logs"] == "begun\n"
    assert answer.json["metrics"]["predict_time"] > 0
    assert server.predict(code="return 1")["output"] == 1


def test_one_that_ends_in_time_is_as_any_other(server: Server) -> None:
    prediction = create(server, {"code": "return 1"}, "1h").json
    assert (prediction["status"], prediction["output"]) == ("succeeded", 1)
    assert "error" not in prediction and "deadline" not in prediction


def test_one_that_waits_is_answered_504_with_the_ordinary_body(server: Server) -> None:
    gate, never = Gate(server), Gate(server)
    run = server.begin(code=gate.code)
    gate.wait()
    answer = create(server, {"code": never.mark}, "0.2", id="late")
    assert answer.status == 504
    assert_late(answer.json, "Deadline of 200 ms passed before it ran")
    assert answer.json["id"] == "late"
    again = server.put("late", {"input": {"code": never.mark}})
    assert (again.status, again.json["error"]) == (200, answer.json["error"])
    gate.open()
    assert run.result()["status"] == "succeeded"
    assert not never.is_entered()


def test_one_that_nobody_waits_for_is_seen_to_have_ended(server: Server) -> None:
    gate = Gate(server)
    run = server.begin(code=gate.code)
    gate.wait()
    with Receiver() as receiver:
        body = {"input": {"code": "return 1"}, "webhook": receiver.url("/")}
        headers = {"Cancel-After": "200ms", "Prefer": "respond-async"}
        assert server.request("PUT", "/predictions/unwatched", body, headers=headers).status == 202
        assert_late(ended(server, "unwatched"), "Deadline of 200 ms passed before it ran")
        assert_late(receiver.end("/").body, "Deadline of 200 ms passed before it ran")
    gate.open()
    run.result()


def test_the_state_shows_it(server: Server) -> None:
    gate = Gate(server)
    run = Background(lambda: create(server, {"code": gate.code}, "1h", id="shown").json)
    gate.wait()
    state = kept(server, "shown")
    assert state["created_at"] < state["deadline"]
    gate.open()
    assert run.result()["status"] == "succeeded"
    assert kept(server, "shown")["deadline"] == state["deadline"]


def test_a_put_that_joins_does_not_change_it(server: Server) -> None:
    gate = Gate(server)
    run = server.begin(id="joined", code=gate.code)
    gate.wait()
    assert create(server, {}, "1ms", id="joined").status == 202
    gate.open()
    assert run.result()["status"] == "succeeded"


@pytest.mark.parametrize("text", ["soon", "0", "0s", "-5s", "5 minutes", "1s1m", "1e3", "5d"])
def test_what_is_no_time_is_refused_with_the_forms_that_are(server: Server, text: str) -> None:
    answer = create(server, {}, text)
    assert answer.status == 400
    assert answer.text == "Cancel-After must be a positive time such as 90 (seconds), 90s, 5m, 1h30m or 500ms"


@pytest.mark.parametrize("text", ["90", "90s", "5m", "1h30m", "1500ms", "2.5s", "999999999999h"])
def test_what_is_a_time(server: Server, text: str) -> None:
    assert create(server, {"code": "return 1"}, text).json["output"] == 1


def test_a_model_that_ignores_it_costs_its_process(serve: Serve) -> None:
    server = serve(model(), COG_CANCEL_TIMEOUT="0.3")
    first = server.output()
    stubborn = "while True:\n  try:\n    time.sleep(1000)\n  except BaseException:\n    pass"
    assert_late(create(server, {"code": stubborn}, "200ms").json, "Deadline of 200 ms passed while it ran")
    server.wait_until("READY")
    assert server.output() != first


def test_one_whose_input_is_still_on_its_way_never_ran(serve: Serve) -> None:
    server = serve(FILE_MODEL)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        url = f"http://127.0.0.1:{slow.getsockname()[1]}/file"
        answer = create(server, {"file": url}, "300ms")
        assert answer.status == 504
        assert_late(answer.json, "Deadline of 300 ms passed before it ran")
    assert server.output() == "ran"


def test_an_async_task_is_ended_alone(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="2")
    gate = Gate(server)
    other = server.begin(code=f"{gate.async_code}; return 'other'")
    gate.wait()
    assert_late(
        create(server, {"code": "await asyncio.sleep(1000)"}, "200ms").json, "Deadline of 200 ms passed while it ran"
    )
    gate.open()
    assert other.result()["output"] == "other"


def test_a_default_for_all_that_name_none(serve: Serve) -> None:
    server = serve(model(), COG_DEFAULT_DEADLINE="0.3")
    assert_late(server.predict(code=LONG), "Deadline of 300 ms passed while it ran")
    began = time.monotonic()
    assert create(server, {"code": "time.sleep(0.5); return 1"}, "1h").json["output"] == 1
    assert time.monotonic() - began >= 0.5


def test_the_smaller_of_it_and_the_time_out_counts(serve: Serve) -> None:
    server = serve(model(), COG_PREDICT_TIMEOUT="0.3")
    assert create(server, {"code": LONG}, "1h").json["error"].startswith("Prediction timed out")
    assert_late(create(server, {"code": LONG}, "100ms").json, "Deadline of 100 ms passed while it ran")
