"""The table of media types, as tests/wire/media_types.json and the C++ built from it have it."""

import json
from pathlib import Path

import pytest

from cog._media_types import TABLE, extension_of, media_type_of

ROWS = json.loads((Path(__file__).parents[1] / "wire" / "media_types.json").read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_both_directions(row):
    assert media_type_of(row["name"]) == row["type"]
    for name in (row["type"], *row["aliases"]):
        assert extension_of(name) == row["extension"]
    assert media_type_of(f"x{row['extension']}") == row["type"]


def test_every_type_leads_back_to_itself():
    for extension, names in TABLE.items():
        assert media_type_of(f"x.{extension}") == names.split()[0]
        for name in names.split():
            back = extension_of(name)
            assert back is not None and name in TABLE[back[1:]].split() and name == name.lower()


@pytest.mark.parametrize("name", ["a", ".wav", "folder.wav/a", "a.", "", "a.safetensors"])
def test_names_that_tell_nothing(name):
    assert media_type_of(name) is None
