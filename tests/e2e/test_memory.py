"""Memory: whatever waits, bodies are counted until nobody holds them, and not held by those who do not need them."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from conftest import Serve
from listening import create_async
from server import Server, eventually

MEBIBYTE = 1 << 20

WAITING = """
import os, time
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, text: str, wait: bool = False) -> int:
        while wait and not os.path.exists("go"):
            time.sleep(0.01)
        return len(text)
"""


def metric(server: Server, name: str) -> int:
    found = re.search(rf"^{name} (\d+)$", server.request("GET", "/metrics").text, re.MULTILINE)
    assert found, name
    return int(found[1])


def resident(server: Server) -> int:
    """Bytes of the server process in memory."""
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


@contextmanager
def refusing_host() -> Iterator[str]:
    """The URL of a port where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/hook"


def test_a_webhook_that_waits_holds_no_body(serve: Serve) -> None:
    server = serve(WAITING)
    before = resident(server)
    with refusing_host() as hook:
        for _ in range(300):
            answer = server.create({"text": "x" * MEBIBYTE}, webhook=hook, webhook_events_filter=["completed"])
            assert answer.json["output"] == MEBIBYTE
        assert metric(server, "cog_webhooks_waiting") == 300
        eventually(lambda: metric(server, "cog_body_memory_bytes") < MEBIBYTE, "bodies to be let go of")
        assert resident(server) - before < 100 * MEBIBYTE


def test_bodies_of_asynchronous_predictions_are_counted_until_they_have_run(serve: Serve) -> None:
    server = serve(WAITING, COG_MAX_BODY_MEMORY=str(8 * MEBIBYTE), COG_MAX_QUEUE="100")
    statuses = [
        create_async(server, {"text": "x" * MEBIBYTE, "wait": True}, id=f"waiting-{number}").status
        for number in range(20)
    ]
    assert statuses[:6] == [202] * 6
    assert statuses[8:] == [503] * 12
    assert metric(server, "cog_body_memory_bytes") <= 8 * MEBIBYTE
    refused = create_async(server, {"text": "x" * MEBIBYTE}, id="refused")
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    (server.project / "go").touch()
    eventually(lambda: metric(server, "cog_body_memory_bytes") < MEBIBYTE, "bodies to be let go of")
    assert create_async(server, {"text": "x" * MEBIBYTE}, id="later").status == 202


def test_small_bodies_are_counted_too(serve: Serve) -> None:
    server = serve(WAITING, COG_MAX_BODY_MEMORY="100000", COG_MAX_QUEUE="100")
    statuses = [
        create_async(server, {"text": "x" * 10_000, "wait": True}, id=f"small-{number}").status for number in range(20)
    ]
    assert statuses.count(202) == 9
    assert statuses[10:] == [503] * 10
    (server.project / "go").touch()


def test_a_long_input_that_is_put_again_is_known_without_being_kept(serve: Serve) -> None:
    server = serve(WAITING, COG_MAX_BODY_MEMORY=str(2 * MEBIBYTE))
    text = "x" * MEBIBYTE
    first = server.create({"text": text}, id="same").json
    for number in range(5):
        server.create({"text": text}, id=f"other-{number}")
    assert server.create({"text": text}, id="same").json == first
    changed = server.create({"text": text[1:] + "y"}, id="same").json
    assert changed["metrics"] != first["metrics"]


def test_half_a_body_is_counted_until_its_client_leaves(serve: Serve) -> None:
    server = serve(WAITING, COG_MAX_BODY_MEMORY=str(4 * MEBIBYTE))
    body = json.dumps({"input": {"text": "x" * (3 * MEBIBYTE)}}).encode()
    with server.raw_client() as half:
        half.send(b"POST /predictions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n")
        half.send(b"Content-Length: %d\r\n\r\n" % len(body) + body[:-1])
        eventually(lambda: metric(server, "cog_body_memory_bytes") >= 3 * MEBIBYTE, "half a body")
        assert server.create({"text": "x" * (2 * MEBIBYTE)}).status == 503
    eventually(lambda: metric(server, "cog_body_memory_bytes") == 0, "the client to have left")
    assert server.create({"text": "x" * (2 * MEBIBYTE)}).status == 200


TEXTS = """
import os, time
from cog import BasePredictor, ConcatenateIterator, streaming

class Predictor(BasePredictor):
    @streaming
    def predict(self, bytes: int, chunks: int = 1, log: int = 0) -> ConcatenateIterator[str]:
        print("y" * log)
        for _ in range(chunks):
            yield "x" * bytes
"""


