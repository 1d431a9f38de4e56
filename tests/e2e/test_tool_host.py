"""The command `cog` with the host engine: serve, run, exec and train without Docker and without root."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import socket
import struct
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server import REPOSITORY, eventually
from tool import YAML, Running, cog, make_project, succeeded

MODEL = """
import os, sys, time
from pathlib import Path as File
from typing import Iterator, Optional
from cog import BaseRunner, ConcatenateIterator, Input, Path, current_scope

class Runner(BaseRunner):
    def setup(self):
        print("setting up")

    def run(
        self,
        name: str = "world",
        count: int = Input(default=1, ge=1, le=9),
        file: Optional[Path] = None,
        fail: bool = False,
    ) -> str:
        print("at work")
        if fail:
            raise ValueError("no luck")
        if file:
            return f"{file.read_text()}|{File(file).suffix}"
        return ", ".join([f"hello {name}{os.environ.get('PUNCTUATION', '')}"] * count)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("tool"), MODEL)


def test_a_prediction(project: Path) -> None:
    done = succeeded(cog(project, "run", "-i", "name=Ada", "-i", "count=2"))
    assert done.stdout == "hello Ada, hello Ada\n"
    assert "Running prediction..." in done.stderr
    assert "setting up" in done.stderr
    assert "at work" in done.stderr


def test_predict_is_the_old_name(project: Path) -> None:
    done = succeeded(cog(project, "predict"))
    assert done.stdout == "hello world\n"
    assert '"cog predict" is deprecated, use "cog run"' in done.stderr


def test_the_environment_is_used_again(project: Path) -> None:
    succeeded(cog(project, "run"))
    stamp = project / ".cog/venv/inputs.txt"
    before = stamp.stat()
    done = succeeded(cog(project, "run"))
    assert "Making the Python environment" not in done.stderr
    assert stamp.stat().st_ino == before.st_ino


def test_files_and_standard_input(project: Path) -> None:
    (project / "in.md").write_text("from a file")
    assert succeeded(cog(project, "run", "-i", "file=@in.md")).stdout == "from a file|.md\n"
    assert succeeded(cog(project, "run", "-i", "file=@-", stdin="from stdin")).stdout == "from stdin|.bin\n"
    assert succeeded(cog(project, "run", "--json", "-", stdin='{"name": "J"}')).returncode == 0


def test_the_whole_result_as_json(project: Path) -> None:
    result = json.loads(succeeded(cog(project, "run", "--json", '{"name": "J"}')).stdout)
    assert list(result) == ["status", "output", "error", "metrics"]
    assert (result["status"], result["output"], result["error"]) == ("succeeded", "hello J", "")
    failed = cog(project, "run", "--json", '{"fail": true}')
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["error"].endswith("no luck")


def test_a_failed_prediction(project: Path) -> None:
    done = cog(project, "run", "-i", "fail=true")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == 'Prediction failed with status "failed": ValueError: no luck'


