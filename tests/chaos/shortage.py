"""Makes system calls of running processes fail, as they do on a machine that is short of something."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from server import PATIENCE, Server, eventually

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@contextmanager
def failing(server: Server, calls: str, error: str, *, everywhere: bool = True) -> Iterator[None]:
    """While it lasts, these system calls of the server fail with this error.

    `calls`: names with commas between; `everywhere`: those of its workers and of all that is started fail as well.
    """
    processes = server.processes() if everywhere else [_coglet(server)]
    threads = [thread for process in processes for thread in _threads(process)]
    targets = [word for thread in threads for word in ("-p", str(thread))]
    chosen = ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
    follow = ["-f"] if everywhere else []
    tracer = subprocess.Popen(
        ["strace", "-qq", *follow, *chosen, "-o", str(server.folder / "strace"), *targets],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: tracer.poll() is not None or _is_traced(threads[0]), "strace attached")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)  # lets go of them
        tracer.wait(PATIENCE)


def calls_of(server: Server, calls: str, seconds: float) -> int:
    """How often the server itself makes these system calls within so many seconds."""
    trace = server.folder / "calls"
    targets = [word for thread in _threads(_coglet(server)) for word in ("-p", str(thread))]
    tracer = subprocess.Popen(
        ["timeout", "-s", "INT", str(seconds), "strace", "-qq", "-e", f"trace={calls}", "-o", str(trace), *targets],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    tracer.wait(PATIENCE)
    return len(trace.read_bytes().splitlines())


def _coglet(server: Server) -> int:
    return server.process.pid


def _threads(process: int) -> list[int]:
    return [int(name) for name in os.listdir(f"/proc/{process}/task")]


def _is_traced(thread: int) -> bool:
    status = Path(f"/proc/{thread}/status").read_text()
    return "TracerPid:\t0\n" not in status
