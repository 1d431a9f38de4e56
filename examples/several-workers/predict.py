import os

from cog import BaseRunner, Input, concurrent


class Predictor(BaseRunner):
    @concurrent(max=3)
    def run(self, number: int = Input(description="The number to factor", ge=2, le=10**14)) -> str:
        factor = next((n for n in range(2, int(number**0.5) + 1) if number % n == 0), number)
        return f"{factor} divides {number}, says process {os.getpid()}"
