"""`cog bench`: load on real servers, and on made ones that answer wrongly."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dialect_models
import pytest
from batching import batch_model
from conftest import Serve
from listening import STREAMING
from server import Server, eventually
from tool import Running, cog, make_project, succeeded

MODEL = """
import time
from cog import BasePredictor, Input

class Predictor(BasePredictor):
    def predict(self, name: str = Input(max_length=4), wait: float = 0, fail: bool = False) -> str:
        time.sleep(wait)
        if fail:
            raise ValueError("no luck")
        return f"hello {name}"
"""

Step = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("bench"), MODEL, COG_MAX_QUEUE="1000") as server:
        yield server


def test_chat_completions_are_timed_by_tokens(tmp_path: Path, serve: Serve) -> None:
    server = serve(dialect_models.ECHO, COG_MAX_QUEUE="100")
    flags = ("--dialect", "openai", "--requests", "6", "--warmup", "0", "-i", "prompt=one two three")
    done = bench(tmp_path, server, *flags)
    assert done.returncode == 0, done.stderr
    step = report(tmp_path)["steps"][0]
    assert step["ok"] == 6
    assert step["chunks"] == 18
    assert "between tokens" in done.stdout and "tokens/s" in done.stdout
    failing = bench(tmp_path, server, "--dialect", "openai", "--requests", "2", "--warmup", "0", "-i", "prompt=raise")
    assert failing.returncode == 1
    assert "no request succeeded" in failing.stderr


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("streams"), STREAMING, COG_MAX_QUEUE="1000") as server:
        yield server


def bench(folder: Path, target: Server | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    url = f"http://127.0.0.1:{target.port}" if isinstance(target, Server) else target
    return cog(folder, "bench", url, *arguments, "--output-json", "report.json")


def report(folder: Path) -> Any:
    """The last report; its figures must add up."""
    found = json.loads((folder / "report.json").read_text())
    for step in found["steps"]:
        assert step["requests"] == step["ok"] + step["errors"]
        assert step["errors"] == sum(error["count"] for error in step["errors_by_kind"])
        assert step["latency_ms"]["count"] == step["ok"]
        assert sum(count for _, count in step["latency_ms"]["histogram"]) == step["ok"]
        assert sum(part["ok"] for part in step["series"]) == step["ok"]
        assert sum(part["errors"] for part in step["series"]) == step["errors"]
        percentiles = list(step["latency_ms"]["percentiles"].values())
        assert percentiles == sorted(percentiles)
        assert percentiles[-1] <= step["latency_ms"]["max"]
    return found


def steps(folder: Path, target: Server | str, *arguments: str) -> list[Step]:
    succeeded(bench(folder, target, *arguments))
    found: list[Step] = report(folder)["steps"]
    return found


def kinds(step: Step) -> dict[str, int]:
    return {error["kind"]: error["count"] for error in step["errors_by_kind"]}


def test_a_closed_loop(tmp_path: Path, server: Server) -> None:
    done = succeeded(bench(tmp_path, server, "--clients", "3", "--requests", "50", "--warmup", "0"))
    found = report(tmp_path)
    (step,) = found["steps"]
    assert (step["clients"], step["connections"]) == (3, 3)
    assert step["requests"] == step["ok"] == 50
    assert step["answers_per_second"] == pytest.approx(step["ok"] / step["seconds"])
    assert found["settings"]["input"] == '{"name":"hell"}'
    assert 'made from the model\'s schema: {"name":"hell"}' in done.stderr
    assert re.search(r"^3 clients +\S+ +50 +0 ", done.stdout, re.M), done.stdout


def test_what_the_server_says_of_it(tmp_path: Path, server: Server) -> None:
    (step,) = steps(tmp_path, server, "--requests", "20", "--warmup", "0")
    metrics = report(tmp_path)["server_metrics"]
    assert metrics["available"]
    assert metrics["changes"]['cog_predictions_total{status="succeeded"}'] == step["ok"]
    first, last = metrics["series"][0], metrics["series"][-1]
    assert last["predictions"] - first["predictions"] == step["ok"]
    assert first["slots"] == 1


def test_batches_are_told(tmp_path: Path) -> None:
    with Server(tmp_path, batch_model()) as server:
        done = succeeded(bench(tmp_path, server, "-i", "name=a", "--requests", "20", "--warmup", "0"))
    assert re.search(
        r"^batches: 20, 1\.0 predictions each; held \S+ ms each; closed \w+ ", done.stdout, re.M
    ), done.stdout


def test_a_sweep_of_clients(tmp_path: Path, server: Server) -> None:
    found = steps(tmp_path, server, "--clients", "1,4", "--clients", "2", "--duration", "0.2", "--warmup", "0.1")
    assert [step["clients"] for step in found] == [1, 4, 2]
    assert all(step["ok"] > 0 for step in found)
    begins = [step["begins_s"] for step in found]
    assert begins == sorted(begins)


def test_an_open_loop_makes_every_request_that_is_due(tmp_path: Path, server: Server) -> None:
    found = steps(tmp_path, server, "--rate", "50,100", "--duration", "0.5", "--warmup", "0.2")
    assert [(step["rate"], step["ok"]) for step in found] == [(50, 25), (100, 50)]


def test_waiting_is_not_hidden(tmp_path: Path, server: Server) -> None:
    """Twice as many requests as can be served: the last, due at 0.95 s, cannot be answered before 2 s."""
    (step,) = steps(
        tmp_path, server, "--rate", "20", "--requests", "20", "--warmup", "0", "-i", "name=x", "-i", "wait=0.1",
        "--max-clients", "2",
    )  # fmt: skip
    assert step["latency_ms"]["max"] >= 1000
    assert step["waited_for_connection"] > 0
    assert step["connections"] == 2


def test_inputs_as_with_run(tmp_path: Path, server: Server) -> None:
    (tmp_path / "in.json").write_text('{"name": "Ada", "fail": true}')
    done = bench(tmp_path, server, "--json", "@in.json", "--requests", "2")
    assert done.returncode == 1
    (step,) = report(tmp_path)["steps"]
    assert "no luck" in step["errors_by_kind"][0]["first"]
    done = bench(tmp_path, server, "-i", "nam=x")
    assert (done.returncode, done.stdout) == (1, "")
    assert 'unknown input "nam"' in done.stderr


def test_another_path(tmp_path: Path, server: Server) -> None:
    (step,) = steps(tmp_path, server, "--method", "GET", "--path", "/health-check", "--requests", "9", "--warmup", "0")
    assert step["ok"] == 9
    assert (
        report(tmp_path)["server_metrics"]["changes"]['cog_http_requests_total{route="/health-check",status="200"}']
        == 9
    )


def test_errors_by_kind(tmp_path: Path, serve: Serve) -> None:
    server = serve(MODEL)
    at_once = ("--clients", "3", "--requests", "3", "--warmup", "0", "-i", "name=x", "-i", "wait=0.5")
    (step,) = steps(tmp_path, server, *at_once)
    assert (step["ok"], kinds(step)) == (1, {"HTTP 409": 2})
    assert "At capacity" in step["errors_by_kind"][0]["first"]
    done = bench(tmp_path, server, "--requests", "2", "-i", "name=x", "-i", "fail=true")
    assert done.returncode == 1
    assert kinds(report(tmp_path)["steps"][0]) == {"failed prediction": 2}
    assert re.search(r"2 x failed prediction: .*no luck", done.stdout)
    assert done.stderr.splitlines()[-1] == "no request succeeded"


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        done = bench(tmp_path, url, "--requests", "3", "--warmup", "0", "--json", "{}")
        assert done.returncode == 1
        assert kinds(report(tmp_path)["steps"][0]) == {"connection refused": 3}
        assert not report(tmp_path)["server_metrics"]["available"]
        done = bench(tmp_path, url)
        assert done.returncode == 1
        assert "no input can be made without the model's schema; give one with -i or --json" in done.stderr


def test_a_server_that_dies_and_ctrl_c(tmp_path: Path, serve: Serve) -> None:
    server = serve(MODEL, exits=-signal.SIGKILL)
    arguments = ("--duration", "600", "--warmup", "0", "--clients", "2", "--output-json", "report.json")
    with Running(tmp_path, "bench", f"http://127.0.0.1:{server.port}", *arguments) as running:
        ended = r'cog_predictions_total{status="succeeded"} [1-9]'
        eventually(lambda: re.search(ended, server.request("GET", "/metrics").text), "a prediction")
        server.kill()
        with socket.create_server(("127.0.0.1", server.port)) as another:
            another.settimeout(60)
            another.accept()[0].close()
        running.signal(signal.SIGINT)
        assert running.wait() == 0
    found = report(tmp_path)
    assert found["interrupted"]
    (step,) = found["steps"]
    assert step["ok"] > 0
    assert kinds(step).keys() & {"connection refused", "connection closed", "connection reset"}
    assert "interrupted: the figures are those until then" in running.log


@pytest.mark.parametrize("url", ["http://192.0.2.1:5000", "http://[2001:db8::1]:80"])
def test_another_machine_is_left_alone(tmp_path: Path, url: str) -> None:
    done = cog(tmp_path, "bench", url, "--json", "{}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not this machine" in done.stderr
    assert "--allow-remote" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "target is required"),
        (("http://127.0.0.1:1", "--clients", "2", "--rate", "3"), "give one"),
        (("http://127.0.0.1:1", "--clients", "0"), "--clients: from 1 to 10000"),
        (("http://127.0.0.1:1", "--clients", "2,x"), "Could not convert"),
        (("http://127.0.0.1:1", "--rate", "0"), "--rate: more than 0"),
        (("http://127.0.0.1:1", "--duration", "0"), "--duration must be more than 0"),
        (("http://127.0.0.1:1", "--warmup", "-1"), "--warmup must not be negative"),
        (("http://127.0.0.1:1", "--timeout", "0"), "--timeout must be more than 0"),
        (("http://127.0.0.1:1", "--stream", "--async"), "give one of --stream and --async"),
        (("http://127.0.0.1:1", "--method", "PUT"), "--method"),
        (("http://127.0.0.1:1", "--method", "GET", "--stream"), "--method POST"),
        (("http://127.0.0.1:1", "--path", "predictions"), "--path must begin with /"),
        (("http://127.0.0.1:1", "--header", "no colon"), "the form is NAME:VALUE"),
        (("http://127.0.0.1:1", "--json", "{}", "-i", "a=b"), "Must use one of --json or --input"),
        (("http://127.0.0.1:1", "--json", "{}", "--html", "/no/such/folder/x"), "/no/such/folder/x cannot be written"),
        (("https://127.0.0.1",), "only http:// can be measured"),
        (("http://127.0.0.1:1", "--async", "--json", "{}", "--webhook-host", "x"), "cannot listen there"),
        ((".",), "cog.yaml"),
    ],
)
def test_mistakes_in_the_command_line(tmp_path: Path, arguments: tuple[str, ...], problem: str) -> None:
    done = cog(tmp_path, "bench", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr


def test_a_folder_is_started_and_stopped(tmp_path: Path) -> None:
    project = make_project(tmp_path, MODEL, yaml='build:\n  python_version: "3.11"\nrun: run.py:Predictor\n')
    arguments = ("--requests", "5", "--warmup", "0", "--quiet", "--output-json", "-")
    with Running(tmp_path, "bench", str(project), *arguments) as running:
        assert running.wait() == 0, running.log
    found = json.loads(running.log[running.log.index("{") :])
    assert found["target"] == str(project)
    assert found["steps"][0]["ok"] == 5


def test_progress_on_a_terminal(tmp_path: Path, server: Server) -> None:
    arguments = ("--duration", "600", "--warmup", "0", "-i", "name=x")
    with Running(tmp_path, "bench", f"http://127.0.0.1:{server.port}", *arguments, terminal=True) as running:
        assert re.search(r"\d/600 s  1 client  ", running.read_until(" errors"))
        running.write("\x03")
        assert "interrupted" in running.rest()
        assert running.wait() == 0


def test_completion_knows_it(tmp_path: Path) -> None:
    assert "--max-clients" in succeeded(cog(tmp_path, "completion", "bash")).stdout


def test_event_streams(tmp_path: Path, streams: Server) -> None:
    code = "code=for i in range(5): yield str(i)"
    done = bench(tmp_path, streams, "--stream", "--clients", "2", "--requests", "12", "--warmup", "0", "-i", code)
    succeeded(done)
    (step,) = report(tmp_path)["steps"]
    assert (step["ok"], step["chunks"]) == (12, 60)
    assert step["first_chunk_ms"]["count"] == 12
    assert step["chunk_gap_ms"]["count"] == 48
    assert step["first_chunk_ms"]["max"] <= step["latency_ms"]["max"]
    assert re.search(r"^  between chunks +48 ", done.stdout, re.M), done.stdout
    assert " chunks/s" in done.stdout


def test_event_streams_that_fail_or_do_not_exist(tmp_path: Path, streams: Server, server: Server) -> None:
    code = "code=yield 'a'; raise ValueError('no luck')"
    assert bench(tmp_path, streams, "--stream", "--requests", "2", "-i", code).returncode == 1
    (step,) = report(tmp_path)["steps"]
    assert kinds(step) == {"failed prediction": 2}
    assert "no luck" in step["errors_by_kind"][0]["first"]
    assert bench(tmp_path, server, "--stream", "--requests", "2").returncode == 1
    assert kinds(report(tmp_path)["steps"][0]) == {"HTTP 406": 2}


@pytest.mark.parametrize("load", [("--clients", "4"), ("--rate", "200")])
def test_predictions_that_end_with_a_webhook(tmp_path: Path, server: Server, load: tuple[str, str]) -> None:
    (step,) = steps(tmp_path, server, "--async", *load, "--requests", "30", "--warmup", "0")
    assert step["ok"] == step["accepted_ms"]["count"] == step["webhooks"]["received"] == 30
    assert step["webhooks"]["doubled"] == step["webhooks"]["late"] == 0
    assert step["accepted_ms"]["min"] <= step["latency_ms"]["min"]


def test_failed_predictions_that_end_with_a_webhook(tmp_path: Path, server: Server) -> None:
    failing = ("-i", "name=x", "-i", "fail=true")
    assert bench(tmp_path, server, "--async", "--requests", "3", "--warmup", "0", *failing).returncode == 1
    assert kinds(report(tmp_path)["steps"][0]) == {"failed prediction": 3}


Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def say(status: int, body: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def post_webhook(body: bytes, status: str) -> None:
    data = json.dumps({"status": status}).encode()
    with urllib.request.urlopen(urllib.request.Request(json.loads(body)["webhook"], data), timeout=60):
        pass


def twice(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    say(202, b"{}")(handler, body)
    post_webhook(body, "processing")
    post_webhook(body, "succeeded")
    post_webhook(body, "succeeded")


def early(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    post_webhook(body, "succeeded")
    say(202, b"{}")(handler, body)


def hang_up(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.close_connection = True


def speak_another_language(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.wfile.write(b"SSH-2.0\r\n\r\n")


def wait_for_the_client(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.rfile.read(1)
    handler.close_connection = True


def length(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    say(200, b'{"output":"' + b"x" * len(body) + b'","status":"succeeded"}')(handler, body)


@contextmanager
def made_server(answer: Answer) -> Iterator[str]:
    """The URL of a server whose every POST is answered like that; the rest is 404."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["content-length"])))

        def do_GET(self) -> None:
            say(404, b"")(self, b"")

        def log_message(self, *_: object) -> None:
            pass

    class Made(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Made(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "arguments", "kind"),
    [
        (say(200, b"hello"), (), "wrong answer"),
        (say(200, b'{"status":"starting"}'), (), "wrong answer"),
        (say(200, b'{"status":"failed"}'), (), "failed prediction"),
        (say(500, b"oops"), (), "HTTP 500"),
        (say(200, b'{"status":"succeeded"}'), ("--stream",), "wrong answer"),
        (say(200, b'event: error\ndata: {"skipped":1}\n\n'), ("--stream",), "wrong answer"),
        (say(200, b'{"status":"succeeded"}'), ("--async",), "HTTP 200"),
        (speak_another_language, (), "wrong answer"),
        (hang_up, (), "connection closed"),
        (wait_for_the_client, ("--timeout", "0.1"), "timeout"),
        (say(202, b"{}"), ("--async", "--timeout", "0.1"), "lost webhook"),
    ],
)
def test_wrong_servers(tmp_path: Path, answer: Answer, arguments: tuple[str, ...], kind: str) -> None:
    with made_server(answer) as url:
        done = bench(tmp_path, url, "--json", "{}", "--requests", "3", "--clients", "2", "--warmup", "0", *arguments)
    assert done.returncode == 1, done.stdout
    (step,) = report(tmp_path)["steps"]
    assert kinds(step) == {kind: 3}
    assert step["errors_by_kind"][0]["first"].isascii()
    assert "metrics are not shown: HTTP 404" in done.stderr


