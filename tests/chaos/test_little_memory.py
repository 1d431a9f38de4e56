"""A server without memory refuses, and lives."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

import pytest
from server import Server, coglet

ECHO = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str) -> int:
        return len(text)
"""

MIB = 1024 * 1024
HEAD = b"POST /predictions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def address_space(mib: int) -> tuple[str, ...]:
    """The command of a server that may have so much; the workers' limits are their own."""
    return ("prlimit", f"--as={mib * MIB}", str(coglet()))


@pytest.fixture
def needed(tmp_path: Path) -> int:
    """MiB of address space that an idle server takes."""
    with Server(tmp_path, ECHO) as server:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(status.split("VmPeak:")[1].split()[0]) // 1024


def test_a_body_that_finds_no_memory_is_no_fault_of_its_client(tmp_path: Path, needed: int) -> None:
    with Server(tmp_path, ECHO, command=address_space(needed + 40)) as server:
        answers = [server.create({"text": "x" * size * MIB}) for size in (5, 20, 40, 60)]
        assert 503 in {answer.status for answer in answers}
        assert {answer.status for answer in answers} <= {200, 503}
        assert server.output(text="abc") == 3


def test_half_sent_bodies_end_no_server(tmp_path: Path, needed: int) -> None:
    """600 clients, each with a part of 3 MiB."""
    with Server(tmp_path, ECHO, command=address_space(needed + 60)) as server:
        clients: list[socket.socket] = []
        refused = 0
        try:
            for _ in range(600):
                with suppress(OSError):
                    client = socket.create_connection(("127.0.0.1", server.port), 5)
                    clients.append(client)
                    client.sendall(HEAD % (3 * MIB) + b'{"input":{"text":"' + b"x" * 32768)
            assert server.process.poll() is None, server.log_end
            for client in clients:
                client.setblocking(False)
                with suppress(OSError):
                    refused += client.recv(64).startswith(b"HTTP/1.1 503")
        finally:
            for client in clients:
                client.close()
        assert refused > 0
        server.wait_until("READY")
        assert server.output(text="abc") == 3
        assert "unhandled exception" not in server.log
