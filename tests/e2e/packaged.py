"""What the tests of wheel and image need: the wheel, root file systems made once, and servers run from them."""

from __future__ import annotations

import fcntl
import functools
import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2]
BUILD = SOURCE / "build"
NOT_NEEDED = ("./dev/*", "./usr/share/doc/*", "./usr/share/locale/*", "./var/cache/*", "./var/lib/apt/lists/*")
ENTER = """
set -e
mount --make-rprivate /
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
exec chroot "$0" "$@"
"""


@contextmanager
def _lock(name: str) -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pack(dist: Path) -> Path:
    """Packs the programs of build/, so that the tests need no second build."""
    made = subprocess.run([SOURCE / "script/wheel", "build", dist], stdout=subprocess.PIPE, text=True, check=True)
    return SOURCE / made.stdout.splitlines()[-1]


@functools.cache
def wheel() -> Path:
    with _lock("test-dist"):
        return pack(BUILD / "test-dist")


@functools.cache
def debian(suite: str, *packages: str) -> Path:
    """The root file system of a Debian suite as a tar file; made on first use, kept for later runs."""
    tar = BUILD / f"debian-{suite}.tar"
    with _lock(tar.stem):
        if not tar.exists():
            folder = BUILD / f"debian-{suite}"
            shutil.rmtree(folder, ignore_errors=True)
            include = f"--include={','.join(packages)}"
            subprocess.run(["debootstrap", "--variant=minbase", include, suite, folder], check=True)
            partial = tar.with_suffix(".partial")
            left_out = [f"--exclude={name}" for name in NOT_NEEDED]
            subprocess.run(["tar", "-C", folder, *left_out, "-cf", partial, "."], check=True)
            partial.rename(tar)
            shutil.rmtree(folder)
    return tar


def in_root(root: Path, *command: str) -> list[str]:
    """A command line that runs a command in a root file system, with its /dev and /proc; its child dies with it."""
    alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]
    return [*alone, "sh", "-c", ENTER, str(root), *command]


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of the answer; urllib's HTTPError for a status of 400 or more."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def predict(self, **values: object) -> Any:
        answer = self.call("POST", "/predictions", {"input": values})
        assert answer["status"] == "succeeded", answer
        return answer["output"]


def _wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    while True:
        ended = process.poll() is not None
        if found := re.search(r"Starting coglet server on \S+:(\d+)", log.read_text()):
            return int(found[1])
        assert not ended, f"the server has ended:\n{log.read_text()}"
        time.sleep(0.02)


@contextmanager
def serving(command: list[str], project: Path, log: Path, **variables: str) -> Iterator[Server]:
    """Runs a server on a port of its own until its model is ready; it must end with status 0 when told to stop."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=project,
            env={"PATH": "/usr/bin:/bin", "PORT": "0", **variables},
        )
    try:
        server = Server(process, _wait_for_port(process, log), log)
        while (state := server.call("GET", "/health-check"))["status"] == "STARTING":
            time.sleep(0.02)
        assert state["status"] == "READY", f"{state}\n{log.read_text()}"
        yield server
        server.call("POST", "/shutdown")
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
