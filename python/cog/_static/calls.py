"""Calls that only compute: of the standard library, of `Input` and of small functions of the project."""

from __future__ import annotations

import ast
import dataclasses
import enum
import posixpath
from pathlib import PurePath
from types import BuiltinFunctionType, MethodDescriptorType, ModuleType
from typing import Any, Iterable, Mapping

from cog._decorators import concurrent, streaming
from cog._static.interfaces import Values
from cog._static.known import BUILTINS, PURE, UNSAFE, PydanticField, PydanticModel
from cog._static.marks import CannotReadError, External, StaticFunction, Unknown, is_external
from cog.input import FieldInfo, Input
from cog.types import Path, Secret

_DEEPEST = 20  # calls within calls
_VALUES = (str, bytes, int, float, list, tuple, dict, set, frozenset, range, PurePath, enum.Enum)
_ON_DISK = frozenset(
    "absolute cwd exists glob home is_dir is_file iterdir mkdir open read_bytes read_text resolve rglob stat touch "
    "unlink write_bytes write_text".split()
)


class _Done(Exception):
    """A function of the project has come to its `return`."""

    def __init__(self, value: Any) -> None:
        self.value = value


def call(reader: Values, node: ast.Call) -> Any:
    """The result of a call. Raises CannotReadError for what would have to be run."""
    function = reader.value(node.func)
    if isinstance(function, StaticFunction):
        return _call_read(reader, node, function)
    if not _only_computes(reader, node, function):
        name = ast.unparse(node.func)
        why = "a package outside the project" if is_external(function) else "what only running the model tells"
        reader.fail(node, f"`{name}(...)` depends on {why}: write its value")
    read = reader.plain if function in (Input, FieldInfo) else reader.value
    positional: list[Any] = []
    for argument in node.args:
        if isinstance(argument, ast.Starred):
            positional += reader.value(argument.value)
        else:
            positional.append(read(argument))
    named: dict[str, Any] = {}
    for keyword in node.keywords:
        if keyword.arg is None:
            named.update(reader.value(keyword.value))
        else:
            named[keyword.arg] = read(keyword.value)
    if isinstance(function, type) and issubclass(function, (Path, Secret)):
        return function(*positional, **named)
    return function(
        *(_callable(reader, value) for value in positional),
        **{name: _callable(reader, value) for name, value in named.items()},
    )


def _callable(reader: Values, value: Any) -> Any:
    """A function of the project, such as a key of `sorted`, as one that is read when it is called."""
    if not isinstance(value, StaticFunction):
        return value
    return lambda *arguments: _run(reader, value, list(arguments), {})


def _only_computes(reader: Values, node: ast.Call, function: Any) -> bool:
    if function in (Input, FieldInfo, PydanticField, concurrent, streaming):
        return True
    if isinstance(function, type):
        return _is_made_of_values(function)
    owner = getattr(function, "__self__", None)
    if isinstance(owner, _VALUES) or (isinstance(owner, type) and issubclass(owner, _VALUES)):
        return getattr(function, "__name__", "") not in _ON_DISK
    if isinstance(function, BuiltinFunctionType) and owner is not None and not isinstance(owner, ModuleType):
        return False
    if isinstance(function, MethodDescriptorType):  # str.upper
        return True
    module = getattr(function, "__module__", None) or ""
    if module in ("builtins", "_operator", "_functools"):
        return function in BUILTINS.values() or module == "_operator"
    return (
        module in PURE
        or module == posixpath.__name__
        and function.__name__ in ("join", "basename", "dirname", "splitext")
    )


def _is_made_of_values(cls: type) -> bool:
    if cls in UNSAFE or is_external(cls) or issubclass(cls, External):
        return False
    if (
        cls in BUILTINS.values()
        or issubclass(cls, (PurePath, Secret, enum.Enum, PydanticModel))
        or cls.__module__ in PURE
    ):
        return True
    made = dataclasses.is_dataclass(cls) or issubclass(cls, (tuple, dict)) or "cog_place" in cls.__dict__
    return made and not any(
        isinstance(vars(c).get(n), StaticFunction) for c in cls.__mro__ for n in ("__init__", "__new__")
    )


