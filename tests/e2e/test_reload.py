"""A server started with --reload: a change of the project's files starts the workers again, never the server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Serve
from gpus import FakeGpus, gpu_model
from server import Background, Server, coglet, eventually
from test_tool_host import Served
from tool import make_project

MODEL = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self) -> str:
        return "{output}"
"""
HELD = """
import pathlib, time
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, hold: float = 0.0) -> str:
        pathlib.Path("running-{output}").touch()
        time.sleep(hold)
        return "{output}"
"""
ASYNC = """
import asyncio
from cog import BasePredictor

class Predictor(BasePredictor):
    async def predict(self) -> str:
        await asyncio.sleep(0.001)
        return "{output}"
"""


def reloading(serve: Serve, model: str, **options: Any) -> Server:
    """A server that looks for changes already."""
    server = serve(model, arguments=("--reload",), **options)
    server.wait_for_log("reload: watching")
    return server


def save(server: Server, text: str, name: str = "predict.py") -> None:
    """As most editors do: another file takes its place."""
    beside = server.project / f".{name}.new"
    beside.write_text(text)
    beside.replace(server.project / name)


def reload_state(server: Server) -> Any:
    return server.health()["reload"]


def wait_for_reload(server: Server, version: int, status: str = "succeeded") -> Any:
    """What is told of the change of this number, once it has come to this end."""

    def probe() -> Any:
        state = reload_state(server)
        return state if state["version"] >= version and state["status"] == status else None

    return eventually(probe, f"change {version} {status}")


def test_a_change_is_served_on_the_connections_that_there_are(serve: Serve) -> None:
    server = reloading(serve, MODEL.format(output="one"))
    assert reload_state(server) == {"status": "none", "version": 0, "serving": 0}
    connection = server.connect()

    def ask() -> Any:
        return server.request("POST", "/predictions", {}, connection=connection).json["output"]

    assert ask() == "one"
    old = server.workers()
    for version, output in enumerate(["two", "six"], 1):  # of the same size, within the same second
        save(server, MODEL.format(output=output))
        assert wait_for_reload(server, version)["serving"] == version
        assert ask() == output
    connection.close()
    eventually(lambda: len(server.workers()) == 1, "the old workers have gone")
    assert server.workers() != old
    assert "reload: changed, version=1 files=predict.py" in server.log


def test_the_document_and_the_check_of_inputs_follow(serve: Serve) -> None:
    server = reloading(serve, MODEL.format(output="one"))
    connection = server.connect()
    server.request("GET", "/openapi.json", connection=connection)
    save(server, MODEL.format(output="two").replace("(self)", "(self, count: int)"))
    wait_for_reload(server, 1)
    document = server.request("GET", "/openapi.json", connection=connection).json
    assert list(document["components"]["schemas"]["Input"]["properties"]) == ["count"]
    answer = server.request("POST", "/predictions", {"input": {"count": "many"}}, connection=connection)
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["body", "input", "count"]
    assert server.request("POST", "/predictions", {"input": {"count": 2}}, connection=connection).status == 200
    connection.close()


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        pytest.param("def predict(:", "SyntaxError", id="syntax"),
        pytest.param("import nonsuch", "ModuleNotFoundError: nonsuch", id="import"),
        pytest.param("class Predictor: pass", "run or predict method not found", id="no-method"),
        pytest.param(MODEL.replace("(self)", "(self, word: complex)"), "complex", id="schema"),
        pytest.param(
            MODEL + "    def setup(self):\n        print('at work')\n        raise ValueError('no luck')\n",
            "no luck",
            id="setup",
        ),
        pytest.param(MODEL + "    def setup(self):\n        import os; os._exit(3)\n", "exit code 3", id="death"),
    ],
)
def test_a_source_that_does_not_run_leaves_what_serves(serve: Serve, broken: str, error: str) -> None:
    server = reloading(serve, MODEL.format(output="good"))
    workers = server.workers()
    save(server, broken)
    state = wait_for_reload(server, 1, "failed")
    assert error in state["error"]
    assert state["serving"] == 0
    assert "logs" in state
    assert server.health()["status"] == "READY"
    assert server.output() == "good"
    assert server.workers() == workers
    assert "reload: failed, version=1 serving=0" in server.log
    save(server, MODEL.format(output="mended"))
    assert "error" not in wait_for_reload(server, 2)
    assert server.output() == "mended"


def test_a_model_that_never_ran_is_mended(serve: Serve) -> None:
    server = serve("def predict(:", arguments=("--reload",), until="SETUP_FAILED")
    server.wait_for_log("reload: watching")
    save(server, MODEL.format(output="mended"))
    server.wait_until("READY")
    assert server.output() == "mended"


def test_what_runs_may_finish(serve: Serve) -> None:
    server = reloading(serve, HELD.format(output="old"))
    running = server.begin(hold=1.0)
    server.wait_for_file("running-old")
    save(server, HELD.format(output="new"))
    server.wait_for_log("(?s)worker: ready.*worker: ready")
    waiting = server.begin()  # though there is no queue
    assert running.result()["output"] == "old"
    assert waiting.result()["output"] == "new"
    wait_for_reload(server, 1)
    assert server.output() == "new"


