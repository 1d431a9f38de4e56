"""Classes and functions of the project, made from their source without running it."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import sys
import types
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING, Any, Optional, Union

from cog._removed import RemovedError
from cog._static.marks import CannotReadError, StaticFunction, Unknown

if TYPE_CHECKING:
    from cog._static.expressions import Reader

Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]

_numbers = itertools.count()


def new_function(reader: Reader, node: Function, qualname: str) -> Union[StaticFunction, Unknown]:
    """`static` and `class_method` are as its decorators say; others change nothing that is read."""
    function = StaticFunction(node, reader.module, qualname, reader)
    decorators = [read_or_none(reader, decorator) for decorator in node.decorator_list]
    if property in decorators:
        return Unknown(CannotReadError(f"{qualname} is a property, no method", reader.module.file, node))
    function.static = staticmethod in decorators
    function.class_method = classmethod in decorators
    return function


def read_or_none(reader: Reader, node: ast.expr) -> Any:
    """The value of a decorator, called or not; None if it says nothing to us."""
    try:
        return reader.value(node.func if isinstance(node, ast.Call) else node)
    except CannotReadError:
        return None


def build_class(reader: Reader, node: ast.ClassDef, qualname: str) -> Any:
    """A class with the bases, annotations and attributes of its source; those that cannot be read are Unknown.

    Raises CannotReadError, also for what Python itself would refuse.
    """
    bases = tuple(reader.value(base) for base in node.bases)
    options = {str(keyword.arg): reader.value(keyword.value) for keyword in node.keywords}

    def fill(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = _module_of(reader)
        namespace["__qualname__"] = qualname
        if all(isinstance(base, type) for base in bases) and not any(issubclass(base, Enum) for base in bases):
            namespace["cog_place"] = f"{reader.module.file}, line {node.lineno}"
        annotations: dict[str, Any] = {}
        _fill(reader.inside(namespace), node.body, namespace, annotations, qualname)
        namespace["__annotations__"] = annotations

    try:
        cls: Any = types.new_class(node.name, bases, options, fill)
        for decorator in node.decorator_list:
            if read_or_none(reader, decorator) is dataclasses.dataclass:
                cls = dataclasses.dataclass(**_options(reader, decorator))(cls)
    except CannotReadError:
        raise
    except RemovedError as error:
        raise RemovedError(f"{error} ({reader.module.file}, line {node.lineno})") from None
    except Exception as error:
        reader.fail(node, f"class {node.name}: {type(error).__name__}: {error}")
    return cls


def _fill(reader: Reader, body: list[ast.stmt], namespace: Any, annotations: dict[str, Any], qualname: str) -> None:
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            annotations[node.target.id] = reader.annotation(node.annotation)
            if node.value is not None:
                namespace[node.target.id] = _read(reader, node.value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    namespace[target.id] = _read(reader, node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            namespace[node.name] = new_function(reader, node, f"{qualname}.{node.name}")
        elif isinstance(node, ast.ClassDef):
            namespace[node.name] = _nested(reader, node, f"{qualname}.{node.name}")
        elif isinstance(node, ast.If):
            chosen = node.body if reader.plain(node.test) else node.orelse
            _fill(reader, chosen, namespace, annotations, qualname)
        elif isinstance(node, ast.Try):
            _fill(reader, node.body, namespace, annotations, qualname)


def _read(reader: Reader, node: ast.expr) -> Any:
    try:
        return reader.value(node)
    except CannotReadError as error:
        return Unknown(error)


def _nested(reader: Reader, node: ast.ClassDef, qualname: str) -> Any:
    try:
        return build_class(reader, node, qualname)
    except CannotReadError as error:
        return Unknown(error)


def _options(reader: Reader, decorator: ast.expr) -> dict[str, Any]:
    if not isinstance(decorator, ast.Call):
        return {}
    return {str(keyword.arg): reader.value(keyword.value) for keyword in decorator.keywords}


def _module_of(reader: Reader) -> str:
    """The name of a module in `sys.modules` with the names that have been read, where dataclasses and we look."""
    module: Any = reader.module
    name: Optional[str] = getattr(module.namespace, "__name__", None)
    if name is None:
        name = f"cog._static.{next(_numbers)}:{module.name}"
        stand_in = ModuleType(name)
        module.namespace = stand_in
        sys.modules[name] = stand_in
    return name
