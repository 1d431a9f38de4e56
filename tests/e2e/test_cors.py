"""Pages of other origins that may ask: COG_CORS_ORIGINS."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from conftest import Serve
from listening import STREAMING
from server import Answer, Server

OURS = "https://a.example"
OTHERS = "https://b.example"
EXPOSED = "Location, Retry-After, Cog-Files, Cog-Prediction-Id"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("cors")
    with Server(folder, STREAMING, COG_CORS_ORIGINS=f"{OURS}, http://localhost:3000") as server:
        yield server


def ask(server: Server, method: str, path: str, origin: str = OURS, body: object = None, **headers: str) -> Answer:
    return server.request(method, path, body, headers={"Origin": origin, **headers})


def is_shared(answer: Answer, origin: str = OURS) -> bool:
    shared = answer.headers.get("access-control-allow-origin") == origin
    assert shared == (answer.headers.get("access-control-expose-headers") == EXPOSED)
    assert "access-control-allow-credentials" not in answer.headers
    return shared


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/predictions", "GET,HEAD,POST"),
        ("/predictions/x", "GET,HEAD,PUT"),
        ("/v1/chat/completions", "POST"),
        ("/predictions/x/cancel", "POST"),
        ("/openapi.json", "GET,HEAD"),
    ],
)
def test_a_preflight(server: Server, path: str, methods: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = ask(server, "OPTIONS", path, **asked)
    assert answer.status == 204 and is_shared(answer)
    assert answer.headers["access-control-allow-methods"] == methods
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"Content-Type", "Authorization", "X-API-Key", "Prefer", "Last-Event-ID"} <= set(allowed)
    assert answer.headers["access-control-max-age"] == "600"
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/health-check", None, 200),
        ("POST", "/predictions", {"input": {}}, 200),
        ("POST", "/predictions", b"{", 415),
        ("POST", "/predictions", {"input": 1}, 422),
        ("GET", "/predictions/nowhere", None, 404),
        ("PATCH", "/predictions", None, 405),
    ],
)
def test_answers_and_errors_are_shared(server: Server, method: str, path: str, body: object, status: int) -> None:
    headers = {"Content-Type": "text/plain"} if isinstance(body, bytes) else {}
    answer = ask(server, method, path, body=body, **headers)
    assert answer.status == status and is_shared(answer)
    foreign = ask(server, method, path, OTHERS, body=body, **headers)
    assert foreign.status == status and not is_shared(foreign, OTHERS)
    assert "access-control-allow-origin" not in foreign.headers
    assert foreign.headers["vary"].startswith("Origin") or "Origin" in foreign.headers["vary"]


def test_event_streams_are_shared(server: Server) -> None:
    answer = ask(server, "POST", "/predictions", body={"input": {}}, Accept="text/event-stream")
    assert answer.headers["content-type"] == "text/event-stream" and is_shared(answer)
    assert b"event: completed" in answer.body


def test_every_origin(serve: Serve) -> None:
    server = serve(STREAMING, COG_CORS_ORIGINS="*")
    for origin in (OURS, OTHERS, "null"):
        assert is_shared(ask(server, "GET", "/health-check", origin), origin)
    assert not is_shared(server.request("GET", "/health-check"))


def test_a_refused_key_is_told_to_the_page_and_a_preflight_needs_none(serve: Serve) -> None:
    line = f"a sha256:{hashlib.sha256(b'a').hexdigest()}"
    server = serve(STREAMING, COG_CORS_ORIGINS=OURS, COG_API_KEYS=line)
    assert ask(server, "OPTIONS", "/predictions").status == 204
    refused = ask(server, "POST", "/predictions", body={"input": {}})
    assert refused.status == 401 and is_shared(refused)


def test_off_it_is_as_before(serve: Serve) -> None:
    server = serve(STREAMING)
    assert ask(server, "OPTIONS", "/predictions").status == 405
    answer = ask(server, "GET", "/health-check")
    assert not is_shared(answer) and "vary" not in answer.headers
