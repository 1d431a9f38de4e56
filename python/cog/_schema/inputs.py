"""The component `Input` and the components of its choices."""

from __future__ import annotations

from enum import Enum
from typing import Any, Iterable

from cog._converters import converter
from cog._input_errors import InputError
from cog._input_types import InputType, input_type
from cog._schema.skeleton import RESERVED
from cog._signature import EMPTY, Parameter
from cog._structures import fields_of
from cog.errors import SchemaError
from cog.types import Secret

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "path": {"format": "uri", "type": "string"},
    "file": {"format": "uri", "type": "string"},
    "secret": {"format": "password", "type": "string", "writeOnly": True, "x-cog-secret": True},
    "object": {"type": "object"},
}
_KEYWORDS = {
    "description": "description",
    "ge": "minimum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "regex": "pattern",
    "accept": "x-cog-accept",
}
_NO_JSON: Any = object()


def input_component(parameters: Iterable[Parameter]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The component without its title, and the components of choices by name."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    components: dict[str, Any] = {}
    for order, parameter in enumerate(parameters):
        try:
            shape = input_type(parameter)
            _check_default(parameter, shape)
            fragment = _property(parameter, shape, order, components)
        except SchemaError as error:
            raise SchemaError(f"parameter '{parameter.name}': {error}") from None
        properties[parameter.name] = fragment
        if _required(parameter, shape):
            required.append(parameter.name)
    component: dict[str, Any] = {"properties": properties}
    if required:
        component["required"] = required
    return component, components


def _required(parameter: Parameter, shape: InputType) -> bool:
    return parameter.default is EMPTY and (shape.kind == "union" or not shape.nullable)


def _property(parameter: Parameter, shape: InputType, order: int, components: dict[str, Any]) -> dict[str, Any]:
    fragment: dict[str, Any] = {"x-order": order}
    if shape.kind != "choices":
        fragment["title"] = title(parameter.name)
    fragment.update(_fragment(shape, parameter.name, components))
    if parameter.default is not EMPTY:
        default = plain(parameter.default)
        if default is not _NO_JSON:
            fragment["default"] = default
    if shape.nullable:
        fragment["nullable"] = True
    field = parameter.field
    if field is not None:
        for name, keyword in _KEYWORDS.items():
            value = getattr(field, name)
            if value is not None:
                fragment[keyword] = value
        if field.deprecated is True:
            fragment["deprecated"] = True
    return dict(sorted(fragment.items()))


def _fragment(shape: InputType, name: str, components: dict[str, Any]) -> dict[str, Any]:
    if shape.kind == "array":
        assert shape.items is not None
        return {"items": _fragment(shape.items, name, components), "type": "array"}
    if shape.kind == "union":
        return {"anyOf": [_member(member, shape.nullable, name, components) for member in shape.members]}
    if shape.kind == "choices":
        return {"allOf": [{"$ref": f"#/components/schemas/{_component(shape, name, components)}"}]}
    if shape.kind == "structure":
        return _structure(shape, name, components)
    return dict(_TYPES[shape.kind])


def _structure(shape: InputType, name: str, components: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field, (inner, _) in shape.fields.items():
        fragment = {**_fragment(inner, f"{name}_{field}", components), "title": title(field)}
        if inner.nullable:
            fragment["nullable"] = True
        properties[field] = dict(sorted(fragment.items()))
    required = [field for field, (inner, needed) in shape.fields.items() if needed and not inner.nullable]
    fragment = {"properties": properties, "type": "object"}
    return {"properties": properties, "required": required, "type": "object"} if required else fragment


def _member(shape: InputType, nullable: bool, name: str, components: dict[str, Any]) -> dict[str, Any]:
    fragment = _fragment(shape, name, components)
    if nullable:
        fragment["nullable"] = True
    return dict(sorted(fragment.items()))


def _component(shape: InputType, parameter: str, components: dict[str, Any]) -> str:
    """Makes the component of some choices; its name is the parameter's, or one like it when that is taken."""
    name = parameter
    while name in RESERVED or name in components:
        name += "_choices"
    component: dict[str, Any] = {
        "description": "An enumeration.",
        "enum": [plain(value) for value, _ in shape.choices],
        "title": name,
    }
    if any(value is _NO_JSON for value in component["enum"]):
        raise SchemaError("choices must be values of JSON")
    base = shape.items
    if base is not None and base.kind == "choices":
        base = base.items
    if base is not None and base.kind in _TYPES:
        component["type"] = _TYPES[base.kind]["type"]
    components[name] = component
    return name


def title(name: str) -> str:
    """`max_tokens` is shown as `Max Tokens`."""
    return " ".join(part[:1].upper() + part[1:] for part in name.split("_"))


def plain(value: Any) -> Any:
    """The value in JSON's types, or a mark that there is none."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, Secret):
        value = value.get_secret_value()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [plain(item) for item in value]
        return _NO_JSON if any(item is _NO_JSON for item in items) else items
    if isinstance(value, dict):
        members = {key: plain(item) for key, item in value.items()}
        usable = all(isinstance(key, str) and item is not _NO_JSON for key, item in members.items())
        return members if usable else _NO_JSON
    if hasattr(value, "__fspath__"):
        return str(value)
    fields = None if isinstance(value, type) else fields_of(type(value))
    return _NO_JSON if fields is None else plain({name: getattr(value, name) for name in fields})


def _check_default(parameter: Parameter, shape: InputType) -> None:
    default = parameter.default
    if default is EMPTY or default is None:
        return
    value = plain(default)
    try:
        if value is not _NO_JSON:
            converter(shape, parameter.field)(value)
    except InputError as error:
        raise SchemaError(f"Model schema is invalid: invalid default: {error}") from None
