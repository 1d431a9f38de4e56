"""API keys: who may do what, whose predictions are whose, limits, and keys that are exchanged while the server runs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import Gate, model
from cog_tool import Project
from listening import STREAMING
from server import Answer, Server, eventually

ADA = "key of ada"
BOB = "key of bob"
READER = "key of reader"
ROOT = "key of root"


def line(name: str, key: str, options: str = "") -> str:
    return f"{name} sha256:{hashlib.sha256(key.encode()).hexdigest()} {options}\n"


KEYS = (
    "# ours\n"
    + line("ada", ADA)
    + line("bob", BOB, "scope=predict,read concurrent=1")
    + line("reader", READER, "scope=read")
    + line("root", ROOT, "scope=read,predict,admin")
)


class Keyed(Server):
    """A server asked with keys; its state is told to everybody."""

    def __enter__(self) -> Keyed:
        self.start()
        return self

    def ask(self, key: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return self.request(method, path, body, headers={"Authorization": f"Bearer {key}", **headers})

    def make(self, key: str, code: str = "return 1", *, id: str = "", wait: bool = True) -> Answer:
        method, path = ("PUT", f"/predictions/{id}") if id else ("POST", "/predictions")
        headers = {} if wait else {"Prefer": "respond-async"}
        return self.ask(key, method, path, {"input": {"code": code}}, **headers)

    def state(self, key: str, id: str) -> Answer:
        return self.ask(key, "GET", f"/predictions/{id}")

    def wait_for_status(self, key: str, id: str, status: str) -> None:
        eventually(lambda: self.state(key, id).json["status"] == status, f"{id} {status}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    with Keyed(
        tmp_path_factory.mktemp("keys"), model(), COG_API_KEYS=KEYS, COG_MAX_CONCURRENCY="4", COG_LOG_LEVEL="debug"
    ) as server:
        yield server


def test_without_a_key_probes_and_the_state_are_answered(server: Keyed) -> None:
    assert server.request("GET", "/livez").status == 200
    assert server.request("GET", "/readyz").status == 200
    assert server.request("GET", "/health-check").json == {"status": "READY"}
    assert "setup" in server.ask(READER, "GET", "/health-check").json
    for path in ("/", "/openapi.json", "/metrics", "/status", "/predictions", "/nowhere"):
        refused = server.request("GET", path)
        assert (refused.status, refused.json) == (401, {"detail": "API key missing"})
        assert refused.headers["www-authenticate"] == "Bearer"
    assert server.ask("wrong", "GET", "/metrics").json == {"detail": "API key not known"}


def test_the_page_is_open_and_its_data_is_not(server: Keyed) -> None:
    html = server.request("GET", "/", headers={"Accept": "text/html"})
    assert html.status == 200
    assert html.headers["content-type"].startswith("text/html")
    assert server.request("GET", "/docs").status == 200


def test_a_key_may_what_its_scopes_say(server: Keyed) -> None:
    assert server.make(ADA).json["output"] == 1
    refused = server.make(READER)
    assert (refused.status, refused.json) == (403, {"detail": "This needs an API key of the scope predict"})
    assert server.ask(ADA, "POST", "/shutdown").status == 403
    assert server.request("POST", "/shutdown").status == 401
    for field in ({"Authorization": f"Token {READER}"}, {"X-API-Key": READER}):
        assert server.request("GET", "/openapi.json", headers=field).status == 200


def test_equal_ids_of_two_keys_do_not_meet(server: Keyed) -> None:
    assert server.make(ADA, "return 'ada'", id="same").json["output"] == "ada"
    assert server.make(BOB, "return 'bob'", id="same").json["output"] == "bob"
    assert server.state(ADA, "same").json["output"] == "ada"
    assert server.state(BOB, "same").json["output"] == "bob"
    assert server.state(READER, "same").status == 404


def test_a_prediction_of_another_key_is_not_there(server: Keyed) -> None:
    gate = Gate(server)
    server.make(ADA, gate.code, id="private", wait=False)
    gate.wait()
    assert server.state(BOB, "private").status == 404
    assert server.ask(BOB, "POST", "/predictions/private/cancel").status == 404
    assert server.ask(BOB, "GET", "/predictions/private/events").status == 404
    assert "private" not in server.ask(BOB, "GET", "/status").text
    assert "private" in server.ask(ADA, "GET", "/status").text
    assert server.state(ROOT, "private").json["status"] == "processing"
    assert server.ask(ROOT, "POST", "/predictions/private/cancel").status == 200
    server.wait_for_status(ADA, "private", "canceled")
    assert "private" not in server.ask(BOB, "GET", "/predictions").text
    for key in (ADA, ROOT):
        assert "private" in server.ask(key, "GET", "/predictions").text


def test_keys_count_in_the_protocols_of_others_too(server: Keyed) -> None:
    refused = server.request("POST", "/v1/chat/completions", {"messages": []})
    assert (refused.status, refused.json["error"]["code"]) == (401, "invalid_api_key")
    assert server.request("GET", "/v1/predictions").json["title"] == "Unauthenticated"
    assert server.ask(READER, "POST", "/v1/predictions", {"input": {"code": "return 1"}}).status == 403
    assert server.request("GET", "/ping").status == 200
    made = server.ask(ADA, "POST", "/v1/predictions", {"input": {"code": "return 1"}}, Prefer="wait")
    assert made.status == 201
    id = made.json["id"]
    assert server.ask(ADA, "GET", f"/v1/predictions/{id}").json["output"] == 1
    assert server.state(ADA, id).json["output"] == 1
    assert id in [one["id"] for one in server.ask(ADA, "GET", "/v1/predictions").json["results"]]
    assert server.ask(ROOT, "GET", f"/v1/predictions/{id}").status == 200
    for path in (f"/v1/predictions/{id}", f"/v1/streams/{id}"):
        assert server.ask(BOB, "GET", path).status == 404
    assert server.ask(BOB, "POST", f"/v1/predictions/{id}/cancel").status == 404
    assert id not in [one["id"] for one in server.ask(BOB, "GET", "/v1/predictions").json["results"]]


def test_a_key_with_enough_in_flight_is_refused_more_but_may_ask_for_its_own_again(server: Keyed) -> None:
    gate = Gate(server)
    assert server.make(BOB, gate.code, id="first", wait=False).status == 202
    refused = server.make(BOB)
    assert refused.status == 429
    assert "concurrent=1" in refused.json["detail"]
    assert refused.headers["retry-after"] == "1"
    assert server.make(BOB, id="first", wait=False).status == 202
    assert server.make(ADA).status == 200
    gate.open()
    server.wait_for_status(BOB, "first", "succeeded")
    for _ in range(3):
        assert server.make(BOB).status == 200  # a slot is free before its answer is there


def test_what_was_asked_is_counted_and_logged_by_name_and_never_by_key(server: Keyed) -> None:
    server.make(ADA, "print('hello'); return 1")
    metrics = server.ask(READER, "GET", "/metrics").text
    assert re.search(r'cog_key_requests_total\{key="ada",outcome="allowed"\} \d+', metrics)
    assert 'cog_key_requests_total{key="",outcome="missing"}' in metrics
    server.wait_for_log(r'"Request answered".*"key":"ada"')
    server.wait_for_log(r'"hello".*"key":"ada"')
    for key in (ADA, BOB, READER, ROOT):
        assert key not in server.log and key not in metrics


def test_a_rate(tmp_path: Path) -> None:
    with Keyed(tmp_path, model(), COG_API_KEYS=line("slow", ADA, "rate=2/h burst=1")) as server:
        assert server.make(ADA).status == 200
        refused = server.make(ADA)
        assert (refused.status, refused.json) == (
            429,
            {"detail": "The API key slow has begun as many predictions as it may (rate=2/h)"},
        )
        assert 1000 < int(refused.headers["retry-after"]) <= 1800
        assert server.ask(ADA, "GET", "/status").status == 200


def test_an_expired_key(tmp_path: Path) -> None:
    with Keyed(tmp_path, model(), COG_API_KEYS=line("old", ADA, "expires=2020-01-01")) as server:
        assert server.make(ADA).json == {"detail": "API key expired"}


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(line("ada", ADA))
    with Keyed(tmp_path, STREAMING, COG_API_KEYS_FILE=str(keys), COG_API_KEYS=line("root", ROOT)) as server:
        assert server.ask(ADA, "GET", "/openapi.json").status == 200
        keys.write_text("ada nonsense\n")
        server.wait_for_log("file-refused.*line 1: ")
        assert server.ask(ADA, "GET", "/openapi.json").status == 200
        other = tmp_path / "other"
        other.write_text(line("bob", BOB))
        other.rename(keys)
        eventually(lambda: server.ask(BOB, "GET", "/openapi.json").status == 200, "the new key")
        assert server.ask(ADA, "GET", "/openapi.json").status == 401
        assert server.ask(ROOT, "GET", "/openapi.json").status == 200


def test_one_key_in_short(tmp_path: Path) -> None:
    with Keyed(tmp_path, model(), COG_API_KEY="one-word") as server:
        assert server.make("one-word").status == 200
        assert server.ask("one-word", "GET", "/metrics").status == 200
        assert server.ask("one-word", "POST", "/shutdown").status == 403
        seen = server.make("one-word", "import os; return [name for name in os.environ if 'API_KEY' in name]")
        assert seen.json["output"] == []


def test_an_admin_may_stop_the_server(tmp_path: Path) -> None:
    with Keyed(tmp_path, model(), COG_API_KEYS=KEYS) as server:
        assert server.ask(ROOT, "POST", "/shutdown").status == 200
        assert server.wait() == 0


def test_a_port_for_metrics_and_probes_alone(tmp_path: Path) -> None:
    with Keyed(tmp_path, model(), COG_API_KEYS=KEYS, COG_METRICS_LISTEN="127.0.0.1:0") as server:
        main = server.port
        server.port = int(server.wait_for_log(r"metrics and probes on \S+:(\d+)")[1])
        try:
            assert server.request("GET", "/livez").status == 200
            assert server.request("GET", "/readyz").status == 200
            assert "cog_key_requests_total" in server.request("GET", "/metrics").text
            for path in ("/", "/docs", "/health-check", "/openapi.json", "/predictions"):
                assert server.ask(ROOT, "GET", path).status == 404
            assert server.ask(ROOT, "POST", "/shutdown").status == 404
        finally:
            server.port = main


def test_the_tool_makes_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    project = Project(tmp_path, {})
    shown = project.run("keys", "new", "shop", "--rate", "60/m", "--file", str(file))
    assert shown.returncode == 0, shown.stderr
    key = shown.stdout.strip()
    assert re.fullmatch(r"cogk_[\w-]{43}", key)
    assert file.read_text() == line("shop", key, "rate=60/m")
    assert file.stat().st_mode & 0o777 == 0o600
    again = project.run("keys", "new", "shop")
    other, text = again.stdout.splitlines()
    assert text + " \n" == line("shop", other)
    wrong = project.run("keys", "new", "a/b")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "the name has letters" in wrong.stderr
    with Keyed(tmp_path, model(), COG_API_KEYS_FILE=str(file)) as server:
        assert server.make(key).status == 200
