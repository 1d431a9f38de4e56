"""The cases of tests/wire/inputs.json: the worker judges each value as the server's edge does."""

import json
from pathlib import Path
from typing import Any

import pytest
from sdk_model import inside

from cog._inputs import Binder, InputError
from cog._loader import load
from cog._schema import document

TABLE = json.loads((Path(__file__).parents[1] / "wire" / "inputs.json").read_text())
INPUTS = TABLE["inputs"]


def loaded(folder: Path, declared: dict[str, str]) -> Any:
    """A model with these parameters."""
    parameters = "".join(f"        {name}: {text},\n" for name, text in declared.items())
    head = "\n".join(TABLE["head"])
    function = f"    def run(\n        self,\n        *,\n{parameters}    ) -> str: ...\n"
    (folder / "table.py").write_text(f"{head}\n\nclass Runner(BaseRunner):\n{function}")
    with inside(folder):
        return load("table.py:Runner")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return loaded(tmp_path_factory.mktemp("table"), {one["name"]: one["declared"] for one in INPUTS})


@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one["name"])
def test_the_document_of_each_input(model, one):
    schemas = document(model)["components"]["schemas"]
    assert schemas["Input"]["properties"][one["name"]] == one["property"]
    assert {name: schemas[name] for name in one.get("components", {})} == one.get("components", {})


@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one["name"])
def test_the_worker_judges_every_value_as_written(model, one):
    binder = Binder(model)
    name = one["name"]
    for case in one["cases"]:
        try:
            got = repr(binder.bind({name: json.loads(case["json"])}, ())[name])
        except InputError as error:
            place, _, message = str(error).partition(": ")
            assert place == name
            assert message in [told for _, told in case.get("errors", ())], case
        else:
            assert got == case.get("value"), case


def test_the_document_of_a_whole_input(tmp_path):
    whole = TABLE["whole"]
    assert document(loaded(tmp_path, whole["declared"]))["components"]["schemas"]["Input"] == whole["input"]
