"""One document for a model that predicts and trains."""

from __future__ import annotations

from typing import Any

from cog._schema.skeleton import RESERVED


def merge(prediction: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """Both documents in one; what both have is taken from the prediction's.

    Choices that share a name but not their values keep their own component under another name.
    """
    schemas: dict[str, Any] = dict(prediction["components"]["schemas"])
    renamed: dict[str, str] = {}
    for name, component in training["components"]["schemas"].items():
        if name in RESERVED or name not in schemas or schemas[name] == component:
            continue
        other = f"training_{name}"
        while other in schemas:
            other += "_choices"
        renamed[name] = other
    for name, component in training["components"]["schemas"].items():
        target = renamed.get(name, name)
        titled = {**component, "title": target} if name in renamed else _renamed(component, renamed)
        schemas.setdefault(target, titled)
    return {
        **prediction,
        "components": {"schemas": schemas},
        "paths": {**training["paths"], **prediction["paths"]},
    }


def completed(document: dict[str, Any], mode: str, bundled: Any) -> dict[str, Any]:
    """The document of a model in one mode, with what the document made at build says of the other mode.

    A model is loaded for one of both only. A document made at build that says otherwise of this mode is out of date.
    """
    own, other = ("Training", "") if mode == "train" else ("", "Training")
    try:
        if f"{other}Input" in bundled["components"]["schemas"] and _shape(bundled, own) == _shape(document, own):
            return merge(document, bundled)
    except (KeyError, TypeError):
        pass  # there is none, or it is none
    return document


def _shape(document: Any, kind: str) -> list[Any]:
    """What goes in and out, with the choices in place of the names that one document has for them."""
    schemas = document["components"]["schemas"]

    def inlined(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return {**schemas[value["$ref"].rpartition("/")[2]], "title": ""}
            return {key: inlined(item) for key, item in value.items()}
        return [inlined(item) for item in value] if isinstance(value, list) else value

    return [inlined(schemas[f"{kind}Input"]), inlined(schemas[f"{kind}Output"])]


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _reference(item, names) if key == "$ref" else _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def _reference(text: str, names: dict[str, str]) -> str:
    folder, _, name = text.rpartition("/")
    return f"{folder}/{names.get(name, name)}"
