"""Values and annotations out of expressions, as far as reading them tells."""

from __future__ import annotations

import ast
import typing
from collections import ChainMap
from types import ModuleType
from typing import Any, ForwardRef, Iterator, Mapping, NoReturn, Optional, Union, cast, get_origin

from cog._static import calls
from cog._static.known import BUILTINS, attribute_allowed, attribute_of, outside
from cog._static.marks import CannotReadError, StaticFunction, Unknown, is_external
from cog._static.operators import BINARY, COMPARE, CONVERSIONS, DUNDERS, LARGEST, UNARY, find_outside, is_large, is_type

_LITERAL: Any = typing.Literal
_ANNOTATED: Any = typing.Annotated


class Reader:
    """Reads the expressions of one module; `names` are those of a class body or of a call, before the module's."""

    def __init__(self, module: Any, names: Optional[Mapping[str, Any]] = None, depth: int = 0) -> None:
        self.module = module
        self.names = names if names is not None else {}
        self.depth = depth  # of calls

    def inside(self, names: Mapping[str, Any]) -> Reader:
        return Reader(self.module, ChainMap(cast(Any, names), cast(Any, self.names)), self.depth)

    def in_call(self, module: Any, names: Mapping[str, Any]) -> Reader:
        """Reads the body of a function of `module` that is called from here; `names` are its own."""
        return Reader(module, names, self.depth + 1)

    def fail(self, node: ast.AST, why: str) -> NoReturn:
        raise CannotReadError(why, self.module.file, node)

    # Values

    def value(self, node: ast.expr) -> Any:
        """The value. Raises CannotReadError, naming line and reason."""
        handler = getattr(self, f"_{type(node).__name__}", None)
        if handler is None:
            self.fail(node, f"cannot read `{ast.unparse(node)}` without running it")
        try:
            value = handler(node)
            if isinstance(value, Unknown):
                raise value.error
            return value
        except CannotReadError:
            raise
        except Exception as error:  # what Python says of the same expression
            self.fail(node, f"{type(error).__name__}: {error}")

    def plain(self, node: ast.expr) -> Any:
        """A value with nothing in it that comes from outside the project."""
        value = self.value(node)
        found = find_outside(value)
        if isinstance(found, Unknown):
            raise found.error
        if found is not None:
            self.fail(node, f"`{ast.unparse(node)}` needs {found}, which is not part of the project: write its value")
        return value

    def lookup(self, node: ast.AST, name: str) -> Any:
        """What a name means; raises KeyError if nothing."""
        if name in self.names:
            value = self.names[name]
        elif self.module.has(name):
            value = self.module.get(name)
        else:
            value = BUILTINS[name]
        if isinstance(value, Unknown):
            raise value.error
        return value

    def _Constant(self, node: ast.Constant) -> Any:
        return node.value

    def _Name(self, node: ast.Name) -> Any:
        try:
            return self.lookup(node, node.id)
        except KeyError:
            self.fail(node, f"the name '{node.id}' is not defined in the project")

    def _Attribute(self, node: ast.Attribute) -> Any:
        return self.attribute(node, self.value(node.value), node.attr)

    def attribute(self, node: ast.AST, owner: Any, name: str) -> Any:
        if is_external(owner):
            return outside(f"{owner.cog_external}.{name}")
        if isinstance(owner, ModuleType):
            if not attribute_allowed(owner, name):
                self.fail(node, f"{owner.__name__}.{name} is known only when the model runs: write its value")
            return attribute_of(owner, name)
        if hasattr(owner, "get_attribute"):  # a module of the project
            return owner.get_attribute(name)
        if name.startswith("__") and name not in DUNDERS:
            self.fail(node, f"cannot read the attribute {name} without running the model")
        value = getattr(owner, name)
        if isinstance(value, Unknown):
            raise value.error
        return value

    def _Subscript(self, node: ast.Subscript) -> Any:
        base = self.value(node.value)
        if is_external(base):
            return base
        if isinstance(base, type) or get_origin(base) is not None or hasattr(base, "_name"):
            return self._generic(node, base)
        return base[self.value(node.slice)]

    def _Slice(self, node: ast.Slice) -> slice:
        parts = (node.lower, node.upper, node.step)
        return slice(*(None if part is None else self.value(part) for part in parts))

    def _BinOp(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.BitOr) and (is_type(left) or is_type(right)):
            return Union[left, right]
        if isinstance(node.op, (ast.Mult, ast.Pow, ast.LShift)) and is_large(left, right):
            self.fail(node, "the value is too large")
        return BINARY[type(node.op)](left, right)

    def _UnaryOp(self, node: ast.UnaryOp) -> Any:
        return UNARY[type(node.op)](self.value(node.operand))

    def _BoolOp(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.value(part)
            if bool(value) is isinstance(node.op, ast.Or):
                return value
        return value

    def _Compare(self, node: ast.Compare) -> Any:
        left = self.value(node.left)
        for kind, part in zip(node.ops, node.comparators):
            right = self.value(part)
            if is_external(left) or is_external(right):
                self.fail(node, "the comparison depends on a package outside the project")
            if not COMPARE[type(kind)](left, right):
                return False
            left = right
        return True

    def _IfExp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.plain(node.test) else node.orelse)

    def _JoinedStr(self, node: ast.JoinedStr) -> str:
        return "".join(str(self.value(part)) for part in node.values)

    def _FormattedValue(self, node: ast.FormattedValue) -> str:
        value = self.plain(node.value)
        value = CONVERSIONS[node.conversion](value) if node.conversion in CONVERSIONS else value
        return format(value, "" if node.format_spec is None else self.value(node.format_spec))

    def _List(self, node: ast.List) -> list[Any]:
        return list(self._items(node.elts))

    def _Tuple(self, node: ast.Tuple) -> tuple[Any, ...]:
        return tuple(self._items(node.elts))

    def _Set(self, node: ast.Set) -> set[Any]:
        return set(self._items(node.elts))

    def _items(self, nodes: list[ast.expr]) -> Iterator[Any]:
        for node in nodes:
            if isinstance(node, ast.Starred):
                yield from self.value(node.value)
            else:
                yield self._member(node)

    def _member(self, node: ast.expr) -> Any:
        """Of a list or dict that may do without it, as when only the keys are wanted."""
        try:
            return self.value(node)
        except CannotReadError as error:
            return Unknown(error)

    def _Dict(self, node: ast.Dict) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values):
            if key is None:
                found.update(self.value(value))
            else:
                found[self.value(key)] = self._member(value)
        return found

    def _ListComp(self, node: ast.ListComp) -> list[Any]:
        return [reader.value(node.elt) for reader in self._rounds(node.generators)]

    def _SetComp(self, node: ast.SetComp) -> set[Any]:
        return {reader.value(node.elt) for reader in self._rounds(node.generators)}

    def _GeneratorExp(self, node: ast.GeneratorExp) -> Iterator[Any]:
        return iter([reader.value(node.elt) for reader in self._rounds(node.generators)])

    def _DictComp(self, node: ast.DictComp) -> dict[Any, Any]:
        return {reader.value(node.key): reader.value(node.value) for reader in self._rounds(node.generators)}

    def _rounds(self, generators: list[ast.comprehension]) -> Iterator[Reader]:
        if not generators:
            yield self
            return
        first, *rest = generators
        for count, item in enumerate(self.value(first.iter)):
            if count >= LARGEST:
                self.fail(first.iter, "the list is too long")
            reader = self.inside(calls.unpacked(self, first.target, item))
            if all(reader.value(condition) for condition in first.ifs):
                yield from reader._rounds(rest)

    def _Lambda(self, node: ast.Lambda) -> StaticFunction:
        return StaticFunction(node, self.module, "<lambda>", self)

    def _Call(self, node: ast.Call) -> Any:
        return calls.call(self, node)

    # Annotations

    def annotation(self, node: ast.expr) -> Any:
        """The annotation as objects; names that mean nothing remain as ForwardRef, as in a model that was loaded."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._quoted(node)
        if isinstance(node, ast.Name):
            return self._named(node)
        if isinstance(node, ast.Subscript):
            base = self.annotation(node.value)
            return base if is_external(base) or isinstance(base, ForwardRef) else self._generic(node, base)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            left, right = self.annotation(node.left), self.annotation(node.right)
            return Union[left, right]
        if isinstance(node, ast.Attribute):
            owner = self.annotation(node.value)
            return ForwardRef(ast.unparse(node)) if isinstance(owner, ForwardRef) else self.value(node)
        value = self.value(node)
        return type(None) if value is None else value

    def _quoted(self, node: ast.Constant) -> Any:
        try:
            inner = ast.parse(node.value.strip(), mode="eval").body
        except SyntaxError:
            self.fail(node, f"the annotation {node.value!r} is not an expression")
        for part in ast.walk(inner):
            ast.copy_location(part, node)
        return self.annotation(inner)

    def _named(self, node: ast.Name) -> Any:
        try:
            return self.lookup(node, node.id)
        except KeyError:
            return ForwardRef(node.id)

    def _generic(self, node: ast.Subscript, base: Any) -> Any:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base is _LITERAL:
            return base[tuple(self.plain(part) for part in parts)]
        if base is _ANNOTATED:
            return base[(self.annotation(parts[0]), *(self._metadata(part) for part in parts[1:]))]
        arguments = tuple(self._argument(part) for part in parts)
        return base[arguments if isinstance(node.slice, ast.Tuple) else arguments[0]]

    def _argument(self, node: ast.expr) -> Any:
        if isinstance(node, ast.List):  # of a Callable
            return [self.annotation(part) for part in node.elts]
        return self.annotation(node)

    def _metadata(self, node: ast.expr) -> Any:
        """Only `Opaque` and `Input(...)` mean something there."""
        try:
            return self.value(node)
        except CannotReadError:
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Input":
                raise
            return None
