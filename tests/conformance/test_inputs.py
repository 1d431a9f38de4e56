"""The cases of tests/wire/inputs.json, put to the reference: it judges as written there, or a case names the row of
differences.md that says why not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from package_venv import Unavailable
from pair import REFERENCE, ROOT, Running, eventually
from scenario import Setting

TABLE = json.loads((ROOT / "tests" / "wire" / "inputs.json").read_text())
ROWS = set(re.findall(r"^\| `([a-z0-9-]+)` \|", (Path(__file__).parent / "differences.md").read_text(), re.MULTILINE))


def model_source(declared: dict[str, str]) -> str:
    parameters = "".join(f"        {name}: {text},\n" for name, text in declared.items())
    head = "\n".join(TABLE["head"])
    function = f"    def run(\n        self,\n        *,\n{parameters}    ) -> str:\n        return 'ran'\n"
    return f"{head}\n\n\nclass Runner(BaseRunner):\n{function}"


def served(declared: dict[str, str]) -> Iterator[Running]:
    try:
        REFERENCE.install()
    except Unavailable as reason:
        pytest.skip(str(reason))
    running = Running(Setting("table:Runner"), False, {"table.py": model_source(declared)})
    try:
        yield running.ready()
    finally:
        running.stop()


@pytest.fixture(scope="module")
def one_by_one() -> Iterator[Running]:
    yield from served({one["name"]: one["declared"] for one in TABLE["inputs"]})


@pytest.fixture(scope="module")
def whole() -> Iterator[Running]:
    yield from served(TABLE["whole"]["declared"])


def judge(server: Running, text: str) -> list[list[str]]:
    """The errors that the reference finds in an input; none if it runs."""
    answers: list[tuple[int, Any]] = []

    def is_answered() -> bool:
        connection = server.connect()
        body = f'{{"input":{text}}}'.encode()
        connection.request("POST", "/predictions", body, {"Content-Type": "application/json", "Connection": "close"})
        answer = connection.getresponse()
        answers.append((answer.status, json.loads(answer.read())))
        return answer.status != 409  # the slot of the prediction before comes back a little late

    eventually(is_answered, "an answer")
    status, answer = answers[-1]
    if status == 422:
        return [[error["loc"][2], error["msg"]] for error in answer["detail"]]
    assert (status, answer["status"]) == (200, "succeeded"), answer
    return []


def compare(server: Running, text: str, case: dict[str, Any]) -> None:
    told = judge(server, text)
    if "difference" in case:
        assert case["difference"] in ROWS
        assert told != case.get("errors", []), f"{text}: the difference is gone"
    else:
        assert told == case.get("errors", []), text


@pytest.mark.parametrize("one", TABLE["inputs"], ids=lambda one: one["name"])
def test_the_reference_judges_each_value_alike(one_by_one: Running, one: dict[str, Any]) -> None:
    for case in one["cases"]:
        compare(one_by_one, f'{{"{one["name"]}":{case["json"]}}}', case)


def test_the_reference_judges_whole_inputs_alike(whole: Running) -> None:
    for case in TABLE["whole"]["cases"]:
        compare(whole, case["json"], case)
