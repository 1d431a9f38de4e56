"""Checks and conversions of single values, one function for each type of input."""

from __future__ import annotations

from enum import Enum
from typing import Any, Callable, Optional

from cog._input_errors import InputError, LocalFile, shown
from cog._input_types import InputType
from cog._limits import checks_of
from cog._structures import none_by_default
from cog.input import FieldInfo
from cog.types import Path, Secret

Convert = Callable[[Any], Any]

_SCHEMES = ("http:", "https:", "data:")


def converter(shape: InputType, field: Optional[FieldInfo]) -> Convert:
    """The function for one input; it raises InputError with the words that the server uses."""
    convert = _limited(_plain(shape), shape, field)
    if "secret" in (shape.kind, shape.items.kind if shape.items is not None else ""):
        convert = _masked(convert)
    return _optional(convert) if shape.nullable else convert


def _plain(shape: InputType) -> Convert:
    if shape.kind == "array":
        assert shape.items is not None
        return _array(_plain(shape.items))
    if shape.kind == "union":
        return _union([(_NATURAL.get(member.kind), _member(member)) for member in shape.members])
    if shape.kind == "choices":
        return _choices(shape)
    if shape.kind == "path":
        return _path(shape.owner)
    if shape.kind == "structure":
        return _structure(shape)
    if shape.kind == "secret":
        return _masked(_secret)
    return _SIMPLE[shape.kind]


def _member(shape: InputType) -> Convert:
    """Of a union: a number keeps its kind there, 1 or 1.0, since the annotation names more than one."""
    if shape.kind == "array":
        assert shape.items is not None
        return _array(_member(shape.items))
    return _kept(_plain(shape)) if shape.kind in ("integer", "number") else _plain(shape)


def _kept(convert: Convert) -> Convert:
    def check(value: Any) -> Any:
        convert(value)
        return value

    return check


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _masked(convert: Convert) -> Convert:
    def masked(value: Any) -> Any:
        try:
            return convert(value)
        except InputError as error:
            raise InputError(str(error).replace(shown(value), '"**********"')) from None

    return masked


def _wrong(value: Any, kind: str) -> InputError:
    return InputError(f'{shown(value)} is not of type "{kind}"')


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(value, "string")
    return str(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _integer(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if _is_whole(value):
        return int(value)
    raise _wrong(value, "integer")


def _number(value: Any) -> float:
    if isinstance(value, float):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise _wrong(value, "number")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(value, "boolean")


def _object(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, list)):
        raise _wrong(value, "object")
    return value


def _secret(value: Any) -> Secret:
    return value if isinstance(value, Secret) else Secret(_string(value))


def _file(value: Any) -> Any:
    if type(value) is LocalFile:
        return open(value, "rb")
    return value if hasattr(value, "read") else _string(value)


def _path(owner: type[Path]) -> Convert:
    def convert(value: Any) -> Any:
        if type(value) is not LocalFile and isinstance(value, str) and value[:6].lower().startswith(_SCHEMES):
            return value  # a URL that nobody has fetched, such as a default
        if isinstance(value, str) or hasattr(value, "__fspath__"):
            return value if type(value) is owner else owner(value)
        raise _wrong(value, "string")

    return convert


def _array(convert: Convert) -> Convert:
    def convert_all(values: Any) -> list[Any]:
        if not isinstance(values, list):
            raise _wrong(values, "array")
        return [convert(value) for value in values]

    return convert_all


def _union(members: list[tuple[Optional[type], Convert]]) -> Convert:
    def convert(value: Any) -> Any:
        for _, member in [*(m for m in members if type(value) is m[0]), *members]:
            try:
                return member(value)
            except InputError:
                continue
        raise InputError(f"{shown(value)} is not valid under any of the schemas listed in the 'anyOf' keyword")

    return convert


def _structure(shape: InputType) -> Convert:
    members = {name: converter(inner, None) for name, (inner, _) in shape.fields.items()}
    needed = [name for name, (inner, must) in shape.fields.items() if must and not inner.nullable]
    empty = [name for name, (inner, must) in shape.fields.items() if must and inner.nullable]
    left_out = none_by_default(shape.owner)  # the class has its own None, which it may not take as an argument

    def convert(value: Any) -> Any:
        if isinstance(value, shape.owner):
            return value  # a default
        if not isinstance(value, dict):
            raise _wrong(value, "object")
        for name in needed:
            if name not in value:
                raise InputError("Field required")
        arguments = {
            name: members[name](item)
            for name, item in value.items()
            if name in members and (item is not None or name not in left_out)
        }
        try:
            return shape.owner(**{**dict.fromkeys(empty), **arguments})
        except Exception as error:  # what the author's class asks for itself
            raise InputError(f"{type(error).__name__}: {error}") from error

    return convert


def _choices(shape: InputType) -> Convert:
    base = _plain(shape.items) if shape.items is not None and shape.items.kind != "choices" else _same
    table = {_key(value): _attempt(base, python) for value, python in shape.choices}
    members = [python for _, python in shape.choices]
    listed = shown([int(value) if _is_whole(value) else value for value, _ in shape.choices])

    def convert(value: Any) -> Any:
        key = _key(value)
        if key in table:
            return table[key]
        if any(value is member for member in members):
            return value
        raise InputError(f"{shown(value)} is not one of {listed}")

    return convert


def _same(value: Any) -> Any:
    return value


def _attempt(convert: Convert, value: Any) -> Any:
    """Enum members and listed values of another type stay as they are."""
    try:
        return value if isinstance(value, Enum) else convert(value)
    except InputError:
        return value


def _key(value: Any) -> Any:
    """Equal for equal JSON: 1 and 1.0 are the same, 1 and true are not."""
    if isinstance(value, (str, bool)) or value is None:
        return type(value).__name__, value
    if isinstance(value, (int, float)):
        return "number", value
    return "text", shown(value)


def _limited(convert: Convert, shape: InputType, field: Optional[FieldInfo]) -> Convert:
    checks = [] if field is None else checks_of(shape, field)
    if not checks:
        return convert

    def checked(value: Any) -> Any:
        for check in checks:
            check(value)
        return convert(value)

    return checked


_SIMPLE: dict[str, Convert] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "object": _object,
    "file": _file,
}
_NATURAL = {"string": str, "integer": int, "number": float, "boolean": bool, "object": dict, "array": list}
