"""The end of the server, in every state, and what its workers inherit: no process and no descriptor is left over."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
from pathlib import Path

import pytest
from acting import Gate, model
from conftest import Serve
from server import Server, eventually


def sockets(pid: int) -> set[str]:
    """The sockets that a process has open."""
    links = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            links.append(os.readlink(entry))
    return {link for link in links if link.startswith("socket:")}


def soft_file_limit(pid: int) -> str:
    found = re.search(r"Max open files +(\S+)", Path(f"/proc/{pid}/limits").read_text())
    assert found
    return found[1]


def all_gone(server: Server) -> None:
    eventually(lambda: server.processes() == [], "all of it is gone")


@pytest.mark.parametrize("busy", ["time.sleep(1000)", "\nwhile True: pass", "ctypes.PyDLL(None).sleep(1000)"])
@pytest.mark.parametrize("threads", ["1", "4"])
def test_a_killed_server_takes_its_workers_along(serve: Serve, threads: str, busy: str) -> None:
    server = serve(model(), COG_WORKERS="2", COG_THREADS=threads, exits=-signal.SIGKILL)
    gate = Gate(server)
    server.begin(code=f"subprocess.Popen(['sleep', '1000']); {gate.mark}; {busy}")
    gate.wait()
    server.signal(signal.SIGKILL)
    server.process.wait()
    all_gone(server)


def test_the_next_start_sweeps_what_a_killed_server_has_left(serve: Serve, tmp_path: Path) -> None:
    temporary = tmp_path / "shared"
    temporary.mkdir()
    live = serve(model(), TMPDIR=str(temporary))
    (kept,) = temporary.glob("cog-*")
    killed = serve(model(), TMPDIR=str(temporary), exits=-signal.SIGKILL)
    (left,) = set(temporary.glob("cog-*")) - {kept}
    place = left / "worker-0.1" / "leftover"
    killed.output(code=f"os.makedirs('{place}'); subprocess.Popen(['setsid', '-f', 'sleep', '1000'])")
    eventually(lambda: len(killed.processes()) == 3, "the daemon is there")
    killed.signal(signal.SIGKILL)
    killed.process.wait()
    eventually(lambda: len(killed.processes()) == 1, "only the daemon is left")
    serve(model(), TMPDIR=str(temporary)).wait_for_log(rf"left-over-swept, folder={left} processes=1:")
    assert not left.exists() and kept.exists()
    all_gone(killed)
    assert live.output(code="return 'untouched'") == "untouched"


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_what_runs_may_finish_at_stop(serve: Serve, stop: int) -> None:
    server = serve(model(), COG_WORKERS="2")
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; return 'done'")
    gate.wait()
    server.signal(stop)
    server.wait_for_log("server: stopping")
    gate.open()
    assert run.result()["output"] == "done"
    assert server.wait() == 0


def test_the_exit_handlers_of_the_model_run(serve: Serve) -> None:
    server = serve(model(setup="import atexit; atexit.register(Path('exited').touch)"))
    server.stop()
    assert (server.project / "exited").exists()


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_does_not_finish_is_cancelled_at_stop(serve: Serve, asynchronous: bool) -> None:
    server = serve(model(asynchronous=asynchronous), COG_SHUTDOWN_TIMEOUT="5.2")
    gate = Gate(server)
    code = "await asyncio.sleep(1000)" if asynchronous else "time.sleep(1000)"
    run = server.begin(code=f"print('begun'); {gate.mark}; {code}")
    gate.wait()
    server.signal(signal.SIGTERM)
    prediction = run.result()
    assert (prediction["status"], prediction["logs"]) == ("canceled", "begun\n")
    assert server.wait() == 0


def test_a_model_that_ignores_everything_is_ended_at_stop(serve: Serve) -> None:
    server = serve(model(), COG_SHUTDOWN_TIMEOUT="1")
    gate = Gate(server)
    server.begin(code=f"{gate.mark}\nwhile True:\n  try: time.sleep(1000)\n  except BaseException: pass")
    gate.wait()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


def test_a_second_signal_forces_the_stop(serve: Serve) -> None:
    server = serve(model())
    gate = Gate(server)
    server.begin(code=f"subprocess.Popen(['sleep', '1000']); {gate.mark}; time.sleep(1000)")
    gate.wait()
    server.signal(signal.SIGTERM)
    server.wait_for_log("server: stopping")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0


@pytest.mark.parametrize("asynchronous", [False, True])
def test_exit_handlers_that_hang_are_ended(serve: Serve, asynchronous: bool) -> None:
    server = serve(model(asynchronous=asynchronous, setup="import atexit; atexit.register(time.sleep, 1000)"))
    server.stop()


def test_a_stop_during_setup(serve: Serve) -> None:
    server = serve(
        model(setup="subprocess.Popen(['sleep', '1000']); Path('in').touch(); time.sleep(1000)"), until="STARTING"
    )
    server.wait_for_file("in")
    server.stop()


def test_a_stop_while_others_set_up(serve: Serve) -> None:
    setup = "if Path('first').exists(): Path('other').touch(); time.sleep(1000)\nPath('first').touch()"
    server = serve(model(setup=setup), until="STARTING", COG_WORKERS="3")
    server.wait_for_file("other")
    server.stop()


def test_a_stop_during_the_pause_before_a_restart(serve: Serve) -> None:
    server = serve(model(setup="if Path('broken').exists(): os._exit(1)"), COG_RESTARTS="100")
    (server.project / "broken").touch()
    server.predict(code="os._exit(1)")
    server.wait_for_log(r"restart_in_ms=[48]00")
    server.stop()


def test_a_stop_after_a_failed_setup(serve: Serve) -> None:
    serve(model(setup="raise ValueError"), until="SETUP_FAILED").stop()


def test_a_stop_when_defunct(serve: Serve) -> None:
    server = serve(model(), COG_RESTARTS="0")
    server.predict(code="os._exit(1)")
    server.wait_until("DEFUNCT")
    server.stop()


def test_a_stop_with_an_abandoned_task(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_CANCEL_TIMEOUT="0.2")
    gate = Gate(server)
    code = f"{gate.mark}\nwhile True:\n  try: await asyncio.sleep(1000)\n  except BaseException: pass"
    run = server.begin(id="target", code=code)
    gate.wait()
    server.cancel("target")
    assert run.result()["status"] == "canceled"
    server.stop()


def test_a_worker_that_dies_during_the_stop(serve: Serve) -> None:
    server = serve(model())
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; os._exit(6)")
    gate.wait()
    server.signal(signal.SIGTERM)
    server.wait_for_log("server: stopping")
    gate.open()
    assert run.result()["error"] == "Worker crashed: exit code 6"
    assert server.wait() == 0


def test_daemons_are_gone_after_a_stop(serve: Serve) -> None:
    server = serve(model())
    inner = "open('daemon', 'w').close(); time.sleep(1000)"
    code = f"import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    {inner}"
    server.predict(code=f"subprocess.run([sys.executable, '-c', {code!r}])")
    server.wait_for_file("daemon")
    eventually(lambda: len(server.processes()) == 3, "only the daemon is left of them")
    server.stop()


def test_orphans_are_reaped(serve: Serve) -> None:
    server = serve(model())
    server.predict(code="subprocess.run(['sh', '-c', 'for i in 1 2 3 4 5; do sleep 0.05 & done'])")

    def children() -> list[list[str]]:
        stats = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                stats.append(path.read_text().rpartition(")")[2].split())
            except OSError:
                continue
        return [stat for stat in stats if int(stat[1]) == server.process.pid]

    eventually(lambda: len(children()) == 1, "only the worker is left, dead or alive")
    assert len(server.workers()) == 1


def test_nobody_but_the_server_stops_a_worker(serve: Serve) -> None:
    server = serve(model())
    before = server.output()
    os.kill(before, signal.SIGTERM)
    os.kill(before, signal.SIGINT)
    assert server.output() == before
    assert os.getpgid(before) == before != os.getpgid(server.process.pid)


def test_workers_get_the_file_limit_that_the_server_was_started_with(serve: Serve) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = serve(model())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert soft_file_limit(server.workers()[0]) == "256"
    assert soft_file_limit(server.process.pid) == ("unlimited" if hard == resource.RLIM_INFINITY else str(hard))


def test_the_kernel_would_rather_end_a_worker_than_the_server(serve: Serve) -> None:
    server = serve(model())
    score, of_worker = (
        int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in (server.process.pid, server.workers()[0])
    )
    assert of_worker == min(score + 300, 1000)


def test_a_worker_inherits_no_client(serve: Serve) -> None:
    server = serve(model())
    with server.open_socket() as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 200")
        server.predict(code="os._exit(1)")
        server.wait_until("READY")
        (worker,) = server.workers()
        assert len(sockets(worker)) == 2
        assert not sockets(worker) & sockets(server.process.pid)


def test_what_the_model_starts_inherits_nothing_of_ours(serve: Serve) -> None:
    server = serve(model())
    listing = server.output(
        code="return subprocess.check_output(['ls', '-l', '/proc/self/fd'], close_fds=False, text=True)"
    )
    assert "socket:" not in listing
    assert len(listing.splitlines()) == 5  # a total, 0, 1, 2 and the folder itself


def test_output_of_a_process_that_outlives_the_prediction_goes_to_the_log(serve: Serve) -> None:
    server = serve(model())
    server.predict(code="subprocess.Popen(['sh', '-c', 'while [ ! -e go ]; do sleep 0.01; done; echo from behind'])")
    (server.project / "go").touch()
    server.wait_for_log('"message":"from behind"[^\n]*"target":"coglet::user"')


def test_the_listening_socket_is_free_again(serve: Serve) -> None:
    server = serve(model())
    server.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        pass
