"""A result that is one of some words."""

from typing import List, Literal

from cog import BaseRunner, Input

Category = Literal["spam", "rude", "fine"]
Level = Literal[1, 2, 3]


class Predictor(BaseRunner):
    def run(
        self,
        text: str = Input(max_length=1000),
        level: Level = 2,
        categories: List[Category] = Input(default=["spam", "rude"]),
    ) -> Category:
        words = text.lower().split()
        if "spam" in categories and words.count("buy") >= level:
            return "spam"
        return "rude" if "rude" in categories and "fool" in words else "fine"
