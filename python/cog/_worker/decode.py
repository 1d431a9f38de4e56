"""Reads the input of a run frame, which the server has already found to be good JSON."""

from __future__ import annotations

import json
import json.decoder
import re
from typing import Any, Callable

_scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]
_scan_string: Callable[[str, int], tuple[str, int]] = vars(json.decoder)["scanstring"]
_skip = re.compile(r"[ \t\n\r]*").match

LONG = 16384  # characters; from here on searching for the ends of strings is faster than scanning them


def decode(text: str) -> Any:
    """Raises ValueError for what is no JSON."""
    try:
        if len(text) >= LONG and text[0] == "{":
            return _decode_members(text)
        return _scan(text, 0)[0]
    except (IndexError, StopIteration):  # white space in front, or no JSON at all
        return json.loads(text)


def _decode_members(text: str) -> dict[str, Any]:
    """An object; a string among its values that needs no unescaping is found by its quotes and copied as it is."""
    members: dict[str, Any] = {}
    at = _end_of_space(text, 1)
    while text[at] != "}":
        key, at = _scan_string(text, at + 1)
        at = _end_of_space(text, _end_of_space(text, at) + 1)  # past the colon
        members[key], at = _decode_string(text, at + 1) if text[at] == '"' else _scan(text, at)
        at = _end_of_space(text, at)
        if text[at] == ",":
            at = _end_of_space(text, at + 1)
    return members


def _decode_string(text: str, start: int) -> tuple[str, int]:
    end = text.index('"', start)
    if text.find("\\", start, end) < 0:
        return text[start:end], end + 1
    return _scan_string(text, start)


def _end_of_space(text: str, at: int) -> int:
    return at if text[at] > " " else _skip(text, at).end()  # type: ignore[union-attr]
