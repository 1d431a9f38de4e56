"""Everything may be left out."""

from typing import Any, Dict, List, Optional, Union

from cog import BaseRunner, Input, Path, Secret


class Predictor(BaseRunner):
    def run(
        self,
        text: Optional[str] = None,
        count: Optional[int] = Input(default=None, ge=0),
        ratio: Optional[float] = Input(default=None),
        flag: Optional[bool] = None,
        choice: Optional[str] = Input(default=None, choices=["a", "b"]),
        items: Optional[List[str]] = None,
        options: Optional[Dict[str, Any]] = None,
        image: Optional[Path] = Input(default=None),
        key: Optional[Secret] = None,
        either: Optional[Union[int, str]] = None,
        bare: Optional[int] = Input(description="No default at all"),
    ) -> Any:
        given = {
            "text": text, "count": count, "ratio": ratio, "flag": flag, "choice": choice, "items": items,
            "options": options, "image": image and image.read_text(), "key": key and key.get_secret_value(),
            "either": either, "bare": bare,
        }  # fmt: skip
        return {name: value for name, value in given.items() if value is not None}
