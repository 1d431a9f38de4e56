"""Webhooks: what is sent, in which order, what is tried again, and that nobody waits for them."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator

import pytest
from acting import Gate, model
from conftest import Serve
from listening import STREAMING, Receiver, Reply, Stream, create_async, ended
from server import Server, eventually, files_below

STEPS = "for i in range(3):\n  print('step', i)\n  yield f'chunk-{i}'"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("webhooks"), STREAMING, COG_THROTTLE_RESPONSE_INTERVAL="0") as server:
        yield server


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A path of the receiver for this test alone."""
    return "/" + re.sub(r"\W+", "-", request.node.name)


def statuses(receiver: Receiver, path: str) -> list[str]:
    return [hook.body["status"] for hook in receiver.received(path)]


def wait_until_given_up(server: Server, receiver: Receiver, path: str) -> None:
    server.wait_for_log(rf"webhook-failed.*{re.escape(receiver.url(path))}.*attempts=1\b")


def test_every_event_in_its_order(server: Server, receiver: Receiver, path: str) -> None:
    create_async(server, {"code": STEPS}, id="steps", webhook=receiver.url(path))
    receiver.end(path)
    progress = [hook.progress for hook in receiver.received(path)]
    assert progress[0] == ("processing", 0, "")
    assert progress == sorted(progress)
    assert progress[-1] == ("succeeded", 3, "step 0\nstep 1\nstep 2\n")
    assert {f"chunk-{i}" for i in range(3)} == set(receiver.received(path)[-1].body["output"])
    assert len(progress) == 8


def test_the_bodies(server: Server, receiver: Receiver, path: str) -> None:
    server.create({"code": "yield 'a'"}, id="bodies", webhook=receiver.url(path))
    receiver.end(path)
    start, output, end = receiver.received(path)
    assert start.raw == b'{"id":"bodies","logs":"","metrics":{},"status":"processing"}'
    assert output.raw == b'{"id":"bodies","logs":"","metrics":{},"output":["a"],"status":"processing"}'
    assert set(end.body) == {"id", "logs", "metrics", "output", "status"}
    assert set(end.body["metrics"]) == {"predict_time"}


def test_the_headers(server: Server, receiver: Receiver, path: str) -> None:
    headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=1"}
    body = {"webhook": receiver.url(path)}
    assert server.request("POST", "/predictions", body, headers=headers).status == 200
    receiver.end(path)
    for hook in receiver.received(path):
        assert hook.method == "POST"
        assert hook.headers["content-type"] == "application/json"
        assert hook.headers["user-agent"].startswith("coglet/")
        assert hook.headers["accept"] == "*/*"
        assert "authorization" not in hook.headers and "expect" not in hook.headers
        assert {name: hook.headers[name] for name in headers} == headers


def test_without_a_trace_none_is_made_up(server: Server, receiver: Receiver, path: str) -> None:
    server.create({}, webhook=receiver.url(path))
    assert not {"traceparent", "tracestate"} & set(receiver.end(path).headers)


@pytest.mark.parametrize("token", ["s3cret", ""])
def test_the_token(serve: Serve, receiver: Receiver, path: str, token: str) -> None:
    server = serve(STREAMING, WEBHOOK_AUTH_TOKEN=token)
    server.create({}, webhook=receiver.url(path))
    assert receiver.end(path).headers["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["start"], [("processing", 0, "")]),
        (["completed"], [("succeeded", 2, "x\n")]),
        (["output"], [("processing", 1, "x\n"), ("processing", 2, "x\n")]),
        (["logs"], [("processing", 0, "x\n")]),
        (["start", "completed", "start"], [("processing", 0, ""), ("succeeded", 2, "x\n")]),
        ([], []),
    ],
)
def test_the_filter(
    serve: Serve, receiver: Receiver, path: str, events: list[str], expected: list[tuple[str, int, str]]
) -> None:
    server = serve(STREAMING)
    code = "print('x'); yield 'a'; yield 'b'"
    server.create({"code": code}, webhook=receiver.url(path), webhook_events_filter=events)
    assert [hook.progress for hook in receiver.all(path, server)] == expected


