"""A registry of coders, kept for imports of old models. The server does not consult it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Optional


class Coder(ABC):
    _coders: set[type[Coder]] = set()

    @staticmethod
    def register(coder: type[Coder]) -> None:
        Coder._coders.add(coder)

    @staticmethod
    def lookup(tpe: type[Any]) -> Optional[Coder]:
        """The first coder that takes the type, or None."""
        for coder in Coder._coders:
            found = coder.factory(tpe)
            if found is not None:
                return found
        return None

    @staticmethod
    @abstractmethod
    def factory(tpe: type[Any]) -> Optional[Coder]: ...

    @abstractmethod
    def encode(self, value: Any) -> dict[str, Any]: ...

    @abstractmethod
    def decode(self, value: dict[str, Any]) -> Any: ...
