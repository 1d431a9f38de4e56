"""Inputs that the schema does not allow: all that is wrong with them, in order, and the model never hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from server import Answer, Server

MODEL = """
from pathlib import Path as File
from typing import List, Optional, Union
from cog import BasePredictor, Input, Path, Secret

class Predictor(BasePredictor):
    def predict(
        self,
        prompt: str = Input(min_length=2, max_length=5, regex="^[a-zé]+$"),
        count: int = Input(default=1, ge=1, le=10),
        ratio: float = Input(default=0.5, ge=0, le=1.5),
        flag: bool = False,
        size: str = Input(default="small", choices=["small", "medium", "large"]),
        level: int = Input(default=1, choices=[1, 2]),
        numbers: List[int] = [],
        mixed: Union[str, int] = "none",
        free: dict = {},
        image: Optional[Path] = None,
        secret: Secret = Secret("none"),
        seed: Optional[int] = None,
        zoom: float = Input(),
    ) -> str:
        File("ran").touch()
        return f"{count!r} {seed!r}"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("validation"), MODEL) as server:
        yield server
        assert server.health()["status"] == "READY"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    model = "def greet(name: str = 'you') -> str:\n    return name\n"
    with Server(tmp_path_factory.mktemp("plain"), model, reference="model.py:greet") as server:
        yield server


def entry(field: str, message: str, kind: str = "value_error") -> dict[str, Any]:
    return {"loc": ["body", "input", field], "msg": message, "type": kind}


def detail(answer: Answer) -> Any:
    assert answer.status == 422, answer
    assert list(answer.json) == ["detail"]
    return answer.json["detail"]


@pytest.mark.parametrize(
    ("field", "value", "messages"),
    [
        ("count", "lots", ['"lots" is not of type "integer"']),
        ("count", 1.5, ['1.5 is not of type "integer"']),
        ("count", True, ['true is not of type "integer"']),
        ("count", None, ['null is not of type "integer"']),
        ("count", [1], ['[1] is not of type "integer"']),
        ("count", 0, ["0 is less than the minimum of 1"]),
        ("count", 99, ["99 is greater than the maximum of 10"]),
        ("ratio", -0.5, ["-0.5 is less than the minimum of 0"]),
        ("ratio", 2, ["2 is greater than the maximum of 1.5"]),
        ("ratio", "1", ['"1" is not of type "number"']),
        ("flag", 1, ['1 is not of type "boolean"']),
        ("flag", "true", ['"true" is not of type "boolean"']),
        ("prompt", 7, ['7 is not of type "string"']),
        ("prompt", "a", ['"a" is shorter than 2 characters']),
        ("prompt", "éééééé", ['"éééééé" is longer than 5 characters']),
        ("prompt", "BAD", ['"BAD" does not match "^[a-zé]+$"']),
        (
            "prompt",
            "TOOLONG",
            ['"TOOLONG" is longer than 5 characters', '"TOOLONG" does not match "^[a-zé]+$"'],
        ),
        ("size", "huge", ['"huge" is not one of ["small","medium","large"]']),
        ("size", 7, ['7 is not one of ["small","medium","large"]', '7 is not of type "string"']),
        ("level", 3, ["3 is not one of [1,2]"]),
        ("numbers", 1, ['1 is not of type "array"']),
        ("mixed", True, ["true is not valid under any of the schemas listed in the 'anyOf' keyword"]),
        ("free", [], ['[] is not of type "object"']),
        ("image", 5, ['5 is not of type "string"']),
        ("secret", 5, ['"**********" is not of type "string"']),
    ],
)
def test_a_wrong_value_is_named(server: Server, field: str, value: object, messages: list[str]) -> None:
    answer = server.create({"prompt": "good", "zoom": 1, field: value})
    assert detail(answer) == [entry(field, message) for message in messages]


def test_a_wrong_item_is_named_by_its_place(server: Server) -> None:
    answer = server.create({"prompt": "good", "zoom": 1, "numbers": ["a", 2, None]})
    expected = [
        entry("numbers/0", '"a" is not of type "integer"'),
        entry("numbers/2", 'null is not of type "integer"'),
    ]
    assert detail(answer) == expected


def test_all_errors_come_in_order(server: Server) -> None:
    answer = server.create({"zebra": 1, "size": 1, "numbers": ["x"], "count": 0})
    assert detail(answer) == [
        entry("count", "0 is less than the minimum of 1"),
        entry("numbers/0", '"x" is not of type "integer"'),
        entry("size", '1 is not one of ["small","medium","large"]'),
        entry("size", '1 is not of type "string"'),
        entry("prompt", "Field required", "value_error.missing"),
        entry("zoom", "Field required", "value_error.missing"),
    ]


@pytest.mark.parametrize(("value", "shown"), [("text", '"text"'), ([], "[]"), (5, "5")])
def test_an_input_that_is_no_object(plain: Server, value: object, shown: str) -> None:
    assert detail(plain.create(value)) == [entry("__root__", f'{shown} is not of type "object"')]


def test_an_input_that_is_no_object_is_not_shown_where_a_secret_may_be_in_it(server: Server) -> None:
    assert detail(server.create("s3cret")) == [entry("__root__", '"**********" is not of type "object"')]


def test_an_id_in_the_body_that_is_not_the_paths(server: Server) -> None:
    answer = server.put("one", {"id": "two", "input": {"count": "also wrong"}})
    message = "prediction ID must match the ID supplied in the URL"
    assert detail(answer) == [{"loc": ["body", "id"], "msg": message, "type": "value_error"}]


def test_put_is_validated_like_post(server: Server) -> None:
    answer = server.create({"prompt": "good", "zoom": "x"}, id="job")
    assert detail(answer) == [entry("zoom", '"x" is not of type "number"')]


def test_what_is_at_the_limits_is_valid(server: Server) -> None:
    for count in (1, 10, 3.0):
        assert server.predict(prompt="éé", zoom=1, count=count)["status"] == "succeeded"
    assert server.predict(prompt="abcde", zoom=-5, ratio=0, seed=None)["status"] == "succeeded"


def test_the_model_does_not_hear_of_invalid_inputs(server: Server) -> None:
    ran = server.project / "ran"
    ran.unlink(missing_ok=True)
    assert server.create({"count": 0}).status == 422
    assert not ran.exists()
    server.output(prompt="good", zoom=1)
    assert ran.exists()
