"""The command `cog` on a real Docker engine, without any network: the walk of "Deploy models with Cog", and serve, run
and exec from a project's source."""

from __future__ import annotations

import base64
import json
import re
import signal
import struct
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from docker_engine import Engine
from docker_tool import Tool, call
from packaged import needs_plain_build, needs_root
from server import PATIENCE, REPOSITORY, eventually
from tool import make_project, succeeded

pytestmark = [needs_root, needs_plain_build]

PICTURE = REPOSITORY / "examples/image/input.png"
YAML = """
build:
  python_version: "3.11"
run: run.py:Runner
environment:
  - GREETING=hello
concurrency:
  max: 4
"""
MODEL = """
import asyncio
import os
from pathlib import Path as File
from typing import Optional
from cog import BaseRunner, Path

class Runner(BaseRunner):
    def setup(self) -> None:
        print("setting up")

    async def run(
        self,
        image: Optional[Path] = None,
        width: int = 64,
        variable: str = "GREETING",
        meet: int = 0,
        fail: bool = False,
    ) -> Path:
        if fail:
            raise ValueError("no luck")
        if image:
            from PIL import Image
            Image.open(image).resize((width, width)).save("/tmp/out.png")
            return Path("/tmp/out.png")
        if meet:  # nobody goes on before so many are here
            File("running").touch()
            here = File("/tmp/here")
            here.mkdir(exist_ok=True)
            (here / str(id(asyncio.current_task()))).touch()
            while len(list(here.iterdir())) < meet:
                await asyncio.sleep(0.01)
        File("/tmp/out.txt").write_text(os.environ.get(variable, "none"))
        return Path("/tmp/out.txt")
"""
RECEIVER = """
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

class Handler(SimpleHTTPRequestHandler):
    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        with open(self.path.rsplit("/", 1)[1], "wb") as file:
            file.write(content)
        self.send_response(200)
        self.send_header("Location", "http://storage.example" + self.path)
        self.end_headers()

server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def tool(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tool]:
    project = make_project(tmp_path_factory.mktemp("docker"), MODEL, yaml=YAML)
    (project / "input.png").write_bytes(PICTURE.read_bytes())
    yield Tool(engine, project)
    assert engine.docker("ps", "-aq", "--filter", "name=cog-") == ""


@pytest.fixture(scope="module")
def image(tool: Tool) -> str:
    done = succeeded(tool("build", "-t", "my-model"))
    assert "Image built as my-model" in done.stderr
    return "my-model"


def predict(engine: Engine, port: int, **values: object) -> Any:
    answer = call(engine, port, "POST", "/predictions", {"input": values})
    assert answer["status"] == "succeeded", answer
    return answer["output"]


def decoded(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def width_of(png: bytes) -> int:
    width: int = struct.unpack(">I", png[16:20])[0]
    return width


def wait_until_ready(engine: Engine, port: int) -> None:
    def probe() -> bool:
        try:
            return bool(call(engine, port, "GET", "/health-check")["status"] == "READY")
        except (ConnectionError, json.JSONDecodeError):  # the engine listens before the server does
            return False

    eventually(probe, "READY")


@contextmanager
def container(engine: Engine, image: str, port: int, *options: str, command: tuple[str, ...] = ()) -> Iterator[str]:
    name = engine.docker("run", "-d", "-p", f"127.0.0.1:{port}:5000", *options, image, *command)
    try:
        wait_until_ready(engine, port)
        yield name
    finally:
        engine.docker("rm", "-f", name)


@contextmanager
def storage(engine: Engine, folder: Path) -> Iterator[int]:
    """Serves and takes files in the engine's network, where containers know it as host.docker.internal."""
    command = ["setpriv", "--pdeathsig", "KILL", *engine.within, sys.executable, "-c", RECEIVER]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def test_the_walk_from_a_project_to_a_deployed_model(tool: Tool, image: str, tmp_path: Path) -> None:
    engine = tool.engine
    outside = ("--add-host", "host.docker.internal:host-gateway")
    (tmp_path / "in.png").write_bytes(PICTURE.read_bytes())
    with storage(engine, tmp_path) as files:
        with container(engine, image, 5001, *outside, "-e", "COLOUR=blue") as name:
            health = call(engine, 5001, "GET", "/health-check")
            assert health["setup"]["status"] == "succeeded"
            assert "setting up" in health["setup"]["logs"]
            picture = f"data:image/png;base64,{base64.b64encode(PICTURE.read_bytes()).decode()}"
            assert width_of(decoded(predict(engine, 5001, image=picture, width=32))) == 32
            url = f"http://host.docker.internal:{files}/in.png"
            assert width_of(decoded(predict(engine, 5001, image=url, width=16))) == 16
            # Of cog.yaml, and of the command line.
            assert decoded(predict(engine, 5001, variable="GREETING")) == b"hello"
            assert decoded(predict(engine, 5001, variable="COLOUR")) == b"blue"
            with ThreadPoolExecutor(4) as pool:
                waiting = [pool.submit(predict, engine, 5001, meet=4) for _ in range(4)]
                assert [decoded(answer.result(PATIENCE)) for answer in waiting] == [b"hello"] * 4
            engine.docker("kill", name)
            assert engine.docker("inspect", "-f", "{{.State.ExitCode}}", name) == "137"
            engine.docker("start", name)
            wait_until_ready(engine, 5001)
            assert decoded(predict(engine, 5001)) == b"hello"
            engine.docker("restart", name)
            wait_until_ready(engine, 5001)
            engine.docker("stop", "-t", "60", name)
            assert engine.docker("inspect", "-f", "{{.State.ExitCode}}", name) == "0"
        upload = f"http://host.docker.internal:{files}/upload"
        command = ("python", "-m", "cog.server.http", "--upload-url", upload)
        with container(engine, image, 5002, *outside, command=command):
            check_upload(predict(engine, 5002), tmp_path)
        serving = tool.begin("serve", "-p", "5003", "--upload-url", upload)
        with serving:
            wait_until_ready(engine, 5003)
            check_upload(predict(engine, 5003), tmp_path)
            serving.signal(signal.SIGINT)
            assert serving.wait() == 0


