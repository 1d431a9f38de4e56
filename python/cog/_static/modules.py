"""Files of the project: the names they bind, read one at a time when they are asked for."""

from __future__ import annotations

import ast
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, NoReturn, Sequence, Union

from cog._static.calls import unpacked
from cog._static.classes import build_class, new_function
from cog._static.expressions import Reader
from cog._static.interfaces import Imports
from cog._static.known import attribute_allowed, attribute_of, outside
from cog._static.marks import CannotReadError, Unknown

Load = Callable[[], Any]

_CHANGES = frozenset({"append", "extend", "insert", "remove", "update", "add", "setdefault", "pop", "sort", "reverse"})


class Module:
    """One file. `has` and `get` are about the names it binds at its top."""

    def __init__(self, project: Imports, tree: ast.Module, file: str, name: str, package: str) -> None:
        self.project = project
        self.file = file
        self.name = name
        self.package = package
        self.namespace = SimpleNamespace()  # of what has been read, for annotations in quotes
        self._bindings: dict[str, Load] = {"__name__": lambda: name, "__file__": lambda: file}
        self._changes: dict[str, list[ast.stmt]] = {}
        self._values: dict[str, Any] = {}
        self._reading: set[str] = set()
        self.annotations_are_text = any(
            isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.names[0].name == "annotations"
            for node in tree.body
        )
        self.reader = Reader(self)
        self._walk(tree.body)

    def fail(self, node: ast.AST, why: str) -> NoReturn:
        raise CannotReadError(why, self.file, node)

    def has(self, name: str) -> bool:
        return name in self._bindings and name not in self._reading

    def get(self, name: str) -> Any:
        if name not in self._values:
            self._reading.add(name)
            try:
                value = self._bindings[name]()
                self._values[name] = value
                self._change(name, value, self._changes.get(name, ()))
            except CannotReadError as error:
                self._values[name] = Unknown(error)
            finally:
                self._reading.discard(name)
            setattr(self.namespace, name, self._values[name])
        return self._values[name]

    def names(self) -> list[str]:
        """What `from module import *` binds."""
        if self.has("__all__"):
            listed = self.get("__all__")
            return [] if isinstance(listed, Unknown) else list(listed)
        return [name for name in self._bindings if not name.startswith("_")]

    def get_attribute(self, name: str) -> Any:
        if self.has(name):
            value = self.get(name)
            if isinstance(value, Unknown):
                raise value.error
            return value
        found = self.project.find(f"{self.name}.{name}") if self.package == self.name else None
        if found is None:
            raise AttributeError(f"module '{self.name}' has no attribute '{name}'")
        return found

    def _change(self, name: str, value: Any, changes: Sequence[ast.stmt]) -> None:
        """Lists and the like, with what later statements put into them."""
        if isinstance(value, (list, dict, set)):
            names = {name: value}
            reader = self.reader.inside(names)
            for statement in changes:
                if isinstance(statement, ast.Expr):
                    reader.value(statement.value)
                elif isinstance(statement, ast.Assign):
                    (target,) = statement.targets
                    assert isinstance(target, ast.Subscript)
                    value[reader.value(target.slice)] = reader.value(statement.value)  # type: ignore[index]

    # Statements

    def _walk(self, body: list[ast.stmt], only_new: bool = False) -> None:
        for statement in body:
            self._statement(statement, only_new)

    def _bind(self, name: str, load: Load, only_new: bool = False) -> None:
        if not only_new or name not in self._bindings:
            self._bindings[name] = load
            self._values.pop(name, None)

    def _statement(self, node: ast.stmt, only_new: bool) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, only_new)
        elif isinstance(node, ast.ClassDef):
            self._bind(node.name, lambda: build_class(self.reader, node, node.name), only_new)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._bind(node.name, lambda: new_function(self.reader, node, node.name), only_new)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(node, target, node.value, only_new)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node, node.target, node.value, only_new)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self._augment(node, node.target.id)
        elif isinstance(node, ast.If):
            self._if(node, only_new)
        elif isinstance(node, ast.Try):
            self._walk(node.body, only_new)
            for handler in node.handlers:
                self._walk(handler.body, True)
            self._walk([*node.orelse, *node.finalbody], only_new)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            self._walk(node.body, only_new)
        elif isinstance(node, (ast.For, ast.While, ast.AsyncFor)):
            self._loop(node)
        elif isinstance(node, ast.Expr):
            self._expression(node)
        elif type(node).__name__ == "TypeAlias":  # since 3.12
            alias: Any = node
            self._bind(alias.name.id, lambda: self.reader.annotation(alias.value), only_new)

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr, only_new: bool) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, partial(self.reader.value, value), only_new)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    self._bind(part.id, partial(self._unpacked, target, value, part.id), only_new)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            self._changes.setdefault(target.value.id, []).append(node)

    def _unpacked(self, target: ast.expr, value: ast.expr, name: str) -> Any:
        return unpacked(self.reader, target, self.reader.value(value))[name]

    def _augment(self, node: ast.AugAssign, name: str) -> None:
        before = self._bindings.get(name)
        if before is None:
            return
        changes = self._changes.pop(name, [])

        def load() -> Any:
            names = {"before": before()}
            self._change(name, names["before"], changes)
            both = ast.BinOp(ast.Name("before", ast.Load()), node.op, node.value)
            for part in ast.walk(both):
                ast.copy_location(part, node)
            return self.reader.inside(names).value(both)

        self._bind(name, load)

    def _if(self, node: ast.If, only_new: bool) -> None:
        try:
            chosen = node.body if self.reader.plain(node.test) else node.orelse
        except CannotReadError:
            pass
        else:
            self._walk(chosen, only_new)
            return
        before = dict(self._bindings)
        self._walk(node.body, only_new)
        first, self._bindings = self._bindings, dict(before)
        self._walk(node.orelse, only_new)
        for name in first:
            in_both = self._bindings.get(name) is not before.get(name) and first[name] is not before.get(name)
            if in_both or (name in before and first[name] is not before[name]):
                self._bind(name, partial(self._depends, node, name))
            elif name not in self._bindings:
                self._bindings[name] = first[name]
        for name in before:
            if first[name] is before[name] and self._bindings[name] is not before[name]:
                self._bind(name, partial(self._depends, node, name))

    def _depends(self, node: ast.If, name: str) -> NoReturn:
        self.fail(node, f"'{name}' depends on `{ast.unparse(node.test)}`, which only running the model tells")

    def _loop(self, node: Union[ast.For, ast.While, ast.AsyncFor]) -> None:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                why = f"'{part.id}' is set in a loop, which is not run: write its value"
                self._bind(part.id, partial(self.fail, node, why))
            if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.value, ast.Name):
                changed = isinstance(part.ctx, ast.Store) or (isinstance(part, ast.Attribute) and part.attr in _CHANGES)
                if changed and part.value.id in self._bindings:
                    why = f"'{part.value.id}' is changed in a loop, which is not run: write the whole of it"
                    self._bind(part.value.id, partial(self.fail, node, why))

    def _expression(self, node: ast.Expr) -> None:
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _CHANGES:
            if isinstance(call.func.value, ast.Name):
                self._changes.setdefault(call.func.value.id, []).append(node)

    # Imports

    def _import(self, node: Union[ast.Import, ast.ImportFrom], only_new: bool) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                self._bind(alias.asname or name, partial(self.project.module, name), only_new)
            return
        source = self._absolute(node)
        for alias in node.names:
            if alias.name == "*":
                self._import_all(source, only_new)
            else:
                self._bind(alias.asname or alias.name, partial(self._imported, node, source, alias.name), only_new)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".") if self.package else []
        parts = parts[: len(parts) - node.level + 1] if node.level > 1 else parts
        return ".".join([*parts, *([node.module] if node.module else [])])

    def _imported(self, node: ast.ImportFrom, source: str, name: str) -> Any:
        if node.level and not source:  # from . import m, beside the model
            found = self.project.find(name)
            return found if found is not None else self.fail(node, f"there is no module {name}.py beside {self.file}")
        module = self.project.module(source)
        if isinstance(module, ModuleType):
            if not attribute_allowed(module, name):
                self.fail(node, f"{source}.{name} is known only when the model runs: write its value")
            try:
                return attribute_of(module, name)
            except AttributeError as error:
                self.fail(node, f"ImportError: {error}")
        if hasattr(module, "get_attribute"):
            try:
                return module.get_attribute(name)
            except AttributeError as error:
                self.fail(node, f"ImportError: {error}")
        return outside(f"{source}.{name}")

    def _import_all(self, source: str, only_new: bool) -> None:
        module = self.project.module(source)
        if isinstance(module, Module):
            for name in module.names():
                self._bind(name, partial(module.get_attribute, name), only_new)
        elif isinstance(module, ModuleType):
            public = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
            for name in public:
                if attribute_allowed(module, name):
                    self._bind(name, partial(getattr, module, name), only_new)
