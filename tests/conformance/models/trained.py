"""A model with a training."""

from __future__ import annotations

import gates

from cog import BaseModel, BaseRunner, Input


class TrainingOutput(BaseModel):
    weights: str


class Predictor(BaseRunner):
    def run(self, text: str = "", steps: int = 0) -> str:
        return f"predicted {text} {steps}"


def train(steps: int = Input(ge=1), gate: str = "", fail: str = "") -> TrainingOutput:
    print(f"training {steps}")
    gates.wait(gate)
    if fail:
        raise ValueError(fail)
    return TrainingOutput(weights=f"weights after {steps}")
