"""What goes into a model and what comes out of it, and how its failures are told."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Serve
from server import Server

INPUTS = """
from enum import Enum
from typing import Any, Dict, List, Literal, Optional, Union
from cog import BasePredictor, Input, Secret, current_scope

class Size(str, Enum):
    SMALL = "small"
    LARGE = "large"

class Predictor(BasePredictor):
    def predict(
        self,
        text: str = "none",
        count: int = 1,
        ratio: float = 0.5,
        flag: bool = False,
        words: List[str] = [],
        numbers: List[int] = Input(default=[]),
        free: dict = {},
        anything: Any = {},
        maybe: Optional[str] = None,
        bare: Optional[int] = Input(description="no default"),
        either: Union[str, int] = "none",
        chosen: str = Input(default="a", choices=["a", "b"]),
        literal: Literal["x", "y"] = "x",
        size: Size = Size.SMALL,
        secret: Secret = Secret("none"),
    ) -> str:
        given = {name: value for name, value in locals().items() if name != "self"}
        shown = given["secret"].get_secret_value()
        return f"{given!r}|{shown}|{current_scope().context!r}"
"""

OUTPUTS = """
import dataclasses, datetime, decimal, enum, uuid
from collections import OrderedDict, namedtuple
from typing import Any, List, Optional
from cog import BaseModel, BasePredictor, Secret

class Inner(BaseModel):
    score: float
    note: Optional[str] = None

class Outer(BaseModel):
    inner: Inner
    tags: List[str]

@dataclasses.dataclass
class Point:
    x: int
    y: int

class Colour(enum.Enum):
    RED = "red"

class Dumped:
    def model_dump(self):
        return {"when": datetime.datetime(2026, 3, 1, 9, 30)}

def several(*items):
    yield from items

class Predictor(BasePredictor):
    def predict(self, code: str) -> Any:
        return eval(code)
"""

STREAMS = """
from typing import Iterator
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, count: int, fail: bool = False) -> Iterator[str]:
        for index in range(count):
            yield f"chunk-{index}"
        if fail:
            raise RuntimeError("boom")
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("inputs"), INPUTS) as server:
        yield server


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("outputs"), OUTPUTS) as server:
        yield server


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("streams"), STREAMS) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "value", "received"),
    [
        ("text", 'a\n"é\U0001f600', "'text': 'a\\n\"é\U0001f600'"),
        ("text", "https://example.com/not/fetched", "'text': 'https://example.com/not/fetched'"),
        ("count", -(2**63), "'count': -9223372036854775808"),
        ("count", 2**64 - 1, "'count': 18446744073709551615"),
        ("ratio", 0.1, "'ratio': 0.1"),
        ("ratio", 1e-300, "'ratio': 1e-300"),
        ("flag", True, "'flag': True"),
        ("words", ["a", "b"], "'words': ['a', 'b']"),
        ("numbers", [3, -1], "'numbers': [3, -1]"),
        ("free", {"a": {"b": [1, None]}}, "'free': {'a': {'b': [1, None]}}"),
        ("anything", {"k": 1}, "'anything': {'k': 1}"),
        ("maybe", "here", "'maybe': 'here'"),
        ("maybe", None, "'maybe': None"),
        ("either", 7, "'either': 7"),
        ("either", "seven", "'either': 'seven'"),
        ("chosen", "b", "'chosen': 'b'"),
        ("literal", "y", "'literal': 'y'"),
        ("size", "large", "'size': <Size.LARGE: 'large'>"),
        ("secret", "s3cret", "|s3cret|"),
    ],
)
def test_an_input_reaches_the_model(inputs: Server, name: str, value: object, received: str) -> None:
    assert received in inputs.output(**{name: value})


def test_a_secret_prints_masked(inputs: Server) -> None:
    assert "Secret(**********)" in inputs.output(secret="s3cret")


def test_inputs_left_out_have_the_defaults_of_the_signature(inputs: Server) -> None:
    received = inputs.output()
    for part in ("'text': 'none'", "'count': 1", "'words': []", "'chosen': 'a'", "Size.SMALL", "'bare': None"):
        assert part in received


