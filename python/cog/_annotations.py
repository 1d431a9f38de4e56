"""Annotations read one at a time: a name that cannot be resolved spoils its own place only."""

from __future__ import annotations

import builtins
import types
import typing
from typing import Any, ForwardRef, Mapping, Optional, Union, get_args, get_origin

_UnionType: Any = getattr(types, "UnionType", None)  # since 3.10

NoneType = type(None)
_ANNOTATED: Any = typing.Annotated


def raw_annotations(owner: Any) -> dict[str, Any]:
    """The annotations of a function or class as written, unresolved ones as text or ForwardRef."""
    if isinstance(owner, type) and "__annotations__" not in owner.__dict__ and not hasattr(owner, "__annotate__"):
        return {}  # 3.9 would show those of a base class
    try:
        return dict(getattr(owner, "__annotations__", None) or {})
    except NameError:  # 3.14 evaluates them only now
        from importlib import import_module

        library = import_module("annotationlib")
        return dict(library.get_annotations(owner, format=library.Format.FORWARDREF))


def resolve(annotation: Any, globalns: dict[str, Any], localns: Optional[Mapping[str, Any]] = None) -> Any:
    """The annotation as objects. Names that mean nothing remain as ForwardRef."""
    if annotation is None:
        return NoneType
    if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
        return annotation
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, globalns, localns, include_extras=True)["it"]
    except Exception:  # whatever the author's text raises
        return _resolve_text(annotation, globalns, localns) if isinstance(annotation, str) else annotation


def _resolve_text(text: str, globalns: dict[str, Any], localns: Optional[Mapping[str, Any]]) -> Any:
    import ast

    names = {**vars(builtins), **globalns, **(localns or {})}

    def reference(node: ast.expr) -> ast.expr:
        try:
            eval(compile(ast.Expression(node), "<annotation>", "eval"), names)
            return node
        except Exception:
            unknown = ast.Call(ast.Name("ForwardRef", ast.Load()), [ast.Constant(ast.unparse(node))], [])
            return ast.copy_location(unknown, node)

    class Lenient(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return reference(node)

        def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
            return reference(node)

        def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
            left, right = self.visit(node.left), self.visit(node.right)
            both = ast.Tuple([left, right], ast.Load())
            return ast.copy_location(ast.Subscript(ast.Name("Union", ast.Load()), both, ast.Load()), node)

    try:
        tree = ast.fix_missing_locations(Lenient().visit(ast.parse(text, mode="eval")))
        scope = {**names, "ForwardRef": ForwardRef, "Union": Union}
        return eval(compile(tree, "<annotation>", "eval"), scope)
    except Exception:
        return _unresolved(text)


def _unresolved(text: str) -> ForwardRef:
    try:
        return ForwardRef(text)
    except SyntaxError:
        return ForwardRef("Unreadable")


def strip(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """An annotation without Annotated, NewType and type aliases; the metadata on the way."""
    metadata: tuple[Any, ...] = ()
    while True:
        if get_origin(annotation) is typing.Annotated:
            metadata += annotation.__metadata__
            annotation = annotation.__origin__
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif annotation is None:
            return NoneType, metadata
        else:
            return annotation, metadata


def is_union(annotation: Any) -> bool:
    return get_origin(annotation) is Union or (_UnionType is not None and isinstance(annotation, _UnionType))


def union_members(annotation: Any) -> tuple[tuple[Any, ...], bool]:
    """The members of a union, or the annotation alone; whether None was among them. Unions inside are spread."""
    annotation, metadata = strip(annotation)
    if not is_union(annotation):
        return (_annotated(annotation, metadata),), False
    members: list[Any] = []
    nullable = False
    for member in get_args(annotation):
        if member is NoneType:
            nullable = True
            continue
        inner, inner_nullable = union_members(member)
        members.extend(inner)
        nullable = nullable or inner_nullable
    return tuple(members), nullable


def _annotated(annotation: Any, metadata: tuple[Any, ...]) -> Any:
    if not metadata:
        return annotation
    parameters = (annotation, *metadata)
    return _ANNOTATED[parameters]


def name_of(annotation: Any) -> str:
    """How an author would write it."""
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, str):
        return annotation
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return annotation.__name__
    return repr(annotation).replace("typing.", "")
