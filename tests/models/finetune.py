"""Training makes weights; predictions take them from COG_WEIGHTS."""

import json
from typing import Optional

from cog import BaseModel, BaseRunner, Input, Path


class TrainingOutput(BaseModel):
    weights: Path
    loss: float


def train(
    data: Path = Input(description="A line for each example: x y"),
    epochs: int = Input(default=200, ge=1, le=10000),
    learning_rate: float = Input(default=0.05, ge=0, le=1),
    trigger_word: str = Input(default="TOK", regex="^[A-Z]+$"),
) -> TrainingOutput:
    points = [tuple(map(float, line.split())) for line in data.read_text().splitlines()]
    slope = 0.0
    for _ in range(epochs):
        slope -= learning_rate * sum((slope * x - y) * x for x, y in points) / len(points)
    loss = sum((slope * x - y) ** 2 for x, y in points) / len(points)
    print(f"trained {trigger_word}")
    weights = Path("weights.json")
    weights.write_text(json.dumps({"slope": round(slope, 6), "trigger": trigger_word}))
    return TrainingOutput(weights=weights, loss=round(loss, 6))


class Predictor(BaseRunner):
    def setup(self, weights: Optional[Path] = None) -> None:
        self.slope = json.loads(Path(weights).read_text())["slope"] if weights else 1.0

    def run(self, x: float) -> float:
        return self.slope * x
