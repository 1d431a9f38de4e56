"""A worker process that dies takes its own predictions with it, and nothing else; another takes its place."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acting import Gate, model
from conftest import Serve
from server import Background, Server, eventually

KILLED = "Worker crashed: signal 9 (SIGKILL)"
DIE = "os.kill(os.getpid(), 9); time.sleep(60)"


def kill_worker(server: Server) -> None:
    """Kills the only worker, and waits until the server has seen it."""
    lost = server.log.count("worker: lost") + server.log.count("worker: given-up")
    (pid,) = server.workers()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: server.log.count("worker: lost") + server.log.count("worker: given-up") > lost, "death is seen")


def status(server: Server, path: str) -> tuple[int, Any]:
    answer = server.request("GET", path)
    return answer.status, answer.json["status"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)", KILLED),
        ("os._exit(3)", "Worker crashed: exit code 3"),
        ("os._exit(0)", "Worker crashed: exit code 0"),
        ("threading.Thread(target=os._exit, args=(4,)).start(); time.sleep(60)", "Worker crashed: exit code 4"),
        ("ctypes.string_at(0)", "Worker crashed: signal 11 (SIGSEGV)"),
        ("os.abort()", "Worker crashed: signal 6 (SIGABRT)"),
    ],
)
def test_a_death_fails_the_prediction_and_names_its_cause(serve: Serve, code: str, error: str) -> None:
    server = serve(model())
    prediction = server.predict(code=f"print('before')\n{code}")
    assert (prediction["status"], prediction["error"]) == ("failed", error)
    assert prediction["logs"] == "before\n"
    assert prediction["metrics"]["predict_time"] > 0
    assert "output" not in prediction
    server.wait_until("READY")
    assert server.output(code="return 'next'") == "next"


@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_death_leaves_the_predictions_of_other_workers_alone(serve: Serve, threads: str) -> None:
    server = serve(model(), COG_MAX_CONCURRENCY="3", COG_THREADS=threads)
    gates = [Gate(server) for _ in range(3)]
    runs = [server.begin(code=f"print('run {i}'); {gate.code}; return {i}") for i, gate in enumerate(gates)]
    pids = [gate.wait() for gate in gates]
    os.kill(pids[1], signal.SIGKILL)
    lost = runs[1].result()
    assert (lost["status"], lost["error"], lost["logs"]) == ("failed", KILLED, "run 1\n")
    for gate in gates:
        gate.open()
    assert [runs[i].result()["output"] for i in (0, 2)] == [0, 2]
    assert server.output(code="return 'next'") == "next"
    eventually(lambda: len(server.workers()) == 3, "the worker is replaced")
    assert {pids[0], pids[2]} < set(server.workers())


def test_what_native_code_wrote_before_a_death_is_kept(serve: Serve) -> None:
    server = serve(model())
    prediction = server.predict(code=f"os.write(1, b'native'); os.write(2, b' words'); {DIE}")
    assert set(re.split("(native)", prediction["logs"])) == {"", "native", " words"}


def test_a_death_in_the_middle_of_a_stream_fails_it(serve: Serve) -> None:
    server = serve("""
import os
from typing import Iterator
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self) -> Iterator[str]:
        yield "chunk"
        os._exit(5)
