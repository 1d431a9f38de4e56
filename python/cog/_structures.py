"""The fields of structured classes: cog's BaseModel, dataclasses, TypedDict, models of pydantic 1 and 2."""

from __future__ import annotations

import sys
import typing
from typing import Any, Optional, get_args, get_origin

from cog._annotations import raw_annotations, resolve
from cog.model import Required

Fields = dict[str, tuple[Any, bool]]


def fields_of(cls: Any) -> Optional[Fields]:
    """Annotation and need of each field of a structured class, by name; None for other classes."""
    if hasattr(cls, "__total__"):
        return _typed_dict(cls)
    if hasattr(cls, "model_fields"):  # pydantic 2
        return {name: (field.annotation, field.is_required()) for name, field in cls.model_fields.items()}
    if hasattr(cls, "__dataclass_fields__"):
        return _dataclass(cls)
    if hasattr(cls, "__fields__"):  # pydantic 1
        return {name: (field.annotation, bool(field.required)) for name, field in cls.__fields__.items()}
    return None


def none_by_default(cls: Any) -> set[str]:
    """The fields of a structured class that are None when they are left out."""
    if hasattr(cls, "model_fields"):
        return {name for name, field in cls.model_fields.items() if field.default is None}
    if hasattr(cls, "__dataclass_fields__"):
        return {name for name, field in cls.__dataclass_fields__.items() if field.default is None}
    fields = getattr(cls, "__fields__", {})
    return {name for name, field in fields.items() if field.default is None and not field.required}


def hints_of(cls: type) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    for ancestor in reversed(cls.__mro__):
        names = vars(sys.modules.get(ancestor.__module__, typing))
        for name, annotation in raw_annotations(ancestor).items():
            hints[name] = resolve(annotation, names, {**vars(ancestor), cls.__name__: cls})
    return hints


def _dataclass(cls: Any) -> Fields:
    from dataclasses import MISSING, fields

    hints = hints_of(cls)
    return {
        field.name: (
            hints[field.name],
            field.default is MISSING and (field.default_factory is MISSING or type(field.default_factory) is Required),
        )
        for field in fields(cls)
    }


def _typed_dict(cls: Any) -> Fields:
    found: Fields = {}
    for name, annotation in _typed_dict_hints(cls).items():
        needed = name in getattr(cls, "__required_keys__", ())
        while getattr(get_origin(annotation), "_name", None) in ("Required", "NotRequired", "ReadOnly"):
            mark = get_origin(annotation)._name
            needed = needed if mark == "ReadOnly" else mark == "Required"
            (annotation,) = get_args(annotation)
        found[name] = (annotation, needed)
    return found


def _typed_dict_hints(cls: Any) -> dict[str, Any]:
    names = vars(sys.modules.get(cls.__module__, typing))
    return {name: resolve(annotation, names) for name, annotation in raw_annotations(cls).items()}
