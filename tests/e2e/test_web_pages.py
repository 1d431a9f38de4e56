"""What pages in a browser may not do to a server that their user can reach; programs send no such fields."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from conftest import Serve
from server import Answer, Server

MODEL = """
from pathlib import Path
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str = "none") -> str:
        Path("ran").touch()
        return text

    def train(self) -> str:
        Path("ran").touch()
        return "trained"
"""
EVIL = "http://evil.example"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("pages"), MODEL) as server:
        yield server


def own(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def post(server: Server, path: str, headers: dict[str, str], body: bytes = b"", method: str = "POST") -> Answer:
    (server.project / "ran").unlink(missing_ok=True)
    return server.request(method, path, body, headers=headers)


CROSS_SITE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": EVIL},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Origin": EVIL},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "https://localhost.evil.example"},
]


@pytest.mark.parametrize("headers", CROSS_SITE, ids=str)
@pytest.mark.parametrize("path", ["/predictions", "/trainings", "/predictions?x=1", "/shutdown", "/shutdown?x"])
def test_a_post_without_a_type_from_another_site(server: Server, path: str, headers: dict[str, str]) -> None:
    for body in (b"", b'{"input":{}}', b"x" * 100_000):
        answer = post(server, path, headers, body)
        assert (answer.status, answer.text) == (403, "A web page of another site may not do this")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert not (server.project / "ran").exists()
    assert server.health()["status"] == "READY"


@pytest.mark.parametrize("headers", CROSS_SITE, ids=str)
@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
                                  "multipart/form-data; boundary=x", ""])  # fmt: skip
def test_a_form_from_another_site(server: Server, kind: str, headers: dict[str, str]) -> None:
    assert post(server, "/predictions", {"Content-Type": kind, **headers}, b'{"input":{}}').status in (403, 415)
    assert post(server, "/shutdown", {"Content-Type": kind, **headers}, b"").status == 403
    assert not (server.project / "ran").exists()


def test_a_page_of_another_site_may_not_send_json_unasked(server: Server) -> None:
    asked = {"Origin": EVIL, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for path in ("/predictions", "/trainings", "/predictions/x", "/shutdown"):
        answer = server.request("OPTIONS", path, headers=asked)
        assert answer.status == 405
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_programs_and_pages_of_the_server_itself(server: Server) -> None:
    origin = own(server)
    for headers in (
        {},
        {"Origin": origin},
        {"Origin": origin, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert post(server, "/predictions", headers).json["output"] == "none"
        assert post(server, "/predictions/x", headers, method="PUT").json["output"] == "none"


def test_json_that_a_gateway_lets_through(server: Server) -> None:
    for headers in CROSS_SITE:
        assert post(server, "/predictions", {**JSON, **headers}, b"{}").json["output"] == "none"
        assert server.request("GET", "/health-check", headers=headers).status == 200


def test_python_clients(server: Server) -> None:
    request = urllib.request.Request(f"{own(server)}/predictions", b'{"input":{"text":"x"}}', JSON)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


# Who may stop it


def test_shutdown_by_a_program(serve: Serve) -> None:
    server = serve(MODEL)
    assert post(server, "/shutdown", {}).json == {}
    assert server.wait() == 0


def test_shutdown_turned_off(serve: Serve) -> None:
    server = serve(MODEL, COG_SHUTDOWN="off")
    answer = post(server, "/shutdown", {})
    assert (answer.status, answer.body) == (404, b"")
    assert server.request("GET", "/shutdown").status == 405
    assert server.health()["status"] == "READY"


def other_address() -> str:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def test_shutdown_by_local_clients_only(serve: Serve) -> None:
    server = serve(MODEL, COG_SHUTDOWN="local")
    address = other_address()
    if address == "127.0.0.1":
        pytest.skip("this machine has no other address")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"http://{address}:{server.port}/shutdown", b""))
    assert refused.value.code == 403
    assert b"COG_SHUTDOWN=local" in refused.value.read()
    refused.value.close()
    assert server.health()["status"] == "READY"
    assert post(server, "/shutdown", {}).json == {}
    assert server.wait() == 0


def test_an_unknown_word_is_warned_of(serve: Serve) -> None:
    server = serve(MODEL, COG_SHUTDOWN="sometimes")
    server.wait_for_log("COG_SHUTDOWN=sometimes is none of any, local, admin, off")
    assert post(server, "/shutdown", {}).json == {}
    assert server.wait() == 0


# Names that are made to stand for this machine


def test_allowed_hosts(serve: Serve) -> None:
    server = serve(MODEL, COG_ALLOWED_HOSTS="localhost, Own.example")
    port = server.port
    for host in (f"localhost:{port}", "LOCALHOST", "own.example", f"127.0.0.1:{port}", "10.0.0.1", f"[::1]:{port}"):
        assert server.request("GET", "/health-check", headers={"Host": host}).status == 200
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "own.example.evil", "notlocalhost"):
        for method, path in (("GET", "/health-check"), ("GET", "/predictions"), ("POST", "/predictions"),
                             ("POST", "/shutdown"), ("GET", "/nowhere")):  # fmt: skip
            answer = server.request(method, path, headers={"Host": host})
            assert answer.status == 421
            assert f"`{host}`" in answer.text and "COG_ALLOWED_HOSTS" in answer.text
    with server.raw_client() as client:
        client.send(b"GET http://evil.example/health-check HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.answer().status == 421
        client.send(b"GET /health-check HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.answer().status == 200
    with server.raw_client() as client:
        client.send(b"GET /health-check HTTP/1.0\r\n\r\n")
        assert client.answer().status == 200


def test_every_host_is_allowed_by_default(server: Server) -> None:
    assert server.request("GET", "/health-check", headers={"Host": "anything.example"}).status == 200
