"""`Prefer: respond-async`: accepted at once, run in their turn, and nobody has to stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import Gate, model
from conftest import Serve
from listening import create_async, ended, kept
from server import Server, eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("async-predictions"), model()) as server:
        yield server


def test_the_answer_comes_before_the_prediction_ends(server: Server) -> None:
    gate = Gate(server)
    answer = create_async(server, {"code": f"{gate.code}; return 'done'"}, id="job-17")
    assert (answer.status, answer.text) == (202, '{"id":"job-17","status":"starting"}')
    gate.wait()
    assert kept(server, "job-17")["status"] == "processing"
    gate.open()
    assert ended(server, "job-17")["output"] == "done"


def test_an_id_is_made_for_a_post_without_one(server: Server) -> None:
    answer = create_async(server, {"code": "return 1"})
    assert answer.status == 202
    assert answer.json["id"].startswith("pred_")
    assert ended(server, answer.json["id"])["output"] == 1


@pytest.mark.parametrize("id", [None, "bad-input"])
def test_an_invalid_input_is_refused_at_once(server: Server, id: str | None) -> None:
    answer = create_async(server, {"code": 7}, id=id)
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["body", "input", "code"]


@pytest.mark.parametrize("prefer", ["respond-async, wait=5", "Respond-Async", "wait=5", "respond-async;x=1", ""])
def test_other_preferences_mean_to_wait(server: Server, prefer: str) -> None:
    body = {"input": {"code": "return 'here'"}}
    answer = server.request("POST", "/predictions", body, headers={"Prefer": prefer})
    assert (answer.status, answer.json["output"]) == (200, "here")


def test_without_a_slot_it_is_refused(server: Server) -> None:
    gate = Gate(server)
    run = server.begin(code=gate.code)
    gate.wait()
    answer = create_async(server, {"code": "return 1"})
    assert (answer.status, answer.json["status"]) == (409, "failed")
    gate.open()
    assert run.result()["status"] == "succeeded"


def test_a_failure_is_kept_with_its_logs(server: Server) -> None:
    create_async(server, {"code": "print('trying'); raise ValueError('bad seed')"}, id="fails")
    result = ended(server, "fails")
    assert result["status"] == "failed" and result["logs"].startswith("trying\nTraceback ")
    assert result["error"].endswith("ValueError: bad seed")


def test_it_can_be_cancelled(server: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"{gate.mark}; time.sleep(1000)"}, id="victim")
    gate.wait()
    assert server.cancel("victim").status == 200
    assert ended(server, "victim")["status"] == "canceled"


def test_a_client_that_leaves_without_the_answer_cancels_nothing(server: Server) -> None:
    gate = Gate(server)
    body = json.dumps({"input": {"code": f"{gate.code}; return 'alone'"}}).encode()
    head = (
        "PUT /predictions/left HTTP/1.1\r\nHost: x\r\nPrefer: respond-async\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with server.raw_client() as client:
        client.send(head.encode() + body)
    gate.wait()
    gate.open()
    assert ended(server, "left")["output"] == "alone"


def test_a_put_in_flight_tells_the_state_and_starts_nothing(server: Server) -> None:
    gate = Gate(server)
    code = f"print('one'); {gate.code}"
    create_async(server, {"code": code}, id="twice")
    gate.wait()
    answer = create_async(server, {"code": 7}, id="twice")
    assert answer.status == 202
    assert (answer.json["status"], answer.json["input"]) == ("processing", {"code": code})
    gate.open()
    assert ended(server, "twice")["status"] == "succeeded"


def test_several_wait_in_line(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="2")
    gate = Gate(server)
    create_async(server, {"code": gate.code}, id="first")
    gate.wait()
    log = "open('order', 'a').write({!r})"
    for id in ("second", "third"):
        assert create_async(server, {"code": log.format(id + " ")}, id=id).json["status"] == "starting"
    assert create_async(server, {"code": "return 1"}, id="fourth").status == 409
    assert kept(server, "third")["status"] == "starting"
    gate.open()
    assert ended(server, "third")["status"] == "succeeded"
    assert (server.project / "order").read_text() == "second third "


def test_one_that_waits_can_be_cancelled(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="1")
    gate, never = Gate(server), Gate(server)
    create_async(server, {"code": gate.code}, id="first")
    gate.wait()
    create_async(server, {"code": never.mark}, id="second")
    assert server.cancel("second").status == 200
    state = kept(server, "second")
    assert state["status"] == "canceled"
    assert state["created_at"] <= state["completed_at"]
    gate.open()
    assert ended(server, "first")["status"] == "succeeded"
    assert not never.is_entered()


def test_a_graceful_stop_lets_it_finish(serve: Serve) -> None:
    server = serve(model())
    gate = Gate(server)
    create_async(server, {"code": f"{gate.code}; Path('finished').touch()"})
    gate.wait()
    server.signal(15)
    server.wait_for_log("server: stopping")
    gate.open()
    assert server.wait() == 0
    assert (server.project / "finished").exists()


def test_a_graceful_stop_cancels_what_takes_too_long(serve: Serve) -> None:
    server = serve(model(), COG_SHUTDOWN_TIMEOUT="5")
    gate, cleaned = Gate(server), Gate(server)
    create_async(server, {"code": f"try:\n  {gate.mark}; time.sleep(1000)\nfinally:\n  {cleaned.mark}"})
    gate.wait()
    server.stop()
    assert cleaned.is_entered()


def test_a_hundred_at_once(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="100")
    gate = Gate(server)
    for i in range(100):
        assert create_async(server, {"code": f"{gate.async_code}; return {i}"}, id=f"run-{i}").status == 202
    assert server.health()["status"] == "BUSY"
    gate.open()
    assert [ended(server, f"run-{i}")["output"] for i in range(100)] == list(range(100))
    eventually(lambda: server.health()["status"] == "READY", "all slots are back")


def test_the_temporary_folder_is_empty_at_the_end(serve: Serve, tmp_path: Path) -> None:
    server = serve(model(), COG_KEEP_RESULTS="0")
    code = "Path('out.txt').write_text('x'); return cog.Path('out.txt')"
    create_async(server, {"code": code})
    server.wait_until("READY")
    server.stop()
    assert [path for path in server.temporary.rglob("*") if path.is_file()] == []
