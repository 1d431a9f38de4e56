"""Several pictures in, as many out, in one prediction."""

import tempfile
from typing import List

from PIL import Image

from cog import BaseRunner, Input, Path


class Predictor(BaseRunner):
    def run(
        self,
        images: List[Path] = Input(description="Pictures to enlarge"),
        scale: int = Input(description="How many times larger", default=2, ge=1, le=4),
    ) -> List[Path]:
        folder = Path(tempfile.mkdtemp())
        outputs = []
        for number, image in enumerate(images):
            with Image.open(image) as picture:
                larger = picture.resize((picture.width * scale, picture.height * scale))
            outputs.append(folder / f"output-{number}.png")
            larger.save(outputs[-1])
        return outputs
