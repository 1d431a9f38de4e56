"""A private Docker engine: its own mounts, network and processes, all gone when it ends."""

from __future__ import annotations

import ctypes
import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

BASE = "debian"
"""The image in the engine that all tests share: Debian 12 with Python, pip and Pillow."""
CLONE_NEWNET = 0x40000000
START = """
set -e
ip link set lo up
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs "$1/data"
exec dockerd --host "unix://$1/docker.sock" --exec-root "$1/exec" --pidfile "$1/pid" \\
  --data-root "$1/data" --cgroup-parent "$2"
"""
CGROUPS = Path("/sys/fs/cgroup")


class Engine:
    """Talks to a running engine through the `docker` command."""

    def __init__(self, folder: Path, pid: int) -> None:
        self.variables = {"DOCKER_HOST": f"unix://{folder}/docker.sock", "DOCKER_CONFIG": str(folder)}
        self._environment = {**os.environ, **self.variables, "DOCKER_BUILDKIT": "0"}
        self._pid = pid

    @property
    def within(self) -> tuple[str, ...]:
        """Goes before a command that is to be run in the engine's network, where published ports are."""
        return ("nsenter", f"--net=/proc/{self._pid}/ns/net")

    def docker(self, *arguments: str) -> str:
        """Standard output of a docker command; AssertionError with its messages when the command fails."""
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, env=self._environment)
        assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def connect(self, address: str) -> http.client.HTTPConnection:
        """A connection to a published address such as `127.0.0.1:32768`, made inside the engine's network."""
        host, _, port = address.rpartition(":")
        connection = http.client.HTTPConnection(host, int(port))

        def enter_and_connect() -> socket.socket:
            with open(f"/proc/{self._pid}/ns/net") as network:
                if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            return socket.create_connection((host, int(port)), timeout=60)

        # Entering a namespace concerns one thread, which ends with the pool.
        with ThreadPoolExecutor(1) as pool:
            connection.sock = pool.submit(enter_and_connect).result()
        return connection


def _only_child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def _wait_until_up(engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None:
        try:
            engine.docker("version")
            return
        except AssertionError:
            # The exit of dockerd, not a limit of ours, is what ends the wait.
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
    raise AssertionError(f"dockerd has ended:\n{log.read_text()[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.kill(_only_child(process.pid), signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()  # takes the whole PID namespace with it
            process.wait()


@contextmanager
def private_engine() -> Iterator[Engine]:
    """Runs an engine that keeps its data in memory, some 600 MB of it. Needs root."""
    folder = Path(tempfile.mkdtemp(prefix="cog-docker-"))
    (folder / "data").mkdir()
    log = folder / "log"
    namespaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *namespaces, "sh", "-c", START, "sh", str(folder), folder.name],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        engine = Engine(folder, process.pid)
        _wait_until_up(engine, process, log)
        engine._pid = _only_child(process.pid)
        yield engine
    finally:
        _stop(process)
        for top in list(CGROUPS.glob(f"**/{folder.name}")):
            for cgroup, _, _ in os.walk(top, topdown=False):
                os.rmdir(cgroup)
        shutil.rmtree(folder)
