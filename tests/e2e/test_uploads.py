"""Output files that go to --upload-url, and addresses that COG_FORBID_PRIVATE_URLS refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import Gate, model
from conftest import Serve
from listening import Receiver, Reply, Stream, chunks, create_async, ended, kept
from server import Server, eventually, files_below

MODEL = (
    model(
        extra="""
    from typing import Iterator, Optional
    @cog.streaming
    def predict(self, code: str = "yield 1", image: Optional[cog.Path] = None) -> Iterator[Any]:
        yield from compiled(code, "def")()
    """
    ).replace("\nimport cog\n", "\nimport cog, io\n", 1)
    + """

def file(name, content=b"content"):
    Path(name).write_bytes(content)
    return cog.Path(name)
"""
)
MEMORY_LIMIT = 64 * 1024
"""KiB of resident memory."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    arguments = ("--upload-url", receiver.url("/up"))
    with Server(tmp_path_factory.mktemp("uploads"), MODEL, arguments=arguments) as server:
        yield server


def test_a_file_is_uploaded_and_its_url_is_the_output(server: Server, receiver: Receiver) -> None:
    answer = server.create({"code": "yield file('a.png', b'1234')"}, id="upload-1").json
    assert (answer["status"], answer["output"]) == ("succeeded", [receiver.url("/up/a.png")])
    hook = receiver.received("/up/a.png")[0]
    assert (hook.method, hook.raw) == ("PUT", b"1234")
    assert (hook.headers["content-type"], hook.headers["x-prediction-id"]) == ("image/png", "upload-1")
    assert "authorization" not in hook.headers and "user-agent" not in hook.headers


def test_two_files_of_one_name(server: Server, receiver: Receiver) -> None:
    answer = server.create({"code": "yield file('same.png', b'1')\nyield file('same.png', b'2')"}).json
    assert answer["output"] == [receiver.url("/up/same.png"), receiver.url("/up/same-1.png")]
    contents = [receiver.received(f"/up/{name}")[0].raw for name in ("same.png", "same-1.png")]
    assert contents == [b"1", b"2"]


def test_files_anywhere_in_the_output_in_the_order_of_the_model(server: Server, receiver: Receiver) -> None:
    gate = threading.Event()
    receiver.script("/up/slow.txt", Reply(gate=gate))
    code = (
        "yield file('slow.txt'); yield 'between'; yield {'deep': [file('b c.txt'), {'x': file('d#e.txt')}]}; "
        "yield io.BytesIO(b'stream')"
    )
    run = server.begin(code=code)
    for path in ("/up/slow.txt", "/up/b%20c.txt", "/up/d%23e.txt", "/up/3.bin"):
        receiver.wait_for(path, 1)
    gate.set()
    up = receiver.url("/up")
    expected = [f"{up}/slow.txt", "between", {"deep": [f"{up}/b%20c.txt", {"x": f"{up}/d%23e.txt"}]}, f"{up}/3.bin"]
    assert run.result()["output"] == expected


def test_the_same_path_written_again_does_not_change_what_is_uploaded(server: Server, receiver: Receiver) -> None:
    server.predict(code="yield file('frame.txt', b'first'); yield file('frame.txt', b'second')")
    contents = [receiver.received(f"/up/{name}")[0].raw for name in ("frame.txt", "frame-1.txt")]
    assert contents == [b"first", b"second"]


def test_streams_and_webhooks_show_the_url(server: Server, receiver: Receiver) -> None:
    url = receiver.url("/up/told.txt")
    with Stream(server, {"code": "yield file('told.txt')"}, webhook=receiver.url("/told")) as stream:
        events = stream.rest()
    assert chunks(events) == [url]
    assert events[-1][1]["output"] == [url]
    receiver.end("/told")
    outputs = [hook.body["output"] for hook in receiver.received("/told") if "output" in hook.body]
    assert outputs == [[url], [url]]


def test_the_slot_is_free_while_files_are_uploaded(server: Server, receiver: Receiver) -> None:
    gate = threading.Event()
    receiver.script("/up/late.txt", Reply(gate=gate))
    create_async(server, {"code": "yield file('late.txt')"}, id="late")
    receiver.wait_for("/up/late.txt", 1)
    server.wait_until("READY")
    assert server.output(code="yield 'meanwhile'") == ["meanwhile"]
    assert kept(server, "late")["status"] == "processing"
    gate.set()
    assert ended(server, "late")["output"] == [receiver.url("/up/late.txt")]


