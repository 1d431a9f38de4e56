"""Streams many short chunks."""

from typing import Iterator

import cog
from cog import BasePredictor, Input


class Predictor(BasePredictor):
    @cog.streaming
    def predict(self, count: int = Input(description="How many chunks", ge=0)) -> Iterator[str]:
        for number in range(count):
            yield f"chunk {number} "
