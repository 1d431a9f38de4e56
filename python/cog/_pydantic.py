"""What pydantic asks of a type that is a field of its models. pydantic itself is imported by nobody here."""

from __future__ import annotations

from typing import Any, Callable


def core_schema(validate: Callable[[Any], Any], shown: Callable[[Any], Any], document: dict[str, Any]) -> Any:
    """For `__get_pydantic_core_schema__`: what makes a value, what a dump in JSON shows of it, and its JSON schema."""
    from importlib import import_module

    core: Any = import_module("pydantic_core.core_schema")
    return core.no_info_plain_validator_function(
        _telling(validate),
        serialization=core.plain_serializer_function_ser_schema(shown, when_used="json"),
        metadata={"pydantic_js_functions": [lambda _schema, _handler: dict(document)]},
    )


def _telling(validate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """pydantic reports a ValueError as a problem of the field; a TypeError would end the whole model."""

    def check(value: Any) -> Any:
        try:
            return validate(value)
        except TypeError as error:
            raise ValueError(str(error)) from None

    return check
