"""The model's own `healthcheck()`: asked of all ready workers, shown to the world, and in nobody's way."""

from __future__ import annotations

import os
import signal

import pytest
from acting import Gate, model
from conftest import Serve
from server import Server, eventually

SICK = model(healthcheck="return not Path('sick').exists()")
SAYS_NO = "Healthcheck failed: user-defined healthcheck returned False"
TOO_SLOW = "Healthcheck failed: user-defined healthcheck timed out after 5.0 seconds"


def verdict(server: Server) -> tuple[str, object]:
    report = server.health()
    return report["status"], report.get("user_healthcheck_error")


@pytest.mark.parametrize("result", ["True", "None", "1", "'fine'", "0"])
@pytest.mark.parametrize("word", ["def", "async def"])
def test_only_false_means_unhealthy(serve: Serve, word: str, result: str) -> None:
    server = serve(model(extra=f"{word} healthcheck(self):\n    return {result}"))
    assert verdict(server) == ("READY", None)


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("word", ["def", "async def"])
@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("return False", SAYS_NO),
        ("raise ValueError('out of tokens')", "Healthcheck failed: ValueError: out of tokens"),
        ("sys.exit(3)", "Healthcheck failed: SystemExit: 3"),
    ],
)
def test_what_is_wrong_is_told(serve: Serve, asynchronous: bool, word: str, action: str, error: str) -> None:
    text = model(asynchronous=asynchronous, extra=f"{word} healthcheck(self):\n    {action}")
    server = serve(text, until="UNHEALTHY")
    assert verdict(server) == ("UNHEALTHY", error)
    answer = server.request("GET", "/readyz")
    assert (answer.status, answer.json["status"]) == (503, "UNHEALTHY")
    answer = server.request("GET", "/livez")
    assert (answer.status, answer.json["status"]) == (200, "UNHEALTHY")
    assert server.output() == server.workers()[0]


def test_a_model_without_one_is_healthy(serve: Serve) -> None:
    assert verdict(serve(model())) == ("READY", None)


def test_it_is_asked_again_each_time(serve: Serve) -> None:
    server = serve(SICK)
    for _ in range(2):
        (server.project / "sick").touch()
        assert verdict(server) == ("UNHEALTHY", SAYS_NO)
        (server.project / "sick").unlink()
        assert verdict(server) == ("READY", None)


@pytest.mark.parametrize(
    ("asynchronous", "extra"),
    [
        (False, "def healthcheck(self):\n    time.sleep(1000)"),
        (True, "async def healthcheck(self):\n    await asyncio.sleep(1000)"),
        (True, "async def healthcheck(self):\n    time.sleep(1000 if Path('block').exists() else 0)\n    return False"),
    ],
)
def test_one_that_is_too_slow_fails(serve: Serve, asynchronous: bool, extra: str) -> None:
    server = serve(model(asynchronous=asynchronous, extra=extra), until=None)
    server.wait_for_log("worker: ready")
    (server.project / "block").touch()
    assert verdict(server) == ("UNHEALTHY", TOO_SLOW)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_it_is_asked_during_a_prediction(serve: Serve, asynchronous: bool) -> None:
    server = serve(model(asynchronous=asynchronous, healthcheck="print('checking'); return not Path('sick').exists()"))
    gate = Gate(server)
    run = server.begin(code=f"{gate.async_code if asynchronous else gate.code}; print('done'); return 'done'")
    gate.wait()
    assert verdict(server) == ("BUSY", None)
    (server.project / "sick").touch()
    for _ in range(50):
        assert verdict(server) == ("UNHEALTHY", SAYS_NO)
    gate.open()
    prediction = run.result()
    assert (prediction["output"], prediction["logs"]) == ("done", "done\n")
    server.wait_for_log('"message":"checking"[^\n]*"target":"coglet::user"')


def test_a_slow_one_delays_neither_work_nor_cancel(serve: Serve) -> None:
    slow = "if Path('slow').exists():\n    Path('slow').rename('checking')\n    time.sleep(1000)"
    server = serve(model(healthcheck=slow))
    (server.project / "slow").touch()
    with server.open_socket() as client:
        client.sendall(b"GET /health-check HTTP/1.1\r\nHost: x\r\n\r\n")
        server.wait_for_file("checking")
        assert server.output(code="return 'meanwhile'") == "meanwhile"
        gate = Gate(server)
        run = server.begin(id="target", code=f"{gate.mark}; time.sleep(1000)")
        gate.wait()
        assert server.cancel("target").status == 200
        assert run.result()["status"] == "canceled"
        (client_data,) = [client.recv(65536)]
        assert TOO_SLOW.encode() in client_data


def test_the_workers_that_say_no_are_named(serve: Serve) -> None:
    check = "return not Path(f'sick-{os.getpid()}').exists()"
    server = serve(model(healthcheck=check), COG_WORKERS="3", COG_THREADS="4")
    first, second, third = server.workers()
    (server.project / f"sick-{second}").touch()
    status, error = verdict(server)
    index = server.wait_for_log(rf"worker: ready, worker=(\d) pid={second}\b")[1]
    assert (status, error) == ("UNHEALTHY", f"worker {index}: {SAYS_NO}")
    (server.project / f"sick-{third}").touch()
    _, both = verdict(server)
    assert isinstance(both, str) and both.count(SAYS_NO) == 2 and "; worker" in both
    assert server.output() in (first, second, third)


def test_a_restarting_worker_is_not_asked(serve: Serve) -> None:
    setup = "while Path('wait').exists():\n    time.sleep(0.01)"
    server = serve(model(setup=setup, healthcheck="return not Path(f'sick-{os.getpid()}').exists()"), COG_WORKERS="2")
    first, second = server.workers()
    (server.project / f"sick-{first}").touch()
    assert verdict(server)[0] == "UNHEALTHY"
    (server.project / "wait").touch()
    os.kill(first, signal.SIGKILL)
    server.wait_for_log("worker: lost")
    eventually(lambda: verdict(server) == ("READY", None), "the other one is asked")
    assert server.output() == second


def test_it_is_not_asked_before_the_model_is_ready(serve: Serve) -> None:
    setup = "while not Path('go').exists():\n    time.sleep(0.01)"
    server = serve(model(setup=setup, healthcheck="Path('asked').touch()"), until="STARTING")
    for _ in range(10):
        assert verdict(server) == ("STARTING", None)
    assert not (server.project / "asked").exists()
    (server.project / "go").touch()
    server.wait_until("READY")
    assert (server.project / "asked").exists()
