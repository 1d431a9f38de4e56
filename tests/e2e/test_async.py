"""An asynchronous model: many predictions on one event loop of one process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from acting import Gate, cancel_late, model
from conftest import Serve
from server import Background, Server, eventually

SLOTS = 16


@pytest.fixture(scope="module", params=["1", "4"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that must leave its worker as it was."""
    folder = tmp_path_factory.mktemp("async")
    text = model(asynchronous=True)
    with Server(folder, text, COG_MAX_CONCURRENCY=str(SLOTS), COG_THREADS=request.param) as server:
        yield server


@pytest.fixture
def worker(server: Server) -> Iterator[int]:
    """The worker, which is to be the same one, and well, after the test."""
    before = server.output()
    yield before
    assert server.output() == before
    assert server.health()["status"] == "READY"


def canceled(server: Server, code: str) -> Any:
    """Cancels a prediction once it runs this code; its answer."""
    gate = Gate(server)
    run = server.begin(id="target", code=f"{gate.mark}\n{code}")
    gate.wait()
    answer = server.cancel("target")
    assert (answer.status, answer.json) == (200, {})
    prediction = run.result()
    assert prediction["status"] == "canceled"
    assert "output" not in prediction and "error" not in prediction
    return prediction


def test_all_slots_share_one_process(server: Server, worker: int) -> None:
    gates = [Gate(server) for _ in range(SLOTS)]
    runs = [server.begin(code=f"{gate.async_code}; return {i}") for i, gate in enumerate(gates)]
    assert {gate.wait() for gate in gates} == {worker}
    assert server.health()["status"] == "BUSY"
    assert server.create({}).status == 409
    for gate in reversed(gates):
        gate.open()
    assert [run.result()["output"] for run in runs] == list(range(SLOTS))


def test_each_has_its_own_logs(server: Server, worker: int) -> None:
    code = """
async def later():
  print("task of {0}")
def aside():
  sys.stderr.write("thread of {0}\\n")
for i in range(20):
  print("{0} says", i)
  await asyncio.sleep(0)
await asyncio.create_task(later())
await asyncio.to_thread(aside)
"""
    runs = [server.begin(code=code.format(f"run-{i}")) for i in range(SLOTS)]
    for i, run in enumerate(runs):
        expected = [f"run-{i} says {k}" for k in range(20)] + [f"task of run-{i}", f"thread of run-{i}"]
        assert run.result()["logs"].splitlines() == expected


def test_what_native_code_writes_belongs_to_nobody_in_particular(server: Server, worker: int) -> None:
    assert server.predict(code="os.write(1, b'from native code\\n')")["logs"] == ""
    server.wait_for_log('"message":"from native code"[^\n]*"target":"coglet::user"')


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("sys.exit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("await asyncio.create_task(asyncio.to_thread(sys.exit, 4))", "SystemExit: 4"),
        ("raise ValueError('bad seed')", "ValueError: bad seed"),
    ],
)
def test_what_is_raised_fails_that_prediction_only(server: Server, worker: int, code: str, error: str) -> None:
    gate = Gate(server)
    other = server.begin(code=f"{gate.async_code}; return 'other'")
    gate.wait()
    prediction = server.predict(code=code)
    assert prediction["status"] == "failed"
    assert prediction["error"].endswith(error)
    gate.open()
    assert other.result()["output"] == "other"


@pytest.mark.parametrize(
    "code",
    [
        "await asyncio.sleep(1000)",
        "await asyncio.Event().wait()",
        "await asyncio.to_thread(Path('no').exists); await asyncio.sleep(1000)",
        "while True: await asyncio.sleep(0)",
        "await asyncio.gather(asyncio.sleep(1000), asyncio.sleep(1000))",
        "await (await asyncio.create_subprocess_exec('sleep', '1000')).wait()",
    ],
)
def test_a_cancel_acts_wherever_the_model_waits(server: Server, worker: int, code: str) -> None:
    assert canceled(server, f"print('begun')\n{code}")["logs"] == "begun\n"


@pytest.mark.parametrize("reaction", ["return 'value'", "pass", "raise", "raise ValueError('other')", "sys.exit(3)"])
def test_whatever_the_model_does_then_it_counts_as_canceled(server: Server, worker: int, reaction: str) -> None:
    canceled(server, f"try:\n  await asyncio.sleep(1000)\nexcept asyncio.CancelledError:\n  {reaction}")


def test_the_slot_is_taken_until_the_model_has_cleaned_up(server: Server, worker: int) -> None:
    gate, cleaning = Gate(server), Gate(server)
    code = f"try:\n  {gate.mark}; await asyncio.sleep(1000)\nfinally:\n  {cleaning.async_code}; print('clean')"
    run = server.begin(id="target", code=code)
    gate.wait()
    server.cancel("target")
    cleaning.wait()
    assert not run.is_done()
    assert server.put("target", {"input": {"code": 0}}).json["status"] == "processing"
    cleaning.open()
    prediction = run.result()
    assert (prediction["status"], prediction["logs"]) == ("canceled", "clean\n")