def test_what_does_not_finish_is_cancelled_and_says_why(serve: Serve) -> None:
    server = reloading(serve, HELD.format(output="old"), COG_MAX_QUEUE="1")
    running = server.begin(hold=600.0, id="long")
    server.wait_for_file("running-old")
    ahead = server.begin()
    save(server, HELD.format(output="new"))
    ended = running.result()
    assert ended["status"] == "canceled"
    assert ended["error"] == "The model's source has changed, and this prediction had not ended 2 seconds later"
    assert ahead.result()["output"] == "new"
    kept = server.request("GET", "/predictions/long").json
    assert (kept["status"], kept["error"]) == (ended["status"], ended["error"])


def test_a_model_that_ignores_the_cancel_holds_nothing_up(serve: Serve) -> None:
    deaf = HELD.replace("time.sleep(hold)", "stop = time.monotonic() + hold\n        " + IGNORE)
    server = reloading(serve, deaf.format(output="old"))
    running = server.begin(hold=600.0)
    server.wait_for_file("running-old")
    save(server, HELD.format(output="new"))
    assert running.result()["status"] == "canceled"
    wait_for_reload(server, 1)
    assert server.output() == "new"


IGNORE = """
        while time.monotonic() < stop:
            try:
                time.sleep(hold)
            except BaseException:
                pass
""".strip()


def rename_over(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text)
    beside.replace(path)


def write_in_place(path: Path, text: str) -> None:
    path.write_text(text)


def with_backup(path: Path, text: str) -> None:
    path.rename(f"{path}~")
    path.write_text(text)


def with_swap_files(path: Path, text: str) -> None:
    (path.parent / f".{path.name}.swp").write_text("swap")
    (path.parent / "4913").write_text("")
    (path.parent / "4913").unlink()
    path.write_text(text)
    (path.parent / f".{path.name}.swp").unlink()


