"""What a model prints and records comes with the answer: whole, in order, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import Serve
from server import Server

MODEL = """
import ctypes, logging, os, subprocess, sys, threading, time
from pathlib import Path
from typing import Any
from cog import BasePredictor, current_scope

libc = ctypes.CDLL(None)

def in_thread(call, *values):
    thread = threading.Thread(target=call, args=values)
    thread.start()
    thread.join()

class Predictor(BasePredictor):
    def predict(self, code: str) -> Any:
        record = current_scope().record_metric
        metrics = current_scope().metrics
        exec(code)
        return "done"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("logs"), MODEL) as server:
        yield server


@pytest.mark.parametrize(
    ("code", "logs"),
    [
        ("print('one'); print('two')", "one\ntwo\n"),
        ("print('out'); print('err', file=sys.stderr); print('out again')", "out\nerr\nout again\n"),
        ("print('no newline', end='')", "no newline"),
        ("print('é\U0001f600')", "é\U0001f600\n"),
        ("logging.warning('careful')", "WARNING:root:careful\n"),
        ("sys.stdout.buffer.write(b'bytes\\n')", "bytes\n"),
        ("os.write(1, b'native\\n')", "native\n"),
        ("os.write(2, b'native error\\n')", "native error\n"),
        ("subprocess.run(['sh', '-c', 'echo from a child; echo to stderr >&2'])", ("from a child\n", "to stderr\n")),
        ("libc.puts(b'from C'); libc.fflush(None)", "from C\n"),
        ("os.write(1, b'native only, no newline')", "native only, no newline"),
        ("pass", ""),
    ],
)
def test_all_that_is_printed_is_in_the_answer(server: Server, code: str, logs: str | tuple[str, ...]) -> None:
    answered = server.predict(code=code)["logs"]
    if isinstance(logs, str):
        assert answered == logs
    else:
        assert sorted(answered.splitlines(True)) == sorted(logs)
    assert server.predict(code="pass")["logs"] == ""


def test_many_lines_are_complete_and_in_order(server: Server) -> None:
    answered = server.predict(code="for i in range(20000): print('line', i, file=(sys.stdout, sys.stderr)[i % 2])")
    assert answered["logs"].splitlines() == [f"line {index}" for index in range(20000)]


def test_much_native_output_is_complete(server: Server) -> None:
    code = "subprocess.run(['sh', '-c', 'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done'])"
    assert server.predict(code=code)["logs"].splitlines() == [f"line {index}" for index in range(20000)]


def test_every_prediction_has_its_own_logs(server: Server) -> None:
    for number in range(30):
        code = f"print('printed {number}'); os.write(1, b'written {number}\\n')"
        assert sorted(server.predict(code=code)["logs"].splitlines()) == [f"printed {number}", f"written {number}"]


def test_the_logs_of_a_failure_end_with_the_traceback_of_the_model(server: Server) -> None:
    prediction = server.predict(code="print('before'); raise OSError('told apart')")
    assert prediction["status"] == "failed"
    lines = prediction["logs"].splitlines()
    assert lines[:2] == ["before", "Traceback (most recent call last):"]
    assert lines[-1] == "OSError: told apart"
    assert re.findall(r'File "([^"]*)"', prediction["logs"]) == [str(server.project / "predict.py")]
    server.wait_for_log(r"Traceback \(most recent call last\)[^\n]*OSError: told apart[^\n]*coglet::prediction")


def test_threads_print_for_the_prediction_that_runs(server: Server) -> None:
    assert server.predict(code="in_thread(print, 'from a thread')")["logs"] == "from a thread\n"


def test_what_is_printed_is_repeated_in_the_servers_log(server: Server) -> None:
    prediction = server.predict(code="print('told twice')")
    assert server.wait_for_log('"told twice","prediction_id":"([^"]+)","source":"Stdout"')[1] == prediction["id"]


def test_a_log_over_its_limit_is_cut_with_a_mark(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_LOG_BYTES="100")
    logs = server.predict(code="print('x' * 90); print('y' * 90)")["logs"]
    assert logs.startswith("x" * 90)
    assert "TRUNCATED" in logs and len(logs) < 300
    assert server.predict(code="print('short')")["logs"] == "short\n"


@pytest.mark.parametrize(
    ("code", "metrics"),
    [
        ("record('tokens', 5)", {"tokens": 5}),
        ("record('ratio', 2.0); record('name', 'n'); record('on', True)", {"ratio": 2.0, "name": "n", "on": True}),
        ("record('count', 1); record('count', 2, mode='incr'); record('count', 3, 'increment')", {"count": 6}),
        ("record('sum', 1.5, 'incr'); record('sum', 1.5, 'incr')", {"sum": 3.0}),
        ("record('steps', 1, mode='append'); record('steps', 2, mode='append')", {"steps": [1, 2]}),
        ("record('timing.load', 0.5); record('timing.run.first', 2)", {"timing": {"load": 0.5, "run": {"first": 2}}}),
        ("metrics['a'] = 1; metrics['b'] = [1, {'c': 2}]; del metrics['a']", {"b": [1, {"c": 2}]}),
        ("record('a', 1); metrics['a'] = None", {}),
        ("pass", {}),
    ],
)
def test_metrics_come_with_the_answer(server: Server, code: str, metrics: dict[str, object]) -> None:
    answered = server.predict(code=code)["metrics"]
    assert answered.pop("predict_time") > 0
    assert answered == metrics


def test_metrics_are_sorted_and_kept_by_a_failure(server: Server) -> None:
    answer = server.create({"code": "record('z', 1); record('a', {'d': 1, 'c': 2}); 1 / 0"})
    assert answer.json["status"] == "failed"
    assert '"metrics":{"a":{"c":2,"d":1},"predict_time":' in answer.text
    assert list(answer.json["metrics"]) == ["a", "predict_time", "z"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("record('', 1)", "ValueError: metric name must not be empty"),
        ("record('a..b', 1)", "ValueError: metric name must not contain empty segments (consecutive dots)"),
        ("record('predict_time', 1)", "ValueError: 'predict_time' is reserved by the runtime"),
        ("record('a', 1); record('a', 'x')", "TypeError: Metric 'a' has type int, cannot set to str"),
        ("record('a', 'x', mode='incr')", "TypeError: Increment mode requires int or float, got str"),
        ("record('a', 1, mode='max')", "TypeError: Invalid metric mode: 'max'."),
        ("record('a', object())", "TypeError: Unsupported metric value type: object."),
    ],
)
def test_a_bad_metric_fails_the_prediction(server: Server, code: str, error: str) -> None:
    prediction = server.predict(code=code)
    assert prediction["status"] == "failed"
    assert prediction["error"].startswith(f"Prediction failed: Prediction failed: {error}")


def test_the_predict_time_is_that_of_the_run(server: Server) -> None:
    assert 0.05 <= server.predict(code="time.sleep(0.05)")["metrics"]["predict_time"]
