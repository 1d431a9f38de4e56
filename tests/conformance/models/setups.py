"""Setups that fail, and what setup is given."""

from __future__ import annotations

import os
import sys
from typing import Any, Optional

from cog import BaseRunner


class Raises(BaseRunner):
    def setup(self) -> None:
        print("about to fail")
        raise RuntimeError("no weights")

    def run(self, text: str = "") -> str:
        return text


class Exits(BaseRunner):
    def setup(self) -> None:
        sys.exit(3)

    def run(self, text: str = "") -> str:
        return text


class Dies(BaseRunner):
    def setup(self) -> None:
        os._exit(3)

    def run(self, text: str = "") -> str:
        return text


class Slow(BaseRunner):
    def setup(self) -> None:
        import time

        while True:
            time.sleep(0.1)

    def run(self, text: str = "") -> str:
        return text


class Weighed(BaseRunner):
    def setup(self, weights: Optional[str] = None) -> None:
        self.weights: Any = weights

    def run(self, text: str = "") -> Any:
        return {"weights": self.weights}


class Both(BaseRunner):
    def run(self) -> str:
        return "run"

    def predict(self) -> str:
        return "predict"


class Neither(BaseRunner):
    pass


class Demands:
    def __init__(self, needed: str) -> None:
        self.needed = needed

    def run(self) -> str:
        return self.needed


def function(text: str = "f") -> str:
    return f"function {text}"


def none_at_all() -> None:
    return None
