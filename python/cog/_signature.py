"""The parameters of a model's function, seen through decorators, with annotations resolved one by one."""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any, Callable, Iterator, Optional

from cog._annotations import raw_annotations, resolve
from cog.input import FieldInfo

EMPTY: Any = type("EMPTY", (), {"__repr__": lambda self: "EMPTY"})()
"""Stands for an annotation or a default that is not there."""

_VARARGS, _VARKEYWORDS = 0x04, 0x08


class Parameter:
    __slots__ = ("annotation", "default", "field", "name")

    def __init__(self, name: str, annotation: Any, default: Any, field: Optional[FieldInfo]) -> None:
        self.name = name
        self.annotation = annotation
        self.default = default  # as written; EMPTY also for `Input()` without one
        self.field = field


class Signature:
    __slots__ = ("function", "keywords", "lacks_self", "parameters", "place", "positional_only", "qualname", "returns")

    def __init__(self, function: Callable[..., Any]) -> None:
        """Reads what `function`, a plain function or a bound method, can be called with."""
        if not hasattr(function, "__code__") and not hasattr(function, "__func__"):
            function = type(function).__call__.__get__(function)  # an object that is called like a function
        inner = innermost(function)
        code = getattr(inner, "__code__", None)
        if not isinstance(code, CodeType):
            raise TypeError(f"{function!r} is not written in Python: wrap it in a def")
        self.function = inner
        self.qualname = str(inner.__qualname__)
        self.place = f"{code.co_filename}, line {code.co_firstlineno}"
        self.keywords = bool(code.co_flags & _VARKEYWORDS)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        skipped = 1 if getattr(function, "__self__", None) is not None and code.co_argcount else 0
        self.positional_only = names[skipped : code.co_posonlyargcount]
        fields = _fields(inner)
        positional = code.co_varnames[: code.co_argcount]
        values = inner.__defaults__ or ()
        defaults = dict(zip(positional[len(positional) - len(values) :], values))
        defaults.update(inner.__kwdefaults__ or {})
        hints = {name: resolve(hint, inner.__globals__) for name, hint in raw_annotations(inner).items()}
        self.lacks_self = bool(skipped) and names[0] not in ("self", "cls") and names[0] in hints
        self.returns = hints.get("return", EMPTY)
        self.parameters = tuple(
            make_parameter(name, hints.get(name, EMPTY), defaults.get(name, EMPTY), fields.get(name))
            for name in names[skipped:]
        )


def make_parameter(name: str, annotation: Any, default: Any, field: Optional[FieldInfo]) -> Parameter:
    """`field` is what the default says of the input, or a default unwrapped before; an annotation may, too."""
    if isinstance(default, FieldInfo):
        field = default
    if field is not None:
        return Parameter(name, annotation, field.default if field.given else EMPTY, field)
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, FieldInfo):
            field = extra
            default = extra.default if default is EMPTY and extra.given else default
    return Parameter(name, annotation, default, field)


def chain(function: Callable[..., Any]) -> Iterator[Any]:
    """The function itself, then what it wraps, from the outside in."""
    current: Any = getattr(function, "__func__", function)
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = getattr(current, "__wrapped__", None) or _enclosed(current)


def innermost(function: Callable[..., Any]) -> Any:
    *_, last = chain(function)
    return last


def mark(function: Callable[..., Any], name: str) -> Any:
    """The value of an attribute that a decorator of ours has set on the function, or None."""
    for wrapped in chain(function):
        value = getattr(wrapped, name, None)
        if value is not None:
            return value
    return None


def _enclosed(function: Any) -> Any:
    """What a decorator without functools.wraps hides: the one function in the closure of `def w(*args, **kwargs)`."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & (_VARARGS | _VARKEYWORDS) != _VARARGS | _VARKEYWORDS:
        return None
    if code.co_argcount > 1 or code.co_kwonlyargcount or not function.__closure__:
        return None
    held = [cell.cell_contents for cell in function.__closure__ if _holds_function(cell)]
    return held[0] if len(held) == 1 else None


def _holds_function(cell: Any) -> bool:
    try:
        return isinstance(cell.cell_contents, FunctionType)
    except ValueError:  # an empty cell
        return False


def _fields(function: Any) -> dict[str, FieldInfo]:
    fields: dict[str, FieldInfo] = getattr(function, "__cog_inputs__", {})
    return fields


def unwrap_defaults(function: Callable[..., Any]) -> None:
    """Puts plain values in place of `Input(...)` in the defaults of a function and of all it wraps.

    What the inputs said about themselves stays readable for `Signature`.
    """
    for wrapped in chain(function):
        if isinstance(wrapped, FunctionType):
            _unwrap(wrapped)


def _unwrap(function: FunctionType) -> None:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    values = function.__defaults__ or ()
    named = dict(zip(positional[len(positional) - len(values) :], values))
    named.update(function.__kwdefaults__ or {})
    found = {name: value for name, value in named.items() if isinstance(value, FieldInfo)}
    if not found:
        return
    function.__dict__["__cog_inputs__"] = {**_fields(function), **found}
    function.__defaults__ = tuple(_plain(value) for value in values)
    if function.__kwdefaults__:
        function.__kwdefaults__ = {name: _plain(value) for name, value in function.__kwdefaults__.items()}


def _plain(value: Any) -> Any:
    return value.default if isinstance(value, FieldInfo) else value