@pytest.mark.parametrize("body", [{}, {"input": None}, {"input": {}}, {"id": None}])
def test_a_body_without_input_is_an_empty_input(inputs: Server, body: object) -> None:
    answer = inputs.request("POST", "/predictions", body)
    assert (answer.status, answer.json["status"]) == (200, "succeeded")


def test_unknown_inputs_are_dropped_with_a_warning(inputs: Server) -> None:
    assert "zebra" not in inputs.output(zebra=[1, {"a": 2}], text="kept")
    inputs.wait_for_log("WARN.*zebra")


def test_unknown_fields_of_the_body_are_ignored(inputs: Server) -> None:
    answer = inputs.create({"text": "kept"}, created_at=7, version=None, stream=True, output_file_prefix=[1])
    assert answer.json["status"] == "succeeded"


def test_the_last_of_repeated_inputs_counts(inputs: Server) -> None:
    body = b'{"input":{"count":"wrong","text":"first","count":2,"text":"last"}}'
    answer = inputs.request("POST", "/predictions", body, headers={"Content-Type": "application/json"})
    assert "'text': 'last', 'count': 2" in answer.json["output"]


def test_the_context_reaches_the_model(inputs: Server) -> None:
    answer = inputs.create({}, context={"tenant": "acme"})
    assert "'tenant': 'acme'" in answer.json["output"]
    assert "context" not in answer.json


def test_an_answer_has_exactly_the_documented_fields(inputs: Server) -> None:
    answer = inputs.create({})
    assert list(answer.json) == ["id", "logs", "metrics", "output", "status"]
    assert list(answer.json["metrics"]) == ["predict_time"]
    assert isinstance(answer.json["metrics"]["predict_time"], float)
    assert re.fullmatch("pred_[0-9a-f]+", answer.json["id"])
    assert not answer.body.endswith(b"\n") and b'": ' not in answer.body


def test_an_id_given_is_the_id_answered(inputs: Server) -> None:
    assert inputs.create({}, id="job-17").json["id"] == "job-17"
    posted = inputs.request("POST", "/predictions", {"id": "job/18 é", "input": {}})
    assert posted.json["id"] == "job/18 é"


