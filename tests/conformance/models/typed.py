"""Every type of input; the output tells what the model got."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Union

from cog import BaseRunner, Input, Path, Secret


class Predictor(BaseRunner):
    def run(
        self,
        whole: int = Input(default=1, ge=1, le=10),
        number: float = Input(default=0.5, ge=0, le=1),
        flag: bool = False,
        text: str = Input(default="abc", min_length=1, max_length=5),
        pattern: str = Input(default="abc", regex="^[a-z]+$"),
        ahead: str = Input(default="ab", regex="a(?=b)"),
        size: str = Input(default="small", choices=["small", "medium", "large"]),
        steps: int = Input(default=10, choices=[10, 20]),
        maybe: Optional[str] = None,
        bare: Optional[int] = Input(default=None, ge=0),
        nums: List[int] = Input(default=[1]),
        words: List[str] = Input(default=["w"]),
        settings: Dict[str, Any] = Input(default={}),
        records: List[Dict[str, Any]] = Input(default=[]),
        either: Union[str, int] = Input(default="e"),
        secret: Secret = Input(default="s"),
        only: str = Input(default=""),
    ) -> Any:
        got = {
            "whole": whole, "number": number, "flag": flag, "text": text, "pattern": pattern, "ahead": ahead,
            "size": size, "steps": steps, "maybe": maybe, "bare": bare, "nums": nums, "words": words,
            "settings": settings, "records": records, "either": either, "secret": str(secret),
        }  # fmt: skip
        shown = {name: [type(value).__name__, value] for name, value in got.items()}
        return shown[only] if only else shown


class Required(BaseRunner):
    def run(
        self,
        zebra: str,
        apple: int = Input(ge=2, le=8, description="A count"),
        mango: Optional[str] = Input(),
        bare: Optional[str] = None,
        left: Optional[int] = Input(description="no default"),
        size: str = Input(choices=["s", "m"]),
    ) -> Any:
        return [zebra, apple, mango, bare, left, size]


class Injected(BaseRunner):
    def run(self, zebra: Optional[str], apple: Optional[int], tail: str = "t") -> Any:
        return {"zebra": zebra, "apple": apple, "tail": tail}


class Absent(BaseRunner):
    def run(
        self,
        count: int = Input(default=None, ge=1),
        text: str = None,  # type: ignore[assignment]
        image: Path = Input(default=None),
        words: List[str] = Input(default=None),
        size: str = Input(default=None, choices=["s", "m"]),
        free: Any = None,
    ) -> Any:
        return [count, text, image, words, size, free]


class Several(BaseRunner):
    def run(self, x: Union[str, float, None] = None) -> Any:
        return [type(x).__name__, x]
