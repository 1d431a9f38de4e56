"""Files in."""

from __future__ import annotations

from typing import Any, List, Optional

from cog import BaseRunner, File, Input, Path, Secret


def told(value: Any) -> Any:
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, Path):
        return ["Path", value.suffix, value.read_text()]
    if hasattr(value, "read"):
        return ["stream", value.read().decode()]
    return [type(value).__name__, str(value)]


class Predictor(BaseRunner):
    def run(
        self,
        image: Optional[Path] = None,
        files: Optional[List[Path]] = None,
        stream: Optional[File] = None,
        secret: Optional[Secret] = None,
        text: str = Input(default=""),
    ) -> Any:
        if secret is not None:
            return [str(secret), secret.get_secret_value()]
        if image is not None:
            return told(image)
        if files is not None:
            return told(files)
        return told(stream) if stream is not None else told(text)