def test_webhooks_that_come_twice_or_early(tmp_path: Path) -> None:
    arguments = ("--async", "--json", "{}", "--requests", "6", "--clients", "2", "--warmup", "0")
    with made_server(twice) as url:
        (step,) = steps(tmp_path, url, *arguments)
    assert (step["ok"], step["webhooks"]["doubled"], step["webhooks"]["received"]) == (6, 6, 12)
    with made_server(early) as url:
        (step,) = steps(tmp_path, url, *arguments)
    assert (step["ok"], step["webhooks"]["doubled"], step["webhooks"]["late"]) == (6, 0, 0)


def test_requests_that_wait_too_long_for_a_connection(tmp_path: Path) -> None:
    arguments = ("--json", "{}", "--rate", "50", "--requests", "5", "--max-clients", "1", "--warmup", "0")
    with made_server(wait_for_the_client) as url:
        done = bench(tmp_path, url, *arguments, "--timeout", "0.3")
    assert done.returncode == 1
    (step,) = report(tmp_path)["steps"]
    assert kinds(step) == {"timeout": 5}
    assert step["waited_for_connection"] == 4


def test_big_bodies_both_ways(tmp_path: Path) -> None:
    """What is sent and what comes is longer than what is kept, and than what a socket takes at once."""
    (tmp_path / "in.json").write_text(json.dumps({"text": "y" * 5_000_000}))
    with made_server(length) as url:
        (step,) = steps(tmp_path, url, "--json", "@in.json", "--requests", "4", "--warmup", "0")
    assert (step["ok"], step["connections"]) == (4, 1)


