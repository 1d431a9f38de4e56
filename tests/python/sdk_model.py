"""Models of the SDK's tests, written to files of their own and loaded from there."""

from __future__ import annotations

import os
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from cog._inputs import Binder
from cog._loader import Model, load
from cog._schema import document

PRELUDE = """
import dataclasses, enum, functools, pathlib, sys, typing
from typing import *
import cog
from cog import *
from cog import Input, Path, File, Secret
"""


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def model(folder: Path, text: str, ref: str = "model.py:run", mode: str = "predict") -> Model:
    """Loads `ref` after its file was written with `text` below some imports."""
    file = folder / ref.partition(":")[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PRELUDE + textwrap.dedent(text))
    with inside(folder):
        return load(ref, mode)


def function(folder: Path, signature: str, body: str = "return None", head: str = "") -> Model:
    """A function `run` with these parameters."""
    return model(folder, f"{textwrap.dedent(head)}\ndef run({signature}) -> Any:\n    {body}\n")


def bind(loaded: Model, *files: str, **payload: Any) -> dict[str, Any]:
    return Binder(loaded).bind(payload, files)


def inputs(loaded: Model) -> dict[str, Any]:
    """The `Input` component."""
    component: dict[str, Any] = document(loaded)["components"]["schemas"]["Input"]
    return component


def fragment(loaded: Model, name: str = "x") -> dict[str, Any]:
    """The property of one input, without what every one has."""
    found = dict(inputs(loaded)["properties"][name])
    for key in ("title", "x-order"):
        found.pop(key, None)
    return found
