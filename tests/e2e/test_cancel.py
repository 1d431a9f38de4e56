"""Cancelling a synchronous prediction: it acts wherever the model is, and never on another prediction."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from acting import FILE_MODEL, Gate, cancel_late, model
from conftest import Serve
from server import Background, Server, eventually


@pytest.fixture(scope="module", params=["1", "4"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that must leave its worker as it was."""
    with Server(tmp_path_factory.mktemp("cancel"), model(), COG_MAX_QUEUE="1", COG_THREADS=request.param) as server:
        yield server


@pytest.fixture
def worker(server: Server) -> Iterator[int]:
    """The worker, which is to be the same one, and well, after the test."""
    before = server.output()
    yield before
    assert server.output() == before


def canceled(server: Server, code: str, *, id: str = "target", **fields: Any) -> Any:
    """Cancels a prediction once it runs this code; its answer."""
    gate = Gate(server)
    run = Background(lambda: server.create({"code": f"{gate.mark}\n{code}"}, id=id, **fields).json)
    gate.wait()
    answer = server.cancel(id)
    assert (answer.status, answer.json) == (200, {})
    prediction = run.result()
    assert (prediction["id"], prediction["status"]) == (id, "canceled")
    assert "output" not in prediction and "error" not in prediction
    return prediction


@pytest.mark.parametrize(
    "code",
    [
        "time.sleep(1000)",
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "threading.Event().wait()",
        "threading.Thread(target=time.sleep, args=(0.3,)).start(); threading.Event().wait()",
        "subprocess.run(['sleep', '1000'])",
        "subprocess.Popen(['sleep', '1000']).wait()",
        "import queue; queue.Queue().get()",
        "a, b = socket.socketpair(); a.recv(1)",
        "os.read(os.pipe()[0], 1)",
        "while True: pass",
        "sum(1 for _ in iter(int, 1))",
        "asyncio.run(asyncio.sleep(1000))",
        "list(map(time.sleep, [1000]))",
    ],
)
def test_it_acts_wherever_the_model_is(server: Server, worker: int, code: str) -> None:
    prediction = canceled(server, f"print('begun')\n{code}")
    assert prediction["logs"] == "begun\n"
    assert prediction["metrics"]["predict_time"] > 0


@pytest.mark.parametrize(
    "reaction",
    [
        "return 'value'",
        "pass",
        "raise",
        "raise ValueError('other')",
        "raise SystemExit(3)",
        "raise KeyboardInterrupt",
        "return object()",
    ],
)
@pytest.mark.parametrize("caught", ["CancelationException", "BaseException"])
def test_whatever_the_model_does_then_it_counts_as_canceled(
    server: Server, worker: int, caught: str, reaction: str
) -> None:
    canceled(server, f"try:\n  time.sleep(1000)\nexcept {caught}:\n  {reaction}")


def test_it_is_no_exception_that_models_catch(server: Server, worker: int) -> None:
    after = Gate(server)
    canceled(server, f"try:\n  time.sleep(1000)\nexcept Exception:\n  pass\n{after.mark}")
    assert not after.is_entered()


def test_a_model_may_cancel_itself(server: Server, worker: int) -> None:
    prediction = server.predict(code="raise CancelationException")
    assert prediction["status"] == "canceled"


@pytest.mark.parametrize("block", ["finally:", "except CancelationException:"])
def test_the_model_may_clean_up_in_peace(server: Server, worker: int, block: str) -> None:
    cleaned = Gate(server)
    prediction = canceled(
        server, f"try:\n  time.sleep(1000)\n{block}\n  time.sleep(0.5); print('clean'); {cleaned.mark}"
    )
    assert prediction["logs"] == "clean\n"
    assert cleaned.is_entered()


def test_the_slot_is_taken_until_the_model_has_cleaned_up(server: Server, worker: int) -> None:
    gate, cleaning = Gate(server), Gate(server)
    run = server.begin(id="target", code=f"try:\n  {gate.mark}; time.sleep(1000)\nfinally:\n  {cleaning.code}")
    gate.wait()
    server.cancel("target")
    cleaning.wait()
    assert server.health()["status"] == "BUSY"
    assert server.put("target", {"input": {"code": 0}}).json["status"] == "processing"
    cleaning.open()
    assert run.result()["status"] == "canceled"
    assert server.health()["status"] == "READY"


def test_one_that_is_lost_is_tried_again(server: Server, worker: int) -> None:
    lost = Gate(server)
    code = f"""
class Late:
  def __del__(self):
    {lost.mark}
    time.sleep(1000)
late = Late()
del late
time.sleep(1000)
"""
    run = server.begin(id="target", code=code)
    lost.wait()
    server.cancel("target")
    assert run.result()["status"] == "canceled"


