"""A TypedDict comes out, nested and partly filled."""

from typing import Dict, List, TypedDict

from cog import BaseRunner, Input


class Day(TypedDict, total=False):
    high: float
    low: float
    words: str


class Forecast(TypedDict):
    city: str
    days: List[Day]
    by_name: Dict[str, Day]


class Predictor(BaseRunner):
    def run(self, city: str, days: int = Input(default=2, ge=1, le=7), words: bool = False) -> Forecast:
        listed: List[Day] = [{"high": 20.0 + day, "low": 10.5} for day in range(days)]
        if words:
            listed[0]["words"] = "sunny"
        return {"city": city, "days": listed, "by_name": {"today": listed[0]}}