@pytest.fixture(scope="module")
def browser() -> str:
    found = shutil.which("chromium")
    if not found:
        pytest.skip("no chromium here")
    return found


def shown(browser: str, page: Path) -> tuple[str, str]:
    """The page as a browser has it after its script has run, and what the browser had to say."""
    profile = page.parent / "profile"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    command += ["--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


SCRIPTED = """
<script>
addEventListener('load', () => {
  const svg = document.querySelector('svg'), point = svg.querySelector('circle').getBoundingClientRect();
  svg.dispatchEvent(new PointerEvent('pointermove', {clientX: point.x, clientY: point.y}));
  document.body.dataset.tip = document.getElementById('tip').textContent;
  document.body.dataset.loads = performance.getEntriesByType('resource').length;
});
</script>
"""


@pytest.mark.parametrize(
    ("arguments", "figures"),
    [
        (("--clients", "1,2", "--duration", "0.5"), 6),
        (("--stream", "--rate", "50", "--requests", "30"), 7),
        (("--async", "--requests", "30"), 6),
    ],
)
def test_the_page(tmp_path: Path, streams: Server, browser: str, arguments: tuple[str, ...], figures: int) -> None:
    code = "code=yield 'a'; yield '<b>&\"'"
    succeeded(bench(tmp_path, streams, "-i", code, *arguments, "--warmup", "0.1", "--html", "report.html"))
    page = tmp_path / "report.html"
    text = page.read_text()
    assert not re.search(r"(?:src|href)=.(?!data:,)|https?://(?!127\.0\.0\.1)|@import|url\(", text)
    page.write_text(text + SCRIPTED)
    dom, said = shown(browser, page)
    assert "CONSOLE" not in said, said
    assert "<b>" not in dom.replace("<div><b>", "")
    assert "yield '&lt;b&gt;&amp;" in dom
    plots = re.findall(r"<figure>.*?</figure>", dom, re.S)
    assert len(plots) == figures
    for plot in plots:
        assert re.search(r"<circle [^>]*data-label=\"[^\"]", plot), plot
        assert "NaN" not in plot and "inf" not in plot
    assert re.search(r'data-tip="least: [\d.]+ ms"', dom)
    assert 'data-loads="0"' in dom
    assert "cog_predictions_total" in dom


def test_the_page_of_a_run_without_answers(tmp_path: Path, browser: str) -> None:
    with made_server(say(500, b"<i>oops</i>")) as url:
        done = bench(tmp_path, url, "--json", "{}", "--requests", "3", "--warmup", "0", "--html", "report.html")
    assert done.returncode == 1
    dom, said = shown(browser, tmp_path / "report.html")
    assert "CONSOLE" not in said, said
    assert "&lt;i&gt;oops&lt;/i&gt;" in dom and "<i>oops" not in dom
    assert "No metrics of the server: HTTP 404" in dom
