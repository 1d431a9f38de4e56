"""Returns a file of zeros that takes no place on the disk."""

import os

from cog import BasePredictor, Input, Path


class Predictor(BasePredictor):
    def predict(self, megabytes: int = Input(description="Size")) -> Path:
        with open("large.bin", "wb") as file:
            os.truncate(file.fileno(), megabytes << 20)
        return Path("large.bin")