def test_a_cancel_leaves_the_others_alone(server: Server, worker: int) -> None:
    gates = [Gate(server) for _ in range(SLOTS)]
    runs = [server.begin(id=f"run-{i}", code=f"{gate.async_code}; return {i}") for i, gate in enumerate(gates)]
    for gate in gates:
        gate.wait()
    for i in range(0, SLOTS, 2):
        assert server.cancel(f"run-{i}").status == 200
    for gate in gates:
        gate.open()
    for i, run in enumerate(runs):
        assert run.result()["status"] == ("succeeded" if i % 2 else "canceled")


def test_a_late_cancel_never_hits_the_next(server: Server, worker: int) -> None:
    cancel_late(server)


def test_an_early_cancel_is_not_lost(server: Server, worker: int) -> None:
    blocking, never = Gate(server), Gate(server)
    block = server.begin(code=blocking.code)  # the loop reads nothing meanwhile
    blocking.wait()
    run = server.begin(id="early", code=never.mark)
    eventually(lambda: server.put("early", {"input": {"code": 0}}).status == 202, "it is in flight")
    assert server.cancel("early").status == 200
    blocking.open()
    assert run.result()["status"] == "canceled"
    assert block.result()["status"] == "succeeded"
    assert not never.is_entered()


def test_a_client_that_leaves_cancels(server: Server, worker: int) -> None:
    gate, ended = Gate(server), Gate(server)
    code = f"try:\n  {gate.mark}; await asyncio.sleep(1000)\nexcept asyncio.CancelledError:\n  {ended.mark}"
    body = json.dumps({"input": {"code": code}}).encode()
    head = "POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with server.open_socket() as client:
        client.sendall((head % len(body)).encode() + body)
        gate.wait()
    ended.wait()


GENERATOR = """
import asyncio
from pathlib import Path
from typing import AsyncIterator
from cog import BasePredictor

class Predictor(BasePredictor):
    async def predict(self, count: int = 3, wait: bool = False, fail: bool = False) -> AsyncIterator[str]:
        try:
            for i in range(count):
                yield f"chunk-{i}"
                await asyncio.sleep(0)
            Path("yielded").touch()
            if wait:
                await asyncio.sleep(1000)
            if fail:
                raise RuntimeError("boom")
        finally:
            print("closed")
"""


def test_an_asynchronous_generator(serve: Serve) -> None:
    server = serve(GENERATOR, COG_MAX_CONCURRENCY="2")
    assert server.output() == ["chunk-0", "chunk-1", "chunk-2"]
    assert server.output(count=0) == []
    assert "RuntimeError: boom" in server.predict(fail=True)["error"]
    (server.project / "yielded").unlink()
    run = server.begin(id="target", wait=True)
    server.wait_for_file("yielded")
    server.cancel("target")
    prediction = run.result()
    assert (prediction["status"], prediction["logs"]) == ("canceled", "closed\n")


def test_a_synchronous_setup_may_have_a_loop_of_its_own(serve: Serve) -> None:
    setup = "async def load(): return 'weights'\nself.weights = asyncio.run(load())"
    server = serve(model(asynchronous=True, setup=setup))
    assert server.predict()["status"] == "succeeded"


def test_an_asynchronous_setup_runs_on_the_loop_of_the_predictions(serve: Serve) -> None:
    server = serve("""
import asyncio
from cog import BasePredictor

class Predictor(BasePredictor):
    async def setup(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()

    async def predict(self) -> bool:
        return self.loop is asyncio.get_running_loop()
""")
    assert server.output() is True


def test_a_death_fails_all_that_run_in_the_process(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="4")
    gates = [Gate(server) for _ in range(4)]
    runs = [server.begin(code=f"print('run {i}'); {gate.async_code}") for i, gate in enumerate(gates)]
    (pid,) = {gate.wait() for gate in gates}
    os.kill(pid, signal.SIGKILL)
    for i, run in enumerate(runs):
        prediction = run.result()
        assert (prediction["error"], prediction["logs"]) == ("Worker crashed: signal 9 (SIGKILL)", f"run {i}\n")
    server.wait_until("READY")
    assert server.output() == server.workers()[0]


def test_a_death_of_one_of_two_processes_leaves_half_of_the_slots(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="4", COG_WORKERS="2", COG_RESTARTS="0")
    gates = [Gate(server) for _ in range(4)]
    runs = [server.begin(code=f"{gate.async_code}; return {i}") for i, gate in enumerate(gates)]
    pids = [gate.wait() for gate in gates]
    os.kill(pids[0], signal.SIGKILL)
    for pid, run in zip(pids, runs):
        if pid == pids[0]:
            assert run.result()["status"] == "failed"
    assert server.health()["status"] == "BUSY"
    for gate in gates:
        gate.open()
    for i, (pid, run) in enumerate(zip(pids, runs)):
        assert pid == pids[0] or run.result()["output"] == i
    more = [Gate(server) for _ in range(2)]
    last = [Background(partial(server.create, {"code": gate.async_code})) for gate in more]
    for gate in more:
        gate.wait()
    assert server.create({}).status == 409
    for gate in more:
        gate.open()
    assert [run.result().json["status"] for run in last] == ["succeeded", "succeeded"]
