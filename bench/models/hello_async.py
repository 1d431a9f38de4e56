"""The smallest asynchronous model."""

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    async def predict(self, name: str = Input(description="Who is greeted")) -> str:
        return f"hello {name}"
