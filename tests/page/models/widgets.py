"""Every kind of input, and its values as they came."""

from enum import Enum
from typing import Any, Dict, List, Literal, Optional, Union

from cog import BaseModel, BaseRunner, Input, Path, Secret


class Style(str, Enum):
    photo = "photo"
    sketch = "sketch"


class Camera(BaseModel):
    lens: str
    iso: int = 100


class Predictor(BaseRunner):
    def run(
        self,
        prompt: str = Input(description="What the picture shows"),
        title: str = Input(default="Untitled", max_length=40, description="One line"),
        steps: int = Input(default=20, ge=1, le=100, description="More is slower"),
        seed: Optional[int] = Input(default=None, description="The same seed gives the same picture"),
        ratio: float = Input(default=0.5, ge=0, le=1),
        scale: float = 7.5,
        tiled: bool = False,
        style: Style = Input(default=Style.photo),
        size: int = Input(default=512, choices=[256, 512, 768, 1024, 1536, 2048], description="Pixels a side"),
        mode: Literal["fast", "good"] = "fast",
        words: Optional[List[str]] = Input(default=None, description="One a row"),
        numbers: List[int] = Input(default=[1, 2]),
        filters: List[str] = Input(default=[], choices=["blur", "edges"]),
        image: Optional[Path] = Input(default=None, description="Where to begin"),
        images: Optional[List[Path]] = Input(default=None, description="More of them"),
        camera: Optional[Camera] = None,
        options: Dict[str, Any] = Input(default={}),
        either: Optional[Union[int, str]] = None,
        key: Optional[Secret] = Input(default=None, description="Of the store"),
        old: Optional[str] = Input(default=None, deprecated=True, description="No longer looked at"),
    ) -> Any:
        given: Dict[str, Any] = {name: value for name, value in locals().items() if name != "self"}
        given["image"] = image and image.read_text()
        given["images"] = [one.read_text() for one in images] if images else None
        given["camera"] = camera and {"lens": camera.lens, "iso": camera.iso}
        given["key"] = len(key.get_secret_value() or "") if key else None
        given["style"] = style.value
        return given
