"""What operators do to values, and what may not be done to them."""

from __future__ import annotations

import ast
import operator
from typing import Any, Callable, ForwardRef, Union, get_origin

from cog._static.marks import External, StaticFunction, Unknown, is_external

BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
UNARY: dict[type, Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Invert: operator.invert,
}
COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
CONVERSIONS: dict[int, Callable[[Any], str]] = {115: str, 114: repr, 97: ascii}  # of `{value!s}` and the like
DUNDERS = frozenset({"__args__", "__doc__", "__members__", "__name__", "__qualname__"})
LARGEST = 100_000  # items, and bits of a number


def is_type(value: Any) -> bool:
    return isinstance(value, (type, ForwardRef)) or get_origin(value) is not None


def is_large(left: Any, right: Any) -> bool:
    numbers = [value for value in (left, right) if isinstance(value, int)]
    return (
        any(value > LARGEST for value in numbers)
        and not all(isinstance(v, (int, float)) for v in (left, right))
        or (len(numbers) == 2 and left.bit_length() * max(right, 1) > LARGEST and right > 64)
    )


def find_outside(value: Any) -> Union[str, Unknown, None]:
    """The name of something that is not there, or what cannot be read, in a value or inside it."""
    if isinstance(value, Unknown):
        return value
    if is_external(value):
        return str(value.cog_external)
    if isinstance(value, type):
        return None
    if isinstance(value, External):
        return type(value).cog_external
    if isinstance(value, StaticFunction):
        return f"{value.qualname}()"
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return next((found for found in map(find_outside, value) if found), None)
    return None
