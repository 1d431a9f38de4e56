"""Ids, and results that can be asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from acting import Gate, model
from conftest import Serve
from listening import Stream, create_async, ended, kept
from server import Answer, Background, Server

COUNT = "open('runs', 'a').write('x')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("kept"), model()) as server:
        yield server


@pytest.fixture
def runs(server: Server) -> Iterator[Any]:
    """How many predictions of this test have run the code COUNT."""
    path = server.project / "runs"
    path.write_text("")
    yield lambda: len(path.read_text())


def get(server: Server, path: str) -> Answer:
    return server.request("GET", path)


def test_an_unknown_id(server: Server) -> None:
    answer = get(server, "/predictions/nobody")
    assert (answer.status, answer.json) == (404, {"error": "Prediction not found"})


def test_a_success_with_its_times_and_without_its_input(server: Server) -> None:
    answer = server.create({"code": "print('x'); return {'b': 1}"}, id="good").json
    state = kept(server, "good")
    times = [state.pop(name) for name in ("created_at", "started_at", "completed_at")]
    assert times == sorted(times) and all(time.startswith("20") for time in times)
    assert state == answer


def test_a_failure_with_its_logs(server: Server) -> None:
    server.create({"code": "print('x'); raise ValueError('boom')"}, id="bad")
    state = kept(server, "bad")
    assert state["status"] == "failed" and state["logs"].startswith("x\nTraceback ")
    assert state["error"].endswith("ValueError: boom")
    assert "output" not in state and "input" not in state


def test_one_that_runs(server: Server) -> None:
    gate = Gate(server)
    run = server.begin(id="runs", code=f"print('x'); {gate.code}")
    gate.wait()
    state = kept(server, "runs")
    assert (state["status"], state["logs"]) == ("processing", "x\n")
    assert set(state) == {"created_at", "id", "logs", "metrics", "started_at", "status"}
    gate.open()
    run.result()
    assert kept(server, "runs")["status"] == "succeeded"


def test_a_generated_id(server: Server) -> None:
    prediction = server.predict(code="return 1")
    assert kept(server, prediction["id"])["output"] == 1


@pytest.mark.parametrize(("path", "id"), [("a%20b", "a b"), ("a%2Fb", "a/b"), ("%C3%A9", "é"), ("%25", "%")])
def test_ids_that_have_to_be_encoded(server: Server, path: str, id: str) -> None:
    assert server.create({"code": "return 1"}, id=path).json["id"] == id
    assert get(server, f"/predictions/{path}").json["id"] == id


def test_the_list(serve: Serve) -> None:
    server = serve(model())
    assert get(server, "/predictions").json == {"results": []}
    for i, code in enumerate(["return 1", "raise ValueError", "return 3"]):
        server.create({"code": code}, id=f"run-{i}")
    results = get(server, "/predictions").json["results"]
    assert [(entry["id"], entry["status"]) for entry in results] == [
        ("run-0", "succeeded"),
        ("run-1", "failed"),
        ("run-2", "succeeded"),
    ]
    assert {name for entry in results for name in entry} == {"completed_at", "created_at", "id", "started_at", "status"}


def test_the_oldest_goes_first(serve: Serve) -> None:
    server = serve(model(), COG_KEEP_RESULTS="2")
    for i in range(4):
        server.create({"code": f"return {i}"}, id=f"run-{i}")
    assert [entry["id"] for entry in get(server, "/predictions").json["results"]] == ["run-2", "run-3"]
    assert [get(server, f"/predictions/run-{i}").status for i in range(4)] == [404, 404, 200, 200]


def test_files_have_a_limit_of_their_own(serve: Serve) -> None:
    server = serve(model(), COG_KEEP_FILES="10")
    code = "Path('out.txt').write_text('x' * 6); return cog.Path('out.txt')"
    for id in ("old", "new"):
        server.create({"code": code}, id=id)
    assert get(server, "/predictions/old").status == 404
    assert kept(server, "new")["output"].startswith("data:text/plain")


def test_files_stay_what_they_were(server: Server) -> None:
    code = "Path('out.txt').write_text('{0}'); return cog.Path('out.txt')"
    outputs = {id: server.create({"code": code.format(id)}, id=id).json["output"] for id in ("file-1", "file-2")}
    assert outputs["file-1"] != outputs["file-2"]
    assert {id: kept(server, id)["output"] for id in outputs} == outputs


def test_none_is_kept_when_told_so(serve: Serve) -> None:
    server = serve(model(), COG_KEEP_RESULTS="0")
    for _ in range(2):
        assert server.create({"code": COUNT}, id="one").status == 200
    assert (server.project / "runs").read_text() == "xx"
    for path, allowed in (("/predictions", "POST"), ("/predictions/one", "PUT")):
        answer = get(server, path)
        assert (answer.status, answer.headers["allow"], answer.body) == (405, allowed, b"")


@pytest.mark.parametrize(
    ("code", "status"), [(f"{COUNT}; return 1", "succeeded"), (f"{COUNT}; raise ValueError('boom')", "failed")]
)
def test_a_put_of_the_same_runs_once(server: Server, runs: Any, code: str, status: str) -> None:
    first = server.create({"code": code}, id=f"same-{status}")
    second = server.create({"code": code}, id=f"same-{status}")
    assert first.status == second.status == 200
    assert first.json == second.json and first.json["status"] == status
    assert runs() == 1


def test_the_same_however_it_is_written(server: Server, runs: Any) -> None:
    first = b'{"input":{"code":"open(\'runs\', \'a\').write(\'x\')"},"context":{"a":"1","b":"2"}}'
    second = b'{ "context": {"b": "2", "a": "1"}, "input": {"code": "open(\'runs\', \'a\').write(\'\\u0078\')"} }'
    for body in (first, second):
        answer = server.request("PUT", "/predictions/written", body, headers={"Content-Type": "application/json"})
        assert answer.json["status"] == "succeeded"
    assert runs() == 1


def test_in_every_mode(serve: Serve) -> None:
    server = serve(model())
    values = {"code": COUNT}
    create_async(server, values, id="one")
    result = ended(server, "one")
    answer = create_async(server, values, id="one")
    assert (answer.status, answer.json["output"]) == (200, result["output"])
    assert server.create(values, id="one").json == answer.json
    assert (server.project / "runs").read_text() == "x"


def test_a_put_of_another_input_runs_again(server: Server, runs: Any) -> None:
    for value in (1, 2):
        answer = server.create({"code": f"{COUNT}; return {value}"}, id="other")
        assert answer.json["output"] == value
    assert runs() == 2
    assert kept(server, "other")["output"] == 2


def test_a_put_of_another_context_runs_again(server: Server, runs: Any) -> None:
    for tenant in ("acme", "other"):
        assert server.create({"code": COUNT}, id="context", context={"tenant": tenant}).status == 200
    assert runs() == 2


def test_a_put_of_an_invalid_input_leaves_what_is_kept(server: Server) -> None:
    server.create({"code": "return 1"}, id="stays")
    assert server.create({"code": 7}, id="stays").status == 422
    assert kept(server, "stays")["output"] == 1


def test_a_post_of_what_is_kept_runs_again_and_replaces_it(server: Server, runs: Any) -> None:
    for _ in range(2):
        answer = server.request("POST", "/predictions", {"id": "again", "input": {"code": COUNT}})
        assert (answer.status, answer.json["id"]) == (200, "again")
    assert runs() == 2
    assert [entry["id"] for entry in get(server, "/predictions").json["results"]].count("again") == 1


def test_a_post_of_what_runs_is_refused(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="2")
    gate = Gate(server)
    run = server.begin(id="live", code=f"{gate.async_code}; return 'first'")
    gate.wait()
    answer = server.request("POST", "/predictions", {"id": "live", "input": {"code": "return 'second'"}})
    assert answer.status == 409
    assert "in flight" in answer.json["error"]
    gate.open()
    assert run.result()["output"] == "first"


def test_a_put_of_what_runs_is_told_its_state(server: Server, runs: Any) -> None:
    gate = Gate(server)
    code = f"{COUNT}; print('x'); {gate.code}"
    run = server.begin(id="live", code=code)
    gate.wait()
    answer = server.create({"code": 7}, id="live")
    assert (answer.status, answer.json) == (
        202,
        {"id": "live", "input": {"code": code}, "logs": "x\n", "metrics": {}, "status": "processing"},
    )
    gate.open()
    run.result()
    assert runs() == 1


def test_two_puts_at_once_start_one_run(serve: Serve) -> None:
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="8")
    for i in range(20):
        gate = Gate(server)
        values = {"code": f"{COUNT}; {gate.async_code}"}
        puts = [Background(partial(server.create, values, id=f"race-{i}")) for _ in range(4)]
        gate.wait()
        gate.open()
        answers = [put.result() for put in puts]
        assert {answer.status for answer in answers} <= {200, 202}
        assert any(answer.status == 200 for answer in answers)
    assert len((server.project / "runs").read_text()) == 20


def test_a_stream_of_what_is_kept_by_a_model_that_offers_none(server: Server) -> None:
    server.create({"code": "return 1"}, id="plain")
    with Stream(server, {"code": "return 1"}, id="plain") as stream:
        assert stream.status == 406
