"""The files of a project, found by the names that are imported."""

from __future__ import annotations

import ast
import os
from typing import Any, Optional, Union

from cog._static.known import known_module, outside
from cog._static.modules import Module


class Project:
    """What is imported by name: files below the working directory or beside the model, first of all."""

    def __init__(self, folders: list[str]) -> None:
        self._folders = folders
        self._modules: dict[str, Optional[Module]] = {}  # by path

    def open(self, file: str, name: str, package: str = "") -> Module:
        """The module in a file. Raises what opening raises, and SyntaxError."""
        module = self._modules.get(file)
        if module is None:
            with open(file, "rb") as source:
                tree = ast.parse(source.read(), file)
            module = self._modules[file] = Module(self, tree, file, name, package)
        return module

    def find(self, dotted: str) -> Optional[Union[Module, Folder]]:
        """The module or folder of the project that an import of this name finds."""
        for folder in self._folders:
            base = os.path.join(folder, *dotted.split("."))
            for file, package in (
                (os.path.join(base, "__init__.py"), dotted),
                (f"{base}.py", dotted.rpartition(".")[0]),
            ):
                if os.path.isfile(file):
                    return self.open(file, dotted, package)
            if os.path.isdir(base):
                return Folder(self, dotted)
        return None

    def module(self, dotted: str) -> Any:
        """What `import dotted` gives: of the project, really imported, or a name that stands for it."""
        found = self.find(dotted)
        if found is not None:
            return found
        known = known_module(dotted)
        return known if known is not None else outside(dotted)


class Folder:
    """A package without `__init__.py`."""

    def __init__(self, project: Project, name: str) -> None:
        self.project, self.name = project, name

    def get_attribute(self, name: str) -> Any:
        found = self.project.find(f"{self.name}.{name}")
        if found is None:
            raise AttributeError(f"folder {self.name.replace('.', '/')} has no module {name}.py")
        return found
