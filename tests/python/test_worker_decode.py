"""The reader of inputs says what `json` says, also where it takes the short way with long texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cog._worker.decode import LONG, decode

LONG_TEXT = "The quick brown fox. " * (LONG // 20)
VALUES: list[Any] = [
    {},
    {"text": LONG_TEXT},
    {"text": LONG_TEXT, "more": [1, 2.5, None, True, {"a": LONG_TEXT}], "last": "end"},
    {"a": "", "b": LONG_TEXT + '\n\\ " \u00e9 \U0001f600', "c": {"d": {}}},
    {'\u00e9"': "\u00e9" * LONG, "\U0001f600": "\U0001f600" * LONG},
    {"list": ["x"] * LONG, "object": {str(i): i for i in range(LONG)}},
    [LONG_TEXT],
    LONG_TEXT,
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize("plain_ascii", [True, False])
@pytest.mark.parametrize("layout", ["compact", "usual", "wide"])
def test_reads_what_json_reads(value: Any, plain_ascii: bool, layout: str) -> None:
    layouts: dict[str, dict[str, Any]] = {"compact": {"separators": (",", ":")}, "usual": {}, "wide": {"indent": 3}}
    text = json.dumps(value, ensure_ascii=plain_ascii, **layouts[layout])
    assert decode(text) == value
    assert decode(f" \t\r\n{text}") == value


def test_the_last_of_members_with_one_name_counts() -> None:
    assert decode(f'{{"a": "{LONG_TEXT}", "a" : "second"  , "b":[]  }}') == {"a": "second", "b": []}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nothing",
        f'{{"a": "{LONG_TEXT}',
        f'{{"a": "{LONG_TEXT}"',
        f'{{"a": "{LONG_TEXT}",',
        f'{{"a": {LONG_TEXT}}}',
        f'{{"a": "{LONG_TEXT}\\',
    ],
    ids=range(8),
)
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)