def remove_first(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


@pytest.mark.parametrize("way", [rename_over, write_in_place, with_backup, with_swap_files, remove_first])
def test_the_ways_of_editors(serve: Serve, way: Callable[[Path, str], None]) -> None:
    server = reloading(serve, MODEL.format(output="0"))
    for output in "12":
        way(server.project / "predict.py", MODEL.format(output=output))
        eventually(lambda wanted=output: server.output() == wanted, "the change is served")  # type: ignore[misc]


def test_modules_of_the_project_old_and_new(serve: Serve) -> None:
    model = MODEL.replace("class", "import lib.words\n\nclass").replace('"{output}"', "lib.words.WORD")
    server = reloading(serve, MODEL.format(output="0"))
    folder = server.project / "lib"
    folder.mkdir()
    (folder / "words.py").write_text("WORD = 'new'\n")
    save(server, model)
    eventually(lambda: server.output() == "new", "a new module is served")
    (folder / "words.py").write_text("WORD = 'two'\n")
    eventually(lambda: server.output() == "two", "its change is served")


def test_what_is_no_source_changes_nothing(serve: Serve) -> None:
    files = {".dockerignore": "data\n"}
    server = reloading(serve, MODEL.format(output="0"), files=files)
    for path in (
        ".git/a.py",
        ".venv/lib/b.py",
        "__pycache__/c.py",
        "data/d.py",
        "notes.txt",
        "predict.py~",
        "out.json",
    ):
        (server.project / path).parent.mkdir(parents=True, exist_ok=True)
        (server.project / path).write_text("x = 1\n")
    os.utime(server.project / "predict.py")
    (server.project / "predict.py").write_text(MODEL.format(output="0"))  # the same again
    save(server, "x = 1\n", "last.py")
    wait_for_reload(server, 1)
    assert re.search(r"reload: changed, version=1 files=last.py\W", server.log)


def test_cog_yaml(serve: Serve) -> None:
    yaml = 'build:\n  python_version: "3.11"\nrun: predict.py:Predictor\n'
    other = MODEL.format(output="other").replace("Predictor(", "Other(")
    server = reloading(
        serve,
        MODEL.format(output="0") + other,
        files={"cog.yaml": yaml, "requirements.txt": ""},
        COG_PREDICT_TYPE_STUB=None,
    )
    save(server, yaml.replace(":Predictor", ":Other"), "cog.yaml")
    wait_for_reload(server, 1)
    assert server.output() == "other"
    save(server, "run: [\n", "cog.yaml")
    assert "cog.yaml:2:1: " in wait_for_reload(server, 2, "failed")["error"]
    assert server.output() == "other"
    save(server, yaml.replace("3.11", "3.12") + "concurrency:\n  max: 3\n", "cog.yaml")
    wait_for_reload(server, 3)
    assert server.output() == "0"
    assert "needs-new-start, build.python_version of cog.yaml has changed" in server.log
    eventually(lambda: len(server.workers()) == 3, "as many workers as cog.yaml says now")
    save(server, "numpy\n", "requirements.txt")
    wait_for_reload(server, 4)
    assert "needs-new-start, requirements.txt has changed" in server.log


def test_the_newest_change_counts(serve: Serve) -> None:
    stuck = MODEL.format(output="stuck") + "    def setup(self):\n        import time; time.sleep(600)\n"
    server = reloading(serve, MODEL.format(output="0"))
    save(server, stuck)
    wait_for_reload(server, 1, "starting")
    save(server, MODEL.format(output="last"))
    wait_for_reload(server, 2)
    assert server.output() == "last"
    eventually(lambda: len(server.workers()) == 1, "the others have gone")
    save(server, stuck)
    wait_for_reload(server, 3, "starting")  # and the end of the test stops the server meanwhile


@pytest.mark.parametrize("kind", ["asynchronous", "in the queue", "two workers"])
def test_no_request_is_lost_in_fifty_changes(serve: Serve, kind: str) -> None:
    """Nor is one that was begun when a version was READY answered by an older one."""
    clients, changes = 16, 50
    if kind == "asynchronous":
        model, variables = ASYNC, {"COG_MAX_CONCURRENCY": str(clients)}
    else:
        workers = "2" if kind == "two workers" else "1"
        model, variables = MODEL, {"COG_MAX_QUEUE": str(clients), "COG_WORKERS": workers}
    server = reloading(serve, model.format(output="0"), **variables)
    ready = [0]
    stop = threading.Event()

    def ask() -> int:
        connection = server.connect()
        last = count = 0
        while not stop.is_set():
            least = ready[0]
            answer = server.request("POST", "/predictions", {}, connection=connection)
            assert answer.status == 200, answer
            assert answer.json["status"] == "succeeded", answer.json
            output = int(answer.json["output"])
            assert output >= least, f"{output} after {least} was ready"
            assert output >= last, f"{output} after {last} has answered"
            last = output
            count += 1
        connection.close()
        return count

    asking = [Background(ask) for _ in range(clients)]
    for version in range(1, changes + 1):
        save(server, model.format(output=version))
        wait_for_reload(server, version)
        ready[0] = version
        assert not any(one.is_done() for one in asking)
    stop.set()
    assert all(one.result() > 0 for one in asking)
    assert server.output() == str(changes)


def test_with_a_gpu_the_old_ones_go_first(serve: Serve, tmp_path: Path) -> None:
    gpus = FakeGpus(tmp_path, 1)
    server = reloading(serve, gpu_model(), **gpus.environment)
    old, *_ = server.output(task="where")
    save(server, "def predict(:")
    wait_for_reload(server, 1, "failed")
    assert server.output(task="where")[0] == old
    save(server, gpu_model() + "# changed\n")
    wait_for_reload(server, 2)
    assert server.output(task="where")[0] != old
    log = server.log
    assert log.count("devices: leased, worker=0") == 2
    save(server, gpu_model(setup="raise ValueError('no memory')"))
    assert "no memory" in wait_for_reload(server, 3, "failed")["error"]
    assert server.health()["status"] == "SETUP_FAILED"
    save(server, gpu_model())
    server.wait_until("READY")
    assert server.predict(task="where")["status"] == "succeeded"


def test_a_kernel_that_allows_few_watches(tmp_path: Path) -> None:
    """In a namespace of its own, which has a limit of its own."""
    own = ("unshare", "--user", "--map-root-user")
    if subprocess.run([*own, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        pytest.skip("no user namespaces here")
    limit = 'echo 3 > /proc/sys/user/max_inotify_watches; exec "$0" "$@"'
    command = (*own, "sh", "-c", limit, str(coglet()))
    folders = {f"data{number}/x.py" for number in range(9)}
    server = Server(tmp_path, MODEL.format(output="0"), command=command, arguments=("--reload",))
    for name in folders:
        (server.project / name).parent.mkdir()
        (server.project / name).write_text("")
    with server:
        said = server.wait_for_log(r"reload: partly-blind, only 3 folders of \S+ are watched.*")[0]
        assert "fs.inotify.max_user_watches" in said
        assert ".dockerignore" in said
        save(server, MODEL.format(output="1"))
        wait_for_reload(server, 1)
        assert server.output() == "1"


def test_cog_serve_watch(tmp_path: Path) -> None:
    model = MODEL.replace("BasePredictor", "BaseRunner").replace("Predictor", "Runner").replace("predict", "run")
    project = make_project(tmp_path, model.format(output="one"))
    served = Served(project, "--watch")
    with served.running:
        eventually(served.is_ready, "READY")
        eventually(lambda: "reload: watching" in served.running.log, "it watches")
        (project / "run.py").write_text(model.format(output="two"))
        eventually(lambda: served.call("/health-check")["reload"]["serving"] == 1, "the change is served")
        assert served.call("/predictions", {"input": {}})["output"] == "two"
        served.running.signal(signal.SIGINT)
        assert served.running.wait() == 0
