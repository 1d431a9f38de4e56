import csv
import json

from cog import Input, Path


def train(
    points: Path = Input(description="A CSV file with the columns x and y"),
    steps: int = Input(description="Steps of gradient descent", default=500, ge=1, le=100_000),
) -> Path:
    with open(points, newline="") as file:
        rows = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
    slope = intercept = 0.0
    rate = 1 / (1 + max(x * x for x, _ in rows))
    for _ in range(steps):
        errors = [(slope * x + intercept - y, x) for x, y in rows]
        slope -= rate * sum(error * x for error, x in errors) / len(rows)
        intercept -= rate * sum(error for error, _ in errors) / len(rows)
    print(f"y = {slope:.3f} x + {intercept:.3f}")
    weights = Path("/tmp/weights.json")
    weights.write_text(json.dumps([slope, intercept]))
    return weights
