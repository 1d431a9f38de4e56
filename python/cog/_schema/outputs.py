"""The component `Output`, from a return annotation."""

from __future__ import annotations

import collections
import collections.abc
import datetime
import decimal
import os
import pathlib
import typing
import uuid
from enum import Enum
from typing import Any, ForwardRef, get_args, get_origin

from cog._annotations import NoneType, is_union, name_of, strip, union_members
from cog._input_types import SCALARS
from cog._opaque import Opaque
from cog._schema.inputs import plain, title
from cog._structures import fields_of, hints_of
from cog.errors import SchemaError
from cog.types import AsyncConcatenateIterator, ConcatenateIterator, File, Secret, URLFile

_ITERATORS = (
    collections.abc.Iterator,
    collections.abc.AsyncIterator,
    collections.abc.Generator,
    collections.abc.AsyncGenerator,
)
_STANDARD: dict[type, dict[str, Any]] = {
    datetime.date: {"format": "date", "type": "string"},
    datetime.datetime: {"format": "date-time", "type": "string"},
    datetime.time: {"format": "time", "type": "string"},
    datetime.timedelta: {"type": "number"},  # seconds
    decimal.Decimal: {"type": "number"},
    uuid.UUID: {"format": "uuid", "type": "string"},
}
_ARRAYS = (
    set,
    frozenset,
    collections.deque,
    collections.abc.Collection,
    collections.abc.Iterable,
    collections.abc.Sequence,
    collections.abc.Set,
)
_TEXTS = (ConcatenateIterator, AsyncConcatenateIterator)


def is_iterator(annotation: Any) -> bool:
    return get_origin(strip(annotation)[0]) in (*_ITERATORS, *_TEXTS)


def output_component(annotation: Any) -> dict[str, Any]:
    """The component without its title. Raises SchemaError for what cannot be an output."""
    annotation, metadata = strip(annotation)
    origin = get_origin(annotation)
    if origin in _TEXTS:
        (element,) = get_args(annotation)
        if element is not str:
            raise SchemaError(f"{origin.__name__} element type must be str, got {name_of(element)}")
        return {
            "items": {"type": "string"},
            "type": "array",
            "x-cog-array-display": "concatenate",
            "x-cog-array-type": "iterator",
        }
    if origin in _ITERATORS:
        return {"items": _fragment(get_args(annotation)[0], ()), "type": "array", "x-cog-array-type": "iterator"}
    if annotation is NoneType:
        return {"nullable": True, "type": "object"}
    return _object() if Opaque in metadata and not _is_list(annotation) else _fragment(annotation, ())


def _object() -> dict[str, Any]:
    return {"type": "object"}


def _is_list(annotation: Any) -> bool:
    return annotation is list or get_origin(annotation) is list


def _fragment(annotation: Any, inside: tuple[type, ...]) -> dict[str, Any]:
    """`inside` are the classes being written, so that one that holds itself comes to an end."""
    annotation, metadata = strip(annotation)
    opaque = Opaque in metadata
    if is_union(annotation):
        return _union(annotation, inside)
    if _is_list(annotation):
        return {"items": _object() if opaque else _element(annotation, inside), "type": "array"}
    if opaque or annotation is Any or annotation is dict:
        return _object()
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (dict, collections.abc.Mapping):
        values = arguments[1] if arguments else Any
        if isinstance(values, typing.TypeVar):
            return _object()
        return {"additionalProperties": _fragment(values, inside), "type": "object"}
    if origin is tuple:
        return _tuple(arguments, inside)
    if origin in _ARRAYS or annotation in _ARRAYS:
        return {"items": _element(annotation, inside), "type": "array"}
    if origin is typing.Literal:
        return _listed(value for value in arguments if value is not None)
    if isinstance(annotation, type):
        return _class(annotation, inside)
    if isinstance(origin, type):  # a generic class of the author
        return _class(origin, inside)
    raise SchemaError(_unsupported(annotation))


def _element(annotation: Any, inside: tuple[type, ...]) -> dict[str, Any]:
    arguments = get_args(annotation)
    if not arguments or isinstance(arguments[0], typing.TypeVar):
        return _object()
    return _fragment(arguments[0], inside)


def _tuple(arguments: tuple[Any, ...], inside: tuple[type, ...]) -> dict[str, Any]:
    fragments: list[dict[str, Any]] = []
    for argument in arguments:
        if argument is not Ellipsis:
            fragment = _fragment(argument, inside)
            if fragment not in fragments:
                fragments.append(fragment)
    if not fragments:
        return {"items": _object(), "type": "array"}
    return {"items": fragments[0] if len(fragments) == 1 else {"anyOf": fragments}, "type": "array"}


def _union(annotation: Any, inside: tuple[type, ...]) -> dict[str, Any]:
    members, nullable = union_members(annotation)
    fragments = [_fragment(member, inside) for member in members]
    fragment = fragments[0] if len(fragments) == 1 else {"anyOf": fragments}
    return {**fragment, "nullable": True} if nullable else fragment


def _listed(values: Any) -> dict[str, Any]:
    listed = [plain(value) for value in values]
    kinds = {SCALARS.get(type(value)) for value in listed}
    kind = kinds.pop() if len(kinds) == 1 else None
    return {"enum": listed, "type": kind} if kind else {"enum": listed}


def _class(cls: type, inside: tuple[type, ...]) -> dict[str, Any]:
    if cls in (File, URLFile) or cls is os.PathLike or issubclass(cls, pathlib.PurePath):
        return {"format": "uri", "type": "string"}
    if cls in SCALARS:
        return {"type": SCALARS[cls]}
    if cls is Secret:
        return {"format": "password", "type": "string", "writeOnly": True, "x-cog-secret": True}
    if cls in _STANDARD:
        return dict(_STANDARD[cls])
    if issubclass(cls, Enum):
        return _listed(cls)
    for base, kind in SCALARS.items():
        if issubclass(cls, base):
            return {"type": kind}
    if cls in inside:
        return _object()
    if issubclass(cls, tuple):
        return _tuple(tuple(hints_of(cls).values()), inside)
    fields = fields_of(cls)
    if fields is None:
        if issubclass(cls, dict):
            return _object()
        raise SchemaError(_unsupported(cls))
    properties: dict[str, Any] = {}
    required: list[str] = []
    for name, (annotation, needed) in fields.items():
        try:
            fragment = _fragment(annotation, (*inside, cls))
        except SchemaError as error:
            raise SchemaError(f'field "{name}" of {cls.__name__}: {error}') from None
        properties[name] = dict(sorted({**fragment, "title": title(name)}.items()))
        # The value of a key may be null where the key itself must be there; a field that may be null may be left out.
        if needed and (hasattr(cls, "__total__") or not fragment.get("nullable")):
            required.append(name)
    fragment = {"properties": properties, "type": "object"}
    return {"properties": properties, "required": required, "type": "object"} if required else fragment


def _unsupported(annotation: Any) -> str:
    name = name_of(annotation)
    if isinstance(annotation, (ForwardRef, str)):
        return (
            f"cannot resolve type '{name}': import it where it is there at run time (not under TYPE_CHECKING), "
            f"or write Annotated[{name}, Opaque]"
        )
    if annotation in (bytes, bytearray, memoryview):
        return f"unsupported type: {name}: write it to a file and return its Path"
    if get_origin(annotation) is not None:
        return f"unsupported type: {name} is not a supported output type"
    return (
        f"unsupported type: {name}: derive it from BaseModel, make it a dataclass or TypedDict, "
        f"or write Annotated[{name}, Opaque]"
    )
