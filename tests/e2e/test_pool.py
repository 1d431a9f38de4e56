"""How many workers there are, who gets which prediction, and who waits."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from acting import Gate, model
from conftest import Serve
from server import Background, Server, eventually

AT_CAPACITY = {"error": "At capacity - all prediction slots busy", "status": "failed"}


@pytest.fixture(scope="module", params=["1", "4"])
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker, and room for two who wait."""
    with Server(tmp_path_factory.mktemp("line"), model(), COG_MAX_QUEUE="2", COG_THREADS=request.param) as server:
        yield server


def sees_waiting(server: Server, id: str) -> None:
    """Waits until the prediction waits in the line. What is asked is no valid prediction, so it creates none."""

    def probe() -> bool:
        answer = server.put(id, {"input": {"code": 0}})
        return answer.status == 202 and answer.json["status"] == "starting"

    eventually(probe, f"{id} waits")


def wait_in_line(server: Server, id: str, **values: object) -> Background[Any]:
    """Creates a prediction that has to wait, and sees it wait."""
    run = server.begin(id=id, **values)
    sees_waiting(server, id)
    return run


def busy(server: Server, count: int, word: str = "code") -> tuple[list[Gate], list[Background[Any]]]:
    """Starts so many predictions and sees all of them run at once."""
    gates = [Gate(server) for _ in range(count)]
    runs = [server.begin(code=f"{getattr(gate, word)}; return os.getpid()") for gate in gates]
    for gate in gates:
        gate.wait()
    return gates, runs


def finish(gates: list[Gate], runs: list[Background[Any]]) -> list[int]:
    """Ends these predictions; their processes."""
    for gate in gates:
        gate.open()
    return [run.result()["output"] for run in runs]


@pytest.mark.parametrize(
    ("workers", "concurrency", "processes", "capacity"),
    [("3", None, 3, 3), (None, "3", 3, 3), ("3", "2", 3, 2), ("2", "3", 2, 2), (None, None, 1, 1)],
)
def test_the_pool_of_a_synchronous_model(
    serve: Serve, workers: str, concurrency: str, processes: int, capacity: int
) -> None:
    server = serve(model(), COG_WORKERS=workers, COG_MAX_CONCURRENCY=concurrency)
    assert len(server.workers()) == processes
    gates, runs = busy(server, capacity)
    assert server.health()["status"] == "BUSY"
    answer = server.create({})
    assert (answer.status, answer.json) == (409, AT_CAPACITY)
    assert int(answer.headers["retry-after"]) >= 1
    assert len(set(finish(gates, runs))) == capacity
    assert server.health()["status"] == "READY"
    assert server.output() in server.workers()


@pytest.mark.parametrize(
    ("workers", "concurrency", "processes"),
    [(None, "4", 1), ("2", "4", 2), ("2", "3", 2), ("3", None, 3), (None, None, 1)],
)
def test_the_pool_of_an_asynchronous_model(serve: Serve, workers: str, concurrency: str, processes: int) -> None:
    capacity = int(concurrency or workers or 1)
    server = serve(model(asynchronous=True), COG_WORKERS=workers, COG_MAX_CONCURRENCY=concurrency)
    assert len(server.workers()) == processes
    gates, runs = busy(server, capacity, "async_code")
    assert server.health()["status"] == "BUSY"
    assert server.create({}).status == 409
    assert sorted(set(finish(gates, runs))) == server.workers()
    assert server.health()["status"] == "READY"


def test_the_concurrency_that_the_model_declares(serve: Serve) -> None:
    declared = model(asynchronous=True).replace(
        "    async def predict", "    @cog.concurrent(max=3)\n    async def predict"
    )
    server = serve(declared)
    finish(*busy(server, 3, "async_code"))
    server = serve(declared, COG_MAX_CONCURRENCY="1")
    gates, runs = busy(server, 1, "async_code")
    assert server.create({}).status == 409
    finish(gates, runs)


def test_a_bad_number_of_slots_is_one(serve: Serve) -> None:
    server = serve(model(), COG_MAX_CONCURRENCY="many")
    assert len(server.workers()) == 1
    server.wait_for_log("WARN.*COG_MAX_CONCURRENCY=many")


def test_one_client_is_served_by_the_worker_that_is_warm(serve: Serve) -> None:
    server = serve(model(), COG_WORKERS="3")
    finish(*busy(server, 3))
    assert len({server.output() for _ in range(6)}) == 1


