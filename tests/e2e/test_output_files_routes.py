"""GET /predictions/{id}/files/{n}, and outputs that name it in place of data URLs (`Cog-Files: links`)."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from acting import Gate, model
from conftest import Serve
from listening import Receiver, Stream, create_async
from server import Answer, Server, eventually, files_below
from test_memory import MEBIBYTE, resident
from watching import Watch

FILE = """
def file(name, content=b"content"):
    Path(name).write_bytes(content)
    return cog.Path(name)
"""
FILES = model() + FILE
STREAMING_FILES = (
    model(
        extra="""
    from typing import Iterator
    @cog.streaming
    def predict(self, code: str = "") -> Iterator[Any]:
        yield from compiled(code, "def")()
    """
    )
    + FILE
)
LINKS = {"Cog-Files": "links"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("files"), FILES) as server:
        yield server


def put(server: Server, id: str, code: str, **headers: str) -> Answer:
    return server.request("PUT", f"/predictions/{id}", {"input": {"code": code}}, headers={**LINKS, **headers})


def get(server: Server, path: str, method: str = "GET", **fields: str) -> Answer:
    return server.request(method, f"/{path}", headers={name.replace("_", "-"): text for name, text in fields.items()})


def test_files_are_links_in_every_answer(server: Server) -> None:
    code = "return {'a': file('a.txt'), 'b': [1, file('b.txt', b'second')]}"
    answer = put(server, "every", code)
    assert answer.headers["cog-files"] == "links"
    output = answer.json["output"]
    assert output == {"a": "predictions/every/files/0", "b": [1, "predictions/every/files/1"]}
    assert [get(server, link).body for link in (output["a"], output["b"][1])] == [b"content", b"second"]
    for again in (put(server, "every", code), server.request("GET", "/predictions/every", headers=LINKS)):
        assert (again.headers["cog-files"], again.json["output"]) == ("links", output)
    with Watch(server, "every", links=True) as watch:
        assert watch.headers["cog-files"] == "links"
        events = watch.rest()
    assert events[1].data["chunk"] == output and events[-1].data["output"] == output
    asynchronous = put(server, "later", code, Prefer="respond-async")
    assert (asynchronous.status, asynchronous.headers["cog-files"]) == (202, "links")
    # Whoever does not ask for it sees nothing of it.
    plain = server.request("GET", "/predictions/every")
    assert "cog-files" not in plain.headers
    assert plain.json["output"]["a"] == "data:text/plain;base64," + base64.b64encode(b"content").decode()


def test_the_answer_about_a_file(server: Server) -> None:
    link = put(server, "a%20b", "return file('dog.png', bytes(range(256)))").json["output"]
    assert link == "predictions/a%20b/files/0"
    whole = get(server, link)
    assert whole.status == 200 and whole.body == bytes(range(256))
    expected = {
        "content-type": "image/png",
        "content-length": "256",
        "content-disposition": 'inline; filename="dog.png"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "accept-ranges": "bytes",
    }
    assert {name: whole.headers[name] for name in expected} == expected
    head = get(server, link, "HEAD")
    assert head.body == b"" and {name: head.headers[name] for name in expected} == expected
    tag = whole.headers["etag"]
    assert get(server, link, If_None_Match=tag).status == 304
    assert get(server, link, If_None_Match='"other"').status == 200

    part = get(server, link, Range="bytes=10-19", If_Range=tag)
    assert (part.status, part.body) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/256"
    assert get(server, link, Range="bytes=-6").body == bytes(range(250, 256))
    assert get(server, link, Range="bytes=250-").body == bytes(range(250, 256))
    assert get(server, link, Range="bytes=10-19", If_Range='"other"').status == 200
    beyond = get(server, link, Range="bytes=256-")
    assert (beyond.status, beyond.headers["content-range"]) == (416, "bytes */256")
    for missing in ("predictions/a%20b/files/1", "predictions/nobody/files/0", "predictions/a%20b/files/x"):
        assert get(server, missing).status == 404
    assert get(server, link, "POST").headers["allow"] == "GET,HEAD"

    put(server, "a%20b", "return file('dog.png', b'another')")
    assert get(server, link).headers["etag"] != tag


def test_names_that_headers_cannot_carry_as_they_are(server: Server) -> None:
    link = put(server, "name", """return file('a "q" \\u00e9;.txt')""").json["output"]
    assert get(server, link).headers["content-disposition"] == (
        "inline; filename=\"a _q_ __;.txt\"; filename*=UTF-8''a%20%22q%22%20%C3%A9%3B.txt"
    )


def test_what_could_be_a_script_is_to_be_saved(server: Server) -> None:
    code = "return [file('a.html'), file('b.svg'), file('c.pdf'), file('d.xml')]"
    for link in put(server, "active", code).json["output"]:
        answer = get(server, link)
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_an_empty_file(server: Server) -> None:
    link = put(server, "empty", "return file('nothing.bin', b'')").json["output"]
    assert (get(server, link).status, get(server, link).body) == (200, b"")
    assert get(server, link, Range="bytes=0-").status == 416


def test_a_large_file_takes_no_memory(server: Server) -> None:
    size = 64 * MEBIBYTE
    code = f"""
