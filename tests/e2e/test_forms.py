"""Create requests as forms: files go to the disk while they come, and are gone when nobody needs them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Serve
from form import FORM_TYPE, MODEL, form, part
from server import Answer, Background, Server, eventually, files_below

HEADERS = {"Content-Type": FORM_TYPE}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(
        tmp_path_factory.mktemp("forms"),
        MODEL,
        COG_MAX_FILE_BYTES="3000000",
        COG_MAX_UPLOAD_BYTES="5000000",
        COG_MAX_BODY_BYTES="100000",
        COG_MAX_CONCURRENCY="2",
        COG_BODY_TIMEOUT="1",
    ) as server:
        yield server


def post(server: Server, *parts: bytes) -> Answer:
    return server.request("POST", "/predictions", form(*parts), headers=HEADERS)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def leaves_nothing(server: Server) -> None:
    eventually(lambda: not [file for file in files_below(server.temporary) if "/upload" in str(file)], "no upload left")


def test_curl_sends_a_file_and_a_number(server: Server, tmp_path: Path) -> None:
    content = os.urandom(2_000_000)
    (tmp_path / "in put.png").write_bytes(content)
    answer = subprocess.run(
        ["curl", "-sS", "-F", f"image=@{tmp_path}/in put.png", "-F", "width=100",
         f"http://127.0.0.1:{server.port}/predictions"],
        check=True, capture_output=True,
    )  # fmt: skip
    output = json.loads(answer.stdout)["output"]
    assert output == {"width": 100, "text": "", "images": [], "name": "in put.png", "size": 2_000_000,
                      "sha256": sha256(content)}  # fmt: skip
    leaves_nothing(server)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('filename="in.png"', "in.png"),
        ('filename="bild ä€.png"', "bild ä€.png"),
        ("filename*=utf-8''bild%20%C3%A4.png", "bild ä.png"),
        ('filename="C:\\\\fakepath\\\\in.png"', "in.png"),
        ('filename="../../etc/passwd"', "passwd"),
        ('filename=""', "file.png"),
        ('filename=".."', "file.png"),
        (f'filename="{"x" * 400}.png"', f"{'x' * 250}~.png"),
    ],
)
def test_names_of_files(server: Server, head: str, name: str) -> None:
    body = part("image", b"content", "NAME", "image/png").replace(b'filename="NAME"', head.encode())
    answer = post(server, body)
    assert answer.status == 200, answer
    assert answer.json["output"]["name"] == name


def test_texts_become_what_the_schema_says_and_repeated_files_a_list_in_order(server: Server) -> None:
    output = post(
        server,
        part("images", b"one", "a"),
        part("width", b"7"),
        part("text", "ä 7".encode()),
        part("images", b"two", "b"),
    ).json["output"]
    assert output == {"width": 7, "text": "ä 7", "images": ["one", "two"]}
    assert post(server, part("images", b"", "a"))
    assert post(server).json["output"] == {"width": 1, "text": "", "images": []}


def test_request_part_gives_id_and_further_inputs(server: Server) -> None:
    wish = json.dumps({"id": "by-form", "input": {"width": 3}}).encode()
    answer = post(server, part("image", b"x", "x"), part("_request", wish, type="application/json")).json
    assert (answer["id"], answer["output"]["width"], answer["output"]["size"]) == ("by-form", 3, 1)


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (b"", 400, "Failed to parse the multipart body: There is no final boundary at byte 0"),
        (form(part("image", b"x"))[:-4], 400, "There is no final boundary at byte"),
        (form(part("image", b"x", "x").replace(b"form-data", b"attachment")), 400, "name=\"...\"` at byte 28"),
        (form(part("width", b"x")), 422, '"msg":"\\"x\\" is not of type \\"integer\\""'),
        (form(part("nothing", b"x")), 422, '"loc":["body","input","nothing"]'),
        (form(part("width", b"x", "f")), 422, "The input takes no file"),
        (form(part("_request", b"{", type="application/json")), 400, "Failed to parse the part `_request` as JSON: "),
        (form(part("image", bytes(3_000_001), "big")), 413, "The file `big` is longer than COG_MAX_FILE_BYTES"),
        (form(*[part("images", bytes(2_000_000), "f")] * 3), 413, "The files are longer than COG_MAX_UPLOAD_BYTES"),
        (form(part("text", b"x" * 100_001)), 413, "The texts of the form are longer than COG_MAX_BODY_BYTES"),
    ],
    ids=map(str, range(10)),
)  # fmt: skip
def test_what_is_refused_is_told_and_leaves_no_file(server: Server, body: bytes, status: int, text: str) -> None:
    answer = server.request("POST", "/predictions", body, headers=HEADERS)
    assert (answer.status, text in answer.text) == (status, True), answer
    leaves_nothing(server)


def test_types_that_are_no_form(server: Server) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x"):
        answer = server.request("POST", "/predictions", b"x", headers={"Content-Type": kind})
        assert (answer.status, answer.text) == (415, "Expected request with `Content-Type: application/json`")
    for boundary in ("", "%C3%A4", "x" * 71):
        kind = f"multipart/form-data; boundary={boundary}"
        answer = server.request("POST", "/predictions", b"x", headers={"Content-Type": kind})
        assert (answer.status, answer.text[:35]) == (400, "Failed to parse the multipart body:")


def test_page_of_another_site_may_not_send_one(server: Server) -> None:
    headers = {**HEADERS, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    answer = server.request("POST", "/predictions", form(part("image", b"x", "x")), headers=headers)
    assert answer.status == 403


def test_client_that_asks_before_it_sends_is_refused_without_sending(serve: Serve) -> None:
    server = serve(MODEL)
    body = form(part("image", b"x" * 1000, "x"))
    head = (
        f"POST /predictions HTTP/1.1\r\nHost: h\r\nContent-Type: {FORM_TYPE}\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    ).encode()
    with server.raw_client() as client:
        client.send(head)
        assert client.read_line() == b"HTTP/1.1 100 Continue\r\n"
        assert client.read_line() == b"\r\n"
        client.send(body)
        assert client.answer().json["output"]["size"] == 1000
    running = server.begin(until="go")
    server.wait_for_file("go.running")
    with server.raw_client() as client:
        client.send(head)
        assert client.answer().status == 409
    (server.project / "go").touch()
    assert running.result()["status"] == "succeeded"


def test_put_is_compared_by_its_files(server: Server) -> None:
    def put(content: bytes) -> tuple[str, str]:
        body = form(part("image", content, "x"), part("width", b"2"))
        output = server.request("PUT", "/predictions/compared", body, headers=HEADERS).json["output"]
        return output["sha256"], server.request("GET", "/predictions/compared").json["completed_at"]

    first = put(b"one")
    assert put(b"one") == first
    other = put(b"two")
    assert (other[0], other[1] > first[1]) == (sha256(b"two"), True)


def test_client_that_leaves_half_way_leaves_no_file(server: Server) -> None:
    body = form(part("image", bytes(2_000_000), "x"))
    with server.raw_client() as client:
        head = (
            f"POST /predictions HTTP/1.1\r\nHost: h\r\nContent-Type: {FORM_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        client.send(head.encode() + body[:1_000_000])
        eventually(lambda: files_below(server.temporary), "a file")
    leaves_nothing(server)


def test_client_that_stops_sending_is_answered_408_and_leaves_no_file(server: Server) -> None:
    with server.raw_client() as client:
        head = f"POST /predictions HTTP/1.1\r\nHost: h\r\nContent-Type: {FORM_TYPE}\r\nContent-Length: 2000000\r\n\r\n"
        client.send(head.encode() + form(part("image", bytes(100), "x"))[:-10])
        assert client.answer().status == 408
    leaves_nothing(server)


def test_chunks_of_any_size(server: Server) -> None:
    content = os.urandom(100_000)
    body = form(part("image", content, "x"))
    pieces = [body[at : at + length] for at, length in ((0, 1), (1, 150), (151, 60_000), (60_151, len(body)))]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    with server.raw_client() as client:
        head = (
            f"POST /predictions HTTP/1.1\r\nHost: h\r\nContent-Type: {FORM_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.send(head.encode() + chunks)
        assert client.answer().json["output"]["sha256"] == sha256(content)


def test_many_uploads_at_once_do_not_mix(serve: Serve) -> None:
    server = serve(MODEL, COG_MAX_QUEUE="100", COG_MAX_CONCURRENCY="2")
    contents = [bytes([number]) * (200_000 + number) for number in range(100)]

    def send(content: bytes) -> Background[str]:
        return Background(lambda: post(server, part("image", content, "x")).json["output"]["sha256"])

    uploads = [send(content) for content in contents]
    assert [upload.result() for upload in uploads] == [sha256(content) for content in contents]
    leaves_nothing(server)


def test_memory_of_the_server_does_not_grow_with_a_file(serve: Serve, tmp_path: Path) -> None:
    server = serve(MODEL)
    size = 256 << 20
    with open(tmp_path / "large", "wb") as large:
        large.truncate(size)
    before = _peak_memory(server)
    answer = subprocess.run(
        ["curl", "-sS", "-F", f"image=@{tmp_path}/large", f"http://127.0.0.1:{server.port}/predictions"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert json.loads(answer.stdout)["output"]["size"] == size
    assert _peak_memory(server) - before < 16 << 20


def _peak_memory(server: Server) -> int:
    """Bytes of memory that the server has had at most."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


NODE = """
const form = new FormData();
form.append("image", new Blob([Buffer.from("content of näme")]), "näme \\"x\\".txt");
form.append("width", 9);
const answer = await fetch(process.argv[2], {method: "POST", body: form});
console.log(JSON.stringify((await answer.json()).output));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_form_data_of_node(server: Server, tmp_path: Path) -> None:
    (tmp_path / "send.mjs").write_text(NODE)
    url = f"http://127.0.0.1:{server.port}/predictions"
    told = subprocess.run(["node", str(tmp_path / "send.mjs"), url], check=True, capture_output=True).stdout
    output = json.loads(told)
    assert (output["width"], output["sha256"]) == (9, sha256("content of näme".encode()))
    assert output["name"] == "näme %22x%22.txt"