def test_a_change_of_the_source_reaches_the_container(engine: Engine, tmp_path: Path) -> None:
    model = """
from cog import BaseRunner

class Runner(BaseRunner):
    def run(self) -> str:
        return "{output}"
"""
    tool = Tool(engine, make_project(tmp_path, model.format(output="one"), yaml=YAML))
    serving = tool.begin("serve", "-p", "5004", "--watch")
    with serving:
        wait_until_ready(engine, 5004)
        eventually(lambda: "reload: watching" in serving.log, "it watches")
        (tool.project / "run.py").write_text(model.format(output="two"))

        def served() -> bool:
            return bool(call(engine, 5004, "GET", "/health-check")["reload"]["serving"] == 1)

        eventually(served, "the change is served")
        assert predict(engine, 5004) == "two"
        serving.signal(signal.SIGINT)
        assert serving.wait() == 0


def check_upload(output: str, folder: Path) -> None:
    place = urllib.parse.urlparse(output)
    assert place.hostname == "storage.example", output
    stored = folder / place.path.rpartition("/")[2]
    assert stored.read_text() == "hello"
    stored.unlink()


def test_one_prediction_of_an_image(tool: Tool, image: str, tmp_path: Path) -> None:
    elsewhere = Tool(tool.engine, tmp_path)
    done = succeeded(elsewhere("run", image, "-i", f"image=@{PICTURE}", "-i", "width=8", "-e", "COLOUR=blue"))
    assert done.stdout == ""
    assert "Written output to: output.png" in done.stderr
    assert done.stderr.count("setting up") == 1
    assert width_of((tmp_path / "output.png").read_bytes()) == 8
    succeeded(elsewhere("run", image, "-i", "variable=COLOUR", "-e", "COLOUR=blue", "-o", "colour.txt"))
    assert (tmp_path / "colour.txt").read_text() == "blue"
    wrong = elsewhere("run", image, "-i", "widht=8")
    assert wrong.returncode == 1
    assert 'unknown input "widht"; valid inputs are: fail, image, meet, variable, width' in wrong.stderr
    assert "running setup()" not in wrong.stderr
    failed = elsewhere("run", image, "-i", "fail=true")
    assert failed.returncode == 1
    assert "no luck" in failed.stderr
    assert tool.containers() == []


def test_an_image_that_is_none_of_ours(tool: Tool) -> None:
    done = tool("run", "debian")
    assert done.returncode == 1
    assert "image debian: image is not a Cog model" in done.stderr


