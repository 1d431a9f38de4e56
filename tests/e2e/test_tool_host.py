"""The command `cog` with the host engine: serve, run, exec and train without Docker and without root."""

from __future__ import annotations

import base64
import fcntl
import http.client
import json
import shutil
import signal
import socket
import struct
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from server import REPOSITORY, eventually
from tool import YAML, Running, cog, make_project, succeeded, without_status

GREETING_YAML = YAML.replace("run.py:Runner", "run.py:greet")
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


def test_the_last_value_of_a_variable_counts_and_is_there_once(tmp_path: Path) -> None:
    yaml = YAML + "environment: [A=1]\nconcurrency: {max: 1}\n"
    project = make_project(tmp_path, "def Runner(name: str) -> str: ...\n", yaml=yaml)
    given = {"A": "2", "COG_PREDICT_TYPE_STUB": "x.py:x", "COG_MAX_CONCURRENCY": "4", "LOG_FORMAT": "json"}
    flags = [word for name, value in given.items() for word in ("-e", f"{name}=first", "-e", f"{name}={value}")]
    shown = succeeded(cog(project, "exec", *flags, "cat", "/proc/self/environ")).stdout.split("\0")
    for name, value in given.items():
        assert [line for line in shown if line.startswith(f"{name}=")] == [f"{name}={value}"]


def test_variables_of_a_server(project: Path) -> None:
    served = Served(project, "-e", "PUNCTUATION=?", "-e", "PORT=1")
    with served.running:
        eventually(served.is_ready, "READY")
        assert served.call("/predictions", {"input": {}})["output"] == "hello world?"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-e", "=x"], "-e =x: a variable has a name"),
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
        (["an-image"], "needs Docker: the host engine (--engine host, COG_ENGINE=host) runs the source of a project"),
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


@pytest.mark.parametrize("terminal", [True, False])
def test_the_log_grows(tmp_path: Path, terminal: bool) -> None:
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
    with Running(project, "run", terminal=terminal) as running:
        if terminal:
            running.read_until("begun")
        else:
            eventually(lambda: "begun\n" in running.log, "the log is shown while the prediction runs")
        (project / "go").touch()
        rest = without_status(running.rest()) if terminal else ""
        assert running.wait() == 0
        assert (rest or running.log.partition("begun\n")[2]).split() == ["done", "7"]


def test_what_a_setup_prints_is_shown_as_it_is_and_nothing_after_the_answer(tmp_path: Path) -> None:
    model = """
import atexit, sys

class Runner:
    def setup(self):
        print("set up")
        print("half", end="", file=sys.stderr)
        atexit.register(lambda: print("at the end", file=sys.stderr))

    def run(self) -> str:
        return "answer"
"""
    project = make_project(tmp_path, model)
    done = succeeded(cog(project, "run"))
    begin = done.stderr.index("running setup()...\n") + len("running setup()...\n")
    assert sorted(done.stderr[begin:].splitlines()) == ["Running prediction...", "half", "set up"]
    assert done.stdout == "answer\n"


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        (
            "import numpyy\ndef run() -> int:\n    return 1\n",
            "Model setup failed\nrun.py:1: ModuleNotFoundError: numpyy (add it to requirements.txt)\n",
        ),
        (
            "from helper import load\nclass Runner:\n    def setup(self):\n        load()\n"
            "    def run(self) -> int:\n        return 1\n",
            "Model setup failed\n"
            "Traceback (most recent call last):\n"
            '  File "run.py", line 4, in setup\n    load()\n'
            '  File "helper.py", line 4, in load\n    json.loads("x")\n'
            "helper.py:4: json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)\n",
        ),
    ],
)
def test_a_failed_setup_ends_in_the_model_s_own_line(tmp_path: Path, model: str, shown: str) -> None:
    helper = 'import json\n\ndef load():\n    json.loads("x")\n'
    name = "Runner" if "Runner" in model else "run"
    project = make_project(tmp_path, model, yaml=YAML.replace("Runner", name), helper_py=helper)
    done = cog(project, "run")
    assert done.returncode == 1
    assert done.stderr.endswith("running setup()...\n" + shown)


