"""Files in, by data URL and by http URL, and files out, as data URLs; nothing of them is left behind."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Serve
from server import Server, eventually, files_below

MODEL = """
import hashlib, os
from typing import Any, List, Optional
from cog import BasePredictor, File, Path

class Predictor(BasePredictor):
    def predict(
        self,
        path: Optional[Path] = None,
        file: Optional[File] = None,
        several: List[Path] = [],
    ) -> Any:
        seen = {"kind": type(path).__name__, "several": [open(one, "rb").read().decode() for one in several]}
        if path is not None:
            content = open(path, "rb").read()
            seen["place"] = str(path)
            seen["name"] = path.name
            seen["text"] = content[:100].decode("latin-1")
            seen["sha256"] = hashlib.sha256(content).hexdigest()
        if file is not None:
            seen["file"] = file.read().decode()
        return seen
"""

OUTPUTS = """
import io, os, tempfile
from pathlib import Path as PurePath
from typing import Any, Iterator
from cog import BasePredictor, Path

def make(name: str, content: bytes = b"content") -> Path:
    place = Path(tempfile.gettempdir()) / name
    place.write_bytes(content)
    return place

def named(content: bytes, name: str) -> io.BytesIO:
    stream = io.BytesIO(content)
    stream.name = name
    return stream

def same_path():
    for content in (b"first", b"second"):
        yield make("frame.txt", content)

class Predictor(BasePredictor):
    def predict(self, code: str) -> Any:
        return eval(code)
"""

ENDINGS = """
import asyncio, errno, sys, time
import cog

class Cancelling:
    def model_dump(self): raise cog.CancelationException

class Exiting:
    def model_dump(self): sys.exit(1)

class Dying:
    def model_dump(self): os._exit(3)

class Sleeping:
    def model_dump(self):
        PurePath("sleeping").touch()
        time.sleep(1000)

class Deaf:
    def model_dump(self):
        while True:
            try:
                time.sleep(1000)
            except BaseException:
                pass

class Full(io.RawIOBase):
    def read(self, size=-1): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

def stream(*makers):
    for maker in makers:
        yield maker()

async def stubborn():
    PurePath("stubborn").touch()
    while not os.path.exists("go"):
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            pass
    PurePath("returned").touch()
    return [make("a.bin")]
