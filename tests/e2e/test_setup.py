"""Models that do not get ready: the server stays up, says why, and refuses predictions."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import Serve
from server import eventually

PYTHON = ".".join(str(part) for part in sys.version_info[:3])
GOOD = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def setup(self) -> None:
        {setup}

    def predict(self) -> str:
        return "done"
"""


def failing_setup(code: str) -> str:
    return GOOD.format(setup=code)


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        pytest.param("def predict(:", ['File "', 'predict.py", line 1', "SyntaxError"], id="syntax"),
        pytest.param("import nonsuch", ["Traceback", "ModuleNotFoundError: No module named 'nonsuch'"], id="import"),
        pytest.param("print('seen')\n1 / 0", ["seen", "Traceback", "ZeroDivisionError: division by zero"], id="module"),
        pytest.param("raise SystemExit(3)", ["SystemExit: 3"], id="exit-at-import"),
        pytest.param("class Other: pass", ["AttributeError", "has no attribute 'Predictor'"], id="class-name"),
        pytest.param("class Predictor: pass", ["ValueError", "run or predict method not found"], id="no-method"),
        pytest.param("Predictor = 5", ["ValueError", "run or predict method not found"], id="not-callable"),
        pytest.param(
            "class Predictor:\n    def __init__(self, x): pass\n    def predict(self) -> str: ...",
            ["TypeError", "missing 1 required positional argument"],
            id="constructor",
        ),
        pytest.param(
            failing_setup('print("loading"); raise RuntimeError("no weights")'),
            ["[coglet::setup] loading", "Traceback", "in setup", "RuntimeError: no weights"],
            id="exception",
        ),
        pytest.param(
            failing_setup('import sys; print("on stderr", file=sys.stderr); sys.exit("giving up")'),
            ["on stderr", "SystemExit: giving up"],
            id="exit",
        ),
        pytest.param(
            failing_setup('import os; os.write(1, b"native\\n"); os._exit(7)'),
            ["native", "worker crashed: exit code 7"],
            id="os-exit",
        ),
        pytest.param(
            failing_setup("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
            ["worker crashed", "signal 9"],
            id="killed",
        ),
    ],
)
def test_a_model_that_does_not_start(serve: Serve, model: str, parts: list[str]) -> None:
    server = serve(model, until="SETUP_FAILED")
    report = server.health()
    assert (report["status"], report["setup"]["status"]) == ("SETUP_FAILED", "failed")
    assert "completed_at" in report["setup"]
    assert (report["version"]["python_sdk"], report["version"]["python"]) == ("0.23.1", PYTHON)
    logs = report["setup"]["logs"]
    places = [logs.find(part) for part in parts]
    assert -1 not in places and places == sorted(places), logs
    refused = server.create({})
    assert (refused.status, refused.json["status"]) == (503, "failed")
    for path, status in (("/livez", 503), ("/readyz", 503), ("/", 200)):
        assert server.request("GET", path).status == status
    assert server.workers() == []


LAST_LINES = {
    "import numpyy": "predict.py:1: ModuleNotFoundError: numpyy (add it to requirements.txt)",
    "\n1 / 0": "predict.py:2: ZeroDivisionError: division by zero",
    "x = (": "predict.py:1: SyntaxError: '(' was never closed",
    failing_setup("raise RuntimeError('no weights')"): "predict.py:6: RuntimeError: no weights",
}


@pytest.mark.parametrize(("model", "line"), LAST_LINES.items(), ids=["package", "module", "syntax", "setup"])
def test_a_failed_setup_ends_in_one_line_which_predictions_are_told(serve: Serve, model: str, line: str) -> None:
    if sys.version_info < (3, 10) and "SyntaxError" in line:
        pytest.skip("other words")
    server = serve(model, until="SETUP_FAILED")
    logs = server.health()["setup"]["logs"].splitlines()
    assert logs[-1] == line
    assert not any("cog/_worker" in text or "<frozen" in text for text in logs)
    refused = server.create({})
    assert (refused.status, refused.json["status"]) == (503, "failed")
    assert refused.json["error"] == f"Setup failed: {line}. GET /health-check shows its log."


@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        ('x: str = Input(default="", regex="^(a+)+$")', "parameter 'x': Model schema is invalid: invalid default"),
        ('x: str = Input(regex="(")', "The pattern of Input.x"),
        ("x: Path = Input(default=7)", "parameter 'x': "),
    ],
)
def test_a_model_that_could_not_be_checked_is_not_served(serve: Serve, declaration: str, reason: str) -> None:
    text = f"from cog import Input, Path\nclass Predictor:\n    def predict(self, {declaration}) -> str: ...\n"
    server = serve(text, until="SETUP_FAILED")
    assert reason in server.health()["setup"]["logs"]
    assert reason in server.create({"x": "http://127.0.0.1:1/secret"}).json["error"]


