"""`cog playground`: what it passes on and keeps back, whom it answers, webhooks, its end; and beside `cog serve`."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from acting import Gate
from conftest import Serve
from listening import STREAMING, create_async
from package_venv import Unavailable
from pair import REFERENCE
from playground import Playground, Target
from server import Answer, Background, Server, eventually
from tool import Running, cog, make_project

MODEL = """
from cog import BasePredictor
class Predictor(BasePredictor):
    def predict(self, name: str) -> str:
        return "hello " + name
"""
MIB = 1 << 20


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with Playground(tmp_path_factory.mktemp("playground")) as page:
        yield page


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as target:
        yield target


def names(answer: Answer) -> dict[str, str]:
    """The header fields that reached the target."""
    return {name.lower(): value for name, value in answer.json["headers"]}


def test_the_page_and_what_it_is_told(tmp_path: Path) -> None:
    with Playground(tmp_path, "localhost:5001/", "--webhook-host", "::1") as page:
        lines = page.running.log.splitlines()
        assert lines == [f"Cog playground running at http://localhost:{page.port}", "Press Ctrl+C to stop."]
        for path in ("/", "/status", "/docs"):
            document = page.request("GET", path)
            assert (document.status, document.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert 'data-mode="playground"' in document.text
            assert document.headers["x-frame-options"] == "DENY"
        script = re.search(r'src="(page/\w+/main.js)"', document.text)
        assert script
        file = page.request("GET", f"/{script[1]}")
        assert (file.status, file.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert page.request("HEAD", "/").body == b""
        config = page.request("GET", "/config").json
        assert config.pop("cogVersion")
        assert config == {"target": "http://localhost:5001", "webhookBase": f"http://[::1]:{page.port}"}
        assert page.request("GET", "/nothing").status == 404
        assert page.request("POST", "/config").status == 405


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_though_somebody_listens(tmp_path: Path, number: int) -> None:
    with Playground(tmp_path) as page, page.events("a"), page.raw_client():
        page.running.signal(number)
        assert page.running.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ftp://x"], "it must begin with http:// or https://"),
        (["http://a:b@x"], "the target has a user name in it"),
        (["http://x", "--target", "http://y"], "two targets are given: http://x and --target http://y"),
        (["--host", "no such host"], "the playground cannot listen on no such host"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = cog(tmp_path, "playground", "--no-open", *arguments)
    assert done.returncode == 1
    assert message in done.stderr


def test_a_port_in_use(tmp_path: Path, page: Playground) -> None:
    done = cog(tmp_path, "playground", "--no-open", "-p", str(page.port))
    assert done.returncode == 1
    assert f"port {page.port}: Address already in use; choose another port" in done.stderr


def test_a_browser_is_opened_where_there_is_a_display(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    program = tmp_path / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n')
    program.chmod(0o755)
    path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    with Playground(tmp_path, env=path | {"DISPLAY": ":0"}), Playground(tmp_path, no_open=False, env=path):
        with Playground(tmp_path, no_open=False, env=path | {"DISPLAY": ":0"}) as page:
            eventually(opened.exists, "the browser is opened")
            assert opened.read_text() == f"http://localhost:{page.port}\n"


def test_a_request_gets_through_as_it_was(page: Playground, target: Target) -> None:
    sent = {"Prefer": "respond-async", "Cog-Files": "links", "Authorization": "Bearer k", "Accept": "a/b", "Empty": ""}
    path = "/predictions/a%2Fb/../c?x=%20y&z"
    got = page.proxy("PUT", path, target.url + "/", b'{"a":1}', {**sent, "Content-Type": "application/json"})
    assert (got.json["method"], got.json["path"], got.json["body"]) == ("PUT", path, '{"a":1}')
    assert names(got) == {
        "host": target.url[7:], "accept-encoding": "identity", "content-length": "7",
        "content-type": "application/json",
        **{name.lower(): value for name, value in sent.items()},
    }  # fmt: skip
    assert page.proxy("GET", "", f"{target.url}/prefix/").json["path"] == "/prefix/"
    assert page.proxy("POST", "/x", target.url).json["headers"].count(["Content-Length", "0"]) == 1
    assert page.proxy("HEAD", "/x", target.url).body == b""


def test_what_a_browser_adds_does_not_get_through(page: Playground, target: Target) -> None:
    own = f"http://127.0.0.1:{page.port}"
    kept_back = {
        "Cookie": "a=b", "Origin": own, "Referer": f"{own}/", "Authorization": "Basic YTpi",
        "Sec-Fetch-Site": "same-origin", "Proxy-Authorization": "x", "TE": "trailers", "Upgrade": "h2c",
    }  # fmt: skip
    got = names(page.proxy("GET", "/x", target.url, headers=kept_back))
    assert got.keys() == {"host", "accept-encoding"}


def test_what_a_target_must_not_tell_a_browser(page: Playground, target: Target) -> None:
    got = page.proxy("GET", "/redirect", target.url)
    assert got.status == 302
    assert got.headers.keys() - {"server", "date"} == {
        "content-type", "content-length", "cache-control", "retry-after", "x-own",
    }  # fmt: skip
    assert got.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "no target is named"),
        ("localhost:5000", "must begin with http:// or https://"),
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("http://", "it must name a host"),
        ("http://a b/", "has a character in it that no address has"),
        ("http://user@x", "has a user name in it"),
        ("http://x/?a", "must end before its ? or #"),
        ("http://x/#a", "must end before its ? or #"),
    ],
)
def test_a_bad_target(page: Playground, given: str, message: str) -> None:
    got = page.proxy("GET", "/x", given)
    assert got.status == 400
    assert message in page.error(got)


def test_a_target_that_is_not_there(page: Playground) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        got = page.proxy("GET", "/health-check", url)
        assert (got.status, got.headers["cog-playground-error"]) == (502, "unreachable")
        assert f"{url} does not answer: Failed to connect" in page.error(got)
        assert page.proxy("POST", "/predictions", url, bytes(MIB)).status == 502


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:9000"}, 200),
        ({"Host": "127.5.6.7:1"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost.evil.example"}, 403),
        ({"Host": "10.0.0.1"}, 403),
        ({"Host": "localhost:9", "Origin": "http://localhost:9"}, 200),
        ({"Host": "localhost:9", "Origin": "http://localhost:10"}, 403),
        ({"Host": "localhost:9", "Origin": "https://evil.example"}, 403),
        ({"Host": "localhost:9", "Origin": "null"}, 403),
        ({"Host": "localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "localhost", "Sec-Fetch-Site": "none"}, 200),
        ({"Host": "localhost", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "localhost", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_who_is_answered(page: Playground, target: Target, headers: dict[str, str], status: int) -> None:
    for path in ("/config", "/", "/proxy/x", "/events?token=!"):
        got = page.request("GET", path, headers={**headers, "X-Cog-Target": target.url})
        assert got.status == (status if status == 403 or "!" not in path else 400), path
        if status == 403:
            assert page.error(got)


def test_a_link_from_elsewhere_opens_the_page_and_nothing_else(page: Playground, target: Target) -> None:
    link = {"Host": "localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert page.request("GET", "/", headers=link).status == 200
    assert page.request("GET", "/config", headers=link).status == 403
    assert page.request("GET", "/proxy/x", headers={**link, "X-Cog-Target": target.url}).status == 403


def other_address() -> str:
    """One of this machine's that is no loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but the loopback ones")
        return str(probe.getsockname()[0])