@pytest.mark.parametrize("events", [None, ["Start"], ["all"], "start"])
def test_a_bad_filter_is_refused(server: Server, receiver: Receiver, path: str, events: object) -> None:
    assert server.create({}, webhook=receiver.url(path), webhook_events_filter=events).status == 422
    assert receiver.received(path) == []


def test_a_refused_request_sends_nothing(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    assert server.create({"code": 7}, webhook=receiver.url(path)).status == 422
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; yield 'a'")
    gate.wait()
    assert server.create({}, webhook=receiver.url(path)).status == 409
    gate.open()
    run.result()
    assert receiver.all(path, server) == []


def test_failed_with_what_it_had_made(server: Server, receiver: Receiver, path: str) -> None:
    server.create({"code": "print('x'); yield 'a'; raise ValueError('boom')"}, webhook=receiver.url(path))
    end = receiver.end(path)
    assert end.progress[:2] == ("failed", 1) and end.body["logs"].startswith("x\nTraceback ")
    assert end.body["error"].endswith("ValueError: boom")


def test_canceled_with_what_it_had_made(server: Server, receiver: Receiver, path: str) -> None:
    gate = Gate(server)
    create_async(server, {"code": f"yield 'a'; {gate.mark}; time.sleep(1000)"}, id="halt", webhook=receiver.url(path))
    gate.wait()
    server.cancel("halt")
    assert receiver.end(path).progress == ("canceled", 1, "")


def test_a_crash_ends_it_as_failed(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    gate = Gate(server)
    create_async(server, {"code": f"print('x'); yield 'a'; {gate.code}"}, webhook=receiver.url(path))
    os.kill(gate.wait(), signal.SIGKILL)
    end = receiver.end(path)
    assert end.progress == ("failed", 1, "x\n")
    assert end.body["error"] == "Worker crashed: signal 9 (SIGKILL)"
    assert len([hook for hook in receiver.all(path, server) if hook.body["status"] == "failed"]) == 1


def test_only_logs_are_throttled_and_are_made_up_for_before_the_end(
    serve: Serve, receiver: Receiver, path: str
) -> None:
    server = serve(STREAMING, COG_THROTTLE_RESPONSE_INTERVAL="1000")
    create_async(server, {"code": STEPS + "\nprint('last')"}, webhook=receiver.url(path))
    receiver.end(path)
    logs = "step 0\nstep 1\nstep 2\n"
    assert [hook.progress for hook in receiver.received(path)] == [
        ("processing", 0, ""),
        ("processing", 1, "step 0\n"),
        ("processing", 2, "step 0\nstep 1\n"),
        ("processing", 3, logs),
        ("processing", 3, logs + "last\n"),
        ("succeeded", 3, logs + "last\n"),
    ]


def test_what_an_output_has_told_needs_no_making_up(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING, COG_THROTTLE_RESPONSE_INTERVAL="1000")
    server.create({"code": "print('x'); yield 'a'"}, webhook=receiver.url(path))
    receiver.end(path)
    assert [hook.progress[1:] for hook in receiver.received(path)] == [(0, ""), (1, "x\n"), (1, "x\n")]


def test_one_at_a_time_and_a_long_line_collapses(server: Server, path: str) -> None:
    with Receiver() as receiver:
        gate = threading.Event()
        receiver.script(path, Reply(gate=gate))
        code = "for i in range(300): yield str(i)"
        prediction = server.create({"code": code}, webhook=receiver.url(path)).json
        assert len(prediction["output"]) == 300
        receiver.wait_for(path, 1)
        gate.set()
        receiver.end(path)
        counts = [hook.progress[1] for hook in receiver.received(path)]
        assert counts[0] == 0 and counts[-2:] == [300, 300]
        assert counts == sorted(counts)
        assert len(counts) <= 66
        assert receiver.most_at_once == 1


@pytest.mark.parametrize("code", ["yield 'a'", "print('x'); yield 'a'"])
def test_neither_answer_nor_next_prediction_waits_for_them(serve: Serve, path: str, code: str) -> None:
    server = serve(STREAMING, COG_SHUTDOWN_TIMEOUT="5")
    with Receiver() as receiver:
        receiver.script(path, *[Reply(gate=threading.Event())] * 100)
        for _ in range(10):
            assert server.create({"code": code}, webhook=receiver.url(path)).json["status"] == "succeeded"
        receiver.wait_for(path, 10)
        assert set(statuses(receiver, path)) == {"processing"}
    assert server.predict()["status"] == "succeeded"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_the_terminal_one_is_tried_again(serve: Serve, receiver: Receiver, path: str, status: int) -> None:
    server = serve(STREAMING)
    receiver.script(path, Reply(status), Reply(status), Reply(201))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    first, second, third = receiver.wait_for(path, 3)
    assert first.raw == second.raw == third.raw
    assert second.at - first.at >= 0.2 and third.at - second.at >= 0.4
    assert len(receiver.all(path, server)) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 408, 410, 422, 501])