GATED_SETUP = """
    gate = Path(f"setup-{os.getpid()}")
    gate.touch()
    while not Path("go-first").exists() or (Path("first").exists() and not Path("go-others").exists()):
        time.sleep(0.01)
    Path("first").touch()
"""


def test_worker_0_sets_up_first_and_ready_is_shown_when_all_have(serve: Serve) -> None:
    server = serve(model(setup=GATED_SETUP), until="STARTING", COG_WORKERS="3")

    def in_setup() -> int:
        return len(list(server.project.glob("setup-*")))

    eventually(in_setup, "worker 0 sets up")
    assert server.create({}).status == 503
    assert len(server.workers()) == 1
    (server.project / "go-first").touch()
    eventually(lambda: in_setup() == 3, "the others set up")
    assert server.health()["status"] == "STARTING"
    assert server.create({}).status == 503
    (server.project / "go-others").touch()
    server.wait_until("READY")
    finish(*busy(server, 3))


def test_a_broken_model_fails_once(serve: Serve) -> None:
    setup = "Path(f'setup-{os.getpid()}').touch(); print('loading'); raise RuntimeError('no weights')"
    server = serve(model(setup=setup), until="SETUP_FAILED", COG_WORKERS="3")
    report = server.health()["setup"]
    assert report["status"] == "failed"
    assert "RuntimeError: no weights" in report["logs"] and "loading" in report["logs"]
    assert len(list(server.project.glob("setup-*"))) == 1
    eventually(lambda: server.workers() == [], "the process is gone")
    assert server.create({}).status == 503
    assert server.request("GET", "/livez").status == 503
    assert "worker: lost" not in server.log


def test_a_worker_that_cannot_be_set_up_is_given_up(serve: Serve) -> None:
    only_once = "if Path('first').exists():\n    raise RuntimeError('only one fits')\nPath('first').touch()"
    server = serve(model(setup=only_once), COG_WORKERS="2", COG_RESTARTS="1")
    server.wait_for_log("worker: given-up, worker=1 .*only one fits")
    gates, runs = busy(server, 1)
    assert server.health()["status"] == "BUSY"
    assert server.create({}).status == 409
    finish(gates, runs)
    server.predict(code="os._exit(1)")
    server.wait_until("DEFUNCT")


def test_capacity_follows_the_live_workers(serve: Serve) -> None:
    server = serve(model(setup="while Path('wait').exists():\n    time.sleep(0.01)"), COG_WORKERS="2")
    (server.project / "wait").touch()
    server.predict(code="os._exit(1)")
    gates, runs = busy(server, 1)
    assert server.health()["status"] == "BUSY"
    assert server.create({}).status == 409
    (server.project / "wait").unlink()
    server.wait_until("READY")
    assert server.output(code="return 'next'") == "next"
    finish(gates, runs)


@pytest.mark.parametrize("threads", ["1", "4"])
@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_slot_is_free_before_the_answer_is_seen(serve: Serve, asynchronous: bool, threads: str) -> None:
    server = serve(model(asynchronous=asynchronous), COG_THREADS=threads)
    connection = server.connect()
    for _ in range(500):
        answer = server.request("POST", "/predictions", {"input": {"code": "return 1"}}, connection=connection)
        assert answer.status == 200
    assert server.request("GET", "/health-check", connection=connection).json["status"] == "READY"
    connection.close()


def test_those_who_wait_are_served_in_order(line: Server) -> None:
    gates, runs = busy(line, 1)
    order = "with open('order', 'a') as f: f.write({!r})"
    waiting = [wait_in_line(line, id, code=order.format(id)) for id in ("a", "b")]
    full = line.create({})
    assert (full.status, full.json) == (409, AT_CAPACITY)
    assert "retry-after" in full.headers
    assert line.health()["status"] == "BUSY"
    finish(gates, runs)
    assert [run.result()["status"] for run in waiting] == ["succeeded", "succeeded"]
    assert (line.project / "order").read_text() == "ab"
    assert line.health()["status"] == "READY"


def test_a_waiting_prediction_can_be_asked_for(line: Server) -> None:
    gates, runs = busy(line, 1)
    waiting = wait_in_line(line, "asked", code="return 'served'")
    assert line.put("asked", {"input": {"code": "other"}}).json == {
        "id": "asked",
        "input": {"code": "return 'served'"},
        "logs": "",
        "metrics": {},
        "status": "starting",
    }
    assert line.request("POST", "/predictions", {"id": "asked", "input": {}}).status == 409
    finish(gates, runs)
    assert waiting.result()["output"] == "served"


