"""A session of onnxruntime with arrays of numpy in and out."""

from typing import Any, List

import numpy as np
import onnxruntime

from cog import BaseRunner, Input


class Predictor(BaseRunner):
    def setup(self) -> None:
        self.session = onnxruntime.InferenceSession("matrix.onnx", providers=["CPUExecutionProvider"])

    def run(
        self,
        rows: List[List[float]] = Input(description="Rows of two numbers"),
        flat: bool = Input(default=False),
    ) -> Any:
        (result,) = self.session.run(None, {"x": np.asarray(rows, dtype=np.float32)})
        return result.ravel() if flat else result