def test_load_on_an_image(tool: Tool, image: str) -> None:
    load = ("--requests", "6", "--clients", "2", "--warmup", "0", "--output-json", "load.json")
    succeeded(tool("bench", image, *load))
    (step,) = json.loads((tool.project / "load.json").read_text())["steps"]
    assert step["ok"] == 6
    refused = tool("bench", image, *load, "--async")
    assert refused.returncode == 1
    assert "a container cannot send webhooks to 127.0.0.1" in refused.stderr
    bridge = ("ip", "-4", "-o", "address", "show", "docker0")
    shown = subprocess.run([*tool.engine.within, *bridge], stdout=subprocess.PIPE, text=True, check=True).stdout
    address = shown.split("inet ")[1].partition("/")[0]
    succeeded(tool("bench", image, *load, "--async", "--webhook-host", address))
    (step,) = json.loads((tool.project / "load.json").read_text())["steps"]
    assert step["ok"] == step["webhooks"]["received"] == 6
    assert "image debian: image is not a Cog model" in tool("bench", "debian").stderr
    assert tool.containers() == []


def test_one_prediction_of_a_project(tool: Tool) -> None:
    wrong = tool("run", "-i", "widht=8")
    assert wrong.returncode == 1
    assert "Building Docker image" not in wrong.stderr
    done = succeeded(tool("run", "-i", "image=@input.png", "-i", "width=8", "-o", "small.png"))
    assert re.search("Building Docker image from environment|is up to date", done.stderr)
    assert "Starting Docker image and running setup()..." in done.stderr
    assert width_of((tool.project / "small.png").read_bytes()) == 8
    result = json.loads(succeeded(tool("run", "--json", '{"image": "@input.png", "width": 4}')).stdout)
    assert result["output"] == "output.png"
    assert width_of((tool.project / "output.png").read_bytes()) == 4
    assert tool.containers() == []


def test_an_environment_that_has_not_changed_is_not_built_again(tool: Tool) -> None:
    succeeded(tool("run"))
    images = sorted(tool.engine.docker("images", "--all", "--quiet", "--no-trunc").split())
    again = succeeded(tool("run")).stderr
    assert "is up to date" in again
    assert "Step 1/" not in again and "Sending build context" not in again
    assert sorted(tool.engine.docker("images", "--all", "--quiet", "--no-trunc").split()) == images
    yaml = tool.project / "cog.yaml"
    before = yaml.read_text()
    yaml.write_text(before.replace("build:\n", "build:\n  run:\n    - touch /changed\n", 1))
    assert "Building Docker image from environment in cog.yaml..." in succeeded(tool("run")).stderr
    yaml.write_text(before)


def test_without_a_gpu_driver_a_gpu_is_not_insisted_on(tool: Tool) -> None:
    done = succeeded(tool("run", "--gpus", "all", "-o", "out.txt"))
    assert "Missing device driver, re-trying without GPU" in done.stderr
    assert tool("exec", "--gpus", "1", "true").returncode == 125


def test_ctrl_c_leaves_no_container(tool: Tool) -> None:
    with tool.begin("run", "-i", "meet=2") as running:
        eventually((tool.project / "running").exists, "the prediction runs")
        running.signal(signal.SIGINT)
        assert running.wait() == 130
    assert tool.containers() == []


def test_exec(tool: Tool) -> None:
    done = succeeded(tool("exec", "-e", "A=b", "sh", "-c", "cat; echo $A $GREETING; pwd; echo wrong >&2", stdin="in "))
    assert done.stdout == "in b hello\n/src\n"
    assert "wrong\n" in done.stderr
    assert "in Docker with the current directory mounted as a volume..." in done.stderr
    assert tool("exec", "sh", "-c", "exit 3").returncode == 3
    assert tool("exec", "no-such-command").returncode == 127
    assert succeeded(tool("exec", "-e", "A=b", "--", "sh", "-c", "echo $A $1", "--", "c")).stdout == "b c\n"
    assert succeeded(tool("exec", "echo", "--", "-n")).stdout == "-- -n\n"
    succeeded(tool("exec", "touch", "made-inside"))
    assert (tool.project / "made-inside").exists()


def test_exec_in_a_terminal(tool: Tool) -> None:
    with tool.begin("exec", "python", "-q", terminal=True) as running:
        running.read_until(">>> ")
        running.write("print(6 * 7)\r")
        running.read_until("\n42")
        running.write("exit()\r")
        running.rest()
        assert running.wait() == 0


def test_a_server_that_is_killed_is_reported(tool: Tool) -> None:
    with tool.begin("serve", "-p", "5004") as serving:
        wait_until_ready(tool.engine, 5004)
        taken = tool("serve", "-p", "5004")
        assert (taken.returncode, taken.stderr) == (1, "Port 5004 is in use; choose another with -p\n")
        assert decoded(predict(tool.engine, 5004)) == b"hello"
        tool.engine.docker("kill", *tool.containers())
        assert serving.wait() == 1
        assert "container exited with status 137" in serving.log
        assert "Serving at http://localhost:5004" in serving.log
