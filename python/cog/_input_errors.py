"""What is wrong with an input, and how its value is shown."""

from __future__ import annotations

from typing import Any


class InputError(ValueError):
    """An input that the model's signature does not allow."""


class LocalFile(str):
    """The path of a file that the server has made for an input."""

    __slots__ = ()


def shown(value: Any) -> str:
    """The value as the server shows it: compact, keys ascending, integers beyond 64 bits as floats."""
    import json

    shown = float(value) if type(value) is int and not -(2**63) <= value < 2**64 and abs(value) < 10**308 else value
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=repr)
    return text.replace("e-0", "e-") if isinstance(shown, float) else text
