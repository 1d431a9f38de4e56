"""Numbers of numpy wherever an output may have them."""

from typing import Any, List

import numpy as np

from cog import BaseRunner


class Predictor(BaseRunner):
    def run(self, numbers: List[float]) -> Any:
        values = np.array(numbers, dtype=np.float32)
        return {
            "mean": values.mean(),
            "largest": np.argmax(values),
            "any_negative": np.any(values < 0),
            "histogram": np.histogram(values[np.isfinite(values)], bins=2)[0],
            "shape": values.shape,
            "outer": np.outer(values, values),
        }