def test_a_worker_that_dies_does_not_take_uploads_with_it(serve: Serve, receiver: Receiver) -> None:
    server = serve(MODEL, arguments=("--upload-url", receiver.url("/up")))
    gate = threading.Event()
    receiver.script("/up/survivor.txt", Reply(gate=gate))
    create_async(server, {"code": "yield file('survivor.txt')"}, id="survivor")
    receiver.wait_for("/up/survivor.txt", 1)
    server.wait_until("READY")
    assert server.predict(code="os._exit(3); yield")["status"] == "failed"
    gate.set()
    assert ended(server, "survivor")["status"] == "succeeded"


def test_a_cancel_gives_up_the_upload(server: Server, receiver: Receiver) -> None:
    gate = threading.Event()
    receiver.script("/up/cancelled.txt", Reply(gate=gate))
    create_async(server, {"code": "yield file('cancelled.txt')"}, id="cancelled")
    receiver.wait_for("/up/cancelled.txt", 1)
    server.wait_until("READY")
    assert server.cancel("cancelled").status == 200
    assert ended(server, "cancelled")["status"] == "canceled"
    gate.set()


def test_an_upload_that_is_refused_fails_the_prediction(server: Server, receiver: Receiver) -> None:
    receiver.script("/up/refused.txt", Reply(403))
    answer = server.predict(code="print('log'); yield 1; yield file('refused.txt'); yield 2")
    assert answer["status"] == "failed"
    assert answer["error"] == "Failed to upload output: upload returned status 403 Forbidden"
    assert answer["logs"] == "log\n"
    assert len(receiver.received("/up/refused.txt")) == 1


def test_an_upload_that_failed_is_tried_again(server: Server, receiver: Receiver) -> None:
    receiver.script("/up/again.txt", Reply(503), Reply(silent=True), Reply(429, {"Retry-After": "1"}))
    assert server.output(code="yield file('again.txt')") == [receiver.url("/up/again.txt")]
    hooks = receiver.received("/up/again.txt")
    assert [hook.raw for hook in hooks] == [b"content"] * 4
    assert hooks[3].at - hooks[2].at >= 1


def test_where_nobody_listens(serve: Serve) -> None:
    server = serve(MODEL, arguments=("--upload-url", "http://127.0.0.1:1/up"))
    answer = server.predict(code="yield file('a.txt')")
    assert answer["status"] == "failed"
    assert answer["error"].startswith("Failed to upload output: upload request failed: ")


def test_uploaded_files_are_removed_though_the_result_is_kept(server: Server, receiver: Receiver) -> None:
    server.create({"code": "yield file('gone.txt')"}, id="gone")
    assert kept(server, "gone")["output"] == [receiver.url("/up/gone.txt")]
    eventually(lambda: not files_below(server.temporary), "removal of the uploaded files")


def test_a_stop_waits_for_uploads(serve: Serve, receiver: Receiver) -> None:
    server = serve(MODEL, arguments=("--upload-url", receiver.url("/up")))
    gate = threading.Event()
    receiver.script("/up/last.txt", Reply(gate=gate))
    run = server.begin(code="yield file('last.txt')")
    receiver.wait_for("/up/last.txt", 1)
    server.wait_until("READY")
    server.signal(15)
    server.wait_for_log("server: stopping")
    gate.set()
    assert run.result()["output"] == [receiver.url("/up/last.txt")]


def test_a_large_file_is_not_held_in_memory(server: Server, receiver: Receiver) -> None:
    size = 160 * 1024 * 1024
    server.predict(code=f"path = file('large.bin', b''); os.truncate(path, {size}); yield path")
    assert len(receiver.received("/up/large.bin")[0].raw) == size
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert int(status.partition("VmHWM:")[2].split()[0]) < MEMORY_LIMIT


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("careful")
    arguments = ("--upload-url", receiver.url("/never"))
    proxy = receiver.url("/proxy")
    with Server(folder, MODEL, arguments=arguments, COG_FORBID_PRIVATE_URLS="1", http_proxy=proxy) as server:
        yield server


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433", "0"])
def test_a_private_address_is_no_input(careful: Server, receiver: Receiver, host: str) -> None:
    port = receiver.url("").rpartition(":")[2]
    answer = careful.predict(image=f"http://{host}:{port}/input")
    assert answer["status"] == "failed"
    assert "is not a public address (COG_FORBID_PRIVATE_URLS)" in answer["error"], answer
    assert receiver.received("/input") == []