""")
    prediction = server.predict()
    assert (prediction["status"], prediction["error"]) == ("failed", "Worker crashed: exit code 5")
    assert "output" not in prediction


def test_a_worker_that_dies_idle_is_replaced(serve: Serve) -> None:
    server = serve(model())
    (before,) = server.workers()
    kill_worker(server)
    server.wait_until("READY")
    after = server.output()
    assert after != before
    assert server.workers() == [after]


def test_a_prediction_right_after_a_death_gets_a_plain_answer(serve: Serve) -> None:
    server = serve(model(), COG_RESTARTS="100")
    for _ in range(10):
        (pid,) = server.workers()
        os.kill(pid, signal.SIGKILL)
        answer = server.create({})
        assert answer.status == 503 or answer.json.get("error") == KILLED or answer.json["output"] != pid
        server.wait_until("READY")
        assert server.output() != pid


def test_a_model_that_always_dies_ends_defunct(serve: Serve) -> None:
    server = serve(model(), COG_RESTARTS="2")
    for _ in range(3):
        server.wait_until("READY")
        assert server.predict(code="os._exit(7)")["error"] == "Worker crashed: exit code 7"
    assert status(server, "/health-check") == (200, "DEFUNCT")
    answer = server.create({})
    assert answer.status == 503
    assert "exit code 7" in answer.json["error"]
    assert status(server, "/livez") == (503, "DEFUNCT")
    assert status(server, "/readyz") == (503, "DEFUNCT")
    assert server.workers() == []
    assert server.request("GET", "/openapi.json").status == 200


def test_restarts_are_delayed_more_and_more(serve: Serve) -> None:
    server = serve(model(), COG_RESTARTS="4")
    for _ in range(4):
        kill_worker(server)
        server.wait_until("READY")
    assert re.findall(r"restart_in_ms=(\d+)", server.log) == ["0", "100", "200", "400"]


def test_no_restart_is_allowed_with_a_limit_of_zero(serve: Serve) -> None:
    server = serve(model(), COG_RESTARTS="0")
    assert server.predict(code=DIE)["error"] == KILLED
    assert server.health()["status"] == "DEFUNCT"


@pytest.mark.parametrize(("code", "ends"), [("return 'fine'", "succeeded"), ("raise ValueError", "failed")])
def test_a_prediction_that_ends_without_a_death_clears_the_count(serve: Serve, code: str, ends: str) -> None:
    server = serve(model(), COG_RESTARTS="1")
    for _ in range(3):
        assert server.predict(code=DIE)["error"] == KILLED
        server.wait_until("READY")
        assert server.predict(code=code)["status"] == ends
    assert re.findall(r"restart_in_ms=(\d+)", server.log) == ["0", "0", "0"]


BROKEN_LATER = model(setup="if Path('broken').exists():\n    raise RuntimeError('no weights')")


def test_a_replacement_whose_setup_fails_counts(serve: Serve) -> None:
    server = serve(BROKEN_LATER, COG_RESTARTS="2")
    (server.project / "broken").touch()
    kill_worker(server)
    server.wait_until("DEFUNCT")
    assert "RuntimeError: no weights" in server.create({}).json["error"]
    assert re.findall(r"restart_in_ms=(\d+)", server.log) == ["0", "100"]


def test_a_replacement_may_succeed_after_failures(serve: Serve) -> None:
    server = serve(BROKEN_LATER)
    (server.project / "broken").touch()
    kill_worker(server)
    server.wait_for_log("worker: lost.*no weights")
    assert status(server, "/health-check") == (200, "STARTING")
    assert status(server, "/livez") == (200, "STARTING")
    assert status(server, "/readyz") == (503, "STARTING")
    assert server.create({}).status == 503
    (server.project / "broken").unlink()
    report = server.wait_until("READY")
    assert report["setup"]["status"] == "succeeded"
    assert server.output() == server.workers()[0]


def test_a_replacement_whose_setup_is_too_slow_counts(serve: Serve) -> None:
    slow = "while Path('slow').exists():\n    time.sleep(0.01)"
    server = serve(model(setup=slow), COG_RESTARTS="1", COG_SETUP_TIMEOUT="3")
    (server.project / "slow").touch()
    kill_worker(server)
    server.wait_until("DEFUNCT")
    assert "timed out" in server.create({}).json["error"]
    assert server.workers() == []


def test_what_a_dead_worker_has_started_is_ended(serve: Serve) -> None:
    server = serve(model())
    server.predict(code=f"subprocess.Popen(['sleep', '1000']); {DIE}")
    server.wait_until("READY")
    eventually(lambda: len(server.processes()) == 2, "the worker's child is gone")


def daemon(name: str) -> str:
    """Code that starts a process in a session of its own, whose parent ends; it is there once the file is."""
    inner = f"open({name!r}, 'w').close(); time.sleep(1000)"
    outer = f"import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    {inner}"
    return f"subprocess.run([sys.executable, '-c', {outer!r}])"


def test_daemons_of_a_dead_worker_are_ended(serve: Serve) -> None:
    server = serve(model())
    gate = Gate(server)
    run = server.begin(code=f"{daemon('daemon')}; {gate.code}")
    server.wait_for_file("daemon")
    os.kill(gate.wait(), signal.SIGKILL)
    assert run.result()["error"] == KILLED
    server.wait_until("READY")
    eventually(lambda: len(server.processes()) == 2, "the daemon is gone")


def test_daemons_of_live_workers_are_left_alone(serve: Serve) -> None:
    server = serve(model(), COG_WORKERS="2")
    gates = [Gate(server), Gate(server)]
    runs = [server.begin(code=f"{daemon(f'daemon-{i}')}; {gate.code}") for i, gate in enumerate(gates)]
    pids = [gate.wait() for gate in gates]
    for i in range(2):
        server.wait_for_file(f"daemon-{i}")
    eventually(lambda: len(server.processes()) == 5, "only the daemons are left of them")
    os.kill(pids[0], signal.SIGKILL)
    assert runs[0].result()["error"] == KILLED
    eventually(lambda: len(server.workers()) == 2 and len(server.processes()) == 4, "one daemon is gone, one stays")
    gates[1].open()
    assert runs[1].result()["status"] == "succeeded"


def test_a_death_is_seen_though_a_fork_holds_the_sockets(serve: Serve) -> None:
    server = serve(model())
    prediction = server.predict(code=f"print('before')\nif os.fork() == 0:\n  os.setsid(); time.sleep(1000)\n{DIE}")
    assert (prediction["error"], prediction["logs"]) == (KILLED, "before\n")
    server.wait_until("READY")
    assert server.output(code="return 'next'") == "next"


def test_a_worker_whose_sockets_the_model_has_closed_is_replaced(serve: Serve) -> None:
    server = serve(model())
    prediction = server.predict(code="os.closerange(3, 64); time.sleep(1000)")
    assert prediction["status"] == "failed"
    server.wait_until("READY")
    assert server.output(code="return 'next'") == "next"


def test_a_worker_that_says_nonsense_is_replaced(serve: Serve) -> None:
    server = serve(model())
    prediction = server.predict(code="os.write(3, bytes(range(255, 0, -1)) * 8); time.sleep(1000)")
    assert prediction["status"] == "failed"
    server.wait_until("READY")
    assert server.output(code="return 'next'") == "next"


def frame(kind: int, payload: str = "b''") -> str:
    """An expression of Python for a frame."""
    return f"struct.pack('<IB', len({payload}), {kind}) + {payload}"


RULES = {
    "a frame of the unknown kind 99": frame(99),
    "an unexpected hello frame on the data socket": frame(16, "b'{}'"),
    "an unexpected ready frame on the data socket": frame(18),
    "an unexpected setup_failed frame on the data socket": frame(19, "b'{}'"),
    "an unexpected pong frame on the data socket": frame(81, "bytes(8)"),
    "an unexpected run frame on the data socket": frame(1, "bytes(12)"),
    "a malformed done frame": frame(35, "b'short'"),
    "a malformed output frame": frame(32, "b'short'"),
    "a malformed log frame": frame(33, "struct.pack('<QB', 1, 9)"),
    "a malformed metric frame": frame(34, "b''"),
    "a frame (done) of prediction 77, which does not run": frame(35, "struct.pack('<QBBI', 77, 0, 1, 0) + b'1'"),
    "a frame (output) of prediction 77, which does not run": frame(32, "struct.pack('<QI', 77, 0) + b'1'"),
    "a frame (log) of prediction 77, which does not run": frame(33, "struct.pack('<QB', 77, 1) + b'x'"),
    "a frame of 4294967295 bytes is over the limit of 1 GiB": "b'\\xff' * 5",
}


def test_a_worker_that_breaks_the_protocol_is_replaced_and_its_predictions_name_the_rule(serve: Serve) -> None:
    server = serve(model(), COG_RESTARTS="100")
    for rule, sent in RULES.items():
        prediction = server.predict(code=f"import struct; os.write(3, {sent}); time.sleep(1000)")
        assert prediction["error"] == f"Worker crashed: it broke the worker protocol: {rule}"
        server.wait_until("READY")
    assert server.log.count("protocol-broken") == len(RULES)
    assert server.output(code="return 'next'") == "next"


def test_memory_that_is_refused_fails_the_prediction_only(serve: Serve) -> None:
    server = serve(model())
    limit = 3 << 30
    code = f"resource.setrlimit(resource.RLIMIT_AS, ({limit}, resource.RLIM_INFINITY)); return bytearray(4 << 30)[0]"
    before = server.output()
    assert "MemoryError" in server.predict(code=code)["error"]
    assert server.output() == before


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group with 200 MiB of memory."""
    root = Path("/sys/fs/cgroup")
    root = root / "memory" if (root / "memory").is_dir() else root
    folder = root / f"coglet-test-{os.getpid()}"
    try:
        folder.mkdir()
        limit = "memory.max" if (folder / "memory.max").exists() else "memory.limit_in_bytes"
        (folder / limit).write_text(str(200 << 20))
    except OSError as error:
        pytest.skip(f"no control group of our own here: {error}")
    yield folder
    eventually(lambda: not (folder / "cgroup.procs").read_text(), "the group is empty")
    folder.rmdir()


def test_out_of_memory_is_named(serve: Serve, group: Path) -> None:
    server = serve(model(), COG_RESTARTS="1")
    (group / "cgroup.procs").write_text(str(server.process.pid))
    server.predict(code="os._exit(1)")  # its successor is born in the group
    server.wait_until("READY")
    prediction = server.predict(code="print('before'); return len(bytes(1) * (400 << 20))")
    assert prediction["error"] == "Worker crashed: out of memory: signal 9 (SIGKILL)"
    assert prediction["logs"] == "before\n"
    server.wait_until("DEFUNCT")
    assert "out of memory" in server.create({}).json["error"]
    server.stop()


def test_a_death_answers_the_health_check_that_was_asked(serve: Serve) -> None:
    server = serve(
        model(healthcheck="if Path('slow').exists():\n    Path('slow').rename('checking')\n    time.sleep(1000)")
    )
    (server.project / "slow").touch()
    check = Background(server.health)
    server.wait_for_file("checking")
    os.kill(server.workers()[0], signal.SIGKILL)
    assert check.result()["status"] in ("STARTING", "UNHEALTHY")
    server.wait_until("READY")
