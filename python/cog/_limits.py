"""Bounds, lengths and patterns of inputs, checked with the words that the server uses."""

from __future__ import annotations

from typing import Any, Callable

from cog._input_errors import InputError, LocalFile, shown
from cog._input_types import InputType
from cog.input import FieldInfo

_SPACES = "\\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def checks_of(shape: InputType, field: FieldInfo) -> list[Callable[[Any], None]]:
    kind = shape.items.kind if shape.kind == "choices" and shape.items is not None else shape.kind
    checks: list[Callable[[Any], None]] = []
    if kind in ("integer", "number"):
        if field.ge is not None:
            checks.append(_at_least(field.ge))
        if field.le is not None:
            checks.append(_at_most(field.le))
    if kind in ("string", "path", "file", "secret"):
        if field.min_length is not None:
            checks.append(_not_shorter(field.min_length))
        if field.max_length is not None:
            checks.append(_not_longer(field.max_length))
        if field.regex is not None:
            checks.append(_matching(field.regex))
    return checks


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _at_least(bound: float) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if _is_number(value) and not value >= bound:
            raise InputError(f"{shown(value)} is less than the minimum of {shown(bound)}")

    return check


def _at_most(bound: float) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if _is_number(value) and not value <= bound:
            raise InputError(f"{shown(value)} is greater than the maximum of {shown(bound)}")

    return check


def _not_shorter(limit: int) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if isinstance(value, str) and type(value) is not LocalFile and len(value) < limit:
            raise InputError(f"{shown(value)} is shorter than {limit} character{'s' * (limit != 1)}")

    return check


def _not_longer(limit: int) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if isinstance(value, str) and type(value) is not LocalFile and len(value) > limit:
            raise InputError(f"{shown(value)} is longer than {limit} character{'s' * (limit != 1)}")

    return check


def _matching(pattern: str) -> Callable[[Any], None]:
    import re

    try:
        expression = re.compile(_translated(pattern), re.ASCII)
    except re.error:  # written for the server's dialect, which has checked it
        return lambda value: None

    def check(value: Any) -> None:
        if isinstance(value, str) and type(value) is not LocalFile and not expression.search(value):
            raise InputError(f'{shown(value)} does not match "{pattern}"')

    return check


def _translated(pattern: str) -> str:
    """The server's dialect in Python's: `$` is the very end, and `\\s` knows the spaces of Unicode."""
    parts: list[str] = []
    characters = iter(pattern)
    inside = False  # a class, such as [a-z]
    for character in characters:
        if character == "\\":
            character += next(characters, "")
            if character == r"\s":
                character = _SPACES if inside else f"[{_SPACES}]"
            elif character == r"\S" and not inside:
                character = f"[^{_SPACES}]"
        elif character in "[]":
            inside = character == "["
        elif character == "$" and not inside:
            character = r"\Z"
        parts.append(character)
    return "".join(parts)
