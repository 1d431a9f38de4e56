"""COG_PREDICT_TIMEOUT, COG_CANCEL_TIMEOUT, COG_SETUP_TIMEOUT, COG_MAX_LOG_BYTES: what ends a model that will not."""

from __future__ import annotations

import re
import socket

import pytest
from acting import FILE_MODEL, Gate, model
from conftest import Serve
from server import eventually

STUBBORN = """
while True:
  try:
    time.sleep(1000)
  except BaseException:
    pass
"""
STUBBORN_TASK = """
while not Path("give-up").exists():
  try:
    await asyncio.sleep(0.01)
  except asyncio.CancelledError:
    pass
print("gave up at last")
"""


def test_a_prediction_that_is_too_slow_fails(serve: Serve) -> None:
    server = serve(model(), COG_PREDICT_TIMEOUT="0.4")
    before = server.output()
    prediction = server.predict(code="print('begun'); time.sleep(1000)")
    assert prediction["status"] == "failed"
    assert prediction["error"] == "Prediction timed out after 0.4 seconds (COG_PREDICT_TIMEOUT)"
    assert prediction["logs"] == "begun\n"
    assert server.output() == before


@pytest.mark.parametrize("reaction", ["return 'value'", "raise ValueError"])
def test_a_time_out_that_the_model_has_caught_counts(serve: Serve, reaction: str) -> None:
    server = serve(model(), COG_PREDICT_TIMEOUT="0.3")
    prediction = server.predict(code=f"try:\n  time.sleep(1000)\nexcept BaseException:\n  {reaction}")
    assert prediction["status"] == "failed"
    assert "timed out" in prediction["error"]
    assert "output" not in prediction


def test_a_model_that_ignores_the_time_out_is_replaced(serve: Serve) -> None:
    server = serve(model(), COG_PREDICT_TIMEOUT="0.3", COG_CANCEL_TIMEOUT="0.3", COG_RESTARTS="0")
    before = server.output()
    prediction = server.predict(code=f"print('begun'); subprocess.Popen(['sleep', '1000'])\n{STUBBORN}")
    assert prediction["status"] == "failed"
    assert "timed out" in prediction["error"]
    assert prediction["logs"] == "begun\n"
    server.wait_until("READY")
    after = server.output()
    assert after != before
    eventually(lambda: sorted(server.processes()) == sorted([server.process.pid, after]), "all of the old one is gone")


def test_a_task_that_is_too_slow_is_cancelled(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_PREDICT_TIMEOUT="0.4", COG_MAX_CONCURRENCY="2")
    before = server.output()
    cleaned = Gate(server)
    code = f"try:\n  await asyncio.sleep(1000)\nexcept asyncio.CancelledError:\n  {cleaned.mark}\n  return 'value'"
    prediction = server.predict(code=code)
    assert prediction["status"] == "failed"
    assert "timed out" in prediction["error"]
    assert cleaned.is_entered()
    assert server.output() == before


def test_a_download_counts(serve: Serve) -> None:
    server = serve(FILE_MODEL, COG_PREDICT_TIMEOUT="0.3")
    with socket.create_server(("127.0.0.1", 0)) as slow:
        prediction = server.predict(file=f"http://127.0.0.1:{slow.getsockname()[1]}/file")
    assert prediction["status"] == "failed"
    assert "timed out" in prediction["error"]
    assert server.output() == "ran"


def test_a_model_that_ignores_a_cancel_is_replaced(serve: Serve) -> None:
    server = serve(model(), COG_CANCEL_TIMEOUT="0.5", COG_RESTARTS="0")
    before = server.output()
    gate = Gate(server)
    run = server.begin(id="target", code=f"print('begun'); {gate.mark}\n{STUBBORN}")
    gate.wait()
    assert server.cancel("target").status == 200
    prediction = run.result()
    assert (prediction["status"], prediction["logs"]) == ("canceled", "begun\n")
    server.wait_until("READY")
    assert server.output() != before
    server.wait_for_log("WARN.*cancel-ignored.*id=target")


def test_native_code_that_cannot_be_interrupted_is_ended(serve: Serve) -> None:
    server = serve(model(), COG_CANCEL_TIMEOUT="0.5")
    gate = Gate(server)
    run = server.begin(id="target", code=f"{gate.mark}; ctypes.PyDLL(None).sleep(1000)")  # holds the GIL
    gate.wait()
    server.cancel("target")
    assert run.result()["status"] == "canceled"
    server.wait_until("READY")
    assert server.output(code="return 'next'") == "next"