with open('large.bin', 'wb') as out:
  for i in range(64): out.write(bytes([i]) * {MEBIBYTE})
return cog.Path('large.bin')"""
    put(server, "small", "return file('small.bin')")
    before = resident(server)
    link = put(server, "large", code).json["output"]
    connection = server.connect()
    connection.request("GET", f"/{link}")
    response = connection.getresponse()
    assert response.getheader("content-length") == str(size)
    most = 0
    for i in range(64):
        piece = response.read(MEBIBYTE)
        assert piece == bytes([i]) * MEBIBYTE
        most = max(most, resident(server) - before)
    assert response.read() == b""
    connection.close()
    assert most < 12 * MEBIBYTE
    assert get(server, link, Range=f"bytes={size - 2}-").body == bytes([63, 63])


def read_slowly(server: Server, link: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    """An answer of which the server can have written the first part alone."""
    connection = server.connect()
    connection.request("GET", f"/{link}")
    return connection, connection.getresponse()


def test_who_reads_a_file_finishes_when_it_is_dropped_meanwhile(serve: Serve) -> None:
    server = serve(FILES, COG_KEEP_RESULTS="1")
    size = 32 * MEBIBYTE
    link = put(server, "dropped", f"return file('x.bin', b'x' * {size})").json["output"]

    def left() -> list[Path]:
        return [path for path in files_below(server.temporary) if path.name == "x.bin"]

    connection, response = read_slowly(server, link)
    read = len(response.read(1000))
    server.create({"code": "return 1"}, id="next")
    assert get(server, link).status == 404
    assert left()
    while piece := response.read(1 << 20):
        assert piece.strip(b"x") == b""
        read += len(piece)
    assert read == size
    connection.close()
    eventually(lambda: not left(), "the file to be removed")


def test_a_file_of_one_that_still_runs(serve: Serve) -> None:
    server = serve(STREAMING_FILES)
    gate = Gate(server)
    create_async(server, {"code": f"yield file('one.txt', b'1'); {gate.code}; yield file('two.txt', b'2')"}, id="a")
    with Watch(server, "a", links=True) as watch:
        assert watch.take(2)[1].data["chunk"] == "predictions/a/files/0"
        assert get(server, "predictions/a/files/0").body == b"1"
        assert get(server, "predictions/a/files/1").status == 404
        gate.open()
        events = watch.rest()
    assert events[0].data["chunk"] == "predictions/a/files/1"
    assert [get(server, link).body for link in events[-1].data["output"]] == [b"1", b"2"]
    # The reference's own streams, for those who ask for links and those who do not.
    with Stream(server, {"code": "yield file('one.txt', b'1')"}) as stream:
        assert stream.rest()[1][1]["chunk"].startswith("data:text/plain;base64,")


@pytest.mark.parametrize("variable", ["COG_KEEP_RESULTS", "COG_KEEP_FILES"])
def test_what_is_not_kept_comes_as_a_data_url(serve: Serve, variable: str) -> None:
    server = serve(FILES, **{variable: "0" if variable == "COG_KEEP_RESULTS" else "6"})
    answer = put(server, "a", "return file('a.txt')")
    assert "cog-files" not in answer.headers
    assert answer.json["output"].startswith("data:text/plain;base64,")
    assert get(server, "predictions/a/files/0").status == 404


def test_uploaded_files_and_webhooks_stay_as_they_are(serve: Serve) -> None:
    with Receiver() as receiver:
        server = serve(FILES)
        body = {"input": {"code": "return file('a.txt')"}, "webhook": receiver.url("/hook")}
        server.request("PUT", "/predictions/hooked", body, headers=LINKS)
        assert receiver.end("/hook").body["output"].startswith("data:text/plain;base64,")
        uploading = serve(FILES, arguments=("--upload-url", receiver.url("/up")))
        answer = put(uploading, "up", "return file('a.txt')")
        assert "cog-files" not in answer.headers
        assert answer.json["output"] == receiver.url("/up/a.txt")
        assert get(uploading, "predictions/up/files/0").status == 404
