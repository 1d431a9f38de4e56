"""Takes a long text."""

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    def predict(self, text: str = Input(description="Any text")) -> int:
        return len(text)