def silent_reader(server: Server, path: str) -> socket.socket:
    """Asks, and takes as little of the answer as its buffers do."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", server.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return client


def test_readers_of_a_kept_result_share_its_bytes(serve: Serve) -> None:
    server = serve(TEXTS, COG_MAX_LOG_BYTES=str(16 * MEBIBYTE))
    server.create({"bytes": 15 * MEBIBYTE, "chunks": 2, "log": 10 * MEBIBYTE}, id="big")
    before = resident(server)
    readers = [silent_reader(server, "/predictions/big") for _ in range(100)]
    try:
        for reader in readers:
            assert reader.recv(12) == b"HTTP/1.1 200"
        assert server.request("GET", "/health-check").json["status"] == "READY"
        assert resident(server) - before < 40 * MEBIBYTE
    finally:
        for reader in readers:
            reader.close()


def test_a_result_is_whole_for_who_reads_it(serve: Serve) -> None:
    server = serve(TEXTS)
    made = server.create({"bytes": 3 * MEBIBYTE, "chunks": 3, "log": MEBIBYTE}, id="big").json
    assert made["output"] == ["x" * (3 * MEBIBYTE)] * 3
    assert made["logs"] == "y" * MEBIBYTE + "\n"
    assert server.request("GET", "/predictions/big").json["output"] == made["output"]


def test_an_output_without_end_fails_at_the_limit_and_the_server_goes_on(serve: Serve) -> None:
    server = serve(TEXTS, COG_MAX_OUTPUT_MEMORY=str(8 * MEBIBYTE))
    failed = server.create({"bytes": 100_000, "chunks": 10**9}, id="endless").json
    assert failed["status"] == "failed"
    assert "does not fit into memory" in failed["error"]
    assert "COG_MAX_OUTPUT_MEMORY" in failed["error"]
    eventually(lambda: metric(server, "cog_output_memory_bytes") <= 4 * MEBIBYTE, "the output to be let go of")
    assert server.create({"bytes": 100_000}, id="small").json["status"] == "succeeded"


def test_predictions_are_refused_while_results_that_are_being_read_fill_the_memory(serve: Serve) -> None:
    server = serve(TEXTS, COG_MAX_OUTPUT_MEMORY=str(64 * MEBIBYTE), COG_KEEP_RESULTS="1")
    body = json.dumps({"input": {"bytes": 30 * MEBIBYTE}}).encode()
    head = b"POST /predictions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    readers = []
    for _ in range(2):
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", server.port))
        reader.sendall(head % len(body) + body)
        assert reader.recv(12) == b"HTTP/1.1 200"
        readers.append(reader)
    refused = server.create({"bytes": 1})
    assert (refused.status, refused.headers["retry-after"]) == (503, "1")
    assert "COG_MAX_OUTPUT_MEMORY" in refused.text
    for reader in readers:
        reader.close()
    eventually(lambda: server.create({"bytes": 1}).status == 200, "the results to be let go of")


def test_who_looks_at_a_prediction_takes_none_of_its_memory(serve: Serve) -> None:
    """The input is shown in the answer to a PUT of an id in flight; that does not count as output."""
    server = serve(WAITING, COG_MAX_OUTPUT_MEMORY=str(MEBIBYTE))
    made = {"text": "x" * (3 * MEBIBYTE), "wait": True}
    assert create_async(server, made, id="large").status == 202
    joined = server.request("PUT", "/predictions/large", {"input": made}, headers={"Prefer": "respond-async"})
    assert joined.json["input"]["text"] == made["text"]
    (server.project / "go").touch()
    eventually(lambda: server.request("GET", "/predictions/large").json["status"] == "succeeded", "the end")


def test_what_is_kept_takes_half_at_most_and_refuses_nobody(serve: Serve) -> None:
    server = serve(TEXTS, COG_MAX_OUTPUT_MEMORY=str(2 * MEBIBYTE), COG_KEEP_RESULTS="100000")
    for size, chunks in ((100_000, 9), (132_000, 7), (1_000, 600), (1, 1)):
        for _ in range(8):
            assert server.create({"bytes": size, "chunks": chunks}).json["status"] == "succeeded", (size, chunks)
            assert metric(server, "cog_output_memory_bytes") <= MEBIBYTE
    for _ in range(5000):  # each takes a block, however small
        assert server.create({"bytes": 1}).status == 200


def test_a_log_that_finds_no_memory_says_so_and_leaves_room_for_the_output(serve: Serve) -> None:
    server = serve(TEXTS, COG_MAX_OUTPUT_MEMORY=str(MEBIBYTE))
    made = server.create({"bytes": 10, "log": 3 * MEBIBYTE}).json
    assert made["logs"].endswith("[**** LOG TRUNCATED: COG_MAX_OUTPUT_MEMORY REACHED ****]\n")
    assert (made["status"], made["output"]) == ("succeeded", ["x" * 10])
