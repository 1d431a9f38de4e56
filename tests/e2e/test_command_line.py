"""The program's flags and environment, and what it says when they are wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Optional

import pytest
from conftest import Serve
from server import coglet

MODEL = "def greet(name: str = 'you') -> str:\n    return f'hello {name}'\n"


def run(folder: Path, *arguments: str, **variables: Optional[str]) -> subprocess.CompletedProcess[str]:
    given = {"PATH": "/usr/bin:/bin", "COG_PREDICT_TYPE_STUB": "model.py:greet", "PORT": "0", **variables}
    environment = {name: value for name, value in given.items() if value is not None}
    return subprocess.run(
        [coglet(), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("flag", ["--version", "-v"])
def test_the_version(tmp_path: Path, flag: str) -> None:
    shown = run(tmp_path, flag, COG_PREDICT_TYPE_STUB=None)
    assert shown.returncode == 0
    assert shown.stdout.startswith("coglet (C++) ")


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_the_help(tmp_path: Path, flag: str) -> None:
    shown = run(tmp_path, flag, COG_PREDICT_TYPE_STUB=None)
    assert shown.returncode == 0
    for name in ("--host", "--port", "--project", "--upload-url", "--await-explicit-shutdown", "--x-mode", "--threads"):
        assert name in shown.stdout


@pytest.mark.parametrize(
    "arguments", [["--nonsuch"], ["extra"], ["--x-mode", "fly"], ["--port", "many"], ["--await-explicit-shutdown"]]
)
def test_bad_flags(tmp_path: Path, arguments: list[str]) -> None:
    shown = run(tmp_path, *arguments)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert "--host" in shown.stderr


@pytest.mark.parametrize("port", ["many", "-1", "65536", ""])
def test_a_port_that_is_none(tmp_path: Path, port: str) -> None:
    shown = run(tmp_path, PORT=port)
    assert shown.returncode == 1
    assert "PORT" in shown.stderr


def test_no_reference(tmp_path: Path) -> None:
    shown = run(tmp_path, COG_PREDICT_TYPE_STUB=None)
    assert shown.returncode == 1
    assert shown.stderr.startswith("ERROR: COG_PREDICT_TYPE_STUB environment variable is not set.")
    shown = run(tmp_path, "--x-mode", "train", COG_PREDICT_TYPE_STUB="model.py:greet")
    assert shown.returncode == 1
    assert shown.stderr.startswith("ERROR: COG_TRAIN_TYPE_STUB environment variable is not set.")


@pytest.mark.parametrize("host", ["300.1.1.1", "nonsuch.invalid"])
def test_a_host_that_is_none(tmp_path: Path, host: str) -> None:
    shown = run(tmp_path, "--host", host)
    assert shown.returncode == 1
    assert shown.stderr.startswith(f"ERROR: cannot listen on {host}, port 0: ")


def test_a_broken_cog_yaml(tmp_path: Path) -> None:
    (tmp_path / "cog.yaml").write_text("predict: [\n")
    shown = run(tmp_path)
    assert shown.returncode == 1
    assert "cog.yaml" in shown.stderr


def test_a_schema_that_is_missing(tmp_path: Path) -> None:
    shown = run(tmp_path, COG_OPENAPI_SCHEMA="/nowhere/schema.json")
    assert shown.returncode == 1
    assert "/nowhere/schema.json" in shown.stderr


@pytest.mark.parametrize("secret", ["secret", "whsec_c2hvcnQ=", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY"])
def test_a_webhook_secret_that_is_none(tmp_path: Path, secret: str) -> None:
    shown = run(tmp_path, COG_WEBHOOK_SECRET=secret)
    assert shown.returncode == 1
    assert shown.stderr == "ERROR: COG_WEBHOOK_SECRET: secret 1 is not whsec_ and 24 to 64 bytes in base64\n"


def test_a_temporary_folder_that_is_missing(tmp_path: Path) -> None:
    shown = run(tmp_path, TMPDIR="/nowhere")
    assert shown.returncode == 1
    assert "/nowhere" in shown.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = run(tmp_path, "--host", "127.0.0.1", PORT=str(port), TMPDIR=str(tmp_path / "tmp"))
    assert shown.returncode == 1
    problem = f"cannot listen on 127.0.0.1, port {port}: Address already in use"
    assert shown.stderr == f"ERROR: {problem}; --host and --port or PORT choose another\n"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_reference_may_come_from_cog_yaml(serve: Serve) -> None:
    server = serve(
        MODEL, reference="model.py:greet", files={"cog.yaml": "predict: model.py:greet\n"}, COG_PREDICT_TYPE_STUB=None
    )
    assert server.output() == "hello you"


def test_the_project_may_be_another_folder(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/there.py").write_text(MODEL.replace("hello", "there"))
    arguments = ("--project", str(tmp_path / "elsewhere"))
    server = serve(MODEL, arguments=arguments, COG_PREDICT_TYPE_STUB="there.py:greet")
    assert server.output(name="Ada") == "there Ada"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_hosts(serve: Serve, host: str) -> None:
    server = serve(MODEL, reference="model.py:greet", arguments=("--host", host))
    assert server.output() == "hello you"


def test_the_port_flag_goes_before_the_variable(serve: Serve) -> None:
    server = serve(MODEL, reference="model.py:greet", arguments=("--port", "0"), PORT="1")
    assert server.port > 1


def test_accepted_and_ignored(serve: Serve) -> None:
    server = serve(
        MODEL, reference="model.py:greet", arguments=("--threads", "9", "--upload-url", "http://127.0.0.1:1/")
    )
    assert server.output() == "hello you"


def test_settings_that_make_no_sense_are_warned_of(serve: Serve) -> None:
    server = serve(MODEL, reference="model.py:greet", COG_MAX_CONCURRENCY="many", COG_SETUP_TIMEOUT="soon")
    assert server.output() == "hello you"
    assert "COG_MAX_CONCURRENCY=many" in server.log and "COG_SETUP_TIMEOUT=soon" in server.log


@pytest.mark.parametrize("threads", ["1", "4"])
def test_any_number_of_threads(serve: Serve, threads: str) -> None:
    server = serve(MODEL, reference="model.py:greet", COG_THREADS=threads)
    connections = [server.connect() for _ in range(5)]
    for number in range(200):
        answer = server.request(
            "POST", "/predictions", {"input": {"name": str(number)}}, connection=connections[number % 5]
        )
        assert answer.json["output"] == f"hello {number}"
    for connection in connections:
        connection.close()


def test_the_log_is_json_lines_or_text(serve: Serve) -> None:
    lines = serve(MODEL, reference="model.py:greet").log.splitlines()
    assert {json.loads(line)["level"] for line in lines} == {"INFO"}
    text = serve(MODEL, reference="model.py:greet", LOG_FORMAT="console").log
    assert "Starting coglet server on " in text and not text.startswith("{")


def test_the_log_level(serve: Serve) -> None:
    model = "def fail() -> str:\n    raise ValueError('on purpose')\n"
    loud, usual = (serve(model, reference="model.py:fail", COG_LOG_LEVEL=level) for level in ("debug", "info"))
    for server in (loud, usual):
        assert server.predict()["status"] == "failed"
        server.stop()
    assert '"DEBUG"' in loud.log
    assert '"DEBUG"' not in usual.log


def test_the_package_starts_the_server(serve: Serve) -> None:
    server = serve(
        MODEL,
        reference="model.py:greet",
        command=(sys.executable, "-m", "cog.server.http"),
        COG_COGLET=str(coglet()),
        COG_PYTHON=None,
    )
    assert server.output() == "hello you"
    assert server.health()["version"]["python"] == ".".join(str(part) for part in sys.version_info[:3])
    assert server.request("POST", "/shutdown").status == 200
    assert server.wait() == 0
