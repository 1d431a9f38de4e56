"""Predictions, synchronous and asynchronous: results, errors, streams, files, scope."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
from worker_client import (
    END,
    LOG,
    OUTPUT,
    PATIENCE,
    Worker,
    evaluator,
    frame,
    of_kind,
    parse_log,
    parse_output,
    run_frame,
)

BOTH = ["def", "async def"]
KINDS = pytest.mark.parametrize("keyword", BOTH)

ANY = """
import asyncio, cog, io, os, sys
from typing import Any, Iterator
class Model:
    {keyword} run(self, x: int = 0) -> Any:
        {body}
"""


def any_model(keyword: str, body: str) -> str:
    return ANY.format(keyword=keyword, body=body)


@pytest.fixture(scope="module", params=BOTH)
def eager(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker for many predictions: `predict(code=...)`."""
    with Worker(tmp_path_factory.mktemp("eager"), evaluator(request.param)) as worker:
        yield worker.ready()


@pytest.mark.parametrize(
    "value, shape, rest",
    [
        ("'text'", 1, '"text"'),
        ("None", 1, "null"),
        ("{'b': 1, 'a': 2}", 1, '{"a":2,"b":1}'),
        ("[1, 'b']", 2, '[1,"b"]'),
        ("(1, 2)", 2, "[1,2]"),
        ("[]", 2, "[]"),
        ("{3}", 1, "[3]"),
        ("[{3}]", 2, "[[3]]"),
        ("'x' * 100000", 1, json.dumps("x" * 100000)),
    ],
)
def test_values(eager: Worker, value: str, shape: int, rest: str) -> None:
    result = eager.predict(code=f"result = {value}")
    assert result.done == (eager.numbers, "succeeded", shape, [], rest.encode())
    assert [frame.kind for frame in result.frames] == [35]


@KINDS
@pytest.mark.parametrize("input_json", ['{"x":5}', ' {"x" : 5}\n', '{"x":1,"x":5,"unknown":1}'])
def test_inputs(tmp_path: Path, keyword: str, input_json: str) -> None:
    with Worker(tmp_path, any_model(keyword, "return x")) as worker:
        worker.ready()
        assert worker.result(worker.start_with(input_json)).done.rest == b"5"


def test_large_frames_both_ways(tmp_path: Path) -> None:
    with Worker(tmp_path, any_model("def", "return x").replace("int = 0", "str")) as worker:
        text = "é" * (1 << 20)
        assert worker.ready().output(x=text) == text
        assert worker.output(x="small") == "small"


@pytest.mark.parametrize("input_json", ["[1]", "null", "{", ""])
def test_what_is_no_object(eager: Worker, input_json: str) -> None:
    error = eager.result(eager.start_with(input_json)).done.error
    assert error.startswith("Input validation error: ")
    assert eager.output(code="result = 1") == 1


