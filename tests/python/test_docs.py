"""docs/python.md: every public name has an example, and each example does what the page says."""

from __future__ import annotations

import asyncio
import contextlib
import doctest
import io
import json
import re
import shlex
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sdk_model import inside

import cog
from cog._inputs import Binder
from cog._loader import load
from cog._media_types import extension_of, media_type_of
from cog._schema import document
from cog._scope import Scope, enter, leave

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
SECTIONS = {
    title.strip("`"): body
    for title, body in re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def models() -> Iterator[Any]:
    """Each model of the page with the calls below it."""
    for title, body in SECTIONS.items():
        source = ""
        for kind, text in BLOCK.findall(body):
            if kind == "python":
                source = text
            elif kind == "console":
                yield pytest.param(source, text, id=title)


def calls(console):
    """The command lines and what each prints."""
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", console, re.MULTILINE):
        yield shlex.split(command), shown


def sent(inputs, name, text):
    schema = inputs[name]
    if schema.get("type") == "string":
        return text
    return json.loads(text)


async def collected(result):
    return [item async for item in result] if hasattr(result, "__aiter__") else await result


def printed(result):
    """What the tool prints on a terminal."""
    if isinstance(result, cog.BaseModel):
        result = vars(result)
    if isinstance(result, Path):
        return f"Written output to: output{extension_of(media_type_of(str(result)) or '') or ''}"
    return str(result) if isinstance(result, str) else json.dumps(result, indent=2, sort_keys=True)


def answer(model, inputs, arguments):
    """The prediction of `cog run ARGUMENTS`, in this process."""
    payload, files = {}, []
    for name, _, text in (one.partition("=") for one in arguments if one != "-i"):
        payload[name] = text[1:] if text.startswith("@") else sent(inputs, name, text)
        files += [f"/{name}"] if text.startswith("@") else []
    metrics = []
    enter(Scope({}, lambda *metric: metrics.append(metric)))
    try:
        result = model.run(**Binder(model).bind(payload, files))
        if model.asynchronous:
            result = asyncio.run(collected(result))
        elif hasattr(result, "__next__"):
            result = list(result)
    finally:
        leave()
    pieces = "x-cog-array-display" in document(model)["components"]["schemas"]["Output"]
    return printed("".join(result) if pieces else result)


def test_every_public_name_has_a_section_with_an_example():
    assert set(SECTIONS) == set(cog.__all__)
    for title, body in SECTIONS.items():
        assert {kind for kind, _ in BLOCK.findall(body)} & {"console", "pycon"}, title
        assert re.search(rf"\b{re.escape(title)}\b", "".join(text for _, text in BLOCK.findall(body))), title


@pytest.mark.parametrize("source, console", list(models()))
def test_the_models_print_what_the_page_says(tmp_path, source, console):
    (tmp_path / "run.py").write_text(source)
    (tmp_path / "note.txt").write_text("a note")
    assert source and console.startswith("$ cog run")
    name = re.search(r"^(?:class|def) (Runner|Predictor|run)\b", source, re.MULTILINE)[1]
    try:
        with inside(tmp_path), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = load(f"run.py:{name}")
            model.setup()
            inputs = document(model)["components"]["schemas"]["Input"]["properties"]
            for command, shown in calls(console):
                assert command[:2] == ["cog", "run"]
                with contextlib.redirect_stdout(io.StringIO()):
                    got = answer(model, inputs, command[2:])
                assert f"{got}\n" == shown
    finally:
        sys.modules.pop("run", None)


@pytest.mark.parametrize("title", [title for title, body in SECTIONS.items() if "```pycon" in body])
def test_the_shell_shows_what_the_page_says(title):
    for kind, text in BLOCK.findall(SECTIONS[title]):
        if kind == "pycon":
            example = doctest.DocTestParser().get_doctest(text, {}, title, str(PAGE), 0)
            assert doctest.DocTestRunner(verbose=False).run(example).failed == 0
            assert example.examples


@pytest.mark.parametrize(
    "name",
    sorted(set(cog.__all__) - {"__version__", "__build__", "ExperimentalFeatureWarning", "emit_metric", "Opaque"}),
)
def test_help_says_what_a_name_is_for(name):
    text = getattr(cog, name).__doc__
    assert text and text.split("\n")[0].endswith((".", ":"))
    assert name == "URLPath" or text.strip().count("\n") > 1, "an example"


def test_the_signature_in_the_help_is_readable():
    import inspect

    assert " at 0x" not in str(inspect.signature(cog.Input))
    assert str(inspect.signature(cog.Input)).startswith("(default: 'Any' = <not given>, *,")
    for name in inspect.signature(cog.Input).parameters:
        assert re.search(rf"^ *(\w+, )?{name}(, \w+)?: ", cog.Input.__doc__, re.MULTILINE), name
