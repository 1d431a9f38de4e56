"""The smallest synchronous model."""

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    def predict(self, name: str = Input(description="Who is greeted")) -> str:
        return f"hello {name}"