"""


class Site(http.server.BaseHTTPRequestHandler):
    """/files/<name> answers its own path; /agent what the client calls itself; /moved leads to /files/moved.txt."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/files/moved.txt")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif path.startswith("/files/") or path == "/agent":
            body = self.headers["User-Agent"] if path == "/agent" else path
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())
        else:
            self.send_error(404)

    def log_message(self, format: str, *values: object) -> None:
        """Keeps the output of the tests clean."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("inputs"), MODEL, COG_USER_AGENT="tester/1") as server:
        yield server


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("outputs"), OUTPUTS, COG_KEEP_RESULTS="0") as server:
        yield server


def data_url(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("url", "name", "text"),
    [
        (data_url(b"hello", "text/plain"), "file.txt", "hello"),
        (data_url(b"\x89PNG", "image/png"), "file.png", "\x89PNG"),
        ("data:,a%20b", "file.txt", "a b"),
        ("data:text/csv;charset=utf-8,x,y", "file.csv", "x,y"),
        (data_url(b"", "application/x-nothing-known"), "file", ""),
        (data_url(b"RIFF", "audio/wav"), "file.wav", "RIFF"),
        (data_url(b"RIFF", "audio/wav;name=my%20dog.wav"), "my dog.wav", "RIFF"),
        (data_url(b"x", "text/plain;name=..%2F..%2Fetc"), ".._.._etc", "x"),
    ],
)
def test_a_data_url_becomes_a_file(inputs: Server, url: str, name: str, text: str) -> None:
    seen = inputs.output(path=url)
    assert (seen["kind"], seen["text"]) == ("Path", text)
    assert seen["name"].endswith(name)


def test_a_large_data_url(inputs: Server) -> None:
    content = bytes(range(256)) * (24 * 4096)
    seen = inputs.output(path=data_url(content, "application/octet-stream"))
    assert seen["sha256"] == hashlib.sha256(content).hexdigest()


def test_an_http_url_becomes_a_file(inputs: Server, site: str) -> None:
    seen = inputs.output(path=f"{site}/files/a%20photo.jpg?size=large")
    assert seen["text"] == "/files/a%20photo.jpg"
    assert seen["name"].endswith("a photo.jpg")


def test_a_redirection_is_followed(inputs: Server, site: str) -> None:
    assert inputs.output(path=f"{site}/moved")["text"] == "/files/moved.txt"


def test_downloads_call_themselves_what_they_are_told_to(inputs: Server, site: str) -> None:
    assert inputs.output(path=f"{site}/agent")["text"] == "tester/1"


def test_a_file_object(inputs: Server, site: str) -> None:
    assert inputs.output(file=data_url(b"inside", "text/plain"))["file"] == "inside"
    assert inputs.output(file=f"{site}/files/remote")["file"] == "/files/remote"


def test_a_list_of_files_keeps_its_order(inputs: Server, site: str) -> None:
    urls = [f"{site}/files/{index}" for index in range(12)]
    urls.insert(3, data_url(b"between", "text/plain"))
    expected = [f"/files/{index}" for index in range(12)]
    expected.insert(3, "between")
    assert inputs.output(several=urls)["several"] == expected


def test_a_missing_download_fails_the_prediction(inputs: Server, site: str) -> None:
    prediction = inputs.predict(path=f"{site}/nowhere")
    assert prediction["status"] == "failed"
    assert prediction["error"].startswith("Input validation error: 404 Client Error")
    assert prediction["error"].endswith(f" for url: {site}/nowhere")


def test_a_host_that_does_not_answer_fails_the_prediction(inputs: Server) -> None:
    prediction = inputs.predict(path="http://127.0.0.1:1/x")
    assert (prediction["status"], prediction["error"][:24]) == ("failed", "Input validation error: ")
    assert inputs.health()["status"] == "READY"


@pytest.mark.parametrize(
    ("values", "input", "problem"),
    [
        ({"path": "data:text/plain;base64,YQ"}, "path", "its base64 lacks the padding (=) at the end"),
        ({"path": "data:;base64,aGk"}, "path", "its base64 lacks the padding (=) at the end"),
        ({"path": "DATA:;base64,aGkhX"}, "path", "its base64 has one letter too many"),
        ({"path": "data:foo"}, "path", "it has no comma before its content"),
        ({"several": ["data:,x", "data:"]}, "several/1", "it has no comma before its content"),
    ],
)
def test_a_broken_data_url_is_refused(inputs: Server, values: dict[str, object], input: str, problem: str) -> None:
    for answer in (inputs.create(values), inputs.create(values, id="broken")):
        assert answer.status == 422
        (error,) = answer.json["detail"]
        assert (error["loc"], error["type"]) == (["body", "input", input], "value_error")
        assert error["msg"] == f"not a sound data URL: {problem}"


def test_a_broken_data_url_too_long_to_be_looked_into_fails_the_prediction(inputs: Server) -> None:
    prediction = inputs.predict(path="data:;base64," + "aGkh" * 100_000 + "aG")
    assert prediction["status"] == "failed"
    problem = "not a sound data URL: its base64 lacks the padding (=) at the end"
    assert prediction["error"] == f"Input validation error: path: {problem}"


def test_input_files_are_removed_afterwards(inputs: Server, site: str) -> None:
    place = Path(inputs.output(path=data_url(b"x", "text/plain"), several=[f"{site}/files/y"])["place"])
    assert place.is_relative_to(inputs.temporary)
    eventually(lambda: not place.exists(), "removal of an input file")
    eventually(lambda: not files_below(inputs.temporary), "removal of all input files")


@pytest.mark.parametrize(
    ("code", "mime"),
    [
        ("make('a.png')", "image/png"),
        ("make('a.JPG')", "image/jpeg"),
        ("make('a.txt')", "text/plain"),
        ("make('a.wav')", "audio/wav"),
        ("make('a.glb')", "model/gltf-binary"),
        ("make('a.safetensors')", "application/octet-stream"),
        ("make('none')", "application/octet-stream"),
        ("PurePath(make('pure.csv'))", "text/csv"),
        ("named(b'content', 'stream.webp')", "image/webp"),
        ("io.BytesIO(b'content')", "application/octet-stream"),
        ("open(make('opened.pdf'), 'rb')", "application/pdf"),
    ],
)
def test_an_output_file_is_a_data_url_of_its_type(outputs: Server, code: str, mime: str) -> None:
    assert outputs.output(code=code) == data_url(b"content", mime)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 65_535, 16 * 1024 * 1024 + 1])
def test_an_output_file_of_any_size(outputs: Server, size: int) -> None:
    answer = outputs.create({"code": f"make('big.bin', bytes(range(251)) * ({size} // 251) + bytes({size} % 251))"})
    content = bytes(range(251)) * (size // 251) + bytes(size % 251)
    assert int(answer.headers["content-length"]) == len(answer.body)
    assert answer.json["output"] == data_url(content, "application/octet-stream")


def test_a_list_of_files(outputs: Server) -> None:
    output = outputs.output(code="[make('a.txt', b'a'), 'text', make('b.txt', b'b')]")
    assert output == [data_url(b"a", "text/plain"), "text", data_url(b"b", "text/plain")]


def test_files_inside_objects(outputs: Server) -> None:
    output = outputs.output(code="{'image': make('a.png', b'a'), 'more': {'text': io.StringIO('é')}}")
    assert output["image"] == data_url(b"a", "image/png")
    assert output["more"]["text"].endswith(";base64," + base64.b64encode("é".encode()).decode())


def test_the_same_path_yielded_twice_has_the_content_of_each_moment(outputs: Server) -> None:
    output = outputs.output(code="same_path()")
    assert output == [data_url(b"first", "text/plain"), data_url(b"second", "text/plain")]


def test_the_next_prediction_does_not_change_an_answer_on_its_way(outputs: Server) -> None:
    size = 8 * 1024 * 1024
    connection = outputs.connect()
    body = json.dumps({"input": {"code": f"make('same.bin', b'1' * {size})"}})
    connection.request("POST", "/predictions", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    outputs.output(code=f"make('same.bin', b'2' * {size}) and 'done'")
    assert base64.b64encode(b"1" * size) in answer.read()
    connection.close()


@pytest.mark.parametrize("code", ["Path('/nowhere/a')", "[Path('/nowhere/a')]", "{'a': Path('/nowhere/a')}"])
def test_a_missing_output_file_fails_the_prediction_by_name(outputs: Server, code: str) -> None:
    prediction = outputs.predict(code=code)
    assert prediction["status"] == "failed"
    assert "FileNotFoundError" in prediction["error"] and "/nowhere/a" in prediction["error"]


def test_a_folder_is_no_output(outputs: Server) -> None:
    prediction = outputs.predict(code="Path(tempfile.gettempdir())")
    assert prediction["status"] == "failed"
    assert "IsADirectoryError" in prediction["error"]


def test_output_files_are_removed_afterwards(outputs: Server) -> None:
    kept = Path(outputs.output(code="str(make('kept.txt'))"))
    outputs.output(code="[make('a.txt', b'a' * 1000000), make('b.txt')]")
    eventually(lambda: not files_below(outputs.temporary), "removal of the taken output files")
    assert kept.exists()


ENDS = {
    "a missing file beside a good one": "[make('a.bin'), Path('/nowhere/a')]",
    "no JSON beside a file": "{'a': make('a.bin'), 'b': float('nan')}",
    "a cancel between two files": "[make('a.bin'), Cancelling()]",
    "an exit between two files": "[make('a.bin'), Exiting()]",
    "a full disk": "[make('a.bin'), Full()]",
    "a file and then an error": "stream(lambda: make('a.bin'), lambda: 1 / 0)",
    "a death between two files": "[make('a.bin'), Dying()]",
}


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_no_end_leaves_files_that_are_not_kept(serve: Serve, asynchronous: bool) -> None:
    model = OUTPUTS.replace("    def predict", "    async def predict") if asynchronous else OUTPUTS
    server = serve(model + ENDINGS, COG_KEEP_RESULTS="0", COG_RESTARTS="50")
    for code in ENDS.values():
        assert server.predict(code=code)["status"] in ("failed", "canceled"), code
        server.wait_until("READY")
        assert server.output(code="make('b.bin') and 'done'") == "done"
    eventually(lambda: not files_below(server.temporary), "removal of what was taken")


def test_what_a_time_out_or_a_cancel_leaves_is_removed(serve: Serve) -> None:
    server = serve(OUTPUTS + ENDINGS, COG_KEEP_RESULTS="0", COG_PREDICT_TIMEOUT="1", COG_CANCEL_TIMEOUT="0.2")
    assert server.predict(code="[make('a.bin'), Sleeping()]")["status"] == "failed"
    assert server.predict(code="[make('a.bin'), Deaf()]")["status"] == "failed"
    server.wait_until("READY")
    run = server.begin(id="c", code="[make('a.bin'), Sleeping()]")
    server.wait_for_file("sleeping")
    server.cancel("c")
    assert run.result()["status"] in ("canceled", "failed")
    eventually(lambda: not files_below(server.temporary), "removal of what was taken")


def test_the_files_of_a_failed_stream_stay_as_long_as_its_result(serve: Serve) -> None:
    server = serve(OUTPUTS + ENDINGS, COG_KEEP_RESULTS="1")
    body = {"input": {"code": "stream(lambda: make('a.bin'), lambda: [make('b.bin'), Dying()])"}}
    assert server.put("s", body).json["status"] == "failed"
    assert len(server.request("GET", "/predictions/s").json["output"]) == 1
    eventually(lambda: [path.name for path in files_below(server.temporary)] == ["a.bin"], "removal of the second")
    server.wait_until("READY")
    server.output(code="'next'")
    eventually(lambda: not files_below(server.temporary), "removal of the first")


def test_what_an_abandoned_task_takes_is_removed(serve: Serve) -> None:
    model = OUTPUTS.replace("    def predict", "    async def predict").replace(
        "return eval(code)", "return await stubborn() if code == 'stubborn' else eval(code)"
    )
    server = serve(model + ENDINGS, COG_KEEP_RESULTS="0", COG_CANCEL_TIMEOUT="0.2")
    run = server.begin(id="c", code="stubborn")
    server.wait_for_file("stubborn")
    server.cancel("c")
    assert run.result()["status"] == "canceled"
    (server.project / "go").touch()
    server.wait_for_file("returned")
    assert server.output(code="'next'") == "next"  # its end has been heard before this one's
    eventually(lambda: not files_below(server.temporary), "removal of what was taken")


def test_nothing_is_left_in_the_temporary_folder_after_the_end(serve: Serve) -> None:
    server = serve(OUTPUTS)
    server.output(code="make('a.txt')")
    server.stop()
    assert list(server.temporary.glob("cog-*")) == []
