"""Requests as clients may send them, well or badly, and the limits that keep one client from harming the others."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from conftest import Serve
from server import Answer, Server, eventually

MODEL = """
import time
from pathlib import Path
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str = "none", wait: str = "") -> str:
        Path("running").touch()
        while wait and not Path(wait).exists():
            time.sleep(0.01)
        return text
"""
JSON = {"Content-Type": "application/json"}
BODY = b'{"input":{"text":"x"}}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("rules"), MODEL) as server:
        yield server
        assert server.output(text="undisturbed") == "undisturbed"


def head(method: str, path: str, **fields: object) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def create(body: bytes = BODY, path: str = "/predictions") -> bytes:
    return head("POST", path, Content_Type="application/json", Content_Length=len(body)) + body


# Body rules


@pytest.mark.parametrize(
    "kind", ["application/json", "APPLICATION/JSON", "application/json; charset=latin-1", "application/vnd.x+json"]
)
def test_types_of_json(server: Server, kind: str) -> None:
    answer = server.request("POST", "/predictions", BODY, headers={"Content-Type": kind})
    assert answer.json["output"] == "x"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "?"])
def test_other_types_are_refused(server: Server, kind: str) -> None:
    answer = server.request("POST", "/predictions", BODY, headers={"Content-Type": kind})
    assert (answer.status, answer.text) == (415, "Expected request with `Content-Type: application/json`")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_without_a_type_the_body_is_not_looked_at(server: Server) -> None:
    for body in (BODY, b"no JSON at all", b""):
        answer = server.request("POST", "/predictions", body)
        assert answer.json["output"] == "none"


MALFORMED = "Failed to parse the request body as JSON: "


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "EOF while parsing a value at line 1 column 0"),
        (b"{", "EOF while parsing an object at line 1 column 1"),
        (b'{"input":{"text":tru}}', ""),
        (b'{"input":{}} x', "trailing characters at line 1 column 14"),
        (b'{"input":{"zebra":NaN}}', ""),
        (b'{"input":{"text":"\xff"}}', ""),
        (b'{"input":{"text":"\\ud800"}}', ""),
        (b'{"input":{"zebra":1e999}}', ""),
        (b'{"other":' + b"[" * 128 + b"]" * 128 + b"}", ""),
    ],
)
def test_a_body_that_is_no_json(server: Server, body: bytes, text: str) -> None:
    answer = server.request("POST", "/predictions", body, headers=JSON)
    assert answer.status == 400
    assert answer.text.startswith(MALFORMED + text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"text"',
        b'{"id":7}',
        b'{"context":null}',
        b'{"context":{"a":1}}',
        b'{"webhook":7}',
        b'{"webhook_events_filter":null}',
        b'{"webhook_events_filter":["START"]}',
        b'{"id":"a","id":"b"}',
    ],
)
def test_json_of_the_wrong_shape(server: Server, body: bytes) -> None:
    answer = server.request("POST", "/predictions", body, headers=JSON)
    assert answer.status == 422
    assert answer.text.startswith("Failed to deserialize the JSON body into the target type: ")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_deepest_body_that_is_allowed(server: Server) -> None:
    body = b'{"other":' + b"[" * 127 + b"]" * 127 + b"}"
    assert server.request("POST", "/predictions", body, headers=JSON).status == 200


def test_a_body_over_the_limit(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_BODY_BYTES="1000")
    within, over = (json.dumps({"input": {"text": "x" * size}}).encode() for size in (900, 1000))
    assert server.request("POST", "/predictions", within, headers=JSON).status == 200
    answer = server.request("POST", "/predictions", over, headers=JSON)
    assert (answer.status, answer.text) == (413, "Failed to buffer the request body: length limit exceeded")
    with server.raw_client() as client:
        client.send(head("POST", "/predictions", Content_Type="application/json", Transfer_Encoding="chunked"))
        client.send(b"3e9\r\n" + b" " * 1001 + b"\r\n")
        assert client.answer().status == 413


def test_chunked_bodies(server: Server) -> None:
    with server.raw_client() as client:
        client.send(head("POST", "/predictions", Content_Type="application/json", Transfer_Encoding="chunked"))
        for byte in BODY:
            client.send(b"1;ext=1\r\n%c\r\n" % byte)
        client.send(b"0\r\nTrailer: x\r\n\r\n" + create(b'{"input":{"text":"second"}}'))
        assert client.answer().json["output"] == "x"
        assert client.answer().json["output"] == "second"


def test_a_body_that_waits_to_be_asked_for(server: Server) -> None:
    with server.raw_client() as client:
        fields = {"Content_Type": "application/json", "Content_Length": len(BODY), "Expect": "100-continue"}
        client.send(head("POST", "/predictions", **fields))
        assert client.read_line() + client.read_line() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.send(BODY)
        assert client.answer().json["output"] == "x"
        client.send(head("POST", "/predictions", **{**fields, "Content_Type": "text/plain"}))
        assert client.answer().status == 415


def test_a_body_byte_by_byte(server: Server) -> None:
    with server.raw_client() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in create():
            client.send(bytes([byte]))
        assert client.answer().json["output"] == "x"


# Routes


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/doc", "/predictions/", "/predictions/a/b", "/predictions/a/cancel/", "/health-check/", "//"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_unknown_paths(server: Server, method: str, path: str) -> None:
    answer = server.request(method, path)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET,HEAD"),
        ("PUT", "/health-check", "GET,HEAD"),
        ("OPTIONS", "/openapi.json", "GET,HEAD"),
        ("DELETE", "/predictions", "GET,HEAD,POST"),
        ("OPTIONS", "/predictions", "GET,HEAD,POST"),
        ("GET", "/shutdown", "POST"),
        ("POST", "/predictions/job", "GET,HEAD,PUT"),
        ("DELETE", "/trainings/job", "PUT"),
        ("GET", "/predictions/job/cancel", "POST"),
        ("PUT", "/trainings/job/cancel", "POST"),
    ],
)
def test_known_paths_with_other_methods(server: Server, method: str, path: str, allowed: str) -> None:
    answer = server.request(method, path)
    assert (answer.status, answer.headers["allow"], answer.body) == (405, allowed, b"")


@pytest.mark.parametrize("path", ["/", "/health-check", "/openapi.json", "/livez", "/readyz"])
def test_head_is_get_without_the_body(server: Server, path: str) -> None:
    with closing(server.connect()) as connection:
        whole = server.request("GET", path, connection=connection)
        bare = server.request("HEAD", path, connection=connection)
        assert (bare.status, bare.body) == (200, b"")
        assert {**bare.headers, "date": ""} == {**whole.headers, "date": ""}
        assert int(bare.headers["content-length"]) == len(whole.body)


def test_query_strings_are_ignored(server: Server) -> None:
    assert server.request("GET", "/health-check?x=/y").status == 200
    assert server.request("PUT", "/predictions/job?x", {}).json["id"] == "job"


@pytest.mark.parametrize(("path", "id"), [("a%2Fb%20c", "a/b c"), ("%C3%A9", "é"), ("50%", "50%"), ("a+b", "a+b")])
def test_ids_in_the_path_are_percent_decoded(server: Server, path: str, id: str) -> None:
    assert server.put(path, {}).json["id"] == id


@pytest.mark.parametrize(("method", "path"), [("PUT", "/predictions/%FF"), ("POST", "/trainings/%C3/cancel")])
def test_an_id_that_is_no_utf_8(server: Server, method: str, path: str) -> None:
    answer = server.request(method, path)
    assert (answer.status, answer.text) == (400, "Invalid URL: Invalid UTF-8 in `id`")


def test_cancelling_an_unknown_id(server: Server) -> None:
    answer = server.request("POST", "/predictions/unknown/cancel", b"no JSON", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.body) == (404, b"{}")


@pytest.mark.parametrize(("method", "path"), [("POST", "/trainings"), ("PUT", "/trainings/job")])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_a_server_of_predictions_does_not_train(server: Server, method: str, path: str, kind: str) -> None:
    answer = server.request(method, path, BODY, headers={"Content-Type": kind})
    error = "This server runs predictions only: trainings need a server started with --x-mode train"
    assert (answer.status, answer.json) == (404, {"error": error})


# Connections


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with server.raw_client() as client:
        bodies = [json.dumps({"input": {"text": str(number)}}).encode() for number in range(20)]
        client.send(b"".join(create(body) for body in bodies) + head("GET", "/health-check"))
        outputs = [client.answer().json["output"] for _ in bodies]
        assert outputs == [str(number) for number in range(20)]
        assert client.answer().json["status"] == "READY"


def test_the_server_closes_when_asked_to(server: Server) -> None:
    with server.raw_client() as client:
        client.send(head("GET", "/health-check", Connection="close"))
        answer = client.answer()
        assert answer.headers["connection"] == "close"
        assert client.rest() == b""


def test_http_1_0(server: Server) -> None:
    with server.raw_client() as client:
        client.send(create().replace(b"HTTP/1.1", b"HTTP/1.0"))
        received = client.rest()
        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b'"output":"x"' in received


def test_http_1_0_is_told_that_the_connection_stays(server: Server) -> None:
    with server.raw_client() as client:
        for _ in range(2):
            client.send(b"GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert client.answer().headers["connection"] == "keep-alive"


def test_several_requests_on_one_connection(server: Server) -> None:
    with closing(server.connect()) as connection:
        for path in ("/health-check", "/nowhere", "/", "/predictions"):
            answer = server.request("GET", path, connection=connection)
            assert "connection" not in answer.headers
        used = connection.sock
        assert server.request("POST", "/predictions", {}, connection=connection).status == 200
        assert connection.sock is used


def test_headers_of_answers(server: Server) -> None:
    answer = server.create({})
    assert sorted(answer.headers) == ["content-length", "content-type", "date"]
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("line", [b"NONSENSE", b"GET / HTTP/3.7", b"\x16\x03\x01\x02\x00\x01\x00"])
def test_what_is_no_http(server: Server, line: bytes) -> None:
    with server.raw_client() as client:
        client.send(line + b"\r\n\r\n")
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert client.rest() == b""


def test_a_header_over_the_limit(server: Server) -> None:
    assert server.request("GET", "/health-check", headers={"X": "x" * 15_000}).status == 200
    with server.raw_client() as client:
        client.send(head("GET", "/health-check", X="x" * 17_000))
        assert client.answer().status == 431


def test_lengths_that_contradict_each_other(server: Server) -> None:
    with server.raw_client() as client:
        client.send(b"POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")
        assert client.answer().status == 400


def test_a_client_that_leaves_halfway(server: Server) -> None:
    for cut in (10, 60, len(create()) - 1):
        with server.raw_client() as client:
            client.send(create()[:cut])
    assert server.output(text="next") == "next"


def test_a_slow_header(serve: Serve) -> None:
    server = serve(MODEL, COG_HEADER_TIMEOUT="0.2")
    with server.raw_client() as client:
        client.send(b"GET /health-check HTTP/1.1\r\nX: ")
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert client.rest() == b""


def test_a_slow_body(serve: Serve) -> None:
    server = serve(MODEL, COG_BODY_TIMEOUT="0.2")
    with server.raw_client() as client:
        client.send(head("POST", "/predictions", Content_Type="application/json", Content_Length=100) + b'{"input"')
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (408, "close")
        assert client.rest() == b""


def test_an_idle_connection_is_closed_but_not_a_waiting_one(serve: Serve) -> None:
    server = serve(MODEL, COG_IDLE_TIMEOUT="0.2")
    with server.raw_client() as waiting, server.raw_client() as idle:
        waiting.send(create(b'{"input":{"text":"waited","wait":"go"}}'))
        server.wait_for_file("running")
        idle.send(head("GET", "/health-check"))
        assert idle.answer().status == 200
        assert idle.rest() == b""
        with server.raw_client() as silent:
            assert silent.rest() == b""
        (server.project / "go").touch()
        assert waiting.answer().json["output"] == "waited"


def test_too_many_connections(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_CONNECTIONS="2")
    with server.raw_client() as first, server.raw_client() as second:
        for client in (first, second):
            client.send(head("GET", "/health-check"))
            assert client.answer().status == 200
        with server.raw_client() as third:
            third.send(head("GET", "/"))
            refused = third.answer()
            assert (refused.status, refused.headers["retry-after"]) == (503, "1")
            assert refused.headers["connection"] == "close"
            assert third.rest() == b""
        with server.raw_client() as third:
            third.send(create()[:-1])
            assert third.answer().status == 503
        first.send(create())
        assert first.answer().status == 200

    def is_free() -> bool:
        with server.raw_client() as client:
            try:
                client.send(head("GET", "/"))
                return client.answer().status == 200
            except ConnectionError:
                return False

    eventually(is_free, "place for a new connection")


def test_probes_are_answered_whoever_holds_the_connections(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_CONNECTIONS="2")
    with ExitStack() as silent:
        for _ in range(100):
            silent.enter_context(server.raw_client())
        for path in ("/health-check", "/livez", "/readyz"):
            with server.raw_client() as probe:
                probe.send(head("GET", path))
                answer = probe.answer()
                assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_too_many_bodies_in_memory(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_BODY_MEMORY="1000000")
    body = json.dumps({"input": {"text": "x" * 600_000}}).encode()
    with server.raw_client() as first:
        first.send(create(body)[:-1])
        refused = eventually(lambda: refusal(server, body), "refusal of a second body")
        assert refused.headers["retry-after"]
        assert server.output(text="small") == "small"
        first.send(body[-1:])
        assert first.answer().status == 200
    assert server.request("POST", "/predictions", body, headers=JSON).status == 200
    with server.raw_client() as chunked:
        chunked.send(head("POST", "/predictions", Content_Type="application/json", Transfer_Encoding="chunked"))
        chunked.send(b"100000\r\n" + b" " * 1_048_576)
        assert chunked.answer().status == 503


def refusal(server: Server, body: bytes) -> Answer | None:
    with server.raw_client() as client:
        client.send(create(body))
        answer = client.answer()
        return answer if answer.status == 503 else None


def test_a_reader_that_takes_nothing_does_not_stop_the_others(serve: Serve) -> None:
    server = serve(MODEL)
    with server.raw_client() as lazy:
        lazy.send(create(json.dumps({"input": {"text": "x" * 20_000_000}}).encode()))
        server.wait_for_file("running")
        server.wait_until("READY")
        assert server.output(text="small") == "small"
        assert len(lazy.answer().json["output"]) == 20_000_000
