"""A file as the whole body, and a file as the whole answer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Serve
from server import Answer, Server

MODEL = """
from cog import BasePredictor, Input, Path

class Predictor(BasePredictor):
    def predict(self, image: Path = Input(accept="image/*,.bin"), width: int = 1, name: str = "out.png") -> Path:
        if width == 13:
            raise ValueError("unlucky")
        out = Path(name)
        out.write_bytes(image.read_bytes() * width)
        return out
"""

TWO_FILES = """
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(self, left: Path, right: Path) -> str:
        return left.read_text() + right.read_text()
"""

LIST = """
from typing import List, Optional
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(self, images: List[Path], mask: Optional[Path] = None, count: int = 1) -> List[Path]:
        made = []
        for number in range(count):
            made.append(Path(f"out{number}.txt"))
            made[-1].write_bytes(b"".join(image.read_bytes() for image in images))
        return made
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("raw"), MODEL) as server:
        yield server


def send(server: Server, body: bytes, query: str = "", accept: str = "*/*", kind: str = "image/png") -> Answer:
    headers = {"Content-Type": kind, "Accept": accept}
    return server.request("POST", f"/predictions{query}", body, headers=headers)


def test_bytes_go_in_and_come_out_as_they_are(server: Server) -> None:
    content = os.urandom(3_000_000)
    answer = send(server, content, "?width=2", "image/*")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.body == content * 2
    assert answer.headers["content-disposition"] == 'inline; filename="out.png"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    kept = server.request("GET", f"/predictions/{answer.headers['cog-prediction-id']}").json
    assert kept["status"] == "succeeded"
    assert float(answer.headers["cog-predict-time"]) > 0


@pytest.mark.parametrize(
    "accept",
    [
        *("*/*", "", "nonsense", "text/html", "application/json", "application/json, image/png"),
        *("application/json, text/plain, */*", "image/*;q=0.5, application/json"),
    ],
)
def test_json_stays_the_answer_unless_a_file_is_asked_for(server: Server, accept: str) -> None:
    assert send(server, b"x", accept=accept).json["output"].startswith("data:image/png;base64,")


def test_file_that_is_not_as_asked_for(server: Server) -> None:
    answer = send(server, b"x", accept="audio/*")
    assert (answer.status, answer.json["status"]) == (406, "succeeded")
    answer = send(server, b"x", "?width=13", accept="image/*")
    assert (answer.status, "unlucky" in answer.json["error"]) == (500, True)
    answer = send(server, b"x", accept="audio/*, application/json;q=0.1")
    assert (answer.status, answer.json["status"]) == (200, "succeeded")


def test_file_that_could_be_a_script_is_to_be_saved(server: Server) -> None:
    answer = send(server, b"<svg/>", "?name=out.svg", accept="image/svg+xml")
    assert answer.headers["content-disposition"] == 'attachment; filename="out.svg"'
    answer = send(server, b"<p>", "?name=out.html", accept="text/*")
    assert answer.headers["content-disposition"] == 'attachment; filename="out.html"'


def test_query_is_read_as_texts_are_and_types_are_those_of_the_input(server: Server) -> None:
    answer = send(server, b"x", "?width=x")
    assert (answer.status, answer.json["detail"][0]["loc"]) == (422, ["body", "input", "width"])
    assert send(server, b"x", "?nothing=1").status == 422
    assert send(server, b"x", "?name=a%20b%2Bc+d.png").json["output"].startswith("data:image/png;base64,")
    answer = send(server, b"x", kind="audio/wav")
    assert (answer.status, answer.text) == (415, "The input `image` takes image/*,.bin, not audio/wav")
    assert send(server, b"x", kind="application/octet-stream").status == 200


def test_body_of_a_list_and_the_input_that_is_required(serve: Serve) -> None:
    server = serve(LIST)
    answer = send(server, b"x", accept="text/plain")
    assert (answer.status, answer.body) == (200, b"x")
    assert send(server, b"x", "?count=2", accept="text/plain").status == 406


def test_model_without_a_place_for_a_body(serve: Serve) -> None:
    server = serve(TWO_FILES)
    answer = send(server, b"x")
    assert answer.status == 415
    assert "`left`, `right`" in answer.text
    assert "multipart/form-data" in answer.text
    answer = server.request("POST", "/predictions", {"input": {"left": "data:,a", "right": "data:,b"}},
                            headers={"Accept": "image/png"})  # fmt: skip
    assert answer.status == 406
    assert server.request("GET", "/predictions").json == {"results": []}


def operation(document: Any) -> Any:
    return document["paths"]["/predictions"]["post"]


def test_document_tells_of_forms_only_to_those_who_ask(server: Server) -> None:
    plain = server.request("GET", "/openapi.json")
    told = server.request("GET", "/openapi.json?forms=1").json
    assert list(operation(plain.json)["requestBody"]["content"]) == ["application/json"]
    content = operation(told)["requestBody"]["content"]
    assert list(content) == ["application/json", "application/octet-stream", "multipart/form-data"]
    properties = content["multipart/form-data"]["schema"]["properties"]
    assert (properties["image"]["type"], properties["image"]["format"]) == ("string", "binary")
    assert properties["width"]["default"] == 1
    assert operation(told)["responses"]["200"]["content"]["*/*"]["schema"]["format"] == "binary"
    assert json.loads(plain.text) == server.request("GET", "/openapi.json?forms=10").json
