"""What the parts of the reader ask of one another, so that none of them imports the one that uses it."""

from __future__ import annotations

import ast
from typing import Any, Mapping, NoReturn, Protocol


class Imports(Protocol):
    """What modules can be imported, by name: `project.Project`."""

    def find(self, dotted: str) -> Any:
        """The module or folder of the project that has this name, or None."""

    def module(self, dotted: str) -> Any:
        """What `import dotted` gives."""


class Values(Protocol):
    """Reads expressions at one place of the source: `expressions.Reader`."""

    module: Any
    depth: int
    """Of calls within calls."""

    def value(self, node: ast.expr) -> Any: ...

    def plain(self, node: ast.expr) -> Any: ...

    def fail(self, node: ast.AST, why: str) -> NoReturn: ...

    def in_call(self, module: Any, names: Mapping[str, Any]) -> Values:
        """Reads the body of a function of `module` that is called from here; `names` are its own."""
