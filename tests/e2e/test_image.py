"""An image of examples/image, built and run by a private Docker engine without any network."""

from __future__ import annotations

import base64
import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker_engine import Engine, private_engine
from packaged import debian, needs_plain_build, needs_root, wheel
from server import REPOSITORY, eventually

pytestmark = [needs_root, needs_plain_build]

PICTURE = REPOSITORY / "examples/image/input.png"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with private_engine() as engine:
        yield engine


@pytest.fixture(scope="module")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Built by the Dockerfiles of docker/, on Debian 12 with its Python and Pillow."""
    engine.docker("import", str(debian("bookworm", "python3-pip", "python3-pil", "python-is-python3")), "debian")
    context = tmp_path_factory.mktemp("context")
    (context / "dist").mkdir()
    shutil.copy(wheel(), context / "dist")

    def build(name: str, dockerfile: str, folder: Path, *arguments: str) -> None:
        source = ["-f", str(REPOSITORY / "docker" / dockerfile), *arguments, str(folder)]
        engine.docker("build", "-q", "--network", "none", "-t", name, *source)

    build("localhost/cog-cpp", "runtime.Dockerfile", context, "--build-arg", "BASE=debian")
    build("example", "example.Dockerfile", REPOSITORY / "examples/image")
    return "example"


@dataclass(frozen=True)
class Process:
    pid: int
    name: str
    state: str
    parent: int


@dataclass(frozen=True)
class Container:
    engine: Engine
    name: str

    def inspect(self, field: str) -> str:
        return self.engine.docker("inspect", "-f", f"{{{{{field}}}}}", self.name)

    def call(self, method: str, path: str, body: object = None) -> Any:
        connection = self.engine.connect(self.engine.docker("port", self.name, "5000"))
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        return json.load(connection.getresponse())

    def is_ready(self) -> bool:
        assert self.inspect(".State.Running") == "true", self.engine.docker("logs", self.name)
        try:
            return bool(self.call("GET", "/health-check")["status"] == "READY")
        except ConnectionError:  # the engine listens before the server does
            return False

    def run(self, script: str) -> str:
        return self.engine.docker("exec", self.name, "sh", "-c", script)

    def processes(self) -> dict[int, Process]:
        found = {}
        for line in self.run("cat /proc/[0-9]*/stat 2>/dev/null || true").splitlines():
            pid, _, rest = line.partition(" (")
            name, _, fields = rest.rpartition(") ")
            state, parent = fields.split()[:2]
            found[int(pid)] = Process(int(pid), name, state, int(parent))
        return found

    def predict(self, width: int) -> bytes:
        """The picture of examples/image in that width."""
        source = f"data:image/png;base64,{base64.b64encode(PICTURE.read_bytes()).decode()}"
        answer = self.call("POST", "/predictions", {"input": {"image": source, "width": width}})
        assert answer["status"] == "succeeded", answer
        kind, _, content = answer["output"].partition(",")
        assert kind == "data:image/png;base64"
        return base64.b64decode(content)


@pytest.fixture
def container(engine: Engine, image: str) -> Iterator[Container]:
    container = Container(engine, engine.docker("run", "-d", "-p", "127.0.0.1::5000", image))
    try:
        eventually(container.is_ready, "READY")
        yield container
    finally:
        engine.docker("rm", "-f", container.name)


def test_the_image_says_how_it_runs(engine: Engine, image: str) -> None:
    config = json.loads(engine.docker("image", "inspect", "-f", "{{json .Config}}", image))
    assert not config.get("Entrypoint")
    assert config["Cmd"] == ["python", "-m", "cog.server.http"]
    assert config["WorkingDir"] == "/src"
    assert list(config["ExposedPorts"]) == ["5000/tcp"]
    assert config["User"] == "10001"


def test_nothing_runs_as_root(container: Container) -> None:
    assert container.run("grep -h ^Uid: /proc/[0-9]*/status | cut -f2 | sort -u").split() == ["10001"]


def test_docker_sees_that_it_is_healthy(container: Container) -> None:
    eventually(lambda: container.inspect(".State.Health.Status") == "healthy", "healthy")


def test_a_picture_goes_in_and_comes_out(container: Container) -> None:
    picture = container.predict(width=64)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (64, 48)


def test_the_server_is_pid_1_and_reaps_orphans(container: Container) -> None:
    orphan = int(container.run("sleep 600 >/dev/null 2>&1 & echo $!"))
    processes = container.processes()
    assert processes[1].name == "coglet"
    assert processes[orphan].parent == 1
    container.run(f"kill -KILL {orphan}")
    eventually(lambda: orphan not in container.processes(), "the orphan is reaped")


def test_a_killed_worker_is_reaped_and_replaced(container: Container) -> None:
    worker = next(process.pid for process in container.processes().values() if process.name.startswith("python"))
    container.run(f"kill -KILL {worker}")
    eventually(lambda: worker not in container.processes(), "the worker is reaped")
    eventually(container.is_ready, "READY")
    assert container.predict(width=32)
    assert "Z" not in {process.state for process in container.processes().values()}


def test_docker_stop_ends_it_with_status_0(container: Container) -> None:
    container.predict(width=32)
    container.engine.docker("stop", "-t", "60", container.name)
    assert container.inspect(".State.ExitCode") == "0"
