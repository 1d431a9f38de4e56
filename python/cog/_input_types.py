"""What an annotation means as an input; read by the document and by the binder of inputs."""

from __future__ import annotations

import datetime
import decimal
import os
import pathlib
import typing
from collections import abc
from enum import Enum
from typing import Any, ForwardRef, Iterable, Optional, get_args, get_origin

from cog._annotations import NoneType, is_union, name_of, strip, union_members
from cog._opaque import Opaque
from cog._signature import EMPTY, Parameter
from cog._structures import fields_of, none_by_default
from cog.errors import SchemaError
from cog.input import FieldInfo
from cog.types import File, Path, Secret, URLFile

SCALARS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}

_ADVICE: tuple[tuple[tuple[Any, ...], str], ...] = (
    ((set, frozenset, tuple, abc.Sequence, abc.Iterable, abc.Iterator, abc.Collection, abc.Set), "list[...]"),
    ((abc.Mapping, abc.MutableMapping), "dict"),
    ((bytes, bytearray, memoryview), "Path or File for a file, str for text"),
    ((object,), "Any"),
    ((datetime.date, datetime.datetime, datetime.time), "str"),
    ((complex, decimal.Decimal), "float"),
)


class InputType:
    """`kind` is string, integer, number, boolean, path, file, secret, object, array, choices, union or structure."""

    __slots__ = ("choices", "fields", "items", "kind", "members", "nullable", "owner")

    def __init__(self, kind: str, owner: Any = None) -> None:
        self.kind = kind
        self.owner = owner  # the class of a path or structure
        self.nullable = False
        self.items: Optional[InputType] = None  # of an array; of choices, the type of the values
        self.members: tuple[InputType, ...] = ()  # of a union
        self.choices: tuple[tuple[Any, Any], ...] = ()  # the values in JSON and what the model gets for them
        self.fields: dict[str, tuple[InputType, bool]] = {}  # of a structure, by name, and whether it must be sent


def input_type(parameter: Parameter) -> InputType:
    """Raises SchemaError, without place, for what cannot be an input."""
    field = parameter.field
    if parameter.annotation is EMPTY:
        raise SchemaError("it has no type annotation: write one, as in `x: str`")
    found = _parse(parameter.annotation, False, ())
    if parameter.default is None:
        found.nullable = True  # what a client leaves out is None, whatever the annotation says
    if field is None:
        return found
    if found.kind == "union" and _constrained(field):
        raise SchemaError("constraints and choices are not supported on union inputs: choose one type")
    if field.accept is not None and _leaf(found).kind not in ("path", "file"):
        raise SchemaError("accept is only valid on Path or File inputs: leave it out")
    choices = _choices_of(field)
    if choices:
        if found.kind == "array" and found.items is not None:
            found.items = _chosen(found.items, choices)
        else:
            found = _chosen(found, choices)
    return found


def _choices_of(field: FieldInfo) -> list[Any]:
    choices: Any = field.choices
    if choices is None:
        return []
    if isinstance(choices, str) or not isinstance(choices, Iterable):
        raise SchemaError(f"choices is {choices!r}: write a list, as in choices=['a', 'b']")
    return list(choices)


def _leaf(shape: InputType) -> InputType:
    return _leaf(shape.items) if shape.kind == "array" and shape.items is not None else shape


def _constrained(field: Any) -> bool:
    names = ("ge", "le", "min_length", "max_length", "regex", "choices")
    return any(getattr(field, name) is not None for name in names)


def _chosen(base: InputType, choices: Iterable[Any]) -> InputType:
    known = dict(_pairs(python for _, python in base.choices)) if base.kind == "choices" else {}
    found = InputType("choices", base.owner)
    found.nullable = base.nullable
    found.choices = tuple((value, known.get(value, python)) for value, python in _pairs(choices))
    found.items = base if base.kind != "choices" else base.items
    return found


def _parse(annotation: Any, opaque: bool, inside: tuple[type, ...]) -> InputType:
    """`inside` are the structures being read, so that one that holds itself comes to an end."""
    annotation, metadata = strip(annotation)
    opaque = opaque or any(extra is Opaque for extra in metadata)
    if is_union(annotation):
        return _union(annotation, opaque, inside)
    if annotation is list or get_origin(annotation) is list:
        return _array(annotation, opaque, inside)
    if opaque:
        return InputType("object")
    if isinstance(annotation, type) and annotation in SCALARS:
        return InputType(SCALARS[annotation])
    if get_origin(annotation) is typing.Literal:
        return _literal(get_args(annotation))
    if annotation is Any or annotation is dict or get_origin(annotation) is dict:
        return InputType("object")
    if isinstance(annotation, type):
        return _class(annotation, inside)
    raise SchemaError(_unsupported(annotation))


