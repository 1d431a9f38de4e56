"""A Python file, read as a tree, and edited as text so that the rest stays as its author wrote it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Optional, Union

Span = tuple[int, int]
Import = Union[ast.Import, ast.ImportFrom]


class SourceError(Exception):
    """The file cannot be read or is no Python."""


class Source:
    """`name` is how messages call the file."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        try:
            self.text = path.read_bytes()
            self.tree = ast.parse(self.text)
        except SyntaxError as error:
            raise SourceError(f"{name}:{error.lineno}: {error.msg}") from None
        except (OSError, ValueError) as error:
            raise SourceError(f"{name}: {error}") from None
        self._starts = [0]
        for line in self.text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._edits: list[tuple[int, int, bytes]] = []

    def span(self, node: Union[ast.stmt, ast.expr]) -> Span:
        """Where the node stands, in bytes."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._starts[node.lineno - 1] + node.col_offset,
            self._starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def span_of(self, argument: ast.arg) -> Span:
        """The same of a parameter, without its default."""
        assert argument.end_lineno is not None and argument.end_col_offset is not None
        return (
            self._starts[argument.lineno - 1] + argument.col_offset,
            self._starts[argument.end_lineno - 1] + argument.end_col_offset,
        )

    def remove_decorator(self, decorator: ast.expr) -> None:
        """Its lines."""
        assert decorator.end_lineno is not None
        self._edits.append((self._starts[decorator.lineno - 1], self._starts[decorator.end_lineno], b""))

    def replace(self, span: Span, text: str) -> None:
        self._edits.append((*span, text.encode()))

    def remove(self, statement: ast.stmt) -> None:
        """Its lines, decorators included; `pass` stands in for the last statement of a body."""
        decorators = getattr(statement, "decorator_list", [])
        first = min([statement.lineno, *(one.lineno for one in decorators)])
        end = self._starts[statement.end_lineno or statement.lineno]
        owner = self._owner(statement)
        if owner is not None and len(owner.body) == 1:
            self.replace(self.span(statement), "pass")
        else:
            self._edits.append((self._starts[first - 1], end, b""))

    def _owner(self, statement: ast.stmt) -> Optional[ast.ClassDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef) and statement in node.body:
                return node
        return None

    def save(self) -> None:
        """Writes the edited text. Raises SourceError, writing nothing, if that is no Python any more."""
        text = self.text
        for start, end, new in sorted(set(self._edits), reverse=True):
            text = text[:start] + new + text[end:]
        try:
            ast.parse(text)
            self.path.write_bytes(text)
        except (SyntaxError, OSError) as error:
            raise SourceError(f"{self.name}: the fix did not work out: {error}") from None

    # What names mean.

    def imports(self) -> list[Import]:
        return [node for node in self.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]

    def imported(self, module: str, name: str) -> Optional[str]:
        """What `from module import name` calls it here."""
        for node in self.imports():
            if isinstance(node, ast.ImportFrom) and node.module == module and node.level == 0:
                for alias in node.names:
                    if alias.name == name:
                        return alias.asname or alias.name
        return None

    def means(self, node: ast.expr, module: str, name: str) -> bool:
        """Is the expression `name` of `module`, imported by itself or through its module?"""
        if isinstance(node, ast.Name):
            return node.id == self.imported(module, name)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr == name:
            return any(
                (alias.asname or alias.name) == node.value.id and alias.name == module
                for one in self.imports()
                if isinstance(one, ast.Import)
                for alias in one.names
            )
        return False

    def classes(self) -> list[ast.ClassDef]:
        return [node for node in self.tree.body if isinstance(node, ast.ClassDef)]


def names_in(*nodes: ast.AST) -> set[str]:
    """All names that are read or written in the nodes."""
    return {one.id for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)}


def rewrite_import(source: Source, node: Import, without: set[str], and_also: tuple[str, ...] = ()) -> None:
    """Takes bound names out of an import and adds others; a list that ends empty goes away with its line."""
    kept = [alias for alias in node.names if (alias.asname or alias.name.split(".")[0]) not in without]
    if len(kept) == len(node.names) and not and_also:
        return
    words = [alias.name + (f" as {alias.asname}" if alias.asname else "") for alias in kept] + list(and_also)
    if not words:
        source.remove(node)
    elif isinstance(node, ast.ImportFrom):
        listed = ", ".join(words)
        source.replace(source.span(node), f"from {'.' * node.level}{node.module or ''} import {listed}")
    else:
        source.replace(source.span(node), f"import {', '.join(words)}")
