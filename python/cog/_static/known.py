"""Names that mean something to the document: of cog, of the standard library, and pydantic's, without pydantic."""

from __future__ import annotations

import builtins
import dataclasses
import importlib
import typing
from types import ModuleType
from typing import Any, NoReturn, Optional

from cog._annotations import raw_annotations
from cog._static.marks import external

PURE = frozenset(
    "calendar collections collections.abc copy dataclasses datetime decimal enum fractions itertools json math "
    "operator re string textwrap typing".split()
)
"""Modules whose functions do nothing but compute."""

_IMPORTABLE = PURE | frozenset("abc functools io numbers os os.path pathlib sys types uuid __future__".split())
_OF_OS = frozenset({"PathLike", "environ", "fspath", "getenv", "path", "sep"})
_OF_SYS = frozenset({"maxsize", "version_info"})

BUILTINS: dict[str, Any] = {
    name: getattr(builtins, name)
    for name in (
        "Exception abs all any bool bytes bytearray classmethod complex dict divmod enumerate filter float frozenset "
        "int isinstance len list max min object ord chr pow property range repr reversed round set slice sorted "
        "staticmethod str sum tuple type zip BaseException ValueError TypeError RuntimeError KeyError NotImplemented "
        "Ellipsis"
    ).split()
}
UNSAFE = frozenset({type, property, classmethod, staticmethod})
"""Of those, what is not called."""


class _Environment(dict[str, str]):
    def __missing__(self, name: str) -> NoReturn:
        why = f"{name} is not in the environment of cog.yaml"
        raise LookupError(f'{why}: add it there, or write os.environ.get("{name}", "...") with what it is without')


ENVIRONMENT: dict[str, str] = _Environment()
"""What the model finds in its environment, as far as cog.yaml says; that of this process is no concern of it."""


class PydanticField:
    """What pydantic's `Field(...)` says of a field."""

    def __init__(self, default: Any = ..., **options: Any) -> None:
        self.default = default
        self.required = default is ... and "default_factory" not in options


class _ModelField:
    def __init__(self, annotation: Any, default: Any) -> None:
        field = default if isinstance(default, PydanticField) else PydanticField(default)
        self.annotation = annotation
        self.default = field.default
        self.required = field.required

    def is_required(self) -> bool:
        return self.required


class PydanticModel:
    """Stands for pydantic's BaseModel of either version."""

    model_fields: dict[str, _ModelField]

    def __init_subclass__(cls, **_: Any) -> None:
        inherited = getattr(cls, "model_fields", {})
        own = {
            name: _ModelField(annotation, cls.__dict__.get(name, ...))
            for name, annotation in raw_annotations(cls).items()
            if not name.startswith("_") and typing.get_origin(annotation) is not typing.ClassVar
        }
        cls.model_fields = {**inherited, **own}

    def __init__(self, **values: Any) -> None:
        for name in self.model_fields:
            default = getattr(type(self), name, None)
            default = default.default if isinstance(default, PydanticField) else default
            setattr(self, name, values.get(name, default))


_PYDANTIC = {
    "BaseModel": PydanticModel,
    "Field": PydanticField,
    "dataclasses.dataclass": dataclasses.dataclass,
}


def known_module(name: str) -> Optional[ModuleType]:
    """A module that is really imported; None for all others."""
    top = name.partition(".")[0]
    if top == "cog" and not any(part.startswith("_") for part in name.split(".")):
        return importlib.import_module(name)
    return importlib.import_module(name) if name in _IMPORTABLE else None


def outside(dotted: str) -> Any:
    """A name of a module that is not part of the project and not imported."""
    package, _, rest = dotted.partition(".")
    if package == "pydantic":
        found = _PYDANTIC.get(rest[3:] if rest.startswith("v1.") else rest)
        if found is not None:
            return found
    if package == "typing_extensions" and rest:
        return _typing(rest)
    return external(dotted)


def _typing(name: str) -> Any:
    found = getattr(typing, name, None)
    if found is not None:
        return found
    try:
        return getattr(importlib.import_module("typing_extensions"), name)
    except (ImportError, AttributeError):
        return external(f"typing_extensions.{name}")


def attribute_of(module: ModuleType, name: str) -> Any:
    """An attribute of a module that is really imported. Raises AttributeError."""
    if module.__name__ == "os" and name in ("environ", "getenv"):
        return ENVIRONMENT if name == "environ" else ENVIRONMENT.get
    return getattr(module, name)


def attribute_allowed(module: ModuleType, name: str) -> bool:
    if module.__name__ == "os":
        return name in _OF_OS
    if module.__name__ == "sys":
        return name in _OF_SYS
    return not name.startswith("_") or module.__name__ == "__future__"
