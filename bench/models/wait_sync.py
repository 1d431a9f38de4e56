"""A synchronous model that waits 20 ms, as one whose device works that long does."""

import time

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    def predict(self, name: str = Input(description="Who is greeted")) -> str:
        time.sleep(0.02)
        return f"hello {name}"