def _class(annotation: type[Any], inside: tuple[type, ...]) -> InputType:
    if annotation in (File, URLFile):
        return InputType("file")
    if annotation is Secret:
        return InputType("secret")
    if annotation is os.PathLike or issubclass(annotation, pathlib.PurePath):
        return InputType("path", annotation if issubclass(annotation, Path) else Path)
    if issubclass(annotation, Enum):
        return _enumeration(annotation)
    for base, kind in SCALARS.items():
        if issubclass(annotation, base):
            return InputType(kind)
    if issubclass(annotation, dict) or hasattr(annotation, "__total__") or annotation in inside:
        return InputType("object")
    fields = fields_of(annotation)
    if fields is None:
        raise SchemaError(_unsupported(annotation))
    empty = none_by_default(annotation)
    found = InputType("structure", annotation)
    for name, (inner, needed) in fields.items():
        try:
            shape = _parse(inner, False, (*inside, annotation))
        except SchemaError as error:
            raise SchemaError(f'field "{name}" of {annotation.__name__}: {error}') from None
        shape.nullable = shape.nullable or name in empty
        found.fields[name] = shape, needed
    return found


def _array(annotation: Any, opaque: bool, inside: tuple[type, ...]) -> InputType:
    arguments = get_args(annotation)
    if not arguments or isinstance(arguments[0], typing.TypeVar):
        if not opaque:
            raise SchemaError(f"unsupported type: {name_of(annotation)}: say what is in it, as in list[str]")
        arguments = (Any,)
    found = InputType("array")
    found.items = _parse(arguments[0], opaque, inside)
    if found.items.nullable:
        raise SchemaError(
            "unsupported type: nested generics like List[Optional[X]] are not supported: an item cannot be left out"
        )
    return found


def _union(annotation: Any, opaque: bool, inside: tuple[type, ...]) -> InputType:
    members, nullable = union_members(annotation)
    if opaque and len(members) > 1:
        found = InputType("object")
    elif len(members) == 1:
        found = _parse(members[0], opaque, inside)
    else:
        found = InputType("union")
        found.members = tuple(_parse(member, False, inside) for member in members)
        for member, annotation in zip(found.members, members):
            if _leaf(member).kind in ("path", "file", "secret"):
                raise SchemaError(
                    f"unsupported type: {name_of(annotation)} is not supported in union inputs: "
                    "write an Optional input for each type"
                )
    found.nullable = found.nullable or nullable or any(member.nullable for member in found.members)
    return found


def _literal(values: tuple[Any, ...]) -> InputType:
    found = InputType("choices")
    found.choices = _pairs(value for value in values if value is not None)
    found.items = _common_type(found.choices)
    found.nullable = None in values
    return found


def _enumeration(annotation: type[Enum]) -> InputType:
    found = InputType("choices")
    found.choices = _pairs(annotation)
    if not found.choices or not all(isinstance(value, (str, int, float)) for value, _ in found.choices):
        raise SchemaError(
            f"unsupported type: {annotation.__name__}: values of an enum are strings, numbers or booleans"
        )
    found.items = _common_type(found.choices)
    return found


def _pairs(values: Iterable[Any]) -> tuple[tuple[Any, Any], ...]:
    return tuple((value.value if isinstance(value, Enum) else value, value) for value in values)


def _common_type(choices: tuple[tuple[Any, Any], ...]) -> Optional[InputType]:
    kinds = {SCALARS.get(type(value)) for value, _ in choices}
    kind = kinds.pop() if len(kinds) == 1 else None
    return InputType(kind) if kind is not None else None


def _unsupported(annotation: Any) -> str:
    name = name_of(annotation)
    if isinstance(annotation, (ForwardRef, str)):
        return (
            f"cannot resolve type '{name}': import it where it is there at run time (not under TYPE_CHECKING), "
            f"or write Annotated[{name}, Opaque]"
        )
    if annotation is NoneType:
        return "unsupported type: None: leave the parameter out"
    advice = next((words for types, words in _ADVICE if (get_origin(annotation) or annotation) in types), None)
    if get_origin(annotation) is not None:
        return f"unsupported type: {name} is not a supported input type: write {advice or 'what the client sends'}"
    if advice is not None:
        return f"unsupported type: {name}: write {advice}"
    return (
        f"unsupported type: {name}: derive it from BaseModel or make it a dataclass, "
        f"or write Annotated[{name}, Opaque] for an object that is passed on as it is"
    )
