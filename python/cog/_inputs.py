"""From the input of a prediction to the arguments of the model's function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence

from cog._converters import Convert, converter
from cog._input_errors import InputError, LocalFile
from cog._input_types import InputType, input_type
from cog._signature import EMPTY, Parameter
from cog.errors import SchemaError
from cog.input import FieldInfo

if TYPE_CHECKING:
    from cog._loader import Model

__all__ = ["Binder", "InputError"]

_EXACT = {"string": str, "integer": int, "number": float, "boolean": bool}
_MUTABLE = (list, dict, set)


class Binder:
    """Turns inputs into keyword arguments, by tables made once from the model's signature."""

    __slots__ = ("_defaults", "_keywords", "_parameters")

    def __init__(self, model: Model) -> None:
        signature = model.signature
        self._keywords = signature.keywords
        self._parameters: dict[str, tuple[Optional[type], Convert]] = {}
        self._defaults: list[tuple[str, Callable[[], Any]]] = []
        for parameter in signature.parameters:
            shape = _shape(parameter)
            convert = converter(shape, parameter.field) if shape is not None else _unchanged
            self._parameters[parameter.name] = (_exact(shape, parameter.field), convert)
            fill = _default(parameter, shape, convert)
            if fill is not None:
                self._defaults.append((parameter.name, fill))

    def bind(self, payload: object, files: Sequence[str]) -> dict[str, Any]:
        """The arguments for one prediction. `payload` is taken over and may be changed.

        `files` are JSON pointers to the strings in it that are paths of local files. Raises InputError.
        """
        if not isinstance(payload, dict):
            raise InputError("Input must be a JSON object")
        for pointer in files:
            _mark_file(payload, pointer)
        arguments: dict[str, Any] = {}
        parameters = self._parameters
        name = ""
        try:
            for name, value in payload.items():
                entry = parameters.get(name)
                if entry is None:
                    if self._keywords:
                        arguments[name] = value
                elif type(value) is entry[0]:
                    arguments[name] = value
                else:
                    arguments[name] = entry[1](value)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        for name, fill in self._defaults:
            if name not in arguments:
                arguments[name] = fill()
        return arguments


def _shape(parameter: Parameter) -> Optional[InputType]:
    """None for what the document cannot say: its values are passed on as they are."""
    try:
        return input_type(parameter)
    except SchemaError:
        return None


def _unchanged(value: Any) -> Any:
    return str(value) if type(value) is LocalFile else value


def _exact(shape: Optional[InputType], field: Optional[FieldInfo]) -> Optional[type]:
    """The type whose values need neither check nor conversion."""
    if shape is None or (field is not None and _bounded(field)):
        return None
    return _EXACT.get(shape.kind)


def _bounded(field: FieldInfo) -> bool:
    limits = (field.ge, field.le, field.min_length, field.max_length, field.regex)
    return any(limit is not None for limit in limits)


def _default(parameter: Parameter, shape: Optional[InputType], convert: Convert) -> Optional[Callable[[], Any]]:
    """What makes the value of an input that was not sent; None where Python's own default does."""
    default = parameter.default
    if default is EMPTY:
        return (lambda: None) if parameter.field is not None or (shape is not None and shape.nullable) else None
    value = default
    if default is not None and not isinstance(default, _MUTABLE):
        try:
            value = convert(default)
        except InputError:
            value = default
    if isinstance(default, _MUTABLE):
        from copy import deepcopy

        return lambda: _converted(deepcopy(default), convert)
    if parameter.field is None and value is default:
        return None
    return lambda: value


def _converted(value: Any, convert: Convert) -> Any:
    try:
        return convert(value)
    except InputError:
        return value


def _mark_file(payload: dict[str, Any], pointer: str) -> None:
    *way, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    place: Any = payload
    for part in way:
        place = place[int(part) if isinstance(place, list) else part]
    key = int(last) if isinstance(place, list) else last
    place[key] = LocalFile(place[key])