def test_generated_ids_differ(inputs: Server) -> None:
    assert len({inputs.predict()["id"] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("'é\U0001f600'", '"é\U0001f600"'),
        ("12", "12"),
        ("2**63", "9223372036854775808"),
        ("2.0", "2.0"),
        ("0.1", "0.1"),
        ("True", "true"),
        ("None", "null"),
        ("[1]", "[1]"),
        ("[]", "[]"),
        ("[None]", "[null]"),
        ("('a', 'b')", '["a","b"]'),
        ("{7}", "[7]"),
        ("{'b': 1, 'a': {'d': 1, 'c': 2}}", '{"a":{"c":2,"d":1},"b":1}'),
        ("{1: 'x', None: 'y', True: 'z'}", '{"1":"z","null":"y"}'),
        ("OrderedDict(b=1, a=Colour.RED)", '{"a":"red","b":1}'),
        ("namedtuple('Pair', 'x y')(1, 2)", "[1,2]"),
        ("Outer(inner=Inner(score=1.5), tags=['t'])", '{"inner":{"note":null,"score":1.5},"tags":["t"]}'),
        ("[Point(1, 2), Point(3, 4)]", '[{"x":1,"y":2},{"x":3,"y":4}]'),
        ("Dumped()", '{"when":"2026-03-01T09:30:00"}'),
        ("Colour.RED", '"red"'),
        ("uuid.UUID(int=7)", '"00000000-0000-0000-0000-000000000007"'),
        ("Secret('s3cret')", '"**********"'),
        ("several(1, 'two', {'three': 3})", '[1,"two",{"three":3}]'),
        ("several()", "[]"),
        ("{'inside': several(1, 2)}", '{"inside":[1,2]}'),
        ("'x' * 3000000", '"' + "x" * 3000000 + '"'),
    ],
)
def test_a_result_is_written_as_json(outputs: Server, code: str, output: str) -> None:
    answer = outputs.create({"code": code})
    assert answer.json["status"] == "succeeded", answer.text[:1000]
    assert f'"output":{output},' in answer.text


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("1 / 0", "Prediction failed: Prediction failed: ZeroDivisionError: division by zero"),
        ("exit(3)", "Prediction failed: Prediction failed: SystemExit: 3"),
        ("several().throw(KeyboardInterrupt)", "Prediction failed: Prediction failed: KeyboardInterrupt: "),
        (
            "object()",
            "Prediction failed: Failed to serialize output: TypeError: Object of type object is not JSON serializable",
        ),
        (
            "[1, {'deep': [b'x']}]",
            "Prediction failed: Failed to serialize output item: TypeError: "
            "Object of type bytes is not JSON serializable at $[1].deep[0]",
        ),
        ("float('nan')", "Prediction failed: Failed to parse output JSON: nan is not valid JSON"),
        ("{'a': [float('inf')]}", "Prediction failed: Failed to parse output JSON: inf is not valid JSON at $.a[0]"),
        ("'\\ud800'", "Prediction failed: Failed to parse output JSON: lone surrogate \\ud800 is not valid JSON"),
        (
            "(x for x in [1, object()])",
            "Prediction failed: Failed to serialize output item: TypeError: "
            "Object of type object is not JSON serializable",
        ),
        ("(1 / x for x in [0])", "Prediction failed: Generator iteration error: ZeroDivisionError: division by zero"),
    ],
)
def test_a_failure_is_told_in_the_answer(outputs: Server, code: str, error: str) -> None:
    prediction = outputs.predict(code=code)
    assert list(prediction) == ["error", "id", "logs", "metrics", "status"]
    assert (prediction["status"], prediction["error"]) == ("failed", error)
    assert prediction["metrics"]["predict_time"] > 0
    assert outputs.output(code="'next'") == "next"


def test_the_type_of_an_error_is_its_qualified_name(serve: Serve) -> None:
    server = serve(
        """
class Model:
    class Oops(Exception):
        pass

    def run(self) -> str:
        raise Model.Oops("äh")
""",
        reference="model.py:Model",
    )
    assert server.predict()["error"] == "Prediction failed: Prediction failed: Model.Oops: äh"


def test_an_iterator_gives_a_list(streams: Server) -> None:
    assert streams.output(count=3) == ["chunk-0", "chunk-1", "chunk-2"]
    assert streams.output(count=0) == []
    assert len(streams.output(count=5000)) == 5000


def test_a_failed_iterator_answers_without_what_it_has_yielded(streams: Server) -> None:
    prediction = streams.predict(count=2, fail=True)
    assert "output" not in prediction
    assert prediction["error"] == "Prediction failed: Generator iteration error: RuntimeError: boom"


@pytest.mark.parametrize(
    ("annotation", "code", "output"),
    [
        ("ConcatenateIterator[str]", "iter(['Hel', 'lo'])", ["Hel", "lo"]),
        ("List[str]", "['one']", ["one"]),
        ("List[int]", "None", []),
        ("Out", "Out(text='t', size=2)", {"size": 2, "text": "t"}),
        ("Optional[str]", "None", None),
        ("Dict[str, int]", "{'a': 1}", {"a": 1}),
    ],
)
def test_annotated_results(serve: Serve, annotation: str, code: str, output: object) -> None:
    server = serve(f"""
from typing import Dict, List, Optional
from cog import BaseModel, BasePredictor, ConcatenateIterator

class Out(BaseModel):
    text: str
    size: int

class Predictor(BasePredictor):
    def predict(self) -> {annotation}:
        return {code}
""")
    assert server.output() == output


