"""A container registry of a test's own, on loopback in the network of a Docker engine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

import pytest
from docker_engine import Engine
from server import eventually

PROGRAM = "docker-registry"
USER, PASSWORD = "ada", "let me in"
USERS = f"{USER}:$2a$04$abcdefghijklmnopqrstuuTnc8amReAFiMHxaSoW9U22KarbWnkSm\n"
"""As htpasswd writes it."""

needs_registry = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")


@contextmanager
def registry(engine: Engine, folder: Path, *, users: Optional[str] = None) -> Iterator[str]:
    """Runs one with its data in `folder` and yields its host and port. With `users` nobody else is let in."""
    name = "closed" if users else "open"
    settings: dict[str, object] = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": "127.0.0.1:0", "secret": "of a test"},
    }
    if users:
        (folder / "users").write_text(users)
        settings["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "users")}}
    configuration, log = folder / f"{name}.yml", folder / f"{name}.log"
    configuration.write_text(json.dumps(settings))
    command = ["setpriv", "--pdeathsig", "KILL", *engine.within, PROGRAM, "serve", str(configuration)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def port() -> Optional[str]:
        assert process.poll() is None, log.read_text()
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", log.read_text())
        return found and found[1]

    try:
        yield f"localhost:{eventually(port, 'the registry listens')}"
    finally:
        process.kill()
        process.wait()
        if sys.exc_info()[0] is not None:
            print(log.read_text()[-4000:])
