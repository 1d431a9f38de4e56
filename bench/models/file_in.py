"""Takes a file."""

from cog import BasePredictor, Input, Path


class Predictor(BasePredictor):
    def predict(self, file: Path = Input(description="Any file")) -> int:  # noqa: B008
        return file.stat().st_size
