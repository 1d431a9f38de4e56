"""A picture in, a smaller one out, as most image models do it."""

import tempfile

from PIL import Image, ImageOps

from cog import BaseRunner, Input, Path

FILTERS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}


class Predictor(BaseRunner):
    def run(
        self,
        image: Path = Input(description="Picture to make smaller"),
        size: int = Input(description="Longest side of the result, in pixels", default=64, ge=1, le=1024),
        filter: str = Input(description="How pixels are weighed", default="bilinear", choices=list(FILTERS)),
        grey: bool = Input(description="Take the colours out", default=False),
        format: str = Input(description="Format of the result", default="png", choices=["png", "jpg"]),
    ) -> Path:
        with Image.open(image) as opened:
            picture = opened.convert("RGB")
        picture.thumbnail((size, size), FILTERS[filter])
        if grey:
            picture = ImageOps.grayscale(picture)
        output = Path(tempfile.mkdtemp()) / f"output.{format}"
        picture.save(output)
        return output