def test_others_go_on_while_one_worker_is_replaced(serve: Serve) -> None:
    server = serve(model(), COG_CANCEL_TIMEOUT="0.5", COG_WORKERS="2")
    gate, stubborn = Gate(server), Gate(server)
    other = server.begin(code=f"{gate.code}; return 'other'")
    gate.wait()
    run = server.begin(id="target", code=f"{stubborn.mark}\n{STUBBORN}")
    stubborn.wait()
    server.cancel("target")
    assert run.result()["status"] == "canceled"
    gate.open()
    assert other.result()["output"] == "other"


def test_a_task_that_ignores_a_cancel_is_abandoned(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_CANCEL_TIMEOUT="0.5")
    gate = Gate(server)
    run = server.begin(id="target", code=f"print('begun'); {gate.mark}\n{STUBBORN_TASK}")
    worker = gate.wait()
    server.cancel("target")
    prediction = run.result()
    assert (prediction["status"], prediction["logs"]) == ("canceled", "begun\n")
    server.wait_for_log("WARN.*task-abandoned.*id=target")
    assert server.health()["status"] == "READY"
    assert server.output() == worker
    (server.project / "give-up").touch()
    server.wait_for_log("gave up at last")
    assert server.predict()["logs"] == ""
    assert server.workers() == [worker]


def test_a_task_that_ignores_the_time_out_is_abandoned(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_PREDICT_TIMEOUT="0.3", COG_CANCEL_TIMEOUT="0.3")
    worker = server.output()
    prediction = server.predict(code=STUBBORN_TASK)
    assert prediction["status"] == "failed"
    assert "timed out" in prediction["error"]
    assert server.output() == worker
    (server.project / "give-up").touch()


@pytest.mark.parametrize("blocking", ["time.sleep(1000)", "ctypes.PyDLL(None).sleep(1000)"])
def test_a_process_whose_loop_is_blocked_is_replaced(serve: Serve, blocking: str) -> None:
    server = serve(model(asynchronous=True), COG_CANCEL_TIMEOUT="0.5", COG_MAX_CONCURRENCY="2", COG_RESTARTS="0")
    gate, stuck = Gate(server), Gate(server)
    other = server.begin(code=f"print('other'); {gate.async_code}")
    worker = gate.wait()
    run = server.begin(id="target", code=f"{stuck.mark}; {blocking}")
    stuck.wait()
    server.cancel("target")
    assert run.result()["status"] == "canceled"
    lost = other.result()
    assert (lost["status"], lost["logs"]) == ("failed", "other\n")
    assert "event loop was blocked" in lost["error"]
    server.wait_until("READY")
    assert server.output() != worker


def test_a_loop_that_is_free_again_in_time_is_kept(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_CANCEL_TIMEOUT="30", COG_MAX_CONCURRENCY="2")
    gate = Gate(server)
    run = server.begin(id="target", code=f"{gate.code}; await asyncio.sleep(1000)")
    worker = gate.wait()
    server.cancel("target")
    gate.open()
    assert run.result()["status"] == "canceled"
    assert server.output() == worker


def test_a_setup_that_is_too_slow_fails(serve: Serve) -> None:
    setup = "print('loading'); subprocess.Popen(['sleep', '1000']); time.sleep(1000)"
    server = serve(model(setup=setup), until="SETUP_FAILED", COG_SETUP_TIMEOUT="1")
    report = server.health()["setup"]
    assert report["status"] == "failed"
    assert "loading" in report["logs"]
    assert "worker setup timed out after 1 seconds" in report["logs"]
    eventually(lambda: server.processes() == [server.process.pid], "all of the worker is gone")
    assert server.create({}).status == 503


def test_a_setup_in_time_is_not_ended_later(serve: Serve) -> None:
    server = serve(model(), COG_SETUP_TIMEOUT="3", COG_PREDICT_TIMEOUT="3")
    before = server.output()
    # This ends later than the setup would have been ended, which began earlier.
    assert "timed out" in server.predict(code="time.sleep(1000)")["error"]
    assert server.output() == before


def test_a_log_ends_where_the_limit_is(serve: Serve) -> None:
    server = serve(model(), COG_MAX_LOG_BYTES="1000")
    prediction = server.predict(code="for i in range(1000): print('é' * 10)\nreturn 'done'")
    assert prediction["output"] == "done"
    kept, mark = re.fullmatch("(?s)(.*)(\n.*TRUNCATED.*\n)", prediction["logs"]).groups()  # type: ignore[union-attr]
    assert 990 <= len(kept.encode()) <= 1000
    assert set(kept) == {"é", "\n"}
    assert mark.count("\n") == 2
    assert server.predict(code="os.write(1, b'x' * 1001)")["logs"] == "x" * 1000 + mark
    assert server.predict(code="print('short')")["logs"] == "short\n"