def test_beyond_loopback_there_are_webhooks_alone(tmp_path: Path) -> None:
    address = other_address()
    with Playground(tmp_path, "--host", "0.0.0.0") as page, page.events("t0k-en_") as events:
        assert page.running.log.startswith(f"Cog playground running at http://0.0.0.0:{page.port} (http://localhost:")
        with closing(socket.create_connection((address, page.port))) as guest:
            guest.sendall(b"GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert guest.recv(100).startswith(b"HTTP/1.1 403 ")
        with closing(socket.create_connection((address, page.port))) as guest:
            guest.sendall(b"POST /webhook/t0k-en_ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            assert guest.recv(100).startswith(b"HTTP/1.1 200 ")
        assert events.webhook()["body"] == "{}"


def test_a_body_and_an_answer_take_no_memory(page: Playground, target: Target) -> None:
    page.proxy("GET", "/x", target.url)
    before = page.resident("VmRSS")
    size = 256 * MIB

    def pieces() -> Iterator[bytes]:
        for _ in range(size >> 16):
            yield bytes(1 << 16)

    with closing(page.connect()) as connection:
        fields = {"X-Cog-Target": target.url, "Content-Length": str(size)}
        connection.request("POST", "/proxy/x", pieces(), fields)
        assert connection.getresponse().status == 200
    with closing(page.connect()) as connection:
        connection.request("GET", f"/proxy/bytes/{size}", headers={"X-Cog-Target": target.url})
        answer = connection.getresponse()
        got = 0
        while piece := answer.read(1 << 16):
            got += len(piece)
    assert got == size
    assert page.resident() - before < 24 * MIB


def test_a_body_in_chunks(page: Playground, target: Target) -> None:
    pieces = [b"a" * 70_000, b"b", b"c" * 10]
    with closing(page.connect()) as connection:
        connection.request("POST", "/proxy/x", iter(pieces), {"X-Cog-Target": target.url}, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["body"].encode() == b"".join(pieces)


def test_several_requests_on_a_connection(page: Playground, target: Target) -> None:
    with page.raw_client() as client:
        request = f"GET /proxy/%d HTTP/1.1\r\nHost: localhost\r\nX-Cog-Target: {target.url}\r\n\r\n".encode()
        client.send(
            b"".join(request % number for number in range(3)) + b"GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        assert [json.loads(client.answer().body)["path"] for _ in range(3)] == ["/0", "/1", "/2"]
        assert client.answer().status == 200


def test_who_asks_first_whether_a_body_is_wanted(page: Playground, target: Target) -> None:
    head = f"POST /proxy/x HTTP/1.1\r\nHost: localhost\r\nX-Cog-Target: {target.url}\r\nContent-Length: 2\r\n"
    with page.raw_client() as client:
        client.send(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert client.read_line() == b"HTTP/1.1 100 Continue\r\n"
        assert client.read_line() == b"\r\n"
        client.send(b"ok")
        assert json.loads(client.answer().body)["body"] == "ok"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /#x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"POST /proxy/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ],
)
def test_what_is_no_request(page: Playground, sent: bytes, status: int) -> None:
    with page.raw_client() as client:
        client.send(sent)
        assert client.answer().status == status


def test_a_stream_comes_piece_by_piece_and_ends_with_its_reader(page: Playground, target: Target) -> None:
    with closing(page.connect()) as connection:
        connection.request("GET", "/proxy/slow", headers={"X-Cog-Target": target.url})
        answer = connection.getresponse()
        for number in range(3):
            target.more.release()
            assert answer.readline() == b"data: %d\n" % number
            assert answer.readline() == b"\n"
    eventually(target.left.is_set, "the target hears that the client has left")


def test_webhooks(page: Playground) -> None:
    with page.events("abc") as events, page.events("abc") as others, page.events("d") as foreign:
        sent = {"Content-Type": "application/json", "Authorization": "Bearer s", "webhook-id": "msg_1"}
        body = '{"id": "é", "logs": "a\\nb"}\n'
        assert page.request("POST", "/webhook/abc", body.encode(), sent).status == 200
        for told in (events.webhook(), others.webhook()):
            fields = {name.lower(): value for name, value in told["headers"].items()}
            assert told["body"] == body
            assert fields["webhook-id"] == "msg_1"
            assert "authorization" not in fields
            assert told["received_at"].endswith("+00:00")
        page.request("POST", "/webhook/d", b"\xff")
        assert foreign.webhook()["body"] == "\ufffd"


def test_webhooks_that_are_not_taken(page: Playground) -> None:
    assert page.request("GET", "/webhook/abc").status == 405
    assert page.request("POST", "/webhook/", b"x").status == 404
    assert page.request("POST", "/webhook/a/b", b"x").status == 404
    assert page.request("POST", "/webhook/nobody", b"x").status == 503
    with page.events("much") as events:
        limit = 10 * MIB
        assert page.request("POST", "/webhook/much", b"x" * limit).status == 200
        assert len(events.webhook()["body"]) == limit
        assert page.request("POST", "/webhook/much", b"x" * (limit + 1)).status == 413
        chunks = iter([b"x" * MIB] * 11)
        with closing(page.connect()) as connection:
            connection.request("POST", "/webhook/much", chunks, encode_chunked=True)
            assert connection.getresponse().status == 413


def test_16_webhooks_at_once(page: Playground) -> None:
    head = b"POST /webhook/many HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
    asking = head.replace(b"Content", b"Expect: 100-continue\r\nContent")
    with page.events("many"):
        clients = [page.raw_client() for _ in range(16)]
        for client in clients:
            client.send(asking)
            assert client.read_line() == b"HTTP/1.1 100 Continue\r\n"  # its body is awaited
            client.read_line()
        with page.raw_client() as late:
            late.send(head + b"x")
            assert late.answer().status == 429
        for client in clients:
            client.send(b"x")
            assert client.answer().status == 200
            client.socket.close()
        with page.raw_client() as late:
            late.send(head + b"x")
            assert late.answer().status == 200


def test_our_server(page: Playground, serve: Serve) -> None:
    server = serve(STREAMING)
    url = f"http://127.0.0.1:{server.port}"
    assert page.proxy("GET", "/health-check", url).json["status"] == "READY"
    assert page.proxy("GET", "/openapi.json", url).json["paths"]
    gate = Gate(server)
    body = json.dumps({"input": {"code": f"yield 'a'; {gate.code}; yield 'b'"}})
    with closing(page.connect()) as connection:
        fields = {"X-Cog-Target": url, "Content-Type": "application/json", "Accept": "text/event-stream"}
        connection.request("PUT", "/proxy/predictions/one", body, fields)
        answer = connection.getresponse()
        seen = b""
        while b'"chunk":"a"' not in seen:
            seen += answer.readline()
        gate.wait()
        gate.open()
        assert b'"status":"succeeded"' in answer.read()
    with page.events("ours") as events:
        webhook = f"http://127.0.0.1:{page.port}/webhook/ours"
        created = create_async(server, {"code": "yield 'c'"}, webhook=webhook, webhook_events_filter=["completed"])
        told = json.loads(events.webhook()["body"])
        assert (told["id"], told["status"], told["output"]) == (created.json["id"], "succeeded", ["c"])


def test_the_reference(page: Playground, tmp_path: Path) -> None:
    try:
        REFERENCE.install()
    except Unavailable as reason:
        pytest.skip(str(reason))
    command = (str(REFERENCE.python), "-m", "cog.server.http", "--host", "127.0.0.1")
    path = f"{REFERENCE.python.parent}{os.pathsep}{os.environ['PATH']}"
    with Server(tmp_path, MODEL, command=command, PYTHONPATH=None, COG_PYTHON=None, PATH=path, until=None) as server:
        url = f"http://127.0.0.1:{server.port}"

        def health() -> Any:
            return page.proxy("GET", "/health-check", url).json["status"] == "READY"

        eventually(health, "READY")
        body = json.dumps({"input": {"name": "Ada"}})
        for method, path in (("POST", "/predictions"), ("PUT", "/predictions/one")):
            got = page.proxy(method, path, url, body, {"Content-Type": "application/json"})
            assert (got.status, got.json["output"]) == (200, "hello Ada")
        with page.events("reference") as events:
            asked = json.dumps({"input": {"name": "Eva"}, "webhook": f"http://127.0.0.1:{page.port}/webhook/reference",
                                "webhook_events_filter": ["completed"]})  # fmt: skip
            headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
            assert page.proxy("POST", "/predictions", url, asked, headers).status == 202
            assert json.loads(events.webhook()["body"])["output"] == "hello Eva"


TOOL_MODEL = (
    MODEL.replace("BasePredictor", "BaseRunner").replace("Predictor", "Runner").replace("def predict", "def run")
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_beside_a_server(tmp_path: Path) -> None:
    project = make_project(tmp_path, TOOL_MODEL)
    port = free_port()
    with Running(project, "serve", "-p", str(port), "--playground", "--playground-port", "0") as running:
        eventually(lambda: "\nready\n" in running.log, "the model is ready")
        lines = running.log.splitlines()
        said = lines.index(f"Serving at http://localhost:{port}")
        found = re.fullmatch(r"Playground at http://localhost:(\d+)", lines[said + 1])
        assert found, lines
        page = Playground.__new__(Playground)
        page.port = int(found[1])
        config = page.request("GET", "/config").json
        assert config["target"] == f"http://127.0.0.1:{port}"
        assert config["webhookBase"] == f"http://127.0.0.1:{page.port}"
        asked = Background(lambda: page.proxy("POST", "/predictions", config["target"], b'{"input":{"name":"Ada"}}',
                                              {"Content-Type": "application/json"}))  # fmt: skip
        assert asked.result().json["output"] == "hello Ada"
        running.signal(signal.SIGINT)
        assert running.wait() == 0


def test_one_port_for_both(tmp_path: Path) -> None:
    project = make_project(tmp_path, TOOL_MODEL)
    done = cog(project, "serve", "-p", "9123", "--playground", "--playground-port", "9123")
    assert done.returncode == 1
    assert "playground port 9123 must differ from the model port 9123" in done.stderr
