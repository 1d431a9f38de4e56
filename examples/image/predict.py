from typing import Callable

from PIL import Image, ImageFilter, ImageOps

from cog import BaseRunner, Input, Path

FILTERS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "none": lambda picture: picture,
    "blur": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
    "edges": lambda picture: picture.filter(ImageFilter.FIND_EDGES),
    "grey": ImageOps.grayscale,
}


class Predictor(BaseRunner):
    def run(
        self,
        image: Path = Input(description="Picture to work on"),
        width: int = Input(description="Width of the result, in pixels", default=128, ge=1, le=4096),
        filter: str = Input(description="What to do to it", default="none", choices=list(FILTERS)),
    ) -> Path:
        with Image.open(image) as source:
            picture = source.convert("RGB")
        height = max(1, round(picture.height * width / picture.width))
        result = FILTERS[filter](picture.resize((width, height), Image.Resampling.LANCZOS))
        output = Path("/tmp/output.png")
        result.save(output)
        return output
