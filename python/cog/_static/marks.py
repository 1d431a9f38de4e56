"""What stands for things that are not there without running the model."""

from __future__ import annotations

import ast
from typing import Any, NoReturn, Optional

from cog.errors import SchemaError


class CannotReadError(SchemaError):
    """Something that only running the model could tell: which line and why."""

    def __init__(self, why: str, file: str, node: Optional[ast.AST] = None) -> None:
        line = f", line {node.lineno}" if isinstance(node, (ast.expr, ast.stmt)) else ""
        super().__init__(f"{why} ({file}{line})")


class Unknown:
    """The value of a name that cannot be read; whoever needs it raises the error."""

    def __init__(self, error: CannotReadError) -> None:
        self.error = error


class External:
    """Base of the classes that stand for names of packages outside the project; none of them is imported."""

    cog_external = ""
    """The dotted name."""


def external(dotted: str) -> type[External]:
    return type(dotted.rpartition(".")[2], (External,), {"cog_external": dotted})


def is_external(value: Any) -> bool:
    """Whether it is such a name itself, not a class of the project derived from it."""
    return isinstance(value, type) and "cog_external" in value.__dict__


def external_base(cls: type) -> str:
    """The name of a base outside the project, or nothing."""
    return next((base.__dict__["cog_external"] for base in cls.__mro__ if base.__dict__.get("cog_external")), "")


class StaticFunction:
    """A function of the project that has only been read."""

    def __init__(self, node: Any, module: Any, qualname: str, reader: Any, bound: bool = False) -> None:
        self.node = node  # FunctionDef, AsyncFunctionDef or Lambda
        self.module = module
        self.qualname = qualname
        self.reader = reader  # of the place where it stands, for defaults and annotations
        self.bound = bound  # its first parameter is `self` and given
        self.static = False
        self.class_method = False

    def __get__(self, instance: object, owner: Optional[type] = None) -> StaticFunction:
        if self.static or (instance is None and not self.class_method):
            return self
        bound = StaticFunction(self.node, self.module, self.qualname, self.reader, True)
        bound.static = True
        return bound

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(f"{self.qualname} has only been read")
