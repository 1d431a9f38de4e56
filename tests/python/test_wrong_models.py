"""What authors are told of wrong models: word for word, the same by loading as by reading the source."""

import re
import warnings
from pathlib import Path

import pytest
from sdk_model import inside

from cog._loader import load
from cog._schema import document
from cog._static import describe

HEAD = "from typing import *; import dataclasses, enum, functools; from cog import *; from cog import Input, Path\n"
_, *PIECES = re.split(r"^== (.*)\n(?:-- (.*)\n)?", (Path(__file__).parent / "wrong_models.txt").read_text(), flags=re.M)
MODELS = list(zip(PIECES[::3], PIECES[1::3], PIECES[2::3]))


def told(folder, describe_it):
    """The error, with lines counted below the imports."""
    with inside(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            document(describe_it("wrong_model.py:M"))
        except Exception as error:
            message = f"{type(error).__name__}: {error}".replace(str(folder / "wrong_model.py"), "MODEL")
            return re.sub(r", line (\d+)", lambda line: f", line {int(line[1]) - 1}", message)
    return "described"


@pytest.mark.parametrize("loading, reading, text", MODELS, ids=[text.split("\n")[-3].strip() for _, _, text in MODELS])
def test_the_error_says_what_is_wrong_and_where(tmp_path, loading, reading, text):
    (tmp_path / "wrong_model.py").write_text(HEAD + text)
    assert told(tmp_path, load) == loading
    assert told(tmp_path, describe) == (reading or loading)


def test_there_are_enough_of_them():
    assert len(MODELS) >= 40
