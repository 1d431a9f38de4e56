"""A model as its source describes it: nothing of it is imported or run, so its packages need not be there."""

from __future__ import annotations

import ast
import os
from typing import Any, Callable, Optional

from cog._decorators import concurrent, streaming
from cog._loader import check_callable, choose_prediction, choose_training
from cog._signature import EMPTY, Parameter, make_parameter
from cog._static.expressions import Reader
from cog._static.marks import CannotReadError, StaticFunction, Unknown, external_base, is_external
from cog._static.modules import Module
from cog._static.project import Project
from cog.input import FieldInfo
from cog.predictor import attribute_missing, check_file, default_name, owner_of

__all__ = ["CannotReadError", "StaticModel", "describe"]


class StaticSignature:
    """What `Signature` is of a function that was loaded."""

    def __init__(self, function: StaticFunction, bound: bool) -> None:
        node = function.node
        self.qualname = function.qualname
        self.place = _place(function)
        values_reader: Reader = function.reader
        reader: Reader = function.module.reader if function.module.annotations_are_text else values_reader
        declared = node.args
        names = [*declared.posonlyargs, *declared.args]
        values: dict[str, ast.expr] = {
            one.arg: value for one, value in zip(names[len(names) - len(declared.defaults) :], declared.defaults)
        }
        values.update({one.arg: value for one, value in zip(declared.kwonlyargs, declared.kw_defaults) if value})
        skipped = 1 if bound and names else 0
        self.lacks_self = bool(skipped) and names[0].arg not in ("self", "cls") and names[0].annotation is not None
        self.positional_only = [one.arg for one in declared.posonlyargs[skipped:]]
        self.parameters = tuple(
            _parameter(reader, values_reader, one, values.get(one.arg))
            for one in [*names[skipped:], *declared.kwonlyargs]
        )
        returns = getattr(node, "returns", None)
        self.returns: Any = EMPTY if returns is None else reader.annotation(returns)


def _parameter(reader: Reader, values: Reader, argument: ast.arg, value: Optional[ast.expr]) -> Parameter:
    annotation = EMPTY if argument.annotation is None else reader.annotation(argument.annotation)
    default = EMPTY if value is None else values.plain(value)
    field = default if isinstance(default, FieldInfo) else None
    return make_parameter(argument.arg, annotation, default, field)


class StaticModel:
    """What `Model` is of one that was loaded, as far as the document asks."""

    def __init__(self, mode: str, function: StaticFunction, bound: bool) -> None:
        self.mode = mode
        nodes = getattr(function.node, "decorator_list", ())
        decorators = [_decorator(function, node) for node in nodes]
        self.streaming = streaming in decorators
        self.concurrency: Optional[int] = None
        if concurrent in decorators:
            self.concurrency = _concurrency(function, nodes[decorators.index(concurrent)])
        self.asynchronous = isinstance(function.node, ast.AsyncFunctionDef)
        self.signature = StaticSignature(function, bound)
        check_callable(self.signature)


def _decorator(function: StaticFunction, node: ast.expr) -> Any:
    """The decorator itself, called or not; raises CannotReadError for a wrong use of one of ours."""
    try:
        found = function.reader.value(node.func if isinstance(node, ast.Call) else node)
    except CannotReadError:
        return None
    if found in (concurrent, streaming):
        function.reader.value(node)
    return found


def _concurrency(function: StaticFunction, node: ast.expr) -> int:
    """How many predictions the decorator allows at once."""
    found: Any = function.reader.value(node)

    def decorated() -> None: ...

    marked: Any = (found if isinstance(node, ast.Call) else concurrent)(decorated)
    return int(marked.__cog_concurrent_max__)


def _place(function: StaticFunction) -> str:
    node = function.node
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
    return f"{function.module.file}, line {first}"


def describe(ref: str, mode: str = "predict") -> StaticModel:
    """The model that `file.py:Name` means, from the working directory.

    Raises CannotReadError naming line and reason for what only running it could tell, and the errors of `load`.
    """
    path, _, name = ref.partition(":")
    absolute = check_file(path)
    project = Project([os.getcwd(), os.path.dirname(absolute)])
    module = project.open(absolute, os.path.basename(path).replace(".py", ""))
    if not name:
        name = default_name(module.file, module.name, {one: _known(module, one) for one in ("Runner", "Predictor")})
    if not module.has(name):
        known = [one for one in module.names() if _is_own(module, one)]
        raise attribute_missing(module.name, module.file, name, known, ref)
    target = module.get_attribute(name)
    if isinstance(target, StaticFunction):
        return StaticModel(mode, target, False)
    if is_external(target):
        raise CannotReadError(f"{name} is {target.cog_external}, which is not part of the project", module.file)
    if not isinstance(target, type) and not hasattr(target, "cog_place"):
        raise CannotReadError(f"{name} is neither a class nor a function of the project", module.file)
    cls = target if isinstance(target, type) else type(target)
    found = _method(cls, choose_training if mode == "train" else choose_prediction, module)
    return StaticModel(mode, found, not found.static or found.class_method)


def _known(module: Module, name: str) -> Any:
    return module.get(name) if module.has(name) else None


def _is_own(module: Module, name: str) -> bool:
    found = module.get(name)
    if isinstance(found, StaticFunction):
        return found.module is module
    return isinstance(found, type) and str(found.__dict__.get("cog_place", "")).startswith(f"{module.file}, ")


def _method(cls: type, choose: Callable[[type, str], str], module: Module) -> StaticFunction:
    for method in ("run", "predict", "train"):
        owner = owner_of(cls, method)
        if owner is not None and isinstance(owner.__dict__[method], Unknown):
            raise owner.__dict__[method].error
    place = getattr(cls, "cog_place", module.file)
    try:
        name = choose(cls, place)
    except ValueError as error:
        if external_base(cls):
            why = f"{cls.__name__} has a base {external_base(cls)}, which is not part of the project"
            raise CannotReadError(f"{error}; {why}", module.file) from None
        raise
    owner = owner_of(cls, name)
    found = owner.__dict__[name] if owner is not None else None
    if not isinstance(found, StaticFunction):
        raise CannotReadError(f"{cls.__name__}.{name} is not a function of the project", module.file)
    return found
