"""Written years ago: old names, old imports, nothing annotated but what had to be."""

import warnings
from typing import Any

from cog import BaseModel, BasePredictor, ExperimentalFeatureWarning, Input, Path, emit_metric

warnings.filterwarnings("ignore", category=ExperimentalFeatureWarning)


class Output(BaseModel):
    file: Path
    text: str


class Predictor(BasePredictor):
    prefix = ">"

    def setup(self):
        """Load the model into memory to make running multiple predictions efficient"""
        self.model = lambda text: self.prefix + text.upper()

    def predict(
        self,
        text: str = Input(description="Text to shout"),
        num_outputs: int = Input(description="How often", default=1, choices=[1, 4, 8]),
        **ignored: Any,
    ) -> Output:
        """Run a single prediction on the model"""
        emit_metric("shouted", len(text))
        out_path = Path("out.txt")
        out_path.write_text(self.model(text) * num_outputs)
        return Output(file=out_path, text=self.model(text))
