"""A shortage of a moment never lasts longer: whatever system call failed meanwhile, the server is READY again."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Optional

import pytest
from server import Server, coglet, eventually
from shortage import failing, needs_strace

MODEL = """
import os
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(self, text: str, size: int = 0) -> Path:
        os.makedirs("out", exist_ok=True)
        with open("out/file.txt", "w") as file:
            file.write(text * (1 + size))
        return Path("out/file.txt")
"""

LENGTH = float(os.environ.get("COG_CHAOS_SHORTAGE_SECONDS", "0.5"))  # that a shortage lasts
RECOVERY = 15.0  # seconds after which the server must be READY at the latest
CALLS = {
    "accept4": "accept,accept4",
    "socketpair": "socketpair",
    "pipe2": "pipe2",
    "clone": "clone,clone3,fork,vfork",
    "pidfd_open": "pidfd_open",
    "mmap": "mmap",
    "write": "write,writev",
    "sendmsg": "sendmsg,sendto",
    "copy_file_range": "copy_file_range",
    "open": "open,openat",
    "mkdir": "mkdir,mkdirat",
}
ERRORS = ["EMFILE", "EAGAIN", "ENOMEM", "ENOSPC", "ENOBUFS", "EINTR"]


@pytest.fixture(scope="module", params=["server", "everything"])
def scope(request: pytest.FixtureRequest) -> str:
    """Whose calls fail: the server's own, or those of its workers and of all that is started, too."""
    assert isinstance(request.param, str)
    return request.param


class Servers(ExitStack):
    """A server for one test after the other; another one when a test has broken it."""

    last: Optional[Server] = None

    def whole(self, folder: Callable[[], Path]) -> Server:
        if self.last is None or self.last.process.poll() is not None or self.last.health()["status"] != "READY":
            self.last = self.enter_context(Server(folder(), MODEL))
        return self.last


@pytest.fixture(scope="module")
def servers(scope: str) -> Iterator[Servers]:
    with Servers() as servers:
        yield servers


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, scope: str, servers: Servers) -> Server:
    return servers.whole(lambda: tmp_path_factory.mktemp(scope))


@needs_strace
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_the_server_is_ready_after_a_shortage(server: Server, scope: str, call: str, error: str) -> None:
    pid = server.process.pid
    with failing(server, CALLS[call], error, everywhere=scope == "everything"):
        end = time.monotonic() + LENGTH
        _lose_workers(server)
        while time.monotonic() < end:
            _ask(server)
    assert server.process.poll() is None, server.log_end
    server.wait_until("READY", patience=RECOVERY)
    assert server.output(text="there again").startswith("data:text/plain")
    assert server.process.pid == pid


def _lose_workers(server: Server) -> None:
    for worker in server.workers():
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def _ask(server: Server) -> None:
    """A client that cannot wait for long."""
    body = b'{"input":{"text":"abc","size":100000}}'
    head = b"POST /predictions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 0.2) as client:
        client.sendall(head % len(body) + body)
        client.settimeout(0.2)
        client.recv(65536)


@needs_strace
def test_a_send_that_fails_once_replaces_the_worker(tmp_path: Path) -> None:
    with Server(tmp_path, MODEL) as server:
        with failing(server, "sendmsg", "ENOBUFS", everywhere=False):
            assert server.predict(text="lost")["status"] == "failed"
        server.wait_until("READY")
        assert server.output(text="there again").startswith("data:text/plain")


@needs_strace
def test_a_process_that_cannot_open_anything_is_tried_again_for_as_long_as_it_takes(tmp_path: Path) -> None:
    with Server(tmp_path, MODEL) as server:
        with failing(server, CALLS["open"], "EMFILE"):
            _lose_workers(server)
            tried = "start-postponed"
            eventually(lambda: server.log.count(tried) > 5 or "given-up" in server.log, "more attempts than restarts")
        server.wait_until("READY", patience=RECOVERY)
        assert "given-up" not in server.log


def test_idle_connections_leave_descriptors_for_a_new_worker(tmp_path: Path) -> None:
    """1,100 connections against a hard limit of 1,024 descriptors, and a worker that dies."""
    limited = ("prlimit", "--nofile=1024:1024")
    with Server(tmp_path, MODEL, command=(*limited, str(coglet()))) as server:
        clients = []
        try:
            for _ in range(1100):
                with suppress(OSError):
                    clients.append(socket.create_connection(("127.0.0.1", server.port), 1))
            _lose_workers(server)
            eventually(lambda: len(server.workers()) == 1, "a new worker")
        finally:
            for client in clients:
                client.close()
        server.wait_until("READY", patience=RECOVERY)
        assert "given-up" not in server.log
