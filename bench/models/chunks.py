"""Yields many short chunks."""

from typing import Iterator

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    def predict(self, count: int = Input(description="How many chunks", ge=0)) -> Iterator[str]:
        for number in range(count):
            yield f"chunk {number} "