def test_variables(project: Path) -> None:
    done = succeeded(cog(project, "run", "-e", "PUNCTUATION=!"))
    assert done.stdout == "hello world!\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-i", "nope=1"], 'unknown input "nope"; valid inputs are: count, fail, file, name'),
        (["-i", "count=x"], 'invalid input "count": expected integer, got string'),
        (["-i", "count=10"], 'invalid input "count": number must be at most 9'),
        (["-i", "name"], "Failed to parse input 'name', expected format is 'name=value'"),
        (["-i", "file=@missing"], 'input "file": open missing: No such file or directory'),
        (["-i", "name=a", "--json", "{}"], "Must use one of --json or --input to provide model inputs"),
        (["-o", "missing/x"], "Output path is not writable"),
        (["--use-replicate-token"], "REPLICATE_API_TOKEN"),
        (["--gpus", "some"], 'invalid GPU specification: "some"'),
        (["name=a"], "Invalid image name 'name=a'. Did you forget `-i`?"),
        (["an-image"], "needs Docker"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(project: Path, arguments: list[str], message: str) -> None:
    done = cog(project, "run", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "running setup()" not in done.stderr
    assert done.stdout == ""


def test_a_setup_that_fails(tmp_path: Path) -> None:
    model = "class Runner:\n    def setup(self): raise ValueError('broken')\n    def run(self) -> str: return ''\n"
    done = cog(make_project(tmp_path, model), "run")
    assert done.returncode == 1
    assert "Model setup failed" in done.stderr
    assert "broken" in done.stderr


def test_a_setup_that_takes_too_long(tmp_path: Path) -> None:
    model = "import time\nclass Runner:\n    def setup(self): time.sleep(600)\n    def run(self) -> str: return ''\n"
    with Running(make_project(tmp_path, model), "run", "--setup-timeout", "1") as running:
        assert running.wait() == 1
        assert "Timed out" in running.log


def test_output_files(tmp_path: Path) -> None:
    """The example with PIL: its own requirement comes from the machine, so that no network is needed."""
    project = tmp_path / "image"
    shutil.copytree(REPOSITORY / "examples/image", project, ignore=shutil.ignore_patterns(".cog"))
    yaml = (project / "cog.yaml").read_text()
    (project / "cog.yaml").write_text(yaml.replace("  python_requirements: requirements.txt\n", ""))
    folders = subprocess.run(
        [sys.executable, "-c", "import os, PIL; print(os.path.dirname(os.path.dirname(PIL.__file__)))"],
        capture_output=True,
        text=True,
    )
    if folders.returncode != 0:
        pytest.skip("Pillow is not installed")
    packages = {"PYTHONPATH": folders.stdout.strip()}
    done = succeeded(cog(project, "run", "-i", "image=@input.png", "-i", "width=64", env=packages))
    assert done.stdout == ""
    assert "Written output to: output.png" in done.stderr
    picture = (project / "output.png").read_bytes()
    assert struct.unpack(">II", picture[16:24]) == (64, 48)
    succeeded(cog(project, "run", "-i", "image=@input.png", "-o", "small.png", env=packages))
    assert (project / "small.png").read_bytes().startswith(b"\x89PNG")


def test_text_comes_piece_by_piece_on_a_terminal(tmp_path: Path) -> None:
    model = """
import time
from pathlib import Path
from cog import BaseRunner, ConcatenateIterator

class Runner(BaseRunner):
    def run(self) -> ConcatenateIterator[str]:
        yield "first"
        while not Path("go").exists():
            time.sleep(0.01)
        yield " second"
"""
    project = make_project(tmp_path, model)
    with Running(project, "run", terminal=True) as running:
        running.read_until("first")
        (project / "go").touch()
        assert running.rest().strip() == "second"
        assert running.wait() == 0
    # Whoever is no terminal gets the whole.
    assert json.loads(succeeded(cog(project, "run")).stdout) == ["first", " second"]
    streaming = model.replace("    def run", "    @cog.streaming\n    def run").replace("time\n", "cog, time\n", 1)
    (project / "run.py").write_text(streaming)
    (project / "go").unlink()
    with Running(project, "run", terminal=True) as running:
        running.read_until("first")
        (project / "go").touch()
        assert running.rest().strip() == "second"
        assert running.wait() == 0


def test_the_log_grows_on_a_terminal(tmp_path: Path) -> None:
    model = """
import time
from pathlib import Path

def run() -> int:
    print("begun")
    while not Path("go").exists():
        time.sleep(0.01)
    print("done")
    return 7
"""
    project = make_project(tmp_path, model, yaml=YAML.replace("Runner", "run"))
    with Running(project, "run", terminal=True) as running:
        running.read_until("begun")
        (project / "go").touch()
        assert running.rest().split() == ["done", "7"]
        assert running.wait() == 0


def test_ctrl_c_ends_a_prediction(tmp_path: Path) -> None:
    model = """
import time
from pathlib import Path
from cog import BaseRunner

class Runner(BaseRunner):
    def run(self) -> str:
        Path("running").touch()
        time.sleep(600)
        return ""
"""
    project = make_project(tmp_path, model)
    with Running(project, "run") as running:
        eventually((project / "running").exists, "the prediction runs")
        running.signal(signal.SIGINT)
        assert running.wait() == 1


def test_a_training(tmp_path: Path) -> None:
    project = make_project(
        tmp_path,
        yaml='build:\n  python_version: "3.11"\nrun: run.py:run\ntrain: train.py:train\n',
        run_py="def run() -> str:\n    return ''\n",
        train_py="def train(steps: int) -> str:\n    return f'{steps} steps'\n",
    )
    done = succeeded(cog(project, "train", "-i", "steps=3"))
    assert 'Command "train" is deprecated' in done.stderr
    assert "Running training..." in done.stderr
    assert (project / "weights").read_text() == "3 steps"
    missing = cog(project, "train")
    assert missing.returncode == 1
    assert 'missing required input "steps"' in missing.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """A `cog serve` on a free port."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self.port = free_port()
        self.running = Running(project, "serve", "-p", str(self.port), *arguments)

    def call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def is_ready(self) -> bool:
        assert self.running.process.poll() is None, self.running.log
        try:
            return bool(self.call("/health-check")["status"] == "READY")
        except OSError:
            return False


@pytest.fixture(scope="module")
def served(project: Path) -> Iterator[Served]:
    served = Served(project)
    with served.running:
        eventually(served.is_ready, "READY")
        yield served


def test_serve(served: Served) -> None:
    assert served.call("/predictions", {"input": {"name": "Eva"}})["output"] == "hello Eva"
    content = base64.b64encode(b"content").decode()
    answer = served.call("/predictions", {"input": {"file": f"data:text/plain;base64,{content}"}})
    assert answer["output"] == "content|.txt"
    assert f"Serving at http://localhost:{served.port}" in served.running.log


def test_a_port_that_is_taken(served: Served, project: Path) -> None:
    done = cog(project, "serve", "-p", str(served.port))
    assert done.returncode == 1
    assert "it exited with status 1" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_and_leaves_nothing(project: Path, number: int) -> None:
    served = Served(project)
    with served.running as running:
        eventually(served.is_ready, "READY")
        running.signal(number)
        assert running.wait() == 0


def test_exec(project: Path) -> None:
    done = succeeded(cog(project, "exec", "python", "-c", "import sys, cog; print(sys.argv[1:])", "-i", "--debug"))
    assert done.stdout == "['-i', '--debug']\n"
    assert succeeded(cog(project, "exec", "cat", stdin="through")).stdout == "through"
    assert succeeded(cog(project, "exec", "-e", "A=b", "sh", "-c", "echo $A; pwd")).stdout == f"b\n{project}\n"
    failed = cog(project, "exec", "sh", "-c", "exit 7")
    assert failed.returncode == 1
    assert "exited with status 7" in failed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "a command is needed"),
        (["--no-such-flag", "ls"], "unknown flag: --no-such-flag"),
        (["-p", "x", "ls"], 'invalid port "x"'),
    ],
)
def test_exec_with_a_wrong_command_line(project: Path, arguments: list[str], message: str) -> None:
    done = cog(project, "exec", *arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_exec_in_a_terminal(project: Path) -> None:
    with Running(project, "exec", "python", "-i", "-q", terminal=True) as running:
        running.read_until(">>> ")
        running.write("print(6 * 7)\r")
        running.read_until("42")
        running.write("exit()\r")
        running.rest()
        assert running.wait() == 0


def test_no_docker_means_the_host(project: Path) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nonexistent.sock"}
    done = succeeded(cog(project, "run", env={"COG_ENGINE": None, **nowhere}))
    assert done.stdout == "hello world\n"
    assert "using the host engine" in done.stderr
    wanted = cog(project, "run", "--engine", "docker", env=nowhere)
    assert wanted.returncode == 1
    assert "Docker cannot be used: " in wanted.stderr


def test_packages_of_the_project(tmp_path: Path) -> None:
    """A package of the project's own, so that no network is needed; pip installs it because the file names it."""
    project = make_project(
        tmp_path,
        "import greeting\ndef greet() -> str:\n    return greeting.TEXT\n",
        yaml=YAML.replace("run: run.py:Runner", "  python_requirements: requirements.txt\nrun: run.py:greet"),
        requirements_txt="./greeting\ncog==0.9\n",
    )
    (project / "greeting").mkdir()
    (project / "greeting/greeting.py").write_text("TEXT = 'from a package'\n")
    setup = "from setuptools import setup\nsetup(name='greeting', version='1', py_modules=['greeting'])\n"
    (project / "greeting/setup.py").write_text(setup)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    assert succeeded(cog(project, "run", env=offline)).stdout == "from a package\n"