def test_a_waiting_prediction_can_be_cancelled(line: Server) -> None:
    gates, runs = busy(line, 1)
    never = Gate(line)
    waiting = [wait_in_line(line, "dropped", code=never.mark), wait_in_line(line, "kept", code="return 'kept'")]
    assert line.cancel("dropped").status == 200
    dropped = waiting[0].result()
    assert (dropped["id"], dropped["status"], dropped["logs"]) == ("dropped", "canceled", "")
    assert line.cancel("dropped").status == 200  # so it is kept
    finish(gates, runs)
    assert waiting[1].result()["output"] == "kept"
    assert not never.is_entered()


def test_a_client_that_leaves_the_line_is_not_served(line: Server) -> None:
    gates, runs = busy(line, 1)
    never = Gate(line)
    client = line.open_socket()
    body = b'{"id":"left","input":{"code":"%s"}}' % never.mark.encode()
    head = b"POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    client.sendall(head % len(body) + body)
    sees_waiting(line, "left")
    client.close()
    eventually(lambda: line.request("GET", "/predictions/left").json["status"] == "canceled", "it has left the line")
    finish(gates, runs)
    line.output()
    assert not never.is_entered()


def test_a_worker_that_comes_back_serves_the_line(line: Server) -> None:
    gate = Gate(line)
    run = line.begin(code=f"{gate.code}; os._exit(9)")
    gate.wait()
    waiting = [wait_in_line(line, id, code="return 'served'") for id in ("a", "b")]
    gate.open()
    assert run.result()["error"] == "Worker crashed: exit code 9"
    assert [each.result()["output"] for each in waiting] == ["served", "served"]


def test_of_many_that_wait_none_is_lost_in_a_death_and_none_runs_that_was_cancelled(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="12")
    gate, never = Gate(server), Gate(server)
    run = server.begin(code=f"{gate.code}; os._exit(9)")
    gate.wait()
    order = "with open('order', 'a') as f: f.write({!r})"
    names = "abcdefghijk"
    waiting = [wait_in_line(server, id, code=never.mark if id in "cj" else order.format(id)) for id in names]
    assert [server.cancel(id).status for id in "cj"] == [200, 200]
    gate.open()
    assert run.result()["error"] == "Worker crashed: exit code 9"
    endings = {id: each.result()["status"] for id, each in zip(names, waiting)}
    assert endings == {id: "canceled" if id in "cj" else "succeeded" for id in names}
    assert (server.project / "order").read_text() == "abdefghik"
    assert not never.is_entered()


def test_the_next_free_worker_serves_the_line(serve: Serve) -> None:
    server = serve(model(), COG_WORKERS="2", COG_MAX_QUEUE="1")
    gates, runs = busy(server, 2)
    waiting = wait_in_line(server, "waits")
    gates[1].open()
    assert waiting.result()["output"] == runs[1].result()["output"]
    gates[0].open()
    runs[0].result()


def test_the_line_is_answered_when_all_workers_are_given_up(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="2", COG_RESTARTS="0")
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; os._exit(9)")
    gate.wait()
    waiting = Background(lambda: server.create({}, id="waits"))
    sees_waiting(server, "waits")
    gate.open()
    run.result()
    answer = waiting.result()
    assert answer.status == 503
    assert "exit code 9" in answer.json["error"]


def test_waiting_counts_in_no_time(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="1", COG_PREDICT_TIMEOUT="1")
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}")
    gate.wait()
    began = time.monotonic()
    waiting = wait_in_line(server, "waits", code="return 'served'")
    assert "timed out" in run.result()["error"]
    prediction = waiting.result()
    assert prediction["output"] == "served"
    assert prediction["metrics"]["predict_time"] < time.monotonic() - began


def test_a_half_closed_client_leaves_the_line(line: Server) -> None:
    gates, runs = busy(line, 1)
    client = line.open_socket()
    client.sendall(b"PUT /predictions/half HTTP/1.1\r\nHost: x\r\n\r\n")
    sees_waiting(line, "half")
    client.shutdown(socket.SHUT_WR)
    eventually(lambda: line.request("GET", "/predictions/half").json["status"] == "canceled", "it has left the line")
    client.close()
    finish(gates, runs)
