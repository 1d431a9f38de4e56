"""Server-sent events: their text, who may follow, and what happens when followers come late, read slowly or leave."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from acting import Gate, model
from conftest import Serve
from listening import STREAMING, Stream, chunks, create_async, ended
from server import Answer, Server, eventually

MARKED = {"paths": {"/predictions": {"post": {"x-cog-streaming": True}}}}
"""The document of a model that offers event streams whatever it returns."""


def serve_marked(serve: Serve, text: str) -> Server:
    return serve(text, files={"schema.json": json.dumps(MARKED)}, COG_OPENAPI_SCHEMA="schema.json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("streams"), STREAMING) as server:
        yield server


def ask(server: Server, accept: str, method: str = "POST", path: str = "/predictions", **fields: object) -> Answer:
    return server.request(method, path, {"input": {}, **fields}, headers={"Accept": accept})


def test_every_event_in_its_exact_text(server: Server) -> None:
    code = r"""
print('one "line"')
sys.stderr.write('other\n')
scope = cog.current_scope()
scope.record_metric('timing.load', 0.2)
scope.record_metric('n', 1, mode='increment')
scope.record_metric('l', 'x', mode='append')
yield 'Hel'
yield 'lo'
"""
    with Stream(server, {"code": code}, id="s1") as stream:
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream")
        assert stream.headers["cache-control"] == "no-cache"
        assert stream.headers["transfer-encoding"] == "chunked"
        text = re.sub(r'"predict_time":[0-9.e-]+', '"predict_time":0.5', stream.text())
    assert text == (
        'event: start\ndata: {"id":"s1","status":"processing"}\n\n'
        'event: log\ndata: {"data":"one \\"line\\"\\n","source":"stdout"}\n\n'
        'event: log\ndata: {"data":"other\\n","source":"stderr"}\n\n'
        'event: metric\ndata: {"mode":"replace","name":"timing.load","value":0.2}\n\n'
        'event: metric\ndata: {"mode":"increment","name":"n","value":1}\n\n'
        'event: metric\ndata: {"mode":"append","name":"l","value":"x"}\n\n'
        'event: output\ndata: {"chunk":"Hel","index":0}\n\n'
        'event: output\ndata: {"chunk":"lo","index":1}\n\n'
        'event: completed\ndata: {"id":"s1","logs":"one \\"line\\"\\nother\\n","metrics":{"l":["x"],"n":1,'
        '"predict_time":0.5,"timing":{"load":0.2}},"output":["Hel","lo"],"status":"succeeded"}\n\n'
    )


def test_chunks_come_live(server: Server) -> None:
    gates = [Gate(server) for _ in range(3)]
    code = "\n".join(f"yield 'a'; {gate.code}" for gate in gates)
    with Stream(server, {"code": code}) as stream:
        stream.expect("start")
        for index, gate in enumerate(gates):
            assert stream.expect("output")["index"] == index
            gate.open()
        assert stream.expect("completed")["status"] == "succeeded"
        assert stream.read() is None


def test_an_asynchronous_generator_streams_live(serve: Serve) -> None:
    server = serve(
        model(
            asynchronous=True,
            extra="""
            from typing import AsyncIterator
            @cog.streaming
            async def predict(self, gates: str = "") -> AsyncIterator[str]:
                for gate in gates.split():
                    yield gate
                    await async_gate(gate)
            """,
        )
    )
    with Stream(server, {"gates": "one two"}) as stream:
        stream.expect("start")
        for gate in ("one", "two"):
            assert stream.expect("output")["chunk"] == gate
            (server.project / f"{gate}.go").touch()
        assert stream.expect("completed")["output"] == ["one", "two"]


def test_the_connection_serves_the_next_request(server: Server) -> None:
    connection = server.connect()
    headers = {"Accept": "text/event-stream"}
    for _ in range(3):
        answer = server.request("POST", "/predictions", {"input": {}}, headers=headers, connection=connection)
        assert answer.text.count("event: ") == 3
    assert server.request("GET", "/health-check", connection=connection).status == 200
    connection.close()


def test_a_client_of_http_1_0_gets_it_without_chunks(server: Server) -> None:
    body = json.dumps({"input": {}})
    head = "POST /predictions HTTP/1.0\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n"
    with server.raw_client() as client:
        client.send(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        head, _, events = client.rest().decode().partition("\r\n\r\n")
    assert "transfer-encoding" not in head and "connection: close" in head
    assert [line for line in events.split("\n") if line.startswith("event")] == [
        "event: start",
        "event: output",
        "event: completed",
    ]
    assert events.startswith("event: start\ndata: ") and events.endswith("}\n\n")


@pytest.mark.parametrize(
    "accept",
    ["text/event-stream", "text/html, text/event-stream;q=0", "*/*,  text/event-stream ", "text/event-stream;x"],
)
def test_who_asks_for_a_stream_gets_it(server: Server, accept: str) -> None:
    assert ask(server, accept).headers["content-type"] == "text/event-stream"


@pytest.mark.parametrize("accept", ["*/*", "Text/Event-Stream", "text/event-stream ;q=1", "application/json"])
def test_who_does_not_gets_json(server: Server, accept: str) -> None:
    assert ask(server, accept).json["output"] == ["a"]


def test_a_stream_wins_over_respond_async(server: Server) -> None:
    headers = {"Accept": "text/event-stream", "Prefer": "respond-async"}
    answer = server.request("POST", "/predictions", {"input": {}}, headers=headers)
    assert (answer.status, answer.text.count("event: ")) == (200, 3)


def test_an_invalid_input_is_422(server: Server) -> None:
    assert ask(server, "text/event-stream", input={"code": 7}).status == 422
    assert ask(server, "text/event-stream", "PUT", "/predictions/x", input={"code": 7}).status == 422


def test_a_model_that_does_not_offer_it(serve: Serve) -> None:
    server = serve(model())
    text = "This model does not support streaming responses. Add @cog.streaming to predict() to enable SSE."
    for answer in (
        ask(server, "text/event-stream"),
        ask(server, "text/event-stream", input={"code": 7}),
        ask(server, "text/event-stream", "PUT", "/predictions/x"),
    ):
        assert (answer.status, answer.json) == (406, {"error": text})
    gate = Gate(server)
    run = server.begin(id="live", code=gate.code)
    gate.wait()
    assert ask(server, "text/event-stream").status == 406
    assert ask(server, "text/event-stream", "PUT", "/predictions/live").status == 406
    gate.open()
    assert run.result()["status"] == "succeeded"


@pytest.mark.parametrize("text", [STREAMING, model()], ids=["streaming", "not"])
def test_before_ready_it_is_503(serve: Serve, text: str) -> None:
    setup = "\n    def setup(self):\n        gate('setup')\n"
    server = serve(text + setup, until=None)
    server.wait_for_file("setup.in")
    answer = ask(server, "text/event-stream")
    assert (answer.status, answer.json["status"]) == (503, "failed")
    assert "Setup has not finished yet" in answer.json["error"]
    (server.project / "setup.go").touch()
    server.wait_until("READY")


def test_trainings_do_not(server: Server) -> None:
    assert ask(server, "text/event-stream", "POST", "/trainings").status == 404


def test_without_a_slot_it_is_409(server: Server) -> None:
    gate = Gate(server)
    with Stream(server, {"code": f"{gate.code}; yield 'a'"}) as stream:
        gate.wait()
        assert ask(server, "text/event-stream").status == 409
        gate.open()
        assert chunks(stream.rest()) == ["a"]


def test_late_followers_get_all_without_gap_or_repeat(server: Server) -> None:
    gate, last = Gate(server), Gate(server)
    code = f"for i in range(100): yield str(i)\n{gate.code}\nfor i in range(100, 200): yield str(i)\n{last.code}"
    expected = [str(i) for i in range(200)]
    with Stream(server, {"code": code}, id="shared") as first:
        gate.wait()
        with Stream(server, {}, id="shared") as second:
            assert second.expect("start") == {"id": "shared", "status": "processing"}
            gate.open()
            with Stream(server, {}, id="shared") as third:
                last.open()
                assert chunks(second.rest()) == chunks(third.rest()) == chunks(first.rest()) == expected


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_predictions_made_otherwise_can_be_followed(server: Server, mode: str) -> None:
    gate = Gate(server)
    values = {"code": f"print('x'); yield 'a'; {gate.code}; yield 'b'"}
    run = server.begin(id=mode, **values) if mode == "sync" else create_async(server, values, id=mode)
    gate.wait()
    with Stream(server, {}, id=mode) as stream:
        gate.open()
        events = stream.rest()
    assert [name for name, _ in events] == ["start", "log", "output", "output", "completed"]
    assert run is not None and ended(server, mode)["output"] == ["a", "b"]


def test_a_follower_of_one_that_waits(serve: Serve) -> None:
    server = serve(STREAMING, COG_MAX_QUEUE="2")
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; yield 'a'")
    gate.wait()
    with Stream(server, {"code": "yield 'b'"}, id="waits") as first, Stream(server, {}, id="waits") as second:
        with Stream(server, {"code": "yield 'c'"}, id="never") as third:
            assert third.expect("queued")["position"] == 2
            assert server.cancel("never").status == 200
            assert third.expect("completed")["status"] == "canceled"
        gate.open()
        assert [name for name, _ in first.rest()] == ["queued", "start", "output", "completed"]
        assert chunks(second.rest()) == ["b"]
    run.result()


def test_a_follower_of_one_that_is_given_back_after_a_death(serve: Serve) -> None:
    server = serve(STREAMING, COG_MAX_QUEUE="1")
    gate = Gate(server)
    fatal = server.begin(code=f"{gate.code}; os.kill(os.getpid(), 9); yield ''")
    gate.wait()
    ahead = server.begin(id="ahead", code="yield 'b'")
    eventually(lambda: server.request("GET", "/predictions/ahead").status == 200, "it was sent ahead")
    with Stream(server, {}, id="ahead") as stream:
        gate.open()
        assert chunks(stream.rest()) == ["b"]
    assert fatal.result()["status"] == "failed"
    assert ahead.result()["output"] == ["b"]


@pytest.mark.parametrize(("capacity", "skipped"), [("2", 3), ("4", 1)])
def test_a_history_that_is_too_short(serve: Serve, capacity: str, skipped: int) -> None:
    server = serve(STREAMING, COG_STREAM_HISTORY_CAPACITY=capacity)
    gate = Gate(server)
    create_async(server, {"code": f"for i in range(4): yield str(i)\n{gate.code}"}, id="long")
    gate.wait()
    with Stream(server, {}, id="long") as stream:
        error = {"error": "SSE stream replay truncated; events were dropped", "skipped": skipped}
        assert stream.rest() == [("error", error)]
    gate.open()
    assert ended(server, "long")["status"] == "succeeded"


def test_a_history_that_is_long_enough(serve: Serve) -> None:
    server = serve(STREAMING, COG_STREAM_HISTORY_CAPACITY="5")
    gate = Gate(server)
    create_async(server, {"code": f"for i in range(4): yield str(i)\n{gate.code}"}, id="long")
    gate.wait()
    with Stream(server, {}, id="long") as stream:
        gate.open()
        assert chunks(stream.rest()) == ["0", "1", "2", "3"]


def test_without_history_only_what_comes_is_told(serve: Serve) -> None:
    server = serve(STREAMING, COG_STREAM_HISTORY_CAPACITY="0")
    gate = Gate(server)
    with Stream(server, {"code": f"yield 'a'; {gate.code}; yield 'b'"}, id="live") as first:
        gate.wait()
        with Stream(server, {}, id="live") as second:
            gate.open()
            assert [name for name, _ in second.rest()] == ["output", "completed"]
        assert chunks(first.rest()) == ["a", "b"]


def test_a_slow_reader_gets_everything(server: Server) -> None:
    gate = Gate(server)
    code = f"for i in range(3000): yield str(i) + 'x' * 8000\n{gate.mark}"
    with Stream(server, {"code": code}, id="slow") as stream:
        gate.wait()
        assert ended(server, "slow")["status"] == "succeeded"
        assert server.predict()["status"] == "succeeded"
        assert [len(chunk) for chunk in chunks(stream.rest())] == [8000 + len(str(i)) for i in range(3000)]


def test_the_creator_leaves_alone(server: Server) -> None:
    gate = Gate(server)
    with Stream(server, {"code": f"yield 'a'; {gate.mark}; time.sleep(1000)"}, id="alone") as stream:
        gate.wait()
        stream.leave()
    assert ended(server, "alone")["status"] == "canceled"


def test_the_creator_leaves_while_others_follow(server: Server) -> None:
    gate, unwind = Gate(server), Gate(server)
    code = f"yield 'a'\ntry:\n  {gate.code}\n  yield 'b'\n  time.sleep(1000)\nfinally:\n  {unwind.mark}"
    with Stream(server, {"code": code}, id="joined") as first, Stream(server, {}, id="joined") as second:
        gate.wait()
        first.leave()
        gate.open()
        while second.read() != ("output", {"chunk": "b", "index": 1}):
            pass
        assert not unwind.is_entered()
        second.leave()
    assert ended(server, "joined")["status"] == "canceled"


def test_the_creator_leaves_the_line(serve: Serve) -> None:
    server = serve(STREAMING, COG_MAX_QUEUE="1")
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; yield 'a'")
    gate.wait()
    with Stream(server, {}, id="waits") as stream:
        stream.leave()
    assert ended(server, "waits")["status"] == "canceled"
    gate.open()
    assert run.result()["status"] == "succeeded"


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_follower_of_what_others_made_leaves(server: Server, mode: str) -> None:
    gate = Gate(server)
    values = {"code": f"{gate.code}; yield 'b'"}
    id = f"left-{mode}"
    run = server.begin(id=id, **values) if mode == "sync" else create_async(server, values, id=id)
    gate.wait()
    with Stream(server, {}, id=id) as stream:
        stream.expect("start")
        stream.leave()
    gate.open()
    assert run is not None and ended(server, id)["output"] == ["b"]


def test_failed_with_what_it_had_made(server: Server) -> None:
    with Stream(server, {"code": "print('x'); yield 'a'; raise ValueError('boom')"}) as stream:
        name, end = stream.rest()[-1]
    assert (name, end["status"], end["output"]) == ("completed", "failed", ["a"])
    assert end["logs"].startswith("x\nTraceback ")
    assert end["error"].endswith("ValueError: boom")


def test_canceled_with_what_it_had_made(server: Server) -> None:
    gate = Gate(server)
    with Stream(server, {"code": f"yield 'a'; {gate.mark}; time.sleep(1000)"}, id="halt") as stream:
        gate.wait()
        server.cancel("halt")
        name, end = stream.rest()[-1]
    assert (name, end["status"], end["output"]) == ("completed", "canceled", ["a"])


def test_a_crash_in_the_middle(serve: Serve) -> None:
    server = serve(STREAMING)
    gate = Gate(server)
    with Stream(server, {"code": f"yield 'a'; {gate.code}"}) as stream:
        os.kill(gate.wait(), signal.SIGKILL)
        events = stream.rest()
    assert [name for name, _ in events] == ["start", "output", "completed"]
    end = events[-1][1]
    assert (end["status"], end["error"], end["output"]) == ("failed", "Worker crashed: signal 9 (SIGKILL)", ["a"])


@pytest.mark.parametrize(
    ("code", "told", "output"),
    [
        ("return 'text'", ["text"], "text"),
        ("return {'b': [1, 2]}", [{"b": [1, 2]}], {"b": [1, 2]}),
        ("return None", [], None),
    ],
)
def test_a_value(serve: Serve, code: str, told: list[object], output: object) -> None:
    server = serve_marked(serve, model())
    with Stream(server, {"code": code}) as stream:
        events = stream.rest()
    assert chunks(events) == told
    assert events[-1][1]["output"] == output


def test_a_list_is_told_item_by_item(serve: Serve) -> None:
    extra = """
    from typing import List
    def predict(self) -> List[str]:
        return ["a", "b,[", "c"]
    """
    server = serve_marked(serve, model(extra=extra))
    with Stream(server, {}) as stream:
        events = stream.rest()
    assert [(data["index"], data["chunk"]) for name, data in events if name == "output"] == [
        (0, "a"),
        (1, "b,["),
        (2, "c"),
    ]
    assert events[-1][1]["output"] == ["a", "b,[", "c"]


def test_files_are_data_urls(serve: Serve) -> None:
    extra = """
    from typing import Iterator
    @cog.streaming
    def predict(self) -> Iterator[cog.Path]:
        for text in ("one", "two"):
            Path("out.txt").write_text(text)
            yield cog.Path("out.txt")
    """
    server = serve(model(extra=extra))
    expected = ["data:text/plain;base64,b25l", "data:text/plain;base64,dHdv"]
    with Stream(server, {}) as stream:
        events = stream.rest()
    assert chunks(events) == expected
    assert events[-1][1]["output"] == expected


def test_logs_end_where_the_limit_is(serve: Serve) -> None:
    server = serve(STREAMING, COG_MAX_LOG_BYTES="10")
    with Stream(server, {"code": "for i in range(100): print('12345678')\nyield 'a'"}) as stream:
        events = stream.rest()
    logs = "".join(data["data"] for name, data in events if name == "log")
    assert logs == events[-1][1]["logs"]
    assert "LOG TRUNCATED" in logs and len(logs) < 100


def test_a_graceful_stop_lets_a_stream_finish(serve: Serve) -> None:
    server = serve(STREAMING)
    gate = Gate(server)
    with Stream(server, {"code": f"yield 'a'; {gate.code}; yield 'b'"}) as stream:
        gate.wait()
        server.signal(signal.SIGTERM)
        server.wait_for_log("server: stopping")
        gate.open()
        assert chunks(stream.rest()) == ["a", "b"]
    assert server.wait() == 0


def test_fifty_followers(server: Server) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"yield 'a'; {gate.code}; yield 'b'"}, id="many")
    gate.wait()
    streams = [Stream(server, {}, id="many") for _ in range(50)]
    gate.open()
    for stream in streams:
        with stream:
            assert chunks(stream.rest()) == ["a", "b"]
    eventually(lambda: server.health()["status"] == "READY", "the slot is back")


def test_comments_keep_a_silent_stream_alive(serve: Serve) -> None:
    server = serve(STREAMING, COG_STREAM_KEEP_ALIVE="0.05")
    gate = Gate(server)
    with Stream(server, {"code": f"{gate.code}; yield 'a'"}) as stream:
        stream.expect("start")
        for _ in range(2):
            assert (stream.response.readline(), stream.response.readline()) == (b": keep-alive\n", b"\n")
        gate.open()
        text = stream.text()
    events = [block for block in text.split("\n\n") if block and block != ": keep-alive"]
    assert [block.partition("\n")[0] for block in events] == ["event: output", "event: completed"]


def test_no_comment_when_told_so(serve: Serve) -> None:
    server = serve(STREAMING, COG_STREAM_KEEP_ALIVE="0")
    gate = Gate(server)
    with Stream(server, {"code": f"{gate.code}; yield 'a'"}) as stream:
        stream.expect("start")
        for _ in range(20):
            server.health()  # time for comments, if 0 were taken for an interval
        gate.open()
        assert "keep-alive" not in stream.text()


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may open thousands of sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
@pytest.mark.parametrize("waits", [False, True], ids=["running", "waiting"])
def test_more_followers_than_allowed(serve: Serve, waits: bool) -> None:
    server = serve(STREAMING, COG_MAX_QUEUE="1")
    gate = Gate(server)
    create_async(server, {"code": f"yield 'a'; {gate.code}"}, id="first")
    gate.wait()
    id = "second" if waits else "first"
    if waits:
        create_async(server, {}, id=id)
    ask_for_events = f"PUT /predictions/{id} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode()
    with ExitStack() as clients:
        for _ in range(1024):
            client = clients.enter_context(server.raw_client())
            client.send(ask_for_events)
            assert client.read_line() == b"HTTP/1.1 200 OK\r\n"
        refused = server.request("PUT", f"/predictions/{id}", headers={"Accept": "text/event-stream"})
        assert (refused.status, refused.json) == (429, {"error": "Too many stream subscribers"})
        assert refused.headers["retry-after"] == "1"
        gate.open()
        assert ended(server, id)["status"] == "succeeded"


def test_what_is_kept_is_told_as_its_end_alone(server: Server) -> None:
    assert server.create({"code": "yield 'a'"}, id="kept").json["status"] == "succeeded"
    with Stream(server, {"code": "yield 'a'"}, id="kept") as stream:
        ((name, end),) = stream.rest()
    assert (name, end["output"]) == ("completed", ["a"])
