"""The server's own log: records of predictions with their fields, requests at debug level, levels and formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Optional

import pytest
from acting import Gate, model
from conftest import Serve
from listening import STREAMING, Receiver, Stream, create_async, ended
from server import Server, eventually

TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=a,other=b"}
SCOPE = "scope = cog.current_scope(); return [scope.traceparent, scope.tracestate]"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    text = model(setup="print('weights loaded')")
    with Server(tmp_path_factory.mktemp("log"), text, COG_LOG_LEVEL="debug") as server:
        yield server


def records(server: Server, target: str, **fields: Optional[str]) -> list[dict[str, Any]]:
    """The fields of all records of a target that have these, their level among them."""
    found = []
    for line in server.log.splitlines():
        record = json.loads(line)
        if record["target"] == target and fields.items() <= record["fields"].items():
            found.append({"level": record["level"], **record["fields"]})
    return found


def of_prediction(server: Server, id: str, count: int) -> list[dict[str, Any]]:
    """Its records, once there are so many."""

    def probe() -> Optional[list[dict[str, Any]]]:
        found = records(server, "coglet::prediction", prediction_id=id)
        return found if len(found) >= count else None

    return eventually(probe, f"{count} records of {id}")


def test_a_success(server: Server) -> None:
    server.put("good", {"input": {"code": "print('  told  '); print('on stderr', file=sys.stderr)"}})
    start, out, err, end = of_prediction(server, "good", 4)
    assert start == {"level": "DEBUG", "message": "Starting prediction", "prediction_id": "good"}
    assert out == {"level": "INFO", "message": "  told", "prediction_id": "good", "source": "Stdout"}
    assert (err["message"], err["source"]) == ("on stderr", "Stderr")
    assert end.pop("predict_time") > 0
    assert end == {"level": "DEBUG", "message": "Prediction worker completed", "prediction_id": "good"}


def test_a_failure(server: Server) -> None:
    error = server.put("bad", {"input": {"code": "raise ValueError('\"quoted\"')"}}).json["error"]
    _, traceback, end = of_prediction(server, "bad", 3)
    assert traceback["message"].splitlines()[-1] == 'ValueError: "quoted"'
    assert end == {"level": "INFO", "message": "Prediction failed", "prediction_id": "bad", "error": error}


def test_a_cancel(server: Server) -> None:
    gate = Gate(server)
    running = server.begin(id="gone", code=gate.code)
    gate.wait()
    server.cancel("gone")
    assert running.result()["status"] == "canceled"
    texts = [record["message"] for record in of_prediction(server, "gone", 3)]
    assert texts == ["Starting prediction", "Cancelling prediction", "Prediction cancelled"]


def test_a_cancel_in_the_waiting_line(serve: Serve) -> None:
    server = serve(model(), COG_MAX_QUEUE="1")
    gate = Gate(server)
    running = server.begin(code=gate.code)
    gate.wait()
    create_async(server, {}, id="waiting")
    server.cancel("waiting")
    assert [record["message"] for record in of_prediction(server, "waiting", 1)] == ["Prediction cancelled"]
    gate.open()
    running.result()
    assert records(server, "coglet::prediction", message="Starting prediction") == []


def test_the_trace_is_in_every_record_of_its_prediction(server: Server) -> None:
    body = {"id": "traced", "input": {"code": "print('x')"}}
    server.request("POST", "/predictions", body, headers=TRACE)
    found = of_prediction(server, "traced", 3)
    assert {record["traceparent"] for record in found} == {TRACE["traceparent"]}


@pytest.mark.parametrize(("method", "path"), [("POST", "/predictions"), ("PUT", "/predictions/traced-{mode}")])
@pytest.mark.parametrize("mode", ["sync", "respond-async"])
def test_the_model_is_told_the_trace(server: Server, method: str, path: str, mode: str) -> None:
    with Receiver() as receiver:
        headers = {**TRACE, **({"Prefer": mode} if mode != "sync" else {})}
        body = {"input": {"code": SCOPE}, "webhook": receiver.url("/hook")}
        server.request(method, path.format(mode=mode), body, headers=headers)
        end = receiver.end("/hook")
        assert end.body["output"] == list(TRACE.values())
        assert {name: end.headers[name] for name in TRACE} == TRACE


def test_without_a_trace_the_model_is_told_none(server: Server) -> None:
    assert server.output(code=SCOPE) == [None, None]


def test_an_asynchronous_model_is_told_the_trace_of_each_prediction(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="2")
    gate = Gate(server)
    first = {"code": f"{gate.async_code}; {SCOPE}"}
    held = server.request("PUT", "/predictions/a", {"input": first}, headers={**TRACE, "Prefer": "respond-async"})
    assert held.status == 202
    gate.wait()
    assert server.output(code=SCOPE) == [None, None]
    gate.open()
    assert ended(server, "a")["output"] == list(TRACE.values())


def test_requests_are_logged_at_debug_level(server: Server) -> None:
    server.put("asked", {"input": {"code": "return 1"}})
    server.request("GET", "/nowhere?x=1")

    def found(path: str) -> Any:
        return eventually(lambda: records(server, "coglet::http", path=path), f"a record of {path}")[0]

    put = found("/predictions/asked")
    assert put.pop("duration") > 0
    assert put == {
        "level": "DEBUG",
        "message": "Request answered",
        "method": "PUT",
        "path": "/predictions/asked",
        "status": 200,
        "prediction_id": "asked",
    }
    assert found("/nowhere?x=1")["status"] == 404


def test_a_client_that_leaves_is_logged(serve: Serve) -> None:
    server = serve(STREAMING, COG_LOG_LEVEL="debug")
    gate = Gate(server)
    with Stream(server, {"code": f"yield 'a'; {gate.code}"}) as stream:
        stream.expect("start")
        stream.leave()
    server.wait_for_log('"message":"Client left","method":"POST","path":"/predictions","status":200')


def test_unknown_inputs_are_named(server: Server) -> None:
    server.create({"code": "return 1", "steps": 2, "seed": 3}, id="odd")
    (record,) = eventually(lambda: records(server, "coglet::http", prediction_id="odd", fields="steps,seed"), "it")
    assert (record["level"], record["message"]) == ("WARN", "Stripped unknown input fields")


def test_what_setup_prints(server: Server) -> None:
    (record,) = records(server, "coglet::setup", source="Stdout")
    assert record == {"level": "INFO", "message": "weights loaded", "source": "Stdout"}


def test_without_debug_no_request_is_logged(serve: Serve) -> None:
    server = serve(model())
    server.put("quiet", {"input": {"code": "print('told')"}})
    assert [record["message"] for record in of_prediction(server, "quiet", 1)] == ["told"]
    assert records(server, "coglet::http") == []


def test_directives_rule_each_target(serve: Serve) -> None:
    server = serve(model(), RUST_LOG="coglet=info,coglet::prediction=off", COG_LOG_LEVEL="debug")
    server.put("silent", {"input": {"code": "print('unheard')"}})
    server.stop()
    targets = {json.loads(line)["target"] for line in server.log.splitlines()}
    assert targets - {"coglet::setup"} == {"coglet"}


def test_plain_text(serve: Serve) -> None:
    server = serve(model(), LOG_FORMAT="console")
    server.put("plain", {"input": {"code": "print('told')"}})
    server.wait_for_log(r"Z INFO coglet::prediction: told prediction_id=plain source=Stdout\n")


def test_a_warning_of_a_coroutine_that_was_never_awaited(server: Server) -> None:
    code = "async def later(): pass\nlater()\nreturn 1"
    answer = server.put("forgot", {"input": {"code": code}}).json
    assert "was never awaited" in answer["logs"]