def test_a_document_of_the_author_that_is_broken_is_told(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    server = serve(GOOD.format(setup="pass"), until="SETUP_FAILED", COG_OPENAPI_SCHEMA=str(tmp_path / "broken.json"))
    assert "The OpenAPI document is not valid JSON" in server.create({}).json["error"]


@pytest.mark.parametrize("printed", ["print('x' * 300_000)", "import os; os.write(1, b'x' * 300_000 + b'\\n')"])
def test_a_long_line_of_a_setup_is_cut(serve: Serve, printed: str) -> None:
    lines = serve(failing_setup(printed)).health()["setup"]["logs"].splitlines()
    assert max(map(len, lines)) <= 64 * 1024 + len("[coglet::setup] ")
    assert sum(line.count("x" * 10) * 10 for line in lines) >= 299_900


def test_a_progress_bar_of_a_setup_is_not_repeated(serve: Serve) -> None:
    code = "import sys\n        for i in range(20000): sys.stdout.write(f'\\r{i:06d} of 20000')\n        print()"
    lines = serve(failing_setup(code)).health()["setup"]["logs"].splitlines()
    assert [line for line in lines if "of 20000" in line] == ["[coglet::setup] 019999 of 20000"]


def test_a_model_file_that_is_missing(serve: Serve) -> None:
    server = serve("", until="SETUP_FAILED", COG_PREDICT_TYPE_STUB="nonsuch.py:Predictor")
    logs = server.health()["setup"]["logs"]
    assert "FileNotFoundError" in logs and "nonsuch.py" in logs
    assert server.create({}).status == 503


def test_a_setup_that_is_too_slow(serve: Serve) -> None:
    model = failing_setup('import time; print("begun", flush=True); time.sleep(600)')
    server = serve(model, until="SETUP_FAILED", COG_SETUP_TIMEOUT="0.5")
    logs = server.health()["setup"]["logs"]
    assert "begun" in logs and "timed out" in logs
    assert server.workers() == []
    assert server.create({}).status == 503


def test_a_setup_within_its_time(serve: Serve) -> None:
    server = serve(failing_setup("pass"), COG_SETUP_TIMEOUT="60")
    assert server.output() == "done"


def test_a_python_that_is_missing(serve: Serve) -> None:
    server = serve(failing_setup("pass"), until="SETUP_FAILED", COG_PYTHON="/nowhere/python")
    assert "/nowhere/python" in server.health()["setup"]["logs"]


def test_the_log_of_a_setup_is_complete(serve: Serve) -> None:
    server = serve(
        failing_setup(
            'import os, subprocess, sys; print("one"); os.write(1, b"two\\n"); '
            'print("three", file=sys.stderr); subprocess.run(["echo", "four"]); print("five")'
        )
    )
    logs = server.health()["setup"]["logs"]
    for word in ("one", "two", "three", "four", "five"):
        assert f"[coglet::setup] {word}\n" in logs
    assert logs.index("one") < logs.index("three") < logs.index("five")
    assert logs.endswith("Server ready\n")


def test_the_log_of_a_setup_is_shown_while_it_runs(serve: Serve) -> None:
    code = 'import time\n        from pathlib import Path\n        print("half way", flush=True)\n'
    code += '        while not Path("go").exists(): time.sleep(0.01)'
    server = serve(failing_setup(code), until="STARTING")
    eventually(lambda: "[coglet::setup] half way\n" in server.health()["setup"]["logs"], "its line")
    assert server.health()["status"] == "STARTING"
    (server.project / "go").touch()
    server.wait_until("READY")


@pytest.mark.parametrize("code", ['print("tail", end="")', 'import os; os.write(1, b"tail")'])
def test_the_last_line_of_a_setup_needs_no_end(serve: Serve, code: str) -> None:
    logs = serve(failing_setup(code)).health()["setup"]["logs"]
    assert logs.splitlines()[-2] == "[coglet::setup] tail"


def test_weights_are_given_to_setup(serve: Serve) -> None:
    model = """
from typing import Optional
from cog import BasePredictor

class Predictor(BasePredictor):
    def setup(self, weights: Optional[str] = None) -> None:
        self.weights = str(weights)

    def predict(self) -> str:
        return self.weights
"""
    assert serve(model, COG_WEIGHTS="weights.bin").output() == "weights.bin"


def test_a_project_may_have_modules_of_any_name(serve: Serve) -> None:
    broken = {f"{name}.py": "raise RuntimeError('not yours')" for name in ("json", "queue", "socket", "threading")}
    assert serve(failing_setup("pass"), files=broken).output() == "done"


def test_a_project_may_import_its_own_modules(serve: Serve) -> None:
    server = serve(failing_setup("import helper; print(helper.WORD)"), files={"helper.py": "WORD = 'helped'"})
    assert "helped" in server.health()["setup"]["logs"]