def test_other_refusals_are_final(serve: Serve, receiver: Receiver, path: str, status: int) -> None:
    server = serve(STREAMING)
    receiver.script(path, Reply(status))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    wait_until_given_up(server, receiver, path)
    assert len(receiver.all(path, server)) == 1


@pytest.mark.parametrize("event", ["start", "output", "logs"])
def test_the_others_are_not_tried_again(serve: Serve, receiver: Receiver, path: str, event: str) -> None:
    server = serve(STREAMING)
    receiver.script(path, Reply(500))
    code = "print('x'); yield 'a'"
    server.create({"code": code}, webhook=receiver.url(path), webhook_events_filter=[event, "completed"])
    receiver.end(path)
    assert statuses(receiver, path) == ["processing", "succeeded"]


def test_retry_after_is_respected(server: Server, receiver: Receiver, path: str) -> None:
    receiver.script(path, Reply(429, {"Retry-After": "1"}))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    first, second = receiver.wait_for(path, 2)
    assert second.at - first.at >= 1


def test_an_answer_that_hangs_up_is_tried_again(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    receiver.script(path, Reply(silent=True))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    receiver.wait_for(path, 2)
    assert len(receiver.all(path, server)) == 2


def test_a_success_that_breaks_off_is_a_success(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    receiver.script(path, Reply(cut=True))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    receiver.wait_for(path, 1)
    assert len(receiver.all(path, server)) == 1


def test_a_receiver_that_is_not_there_yet(server: Server) -> None:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{place.getsockname()[1]}/"
        prediction = server.create({}, webhook=url, webhook_events_filter=["start", "completed"]).json
        assert prediction["status"] == "succeeded"
        server.wait_for_log(f"webhook-failed, id={prediction['id']} .*status=0")
        place.listen()
        client, _ = place.accept()
        with client:
            body = b""
            while b'"status":"succeeded"' not in body:
                body += client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://127.0.0.1/x", "http://", "file:///etc/passwd", "http://[::1"])
def test_an_unusable_url_harms_nobody(serve: Serve, url: str) -> None:
    server = serve(STREAMING, COG_SHUTDOWN_TIMEOUT="5")
    assert server.create({}, webhook=url).json["status"] == "succeeded"
    assert server.predict()["status"] == "succeeded"
    if url:
        server.wait_for_log("webhook-failed")


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_redirects(server: Server, receiver: Receiver, path: str, status: int, method: str) -> None:
    receiver.script(path, Reply(status, {"Location": receiver.url(path + "-target")}))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    (hook,) = receiver.wait_for(path + "-target", 1)
    assert hook.method == method
    assert hook.raw == (receiver.received(path)[0].raw if method == "POST" else b"")


def test_a_circle_of_redirects_ends(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    receiver.script(path, *[Reply(307, {"Location": receiver.url(path)})] * 11)
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["start"])
    server.wait_for_log("webhook-failed")
    assert len(receiver.received(path)) == 11


def test_a_value_is_one_output_event_and_none_is_none(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(model())
    server.create({"code": "return {'b': 1}"}, webhook=receiver.url(path))
    receiver.end(path)
    assert [hook.body.get("output") for hook in receiver.received(path)] == [None, [{"b": 1}], {"b": 1}]
    server.create({"code": "return None"}, webhook=receiver.url(path + "-none"))
    assert receiver.end(path + "-none").body["output"] is None
    assert len(receiver.received(path + "-none")) == 2


def test_files_are_data_urls(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(model())
    code = "Path('out.txt').write_text('hello'); return cog.Path('out.txt')"
    server.create({"code": code}, webhook=receiver.url(path))
    url = "data:text/plain;base64,aGVsbG8="
    assert receiver.end(path).body["output"] == url
    assert receiver.received(path)[1].body["output"] == [url]


def test_metrics_are_told_with_the_next_event(server: Server, receiver: Receiver, path: str) -> None:
    server.create({"code": "cog.current_scope().record_metric('n', 3); yield 'a'"}, webhook=receiver.url(path))
    assert receiver.end(path).body["metrics"]["n"] == 3
    assert receiver.received(path)[1].body["metrics"] == {"n": 3}


def test_beside_an_event_stream(server: Server, receiver: Receiver, path: str) -> None:
    with Stream(server, {"code": "yield 'a'"}, webhook=receiver.url(path)) as stream:
        assert [name for name, _ in stream.rest()] == ["start", "output", "completed"]
    assert receiver.end(path).progress == ("succeeded", 1, "")


def test_a_put_of_what_is_in_flight_or_kept_sends_nothing(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    gate = Gate(server)
    values = {"code": f"{gate.code}; yield 'a'"}
    create_async(server, values, id="one")
    gate.wait()
    assert create_async(server, values, id="one", webhook=receiver.url(path)).status == 202
    gate.open()
    ended(server, "one")
    assert create_async(server, values, id="one", webhook=receiver.url(path)).status == 200
    assert receiver.all(path, server) == []


def test_one_that_waits_and_is_cancelled_has_its_end_told(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING, COG_MAX_QUEUE="1")
    gate = Gate(server)
    run = server.begin(code=f"{gate.code}; yield 'a'")
    gate.wait()
    create_async(server, {}, id="waits", webhook=receiver.url(path))
    server.cancel("waits")
    assert receiver.end(path).progress == ("canceled", 0, "")
    gate.open()
    run.result()


def test_a_graceful_stop_brings_the_terminal_ones(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    gate = Gate(server)
    receiver.script(path, Reply(), Reply(), Reply(503))
    create_async(server, {"code": f"{gate.code}; yield 'a'"}, webhook=receiver.url(path))
    gate.wait()
    server.signal(signal.SIGTERM)
    server.wait_for_log("server: stopping")
    gate.open()
    assert server.wait() == 0
    assert statuses(receiver, path) == ["processing", "processing", "succeeded", "succeeded"]


def test_a_stop_tries_at_once_what_waits_for_another_attempt(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING, COG_SHUTDOWN_TIMEOUT="5")
    receiver.script(path, Reply(503, {"Retry-After": "3000"}))
    server.create({}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    receiver.wait_for(path, 1)
    server.stop()
    assert statuses(receiver, path) == ["succeeded", "succeeded"]


def test_a_stop_gives_up_what_nobody_takes(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING, COG_SHUTDOWN_TIMEOUT="5")
    receiver.script(path, *[Reply(503)] * 100)
    create_async(server, {"code": "time.sleep(1000); yield 'a'"}, webhook=receiver.url(path))
    receiver.wait_for(path, 1)
    server.stop()
    assert set(statuses(receiver, path)[1:]) == {"canceled"}


def test_a_receiver_that_never_answers_does_not_keep_the_server(serve: Serve, path: str) -> None:
    server = serve(STREAMING, COG_SHUTDOWN_TIMEOUT="1")
    with Receiver() as receiver:
        receiver.script(path, *[Reply(gate=threading.Event())] * 10)
        server.create({}, webhook=receiver.url(path))
        receiver.wait_for(path, 1)
        server.stop()


def metric(server: Server, series: str) -> int:
    text = server.request("GET", "/metrics").text
    return next(int(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(series + " "))


def outcomes(server: Server, fate: str) -> int:
    return metric(server, f'cog_webhooks_total{{outcome="{fate}"}}')


def test_each_end_comes_exactly_once_beside_a_host_that_is_dead(serve: Serve) -> None:
    replies: list[list[Reply]] = [[], [Reply(503), Reply(429)], [Reply(cut=True)], [Reply(silent=True), Reply(500)]]
    asked = [len([reply for reply in some if not reply.cut]) + 1 for some in replies]
    gate = threading.Event()
    server = serve(model(asynchronous=True), COG_MAX_CONCURRENCY="300", COG_SHUTDOWN_TIMEOUT="1")
    with Receiver() as receiver, Receiver() as dead:
        for i in range(100):
            dead.script(f"/{i}", Reply(gate=gate))
            create_async(server, {}, webhook=dead.url(f"/{i}"), webhook_events_filter=["completed"])
        eventually(lambda: sum(len(dead.received(f"/{i}")) for i in range(100)) >= 64, "posts to the dead host")
        for i in range(200):
            receiver.script(f"/{i}", *replies[i % 4])
            answer = create_async(server, {}, webhook=receiver.url(f"/{i}"), webhook_events_filter=["completed"])
            assert answer.status == 202
        assert server.predict()["status"] == "succeeded"
        for i in range(200):
            receiver.wait_for(f"/{i}", asked[i % 4])
        eventually(lambda: outcomes(server, "sent") == 200, "200 webhooks counted as sent")
        # libcurl itself sends once more what broke off on a connection that it had used before.
        assert 150 <= outcomes(server, "retried") <= 200
        assert metric(server, "cog_webhooks_waiting") == 100
        assert all(hook.body["status"] == "succeeded" for i in range(200) for hook in receiver.received(f"/{i}"))
        server.stop()
        assert [len(receiver.received(f"/{i}")) for i in range(200)] == asked * 50
        gate.set()


def test_a_large_end_waits_in_a_file(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING, COG_KEEP_RESULTS="0")
    receiver.script(path, Reply(503, {"Retry-After": "1"}))
    server.create({"code": "yield 'x' * 1000000"}, webhook=receiver.url(path), webhook_events_filter=["completed"])
    receiver.wait_for(path, 1)
    files = files_below(server.temporary)
    assert [file.stat().st_size > 1000000 for file in files] == [True]
    first, second = receiver.wait_for(path, 2)
    assert first.raw == second.raw
    assert second.body["output"] == ["x" * 1000000]
    eventually(lambda: not any(file.exists() for file in files), "removal of the file")


def test_a_long_line_collapses_into_the_newest(serve: Serve, receiver: Receiver, path: str) -> None:
    server = serve(STREAMING)
    gate = threading.Event()
    receiver.script(path, Reply(gate=gate))
    server.create({"code": "for i in range(500): yield str(i)"}, webhook=receiver.url(path))
    gate.set()
    hooks = receiver.all(path, server)
    assert len(hooks) < 100
    assert [hook.progress[1] for hook in hooks] == sorted(hook.progress[1] for hook in hooks)
    assert hooks[-1].progress[:2] == ("succeeded", 500)