def _call_read(reader: Values, node: ast.Call, function: StaticFunction) -> Any:
    if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
        reader.fail(node, "a call with * or ** is not read")
    arguments = [reader.value(argument) for argument in node.args]
    named = {str(keyword.arg): reader.value(keyword.value) for keyword in node.keywords}
    return _run(reader, function, arguments, named)


def _run(reader: Values, function: StaticFunction, arguments: list[Any], named: dict[str, Any]) -> Any:
    node = function.node
    if reader.depth >= _DEEPEST or isinstance(node, ast.AsyncFunctionDef):
        reader.fail(node, f"{function.qualname}() would have to be run")
    names = _parameters(function.reader, function, arguments, named)
    inner = reader.in_call(function.module, names)
    if isinstance(node, ast.Lambda):
        return inner.value(node.body)
    try:
        _execute(inner, names, node.body)
    except _Done as done:
        return done.value
    return None


def _parameters(
    reader: Values, function: StaticFunction, arguments: list[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    declared = function.node.args
    positional = [argument.arg for argument in (*declared.posonlyargs, *declared.args)]
    first = positional[0] if positional else ""
    if function.bound:
        positional = positional[1:]
    names = dict(zip(positional[len(positional) - len(declared.defaults) :], declared.defaults))
    names.update({one.arg: node for one, node in zip(declared.kwonlyargs, declared.kw_defaults) if node is not None})
    found = {name: reader.value(default) for name, default in names.items()}
    found.update(zip(positional, arguments))
    wanted = {*positional, *(argument.arg for argument in declared.kwonlyargs)}
    more = {name: value for name, value in named.items() if name not in wanted}
    found.update((name, value) for name, value in named.items() if name in wanted)
    left = tuple(arguments[len(positional) :])
    if not wanted <= found.keys() or (more and not declared.kwarg) or (left and not declared.vararg):
        reader.fail(function.node, f"{function.qualname}() does not take the arguments it is called with")
    if declared.vararg:
        found[declared.vararg.arg] = left
    if declared.kwarg:
        found[declared.kwarg.arg] = more
    if function.bound and first:
        why = f"'{first}' is there only when the model runs"
        found[first] = Unknown(CannotReadError(why, reader.module.file, function.node))
    return found


def _execute(reader: Values, names: dict[str, Any], body: list[ast.stmt]) -> None:
    """Statements of a small function; `names` are its own."""
    for statement in body:
        if isinstance(statement, ast.Return):
            raise _Done(None if statement.value is None else reader.value(statement.value))
        if isinstance(statement, ast.Assign):
            value = reader.value(statement.value)
            for target in statement.targets:
                names.update(unpacked(reader, target, value))
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            names.update(unpacked(reader, statement.target, reader.value(statement.value)))
        elif isinstance(statement, ast.If):
            _execute(reader, names, statement.body if reader.plain(statement.test) else statement.orelse)
        elif isinstance(statement, ast.For) and not statement.orelse:
            for item in reader.value(statement.iter):
                names.update(unpacked(reader, statement.target, item))
                _execute(reader, names, statement.body)
        elif isinstance(statement, ast.Expr):
            reader.value(statement.value)
        elif not isinstance(statement, ast.Pass):
            reader.fail(statement, f"`{ast.unparse(statement).splitlines()[0]}` would have to be run")


def unpacked(reader: Values, target: ast.expr, value: Any) -> dict[str, Any]:
    """The names that an assignment binds."""
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, (ast.Tuple, ast.List)) and not any(isinstance(one, ast.Starred) for one in target.elts):
        values = list(value) if isinstance(value, Iterable) else []
        if len(values) == len(target.elts):
            found: dict[str, Any] = {}
            for part, item in zip(target.elts, values):
                found.update(unpacked(reader, part, item))
            return found
    reader.fail(target, f"the assignment to `{ast.unparse(target)}` would have to be run")
