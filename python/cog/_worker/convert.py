"""Turns the results of models into JSON's own types, taking the files in them."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import io
import os
import sys
import uuid
from typing import Any, Callable, Optional

from cog._worker import files
from cog._worker.errors import PredictionError, describe

_ARRAYS = (
    list,
    tuple,
    set,
    frozenset,
    range,
    collections.deque,
    collections.abc.KeysView,
    collections.abc.ValuesView,
    collections.abc.ItemsView,
    collections.abc.Iterator,
)


class UnsuitableError(Exception):
    """A value that has no form in JSON; the cause, a TypeError or ValueError, says which and where."""


class Converter:
    """For one result. Files become the text that `mark` gives for their path and MIME type."""

    def __init__(self, output_files: files.OutputFiles, mark: Callable[[str, str], str]) -> None:
        self._files = output_files
        self._mark = mark
        self._open: set[int] = set()  # containers that are being converted, to find those within themselves

    def convert(self, value: Any, path: str = "$", top: bool = True) -> Any:
        """`top`: the value is the result, an item of a list that is the result, or a chunk.

        Raises UnsuitableError, or what the model's own code raises, or an OSError that names a file.
        """
        kind = type(value)
        if kind is str or kind is int or kind is float or kind is bool or value is None:
            return value
        if kind is dict:
            return self._nested(self._dict, value, path)
        if kind is list or kind is tuple:
            return self._nested(self._array, value, path, top and path == "$")
        if isinstance(value, type):
            raise _unsuitable(value, path)
        simple = _simple(value)
        if simple is not None:
            return simple
        fields = _fields(value)
        if fields is not None:
            return self._nested(self._dict, fields, path) if type(fields) is dict else self.convert(fields, path, False)
        if isinstance(value, enum.Enum):
            return self.convert(value.value, path, top)
        if isinstance(value, dict):
            return self._nested(self._dict, value, path)
        if isinstance(value, os.PathLike):
            return self._file(self._files.take(os.fspath(value)), top)
        if isinstance(value, io.IOBase) or callable(getattr(value, "read", None)):
            return self._file(self._written(value), top)
        if isinstance(value, _ARRAYS):
            return self._nested(self._array, value, path, top and path == "$" and isinstance(value, (list, tuple)))
        if isinstance(value, (str, int, float)):
            return value
        return self._numpy(value, path)

    def _nested(self, convert: Callable[..., Any], value: Any, path: str, *more: Any) -> Any:
        mark = id(value)
        if mark in self._open:
            raise UnsuitableError from ValueError(f"Circular reference detected{_at(path)}")
        self._open.add(mark)
        try:
            return convert(value, path, *more)
        finally:
            self._open.discard(mark)

    def _dict(self, value: Any, path: str) -> dict[str, Any]:
        return {_key(key, path): self.convert(item, f"{path}.{key}", False) for key, item in value.items()}

    def _array(self, value: Any, path: str, top: bool = False) -> list[Any]:
        return [self.convert(item, f"{path}[{index}]", top) for index, item in enumerate(value)]

    def _file(self, path: str, top: bool) -> str:
        return self._mark(path, files.mime_at_top(path) if top else files.mime_nested(path))

    def _written(self, stream: Any) -> str:
        try:
            return self._files.write(stream)
        except Exception as error:
            raise PredictionError(f"Prediction failed: Failed to read IOBase: {describe(error)}") from error

    def _numpy(self, value: Any, path: str) -> Any:
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
            raise _unsuitable(value, path)
        if value.dtype.kind in "biuf":
            return value.tolist()
        plain = value.tolist()
        if isinstance(plain, (bytes, complex)) or plain is value:
            raise _unsuitable(value, path)
        return self.convert(plain, path, False)


def _simple(value: Any) -> Optional[Any]:
    """The number or text that stands for a value of the standard library's; None if it is none of those."""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, decimal.Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if callable(getattr(value, "get_secret_value", None)):
        return str(value)
    return None


def _fields(value: Any) -> Optional[Any]:
    """The members of a model object; None if it is none."""
    for name in ("model_dump", "dict"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return None


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return key
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, (int, float)) and not isinstance(key, enum.Enum):
        return float.__repr__(key) if isinstance(key, float) else int.__repr__(key)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(key, numpy.integer):
        return int.__repr__(int(key))
    if numpy is not None and isinstance(key, numpy.floating):
        return float.__repr__(float(key))
    if numpy is not None and isinstance(key, numpy.bool_):
        return "true" if key else "false"
    name = type(key).__name__
    raise UnsuitableError from TypeError(f"keys must be str, int, float, bool or None, not {name}{_at(path)}")


def _unsuitable(value: Any, path: str) -> UnsuitableError:
    error = UnsuitableError()
    error.__cause__ = TypeError(f"Object of type {type(value).__name__} is not JSON serializable{_at(path)}")
    return error


def _at(path: str) -> str:
    return "" if path == "$" else f" at {path}"


def find_unencodable(value: Any, path: str = "$") -> Optional[str]:
    """What in a value of JSON's own types has no form in JSON, and where."""
    if isinstance(value, str):
        return _surrogate(value, path)
    if isinstance(value, float):
        return None if abs(value) < float("inf") else f"{value} is not valid JSON{_at(path)}"
    if isinstance(value, dict):
        for key, item in value.items():
            found = find_unencodable(key, path) or find_unencodable(item, f"{path}.{key}")
            if found:
                return found
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            found = find_unencodable(item, f"{path}[{index}]")
            if found:
                return found
    return None


def _surrogate(text: str, path: str) -> Optional[str]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"lone surrogate {ascii(text[error.start])[1:-1]} is not valid JSON{_at(path)}"
    return None