@pytest.mark.parametrize(
    "code, error",
    [
        ("raise ValueError('bad seed')", "ValueError: bad seed"),
        ("raise KeyError('k')", "KeyError: 'k'"),
        ("raise ValueError", "ValueError: "),
        ("raise ValueError('a', 2)", "ValueError: ('a', 2)"),
        ("def f():\n  class E(Exception): pass\n  raise E('own')\nf()", "f.<locals>.E: own"),
        ("class E(Exception):\n  __str__ = None\nraise E", "E: <exception str() failed>"),
        ("class E(BaseException): pass\nraise E('own')", "E: own"),
        ("sys.exit(1)", "SystemExit: 1"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("raise GeneratorExit", "GeneratorExit: "),
        ("raise ValueError('\\ud800')", "ValueError: ?"),
    ],
)
def test_exceptions(eager: Worker, request: pytest.FixtureRequest, code: str, error: str) -> None:
    what = "Async prediction failed" if "async" in request.node.name else "Prediction failed"
    done = eager.predict(code=code).done
    assert done == (eager.numbers, "failed", 0, [], f"Prediction failed: {what}: {error}".encode())
    assert eager.output(code="result = 2") == 2


@KINDS
def test_the_traceback_ends_the_log_of_the_prediction(tmp_path: Path, keyword: str) -> None:
    with Worker(tmp_path, any_model(keyword, "raise ValueError('x') from KeyError('cause')")) as worker:
        result = worker.ready().predict()
        (log,) = [parse_log(payload) for payload in of_kind(result.frames, LOG)]
        assert (log.number, log.source) == (result.done.number, 2)
        assert "KeyError: 'cause'" in log.text and log.text.endswith("ValueError: x\n")
        assert re.findall(r'File "(.*)", line', log.text) == [str(worker.project / "model.py")]


@KINDS
@pytest.mark.parametrize("flush", ["False", "True"])
def test_the_traceback_begins_on_a_line_of_its_own(tmp_path: Path, keyword: str, flush: str) -> None:
    body = f"print('half a line', end='', flush={flush}); 1 / 0"
    with Worker(tmp_path, any_model(keyword, body)) as worker:
        lines = worker.ready().predict().logs.splitlines()
        assert lines[:2] == ["half a line", "Traceback (most recent call last):"]
        assert lines[-1] == "ZeroDivisionError: division by zero"


@KINDS
def test_frames_of_libraries_are_told_to_the_server_only(tmp_path: Path, keyword: str) -> None:
    with Worker(tmp_path, any_model(keyword, "import json; json.loads('{')")) as worker:
        result = worker.ready().predict()
        own, whole = [parse_log(payload) for payload in of_kind(result.frames, LOG)]
        assert own.number == result.done.number and own.text.count('File "') == 1
        assert own.text.splitlines()[-1].startswith("json.decoder.JSONDecodeError: ")
        assert whole.number == 0 and "json/decoder.py" in whole.text and "cog/_worker" not in whole.text


@KINDS
def test_what_is_no_failure_of_the_model_has_no_traceback(tmp_path: Path, keyword: str) -> None:
    with Worker(tmp_path, any_model(keyword, "return object()")) as worker:
        result = worker.ready().predict()
        assert result.done.status == "failed" and result.logs == ""


@pytest.mark.parametrize(
    "source, error",
    [
        (
            "class Model:\n    def run(self, x): return x",
            "Prediction failed: TypeError: Model.run() missing 1 required",
        ),
        ("class Model:\n    async def run(self, x): return x", "Failed to call run: TypeError: Model.run() missing 1"),
        (
            "class Model:\n    async def predict(self, x): return x",
            "Failed to call predict: TypeError: Model.predict()",
        ),
        ("async def Model(x): return x", "Prediction failed: Failed to call run: TypeError: Model() missing 1"),
    ],
)
def test_missing_arguments(tmp_path: Path, source: str, error: str) -> None:
    with Worker(tmp_path, source.replace("x):", "x: int) -> int:")) as worker:
        text = worker.ready().predict().done.error
        assert text.startswith("Prediction failed: ")
        # Up to 3.9 the message names the function without its class.
        assert error in text or error.replace("Model.", "") in text


@pytest.mark.parametrize(
    "keyword, error",
    [
        ("def", "Prediction failed: Training failed: ValueError: no"),
        ("async def", "Prediction failed: Async training failed: ValueError: no"),
    ],
)
def test_training(tmp_path: Path, keyword: str, error: str) -> None:
    source = f"""
    class Model:
        def run(self) -> str:
            return "run"
        {keyword} train(self, n: int) -> str:
            if n == 0:
                raise ValueError("no")
            return f"trained {{n}}"
    """
    with Worker(tmp_path, source, mode="train") as worker:
        assert worker.ready().output(n=3) == "trained 3"
        assert worker.predict(n=0).done.error == error


REFUSED = [
    ("object()", "Failed to serialize output: TypeError: Object of type object is not JSON serializable"),
    ("[b'']", "Failed to serialize output item: TypeError: Object of type bytes is not JSON serializable at $[0]"),
    ("float('nan')", "Failed to parse output JSON: nan is not valid JSON"),
    ("cog.Path('/no/such')", "Failed to process output: FileNotFoundError: [Errno 2] No such file or directory: '/no"),
    ("[cog.Path('/tmp')]", "Failed to process output item: IsADirectoryError: [Errno 21] Is a directory: '/tmp'"),
    ("asyncio.sleep", "Failed to serialize output: TypeError: Object of type function is not JSON serializable"),
]


@pytest.mark.parametrize("value, error", REFUSED)
def test_results_that_cannot_be_sent(eager: Worker, value: str, error: str) -> None:
    assert eager.predict(code=f"result = {value}").done.error.startswith(f"Prediction failed: {error}")


def test_a_hidden_coroutine_is_no_result(tmp_path: Path) -> None:
    with Worker(tmp_path, any_model("def", "return asyncio.sleep(0)")) as worker:
        assert "Object of type coroutine is not JSON" in worker.ready().predict().done.error


STREAM = """
import os
from typing import AsyncIterator, Iterator
class Model:
    {keyword} run(self, gate: str) -> {annotation}:
        yield "first"
        while not os.path.exists(gate): {wait}
        yield {{"second": 2}}
        {end}
"""


def stream_model(keyword: str, end: str = "") -> str:
    is_async = keyword != "def"
    wait = "await asyncio.sleep(0.001)" if is_async else "pass"
    annotation = "AsyncIterator[str]" if is_async else "Iterator[str]"
    return "import asyncio\n" + STREAM.format(keyword=keyword, annotation=annotation, wait=wait, end=end)


@KINDS
def test_items_are_sent_when_they_are_yielded(tmp_path: Path, keyword: str) -> None:
    with Worker(tmp_path, stream_model(keyword)) as worker:
        number = worker.ready().start(gate=str(tmp_path / "go"))
        assert parse_output(worker.data.expect(OUTPUT)) == (number, [], b'"first"')
        (tmp_path / "go").touch()
        result = worker.result(number)
        assert result.chunks == [{"second": 2}]
        assert result.done == (number, "succeeded", 0, [], b"")


@pytest.mark.parametrize(
    "keyword, prefix", [("def", "Generator iteration error"), ("async def", "Async prediction failed")]
)
@pytest.mark.parametrize(
    "error, text", [("RuntimeError('boom')", "RuntimeError: boom"), ("SystemExit(2)", "SystemExit: 2")]
)
def test_a_generator_that_raises(tmp_path: Path, keyword: str, prefix: str, error: str, text: str) -> None:
    (tmp_path / "go").touch()
    with Worker(tmp_path, stream_model(keyword, f"raise {error}")) as worker:
        worker.ready()
        for _ in range(2):
            result = worker.predict(gate=str(tmp_path / "go"))
            assert result.chunks == ["first", {"second": 2}]
            assert result.done.error == f"Prediction failed: {prefix}: {text}"


@KINDS
def test_a_generator_is_closed_when_an_item_cannot_be_sent(tmp_path: Path, keyword: str) -> None:
    iterator = "AsyncIterator" if keyword != "def" else "Iterator"
    source = f"""
    from typing import AsyncIterator, Iterator
    class Model:
        {keyword} run(self) -> {iterator}[str]:
            try:
                yield object()
            finally:
                print("closed")
    """
    with Worker(tmp_path, source) as worker:
        result = worker.ready().predict()
        assert result.done.error.startswith("Prediction failed: Failed to serialize output item: TypeError: Object of")
        assert result.logs == "closed\n"


@pytest.mark.parametrize("value", ["iter(['a', 'b'])", "map(str, 'ab')", "(c for c in 'ab')"])
def test_iterators_stream_like_generators(eager: Worker, value: str) -> None:
    result = eager.predict(code=f"result = {value}")
    assert result.chunks == ["a", "b"]
    assert result.done == (eager.numbers, "succeeded", 0, [], b"")


def test_a_synchronous_generator_does_not_block_the_loop(tmp_path: Path) -> None:
    body = f"""
        def slow():
            yield "a"
            while not os.path.exists("{tmp_path}/go"):
                pass
            print("in its thread")
            yield "b"
            raise ValueError("end")
        return slow()
    """
    with Worker(tmp_path, any_model("async def", body)) as worker:
        number = worker.ready().start()
        worker.data.expect(OUTPUT)
        worker.ping()
        (tmp_path / "go").touch()
        result = worker.result(number)
        assert result.chunks == ["b"] and result.logs.startswith("in its thread\nTraceback ")
        assert result.done.error == "Prediction failed: Generator iteration error: ValueError: end"


@KINDS
def test_output_files(tmp_path: Path, keyword: str) -> None:
    body = f"""
        path = cog.Path("{tmp_path}/out.txt")
        path.write_text(f"run {{x}}")
        return [path, {{"nested": io.StringIO("text")}}] if x else path
    """
    with Worker(tmp_path, any_model(keyword, body)) as worker:
        one = worker.ready().predict().done
        two = worker.predict(x=1).done
        assert one.shape == 1 and two.shape == 2
        assert [file.path for file in one.files] == [f"{worker.folder}/1/0/out.txt"]
        assert [file.path for file in two.files] == [f"{worker.folder}/2/0/out.txt", f"{worker.folder}/2/1/1.bin"]
        assert [Path(file.path).read_text() for file in one.files + two.files] == ["run 0", "run 1", "text"]
        assert one.files[0].place == one.rest


@KINDS
def test_files_of_a_stream_are_taken_before_the_model_goes_on(tmp_path: Path, keyword: str) -> None:
    source = f"""
    import cog
    from typing import AsyncIterator, Iterator
    class Model:
        {keyword} run(self) -> {"AsyncIterator" if keyword != "def" else "Iterator"}[cog.Path]:
            for index in range(3):
                path = cog.Path("{tmp_path}/frame.png")
                path.write_text(str(index))
                yield path
    """
    with Worker(tmp_path, source) as worker:
        result = worker.ready().predict()
        files = [parse_output(payload)[1][0] for payload in of_kind(result.frames, OUTPUT)]
        assert [Path(file.path).read_text() for file in files] == ["0", "1", "2"]
        assert {file.mime for file in files} == {"image/png"}


def test_an_input_file_as_output(tmp_path: Path) -> None:
    source = "import cog\nclass Model:\n    def run(self, image: cog.Path) -> cog.Path:\n        return image\n"
    (tmp_path / "in.png").write_bytes(b"png")
    with Worker(tmp_path, source) as worker:
        worker.ready()
        number = worker.start_with(json.dumps({"image": str(tmp_path / "in.png")}), '{"files":["/image"]}')
        (file,) = worker.result(number).done.files
        assert Path(file.path).read_bytes() == b"png" and file.mime == "image/png"


@KINDS
def test_scope_and_metrics(tmp_path: Path, keyword: str) -> None:
    body = """
        scope = cog.current_scope()
        scope.record_metric("timing.load", 0.5)
        scope.record_metric("tokens", 3, mode="incr")
        scope.record_metric("loss", {"step": 1}, mode="append")
        scope.metrics["big"] = float("nan")
        del scope.metrics["tokens"]
        return dict(scope.context)
    """
    with Worker(tmp_path, any_model(keyword, body)) as worker:
        worker.ready()
        result = worker.result(worker.start_with("{}", '{"context":{"tenant":"acme"}}'))
        assert result.done.output == {"tenant": "acme"}
        assert result.metrics == [
            (1, "replace", "timing.load", 0.5),
            (1, "increment", "tokens", 3),
            (1, "append", "loss", {"step": 1}),
            (1, "replace", "big", None),
            (1, "replace", "tokens", None),
        ]
        assert worker.output() == {}


@KINDS
def test_the_trace_of_the_request(tmp_path: Path, keyword: str) -> None:
    body = "scope = cog.current_scope(); return [scope.traceparent, scope.tracestate]"
    with Worker(tmp_path, any_model(keyword, body)) as worker:
        worker.ready()
        traced = worker.result(worker.start_with("{}", '{"traceparent":"00-ab","tracestate":"k=v"}'))
        assert traced.done.output == ["00-ab", "k=v"]
        assert worker.output() == [None, None]


@KINDS
def test_a_kept_scope_is_silent_after_the_end(tmp_path: Path, keyword: str) -> None:
    body = """
        kept, self.kept = getattr(self, "kept", None), cog.current_scope()
        if kept: kept.record_metric("late", 1)
        return repr(kept)
    """
    with Worker(tmp_path, any_model(keyword, body)) as worker:
        worker.ready().predict()
        result = worker.predict()
        assert result.metrics == [] and "inactive" in result.done.output


@KINDS
def test_context_variables_do_not_leak(tmp_path: Path, keyword: str) -> None:
    body = """
        value = variable.get()
        variable.set(x)
        return value
"""
    source = "from contextvars import ContextVar\nvariable = ContextVar('v', default=-1)\n" + any_model(keyword, body)
    with Worker(tmp_path, source) as worker:
        worker.ready()
        assert [worker.output(x=x) for x in (1, 2)] == [-1, -1]


def test_synchronous_predictions_run_on_the_main_thread(tmp_path: Path) -> None:
    source = "import threading\n" + any_model("def", "return threading.current_thread() is threading.main_thread()")
    with Worker(tmp_path, source) as worker:
        assert worker.ready().output() is True


def test_frames_sent_at_once_are_run_in_order(tmp_path: Path) -> None:
    with Worker(tmp_path, any_model("def", "return x")) as worker:
        worker.ready()
        worker.data.sock.sendall(b"".join(run_frame(number, f'{{"x":{number}}}') for number in range(1, 2001)))
        for number in range(1, 2001):
            assert worker.result(number).done.output == number


def test_asynchronous_predictions_run_at_once(tmp_path: Path) -> None:
    source = """
    import asyncio
    waiting = []
    class Model:
        async def run(self, x: int) -> int:
            future = asyncio.get_running_loop().create_future()
            waiting.append((future, x))
            if len(waiting) == 16:
                for other, value in waiting:
                    other.set_result(value * value)
            print("waiting", x)
            return await future
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        for x in range(16):
            worker.start(x=x)
        results: dict[int, Any] = {}
        logs: dict[int, str] = {}
        while len(results) < 16:
            frame = worker.data.frame()
            assert frame is not None
            if frame.kind == LOG:
                log = parse_log(frame.payload)
                logs[log.number] = log.text
            else:
                number = int.from_bytes(frame.payload[:8], "little")
                results[number] = json.loads(frame.payload[14:])
        assert results == {x + 1: x * x for x in range(16)}
        assert logs == {x + 1: f"waiting {x}\n" for x in range(16)}


def test_an_exit_in_a_task_of_the_model_fails_only_who_awaits_it(tmp_path: Path) -> None:
    source = """
    import asyncio, sys
    async def leave():
        sys.exit(7)
    class Model:
        async def run(self, way: str) -> str:
            if way == "await":
                await asyncio.create_task(leave())
            elif way == "gather":
                await asyncio.gather(asyncio.sleep(0), leave())
            elif way == "background":
                self.task = asyncio.ensure_future(leave())
                await asyncio.sleep(0)
            elif way == "callback":
                asyncio.get_running_loop().call_soon(sys.exit, 7)
                await asyncio.sleep(0)
            return way
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        for way in ("await", "gather"):
            assert worker.predict(way=way).done.error == "Prediction failed: Async prediction failed: SystemExit: 7"
        for way in ("background", "callback", "none"):
            assert worker.output(way=way) == way
        assert worker.end() == 0


def test_an_exit_right_after_the_last_prediction_does_not_keep_the_worker_from_ending(tmp_path: Path) -> None:
    source = """
    import asyncio, os, sys
    class Model:
        async def run(self) -> str:
            print("waits")
            while not os.path.exists("go"):
                await asyncio.sleep(0.001)
            loop = asyncio.get_running_loop()
            last = loop.create_future()
            def both():
                last.set_result(None)
                loop.call_soon(sys.exit, 7)
            loop.call_soon(both)
            await last
    """
    with Worker(tmp_path, source) as worker:
        worker.ready()
        worker.start()
        worker.until_log("waits")
        worker.control.sock.sendall(frame(END))
        worker.ping()
        (worker.project / "go").touch()
        assert worker.process.wait(PATIENCE) == 0
