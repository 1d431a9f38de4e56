import json
import os

from cog import BaseRunner, Input


class Predictor(BaseRunner):
    def setup(self) -> None:
        self.slope, self.intercept = 1.0, 0.0
        if weights := os.environ.get("COG_WEIGHTS"):
            with open(weights) as file:
                self.slope, self.intercept = json.load(file)

    def run(self, x: float = Input(description="Where to look at the line")) -> float:
        return self.slope * x + self.intercept
