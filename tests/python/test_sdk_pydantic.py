"""Path, File and Secret as fields of pydantic's models."""

from __future__ import annotations

import io
from typing import Any, Optional

import pytest

import cog

pydantic = pytest.importorskip("pydantic", minversion="2")


def make_model() -> Any:
    fields = {"path": (cog.Path, ...), "secret": (cog.Secret, ...), "file": (Optional[cog.File], None)}
    return pydantic.create_model("Inputs", **fields)


def test_values_become_ours() -> None:
    made = make_model()(path="/etc/hostname", secret="hidden", file="data:text/plain,abc")
    assert type(made.path) is cog.Path and str(made.path) == "/etc/hostname"
    assert made.secret == cog.Secret("hidden")
    assert isinstance(made.file, io.BytesIO) and made.file.read() == b"abc"
    assert make_model()(path=cog.Path("a"), secret=cog.Secret("b")).path == cog.Path("a")


def test_a_dump_in_json_shows_no_secret() -> None:
    shown = make_model()(path="a", secret="hidden").model_dump_json()
    assert '"path":"a"' in shown and "hidden" not in shown


def test_the_json_schema() -> None:
    properties = make_model().model_json_schema()["properties"]
    assert properties["path"] == {"format": "uri", "title": "Path", "type": "string"}
    assert properties["secret"]["format"] == "password"


@pytest.mark.parametrize("field", ["path", "secret", "file"])
def test_other_values_are_problems_of_the_field(field: str) -> None:
    with pytest.raises(pydantic.ValidationError) as error:
        make_model()(**{"path": "a", "secret": "b", field: 3})
    assert [one["loc"] for one in error.value.errors()] == [(field,)]
