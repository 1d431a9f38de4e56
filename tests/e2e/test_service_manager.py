"""What systemd hears of a server (`Type=notify`), and `coglet --check` for health checks without curl."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator

import pytest
from conftest import Serve
from server import PATIENCE, coglet

MODEL = """
import os, time
from pathlib import Path
from cog import BasePredictor

class Predictor(BasePredictor):
    def setup(self) -> None:
        while Path("hold").exists():
            time.sleep(0.01)
        if Path("fail").exists():
            raise RuntimeError("no weights here")

    def predict(self) -> str:
        return str(os.environ.get("NOTIFY_SOCKET"))
"""


class Manager:
    """The end of the socket at which systemd listens."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(PATIENCE)
        self._socket.bind(address.replace("@", "\0", 1))

    def heard(self) -> dict[str, str]:
        """The next message."""
        return dict(line.split("=", 1) for line in self._socket.recv(65536).decode().splitlines())

    def hears_nothing_more(self) -> bool:
        self._socket.settimeout(0)
        try:
            return not self._socket.recv(65536)
        except BlockingIOError:
            return True
        finally:
            self._socket.settimeout(PATIENCE)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["abstract", "path"])
def manager(request: pytest.FixtureRequest) -> Iterator[Manager]:
    with tempfile.TemporaryDirectory(prefix="cog-") as folder:
        where = f"@cog-test-{uuid.uuid4()}" if request.param == "abstract" else f"{folder}/notify"
        manager = Manager(where)
        yield manager
        manager.close()


def test_it_is_ready_once_the_model_is_set_up(serve: Serve, manager: Manager) -> None:
    server = serve(MODEL, files={"hold": ""}, until="STARTING", NOTIFY_SOCKET=manager.address)
    assert manager.heard() == {"STATUS": "The model is being set up"}
    assert manager.hears_nothing_more()
    (server.project / "hold").unlink()
    server.wait_until("READY")
    assert manager.heard() == {"READY": "1", "STATUS": "The model is ready"}
    assert server.output() == "None", "workers must not speak in the server's name"
    os.kill(server.workers()[0], signal.SIGKILL)
    assert "READY" not in (told := manager.heard()) and "set up again" in told["STATUS"]
    assert manager.heard()["READY"] == "1"
    server.signal(signal.SIGTERM)
    assert manager.heard() == {"STOPPING": "1", "STATUS": "Stopping"}
    assert server.wait() == 0
    assert manager.hears_nothing_more()


def test_a_failed_setup_is_told_and_is_not_ready(serve: Serve, manager: Manager) -> None:
    server = serve(MODEL, files={"fail": ""}, until="SETUP_FAILED", NOTIFY_SOCKET=manager.address)
    manager.heard()
    told = manager.heard()
    assert "READY" not in told
    assert told["STATUS"].startswith("Setup failed: ") and "no weights here" in told["STATUS"]
    assert server.request("POST", "/shutdown").status == 200
    assert manager.heard()["STOPPING"] == "1"
    assert server.wait() == 1


@pytest.mark.parametrize("address", ["/nobody/listens/here", "@nobody", "relative", "/" + "x" * 200, ""])
def test_nobody_who_listens_costs_nothing(serve: Serve, address: str) -> None:
    assert serve(MODEL, NOTIFY_SOCKET=address).output() == "None"


# coglet --check


def check(what: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [coglet(), "--check", what, *arguments], env=variables, capture_output=True, text=True, timeout=PATIENCE
    )


def test_a_check_asks_the_server_that_runs(serve: Serve) -> None:
    server = serve(MODEL, files={"hold": ""}, until="STARTING", COG_ALLOWED_HOSTS="example.com")
    port = str(server.port)
    live = check("livez", "--port", port)
    assert (live.returncode, live.stdout, live.stderr) == (0, "", "")
    ready = check("readyz", "--port", port)
    assert (ready.returncode, ready.stderr) == (1, f"ERROR: 127.0.0.1:{port}/readyz answers 503\n")
    (server.project / "hold").unlink()
    server.wait_until("READY")
    assert check("readyz", PORT=port).returncode == 0
    assert check("readyz", "--port", port, "--host", "localhost").returncode == 0


def test_a_check_without_a_server_fails() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = str(closed.getsockname()[1])
        done = check("livez", "--port", port)
    assert done.returncode == 1
    assert done.stderr == f"ERROR: no server answers at 127.0.0.1:{port}: Connection refused\n"


def test_a_check_of_what_is_no_server_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        asking = subprocess.Popen([coglet(), "--check", "livez", "--port", port], stderr=subprocess.PIPE, text=True)
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(b"SSH-2.0")
        assert "gives no answer" in asking.communicate(timeout=PATIENCE)[1]
        assert asking.returncode == 1


def test_a_check_of_something_else_is_a_mistake() -> None:
    assert check("health").returncode == 2
