"""Imports a project's own modules from their source alone, for a server that starts workers again when it changes.

Python takes the bytecode that it keeps of a module for current when the time of the source, in whole seconds, and its
size are the same: so it would run an old one after two changes within a second.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from typing import Any, Callable, Mapping

_PACKAGES = ("site-packages", "dist-packages")


class FreshLoader(SourceFileLoader):
    """Neither reads nor writes bytecode."""

    def path_stats(self, path: Any) -> Mapping[str, Any]:
        raise OSError(f"{path}: only the source counts")  # importlib then knows of no time to compare


def install(project: str) -> None:
    """From now on all modules below the folder are found so, but for installed packages."""
    sys.path_hooks.insert(0, _hook(os.path.realpath(project)))
    sys.path_importer_cache.clear()


def _hook(project: str) -> Callable[[str], FileFinder]:
    interpreters = [os.path.realpath(prefix) for prefix in {sys.prefix, sys.base_prefix}]
    below = [prefix for prefix in interpreters if _is_in(prefix, project) and prefix != project]

    def find(path: str) -> FileFinder:
        folder = os.path.realpath(path)
        own = _is_in(folder, project) and not any(_is_in(folder, prefix) for prefix in below)
        if not own or not os.path.isdir(folder) or any(name in _PACKAGES for name in folder.split(os.sep)):
            raise ImportError("left to the ordinary finders", path=path)
        return FileFinder(
            path,
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (FreshLoader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )

    return find


def _is_in(folder: str, other: str) -> bool:
    return folder == other or folder.startswith(other.rstrip(os.sep) + os.sep)