def test_a_private_address_gets_no_upload(careful: Server, receiver: Receiver) -> None:
    answer = careful.predict(code="yield file('a.txt')")
    assert answer["error"].startswith("Failed to upload output: upload request failed: 127.0.0.1 is not a public")
    assert receiver.received("/never/a.txt") == []


def test_a_private_address_gets_no_webhook(careful: Server, receiver: Receiver) -> None:
    careful.create({}, webhook=receiver.url("/hook"), webhook_events_filter=["completed"])
    careful.wait_for_log(r"webhook-failed.*127\.0\.0\.1 is not a public address.*attempts=1\b")
    assert receiver.received("/hook") == []
    assert "proxy-ignored" in careful.log


def test_what_a_name_resolves_to_is_not_told(careful: Server, receiver: Receiver) -> None:
    port = receiver.url("").rpartition(":")[2]
    error = careful.predict(image=f"http://localhost:{port}/input")["error"]
    assert "localhost is not a public address" in error
    assert "127.0.0.1" not in error and "::1" not in error


@pytest.mark.parametrize("path", ["/etc/hostname", "etc/hostname", "file:///etc/hostname", "ftp://127.0.0.1/x", ""])
def test_a_local_path_is_no_input_then(careful: Server, server: Server, path: str) -> None:
    refused = careful.create({"image": path})
    assert refused.status == 422
    assert refused.json["detail"][0]["loc"] == ["body", "input", "image"]
    assert "local paths are refused (COG_FORBID_PRIVATE_URLS)" in refused.json["detail"][0]["msg"]
    assert careful.put("local", {"input": {"image": path}}).status == 422
    assert server.output(code="yield 'ran'", image=path) == ["ran"]


CANARY = "c4n4ry"


def test_no_secret_of_a_url_is_in_a_log_or_an_error(serve: Serve, receiver: Receiver) -> None:
    port = receiver.url("").rpartition(":")[2]

    def secret(path: str) -> str:
        return f"http://{CANARY}:{CANARY}@127.0.0.1:{port}{path}?token={CANARY}#{CANARY}"

    receiver.script(f"/hook?token={CANARY}", *[Reply(status=400)] * 8)
    receiver.script(f"/missing?token={CANARY}", *[Reply(status=404)] * 2)
    broken = [
        secret("/missing"),
        f"http://{CANARY}:{CANARY}@127.0.0.1:1/x?token={CANARY}",
        f"http://{CANARY}:{CANARY}@127.0.0.1:port/x?token={CANARY}",
        f"http://{CANARY}@/x?{CANARY}",
    ]
    arguments = ("--upload-url", f"http://{CANARY}:{CANARY}@127.0.0.1:1/up?token={CANARY}")
    server = serve(MODEL, arguments=arguments, RUST_LOG="trace", COG_LOG_LEVEL="debug")
    texts = []
    for url in broken:
        answer = server.create({"image": url}, webhook=secret("/hook"), webhook_events_filter=["completed"])
        assert answer.json["status"] == "failed"
        texts.append(answer.json["error"])
    server.wait_for_log(r"webhook-failed")
    texts.append(server.predict(code="yield file('a.txt')")["error"])
    careful = serve(MODEL, arguments=arguments, RUST_LOG="trace", COG_FORBID_PRIVATE_URLS="1")
    answer = careful.create({"image": secret("/input")}, webhook=secret("/hook"), webhook_events_filter=["completed"])
    texts.append(answer.json["error"])
    careful.wait_for_log(r"webhook-failed")
    for text in (*texts, server.log, careful.log):
        assert CANARY not in text


def test_without_the_rule_a_private_address_is_fetched(server: Server, receiver: Receiver) -> None:
    assert server.output(code="yield 'ran'", image=receiver.url("/input")) == ["ran"]


def test_a_gate_keeps_the_model_while_its_first_file_is_uploaded(server: Server, receiver: Receiver) -> None:
    gate = Gate(server)
    run = server.begin(code=f"yield file('early.txt'); {gate.code}; yield 2")
    gate.wait()
    receiver.wait_for("/up/early.txt", 1)
    gate.open()
    assert run.result()["output"] == [receiver.url("/up/early.txt"), 2]
