"""Forms as clients encode them, and the model that tells what it got."""

from __future__ import annotations

from typing import Optional

MODEL = """
import hashlib
from typing import Any, List, Optional
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(
        self,
        image: Optional[Path] = None,
        images: List[Path] = [],
        width: int = 1,
        text: str = "",
        until: str = "",
    ) -> Any:
        if until:
            open(until + ".running", "w").close()
            import os, time
            while not os.path.exists(until):
                time.sleep(0.01)
        seen = {"width": width, "text": text, "images": [one.read_bytes().decode() for one in images]}
        if image is not None:
            content = image.read_bytes()
            seen.update(name=image.name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        return seen
"""

BOUNDARY = "----form-7MA4YWxkTrZu0gW"
FORM_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, content: bytes, file: Optional[str] = None, type: Optional[str] = None) -> bytes:
    """One part, as `requests` and browsers write it."""
    head = f'Content-Disposition: form-data; name="{name}"'
    if file is not None:
        head += f'; filename="{file}"'
    if type is not None:
        head += f"\r\nContent-Type: {type}"
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