def test_a_function_is_a_model(serve: Serve) -> None:
    server = serve(
        "def greet(name: str = 'you', times: int = 1) -> str:\n    return f'hello {name}' * times\n",
        reference="hello.py:greet",
    )
    assert server.output(name="Ada", times=2) == "hello Adahello Ada"


def test_a_model_keeps_its_state_and_its_main_thread(serve: Serve) -> None:
    server = serve(
        """
import threading
from cog import BaseRunner

class Runner(BaseRunner):
    def setup(self) -> None:
        self.seen = []

    def run(self, name: str) -> list:
        assert threading.current_thread() is threading.main_thread()
        self.seen.append(name)
        return self.seen
""",
        reference="model.py:Runner",
    )
    server.output(name="a")
    assert server.output(name="b") == ["a", "b"]


def test_put_on_an_id_in_flight_shows_its_state(serve: Serve) -> None:
    server = serve(SLOW)
    running = server.begin(id="job", text="hidden", secret="s3cret", zebra=1)
    server.wait_for_file("started")
    shown = server.put("job", {"input": {"text": 5}})
    assert shown.status == 202
    assert shown.json == {
        "id": "job",
        "input": {"secret": "**********", "text": "hidden"},
        "logs": "first line\n",
        "metrics": {},
        "output": ["part"],
        "status": "processing",
    }
    refused = server.request("POST", "/predictions", {"id": "job", "input": {"text": "x", "secret": "y"}})
    assert (refused.status, refused.json["status"]) == (409, "failed")
    assert "in flight" in refused.json["error"]
    (server.project / "go").touch()
    assert running.result()["output"] == ["part"]
    again = server.create({"text": "again", "secret": "z"}, id="job")
    assert again.status == 200


def test_no_free_slot_is_refused_at_once(serve: Serve) -> None:
    server = serve(SLOW)
    running = server.begin(text="a", secret="b")
    server.wait_until("BUSY")
    refused = server.create({"text": "a", "secret": "b"})
    assert refused.status == 409
    assert refused.json == {"error": "At capacity - all prediction slots busy", "status": "failed"}
    assert int(refused.headers["retry-after"]) > 0
    server.wait_for_file("started")
    (server.project / "go").touch()
    assert running.result()["status"] == "succeeded"
    assert server.health()["status"] == "READY"


@pytest.mark.parametrize("leaves", ["closes the connection", "closes its sending side"])
def test_a_client_that_leaves_cancels_its_prediction(serve: Serve, leaves: str) -> None:
    server = serve(SLOW)
    body = json.dumps({"input": {"text": "a", "secret": "b"}}).encode()
    with server.open_socket() as client:
        client.sendall(
            b"POST /predictions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        server.wait_for_file("started")
        client.close() if leaves == "closes the connection" else client.shutdown(socket.SHUT_WR)
        assert server.wait_for_file("cancelled").read_text() == "CancelationException"
    server.wait_until("READY")
    assert len(server.workers()) == 1


def test_ten_thousand_in_a_row_on_one_connection(serve: Serve) -> None:
    server = serve(Path(__file__).parents[2] / "examples/hello-world/predict.py")
    connection = server.connect()
    headers = {"Content-Type": "application/json"}
    bodies = [(b'{"input":{"name":"%d"}}' % index, f'"output":"hello {index}"'.encode()) for index in range(10_000)]
    statuses = set()
    for body, expected in bodies:
        connection.request("POST", "/predictions", body, headers)
        answer = connection.getresponse()
        statuses.add(answer.status)
        assert expected in answer.read()
    connection.close()
    assert statuses == {200}
    assert server.health()["status"] == "READY"


SLOW = """
import time
from pathlib import Path
from typing import Iterator
from cog import BasePredictor, CancelationException, Secret

class Predictor(BasePredictor):
    def predict(self, text: str, secret: Secret) -> Iterator[str]:
        print("first line")
        yield "part"
        Path("started").touch()
        try:
            while not Path("go").exists():
                time.sleep(0.01)
        except CancelationException as error:
            Path("cancelling").write_text(type(error).__name__)
            Path("cancelling").rename("cancelled")
            raise
"""