def test_a_traceback_that_a_setup_survives_is_shown(tmp_path: Path) -> None:
    model = """
import traceback

class Runner:
    def setup(self):
        try:
            1 / 0
        except ZeroDivisionError:
            traceback.print_exc()

    def run(self) -> int:
        return 1
"""
    done = succeeded(cog(make_project(tmp_path, model), "run"))
    assert "\nZeroDivisionError: division by zero\n" in done.stderr


def test_a_deprecation_is_told_once_a_project_and_day(tmp_path: Path) -> None:
    project = make_project(
        tmp_path, "def run() -> int:\n    return 1\n", yaml=YAML.replace("run: run.py:Runner", "predict: run.py:run")
    )
    first, second = (succeeded(cog(project, "run")).stderr for _ in range(2))
    assert 'deprecated field "predict"' in first
    assert "deprecated" not in second
    (project / ".cog" / "said_today").write_text("2001-01-01\nsomething\n")
    assert 'deprecated field "predict"' in succeeded(cog(project, "run")).stderr


def test_a_second_cog_says_that_it_waits_for_the_first(tmp_path: Path) -> None:
    project = make_project(tmp_path, "def run() -> int:\n    return 1\n", yaml=YAML.replace("Runner", "run"))
    (project / ".cog").mkdir()
    with (project / ".cog/venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Running(project, "run", terminal=True) as running:
            running.read_until("Waiting for another cog that makes this environment after 1 s")
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert without_status(running.rest()).endswith("Running prediction...\r\n1\r\n")
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
        eventually(lambda: "Stopping (again to kill)" in running.log, "it answers")
        assert running.wait() == 130


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


def test_a_training_has_an_output_of_its_own_shape(tmp_path: Path) -> None:
    """Whatever `run()` returns, and whatever an old document says."""
    project = make_project(
        tmp_path,
        "from cog import Path\n\n\ndef run() -> list[Path]: ...\n",
        yaml='build:\n  python_version: "3.11"\nrun: run.py:run\ntrain: train.py:train\n',
        train_py="from cog import Path\n\n\ndef train() -> Path:\n    made = Path('made.bin')\n"
        "    made.write_text('trained')\n    return made\n",
    )
    (project / ".cog").mkdir(exist_ok=True)
    old = {"components": {"schemas": {"TrainingInput": {}, "TrainingOutput": {"type": "array"}}}}
    (project / ".cog" / "openapi_schema.json").write_text(json.dumps(old))
    succeeded(cog(project, "train"))
    assert [path.read_text() for path in project.glob("weights*")] == ["trained"]


ABSENT = """
from cog import BaseRunner, Input, Path

class Runner(BaseRunner):
    def run(
        self,
        count: int = Input(default=None, ge=1),
        file: Path = Input(default=None),
        files: list[Path] = Input(default=None),
    ) -> str:
        return f"{count} {file and file.name} {files and [one.name + ':' + one.read_text() for one in files]}"
"""


def test_inputs_that_may_be_left_out_and_names_of_files(tmp_path: Path) -> None:
    project = make_project(tmp_path, ABSENT)
    assert succeeded(cog(project, "run")).stdout == "None None None\n"
    (project / "my dog.wav").write_text("wav")
    (project / "1.txt").write_text("a")
    given = succeeded(cog(project, "run", "-i", "file=@my dog.wav", "-i", "files=@1.txt")).stdout
    assert given == "None my dog.wav ['1.txt:a']\n"
    nested = json.loads(succeeded(cog(project, "run", "--json", '{"count":2,"files":["@1.txt"]}')).stdout)
    assert nested["output"] == "2 None ['1.txt:a']"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """A `cog serve` on a free port."""

    def __init__(self, project: Path, *arguments: str, **variables: str) -> None:
        self.port = free_port()
        self.running = Running(project, "serve", "-p", str(self.port), *arguments, env=variables)

    def call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def status(self, path: str, host: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            connection.request("GET", path, headers={"Host": host})
            return connection.getresponse().status

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
    eventually(lambda: "\nready\n" in served.running.log, "the tool says that the model is ready")
    lines = served.running.log.splitlines()
    assert lines.index(f"Serving at http://localhost:{served.port}") < lines.index("ready")


def test_a_server_whose_setup_fails_stays_up(tmp_path: Path) -> None:
    model = "class Runner:\n    def setup(self): raise ValueError('broken')\n    def run(self) -> str: return ''\n"
    served = Served(make_project(tmp_path, model))
    with served.running as running:
        eventually(lambda: "setup failed; staying up for /health-check" in running.log, "the failure is told")
        assert f"Serving at http://localhost:{served.port}" in running.log
        assert served.call("/health-check")["status"] == "SETUP_FAILED"


READ_ONLY_HERE = 'mount --bind . . && cd "$PWD" && mount -o remount,bind,ro . && exec "$0" "$@"'
READ_ONLY = ("unshare", "--mount", "sh", "-c", READ_ONLY_HERE)


def test_a_project_that_cannot_be_written(tmp_path: Path) -> None:
    project = make_project(tmp_path, MODEL)
    cache = tmp_path / "cache"
    env = {"COG_CACHE_DIR": str(cache)}
    if subprocess.run([*READ_ONLY, "true"], cwd=project, capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here")
    done = succeeded(cog(project, "run", within=READ_ONLY, env=env))
    assert done.stdout == "hello world\n"
    assert "The project's folder cannot be written to" in done.stderr
    assert not (project / ".cog").exists()
    assert list(cache.glob("projects/project-*/venv/bin/python"))


def test_a_deprecation_is_not_repeated_in_a_project_that_cannot_be_written(tmp_path: Path) -> None:
    project = make_project(
        tmp_path, "def run() -> int:\n    return 1\n", yaml=YAML.replace("run: run.py:Runner", "predict: run.py:run")
    )
    if subprocess.run([*READ_ONLY, "true"], cwd=project, capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here")
    env = {"COG_CACHE_DIR": str(tmp_path / "cache")}
    first, second = (succeeded(cog(project, "run", within=READ_ONLY, env=env)).stderr for _ in range(2))
    assert 'deprecated field "predict"' in first
    assert "deprecated" not in second


def test_no_place_for_the_environment(tmp_path: Path) -> None:
    project = make_project(tmp_path, MODEL)
    (project / ".cog").write_text("a file")
    done = cog(project, "run", env={"COG_CACHE_DIR": "/proc/nowhere"})
    assert done.returncode == 1
    assert "cannot write in " in done.stderr and "Not a directory, nor in /proc/nowhere/" in done.stderr


UV = """#!/bin/sh
echo "$*" >> "$UV_CALLS"
case "$1 $2" in
  "python find") test -e "$UV_CALLS.installed" ;;
  "python install") exit 1 ;;
esac
"""


def test_uv_is_asked_for_a_python_that_is_not_here(tmp_path: Path) -> None:
    project = make_project(tmp_path, MODEL, yaml=YAML.replace("3.11", "3.14"))
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/uv"
    program.write_text(UV)
    program.chmod(0o755)
    calls = tmp_path / "calls"
    done = cog(project, "run", env={"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "UV_CALLS": str(calls)})
    assert calls.read_text().splitlines()[:2] == ["python find 3.14", "python install 3.14"]
    assert "cog.yaml asks for Python 3.14, which is not here: using Python 3." in done.stderr


def test_gpus_without_a_driver(project: Path) -> None:
    done = succeeded(cog(project, "run", "--gpus", "all"))
    if not Path("/dev/nvidiactl").exists():
        assert "--gpus all is given, but there is no NVIDIA driver on this machine" in done.stderr


def test_serve_answers_for_no_foreign_name(served: Served) -> None:
    for host in ("localhost", f"localhost:{served.port}", f"127.0.0.1:{served.port}"):
        assert served.status("/health-check", host) == 200
    assert served.status("/health-check", "evil.example") == 421


@pytest.mark.parametrize("place", ["flag", "variable", "cog.yaml"])
def test_other_names_that_a_server_answers_for(tmp_path: Path, place: str) -> None:
    allowed = "COG_ALLOWED_HOSTS=model.example,other.example"
    given = {"flag": ("-e", allowed), "cog.yaml": (), "variable": ()}[place]
    variables = dict([allowed.split("=")]) if place == "variable" else {}
    yaml = YAML + (f'environment: ["{allowed}"]\n' if place == "cog.yaml" else "")
    served = Served(make_project(tmp_path, MODEL, yaml=yaml), *given, **variables)
    with served.running as running:
        eventually(lambda: "\nready\n" in running.log, "the tool itself is not refused")
        assert served.status("/health-check", "model.example") == 200
        assert served.status("/health-check", f"other.example:{served.port}") == 200
        assert served.status("/health-check", "localhost") == 421


def test_any_name_will_do_for_a_server_that_others_are_to_reach(project: Path) -> None:
    served = Served(project, "--host", "0.0.0.0")
    with served.running:
        eventually(served.is_ready, "READY")
        assert served.status("/health-check", "anything.example") == 200


def test_a_port_that_is_taken(served: Served, project: Path) -> None:
    done = cog(project, "serve", "-p", str(served.port))
    assert done.returncode == 1
    assert done.stderr == f"Port {served.port} is in use; choose another with -p\n"


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


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["no-such-command"], 127),
        (["./cog.yaml"], 126),
        (["sh", "-c", "kill -INT $$"], 130),
    ],
)
def test_exec_passes_the_exit_code_on(project: Path, command: list[str], code: int) -> None:
    assert cog(project, "exec", *command).returncode == code


def test_ctrl_c_ends_a_command(project: Path) -> None:
    with Running(project, "exec", "sleep", "1000", terminal=True) as running:
        running.read_until("Running sleep")
        eventually(lambda: len(running.processes()) > 1, "the command runs")
        running.write("\x03")
        running.rest()
        assert running.wait() == 130


def test_ports_of_a_command_have_no_effect_here(project: Path) -> None:
    assert "-p has no effect on the host engine" in succeeded(cog(project, "exec", "-p", "8000", "true")).stderr


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


def test_packages_that_cogs_sdk_brings(tmp_path: Path) -> None:
    """The model says nothing of PyYAML, which comes from a folder, so that no network is needed."""
    project = make_project(tmp_path, "import yaml\ndef greet() -> str:\n    return yaml.TEXT\n", yaml=GREETING_YAML)
    with zipfile.ZipFile(tmp_path / "pyyaml-1.0-py3-none-any.whl", "w") as archive:
        info = "pyyaml-1.0.dist-info"
        archive.writestr("yaml.py", "TEXT = 'from a package'\n")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: PyYAML\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "UV_OFFLINE": "1", "UV_FIND_LINKS": str(tmp_path)}
    done = succeeded(cog(project, "run", env=offline))
    assert done.stdout == "from a package\n"
    assert "run.py:1 imports yaml, which cog.yaml does not name: PyYAML is installed" in done.stderr


def test_packages_of_the_project(tmp_path: Path) -> None:
    """A package of the project's own, so that no network is needed; pip installs it because the file names it."""
    project = make_project(
        tmp_path,
        "import greeting\ndef greet() -> str:\n    return greeting.TEXT\n",
        yaml=GREETING_YAML.replace("run:", "  python_requirements: requirements.txt\nrun:"),
        requirements_txt="./greeting\ncog==0.9\n",
    )
    (project / "greeting").mkdir()
    (project / "greeting/greeting.py").write_text("TEXT = 'from a package'\n")
    setup = "from setuptools import setup\nsetup(name='greeting', version='1', py_modules=['greeting'])\n"
    (project / "greeting/setup.py").write_text(setup)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    done = succeeded(cog(project, "run", env=offline))
    assert done.stdout == "from a package\n"
    steps = [line.split()[0] for line in done.stderr.splitlines() if line]
    assert [step for step in ("Processing", "Installing", "Successfully") if step not in steps] == []
