"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    message: str
    remediation: str = ""
    fix: Optional[Callable[[], None]] = None