def test_it_may_be_repeated(server: Server, worker: int) -> None:
    gate, cleaning = Gate(server), Gate(server)
    run = server.begin(id="target", code=f"try:\n  {gate.mark}; time.sleep(1000)\nfinally:\n  {cleaning.code}")
    gate.wait()
    for _ in range(20):
        answer = server.cancel("target")
        assert (answer.status, answer.json) == (200, {})
    cleaning.open()
    assert run.result()["status"] == "canceled"
    assert (server.cancel("target").status, server.cancel("target").status) == (200, 200)


def test_what_is_not_in_flight_is_unknown(server: Server, worker: int) -> None:
    server.create({}, id="ended")
    for id in ("never-heard-of", "ended"):
        answer = server.cancel(id)
        assert (answer.status, answer.json) == (404, {})


def test_a_late_one_never_hits_the_next(server: Server, worker: int) -> None:
    cancel_late(server)


def test_the_same_id_can_run_again(server: Server, worker: int) -> None:
    for _ in range(3):
        canceled(server, "time.sleep(1000)", id="again")
        assert server.create({"code": "return 'ran'"}, id="again").json["output"] == "ran"


def test_a_generated_id_can_be_cancelled(server: Server, worker: int) -> None:
    run = server.begin(code="print('who am I?'); time.sleep(1000)")
    id = server.wait_for_log(r'who am I\?","prediction_id":"(pred_\w+)')[1]
    assert server.cancel(id).status == 200
    assert run.result() == {**run.result(), "id": id, "status": "canceled"}


def test_the_routes_of_trainings_and_predictions_share_their_ids(server: Server, worker: int) -> None:
    gate = Gate(server)
    run = server.begin(id="target", code=gate.code)
    gate.wait()
    assert server.request("POST", "/trainings/target/cancel").status == 200
    assert run.result()["status"] == "canceled"


def test_what_waits_for_its_input_is_cancelled_at_once(serve: Serve) -> None:
    server = serve(FILE_MODEL)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        url = f"http://127.0.0.1:{slow.getsockname()[1]}/file"
        run = server.begin(id="target", file=url)
        client, _ = slow.accept()
        assert server.cancel("target").status == 200
        assert run.result()["status"] == "canceled"
        with client:
            client.settimeout(60)
            while client.recv(4096):
                pass  # the download is given up
    assert server.output() == "ran"


def test_it_closes_the_generator(serve: Serve) -> None:
    server = serve("""
import time
from pathlib import Path
from typing import Iterator
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, wait: bool = True) -> Iterator[str]:
        try:
            yield "chunk"
            Path("yielded").touch()
            time.sleep(1000 if wait else 0)
        finally:
            print("closed")
""")
    run = server.begin(id="target")
    server.wait_for_file("yielded")
    server.cancel("target")
    prediction = run.result()
    assert (prediction["status"], prediction["logs"]) == ("canceled", "closed\n")
    assert "output" not in prediction
    assert server.output(wait=False) == ["chunk"]


def test_it_hits_no_other_worker(serve: Serve) -> None:
    server = serve(model(), COG_WORKERS="3", COG_THREADS="4")
    gates = [Gate(server) for _ in range(3)]
    runs = [server.begin(id=f"run-{i}", code=f"{gate.code}; return {i}") for i, gate in enumerate(gates)]
    for gate in gates:
        gate.wait()
    assert server.cancel("run-1").status == 200
    assert runs[1].result()["status"] == "canceled"
    for gate in gates:
        gate.open()
    assert [runs[0].result()["output"], runs[2].result()["output"]] == [0, 2]


@pytest.mark.parametrize("behind", [0, 100_000], ids=["alone", "with_more_behind"])
@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("method", ["POST /predictions", "PUT /predictions/left"])
def test_a_client_that_leaves_cancels(server: Server, worker: int, method: str, half: bool, behind: int) -> None:
    gate, ended = Gate(server), Gate(server)
    code = f"try:\n  {gate.mark}; time.sleep(1000)\nexcept CancelationException:\n  {ended.mark}"
    body = json.dumps({"input": {"code": code}}).encode()
    client = server.open_socket()
    head = f"{method} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    client.sendall(head.encode() + body + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * (behind // 34))
    gate.wait()
    if half:
        client.shutdown(socket.SHUT_WR)
    else:
        client.close()
    ended.wait()
    eventually(lambda: server.health()["status"] == "READY", "the slot is free")
    client.close()


def test_a_client_that_leaves_cancels_nothing_of_others(server: Server, worker: int) -> None:
    gate = Gate(server)
    run = server.begin(id="shared", code=f"{gate.code}; return 'mine'")
    gate.wait()
    client = server.raw_client()
    client.send(b"PUT /predictions/shared HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.answer().status == 202
    client.socket.close()
    gate.open()
    assert run.result()["output"] == "mine"
