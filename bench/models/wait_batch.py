"""A model that takes 20 ms for up to eight predictions, as one whose device reads its weights that long does."""

import time
from typing import List, Sequence

from cog import BaseRunner, Input, Inputs, batch, run_one


class Predictor(BaseRunner):
    def run(self, name: str = Input(description="Who is greeted")) -> str:
        return run_one(self.run_batch, name=name)

    @batch(max_size=8, max_wait_ms=5)
    def run_batch(self, inputs: Sequence[Inputs]) -> List[str]:
        time.sleep(0.02)
        return [f"hello {item.name}" for item in inputs]
