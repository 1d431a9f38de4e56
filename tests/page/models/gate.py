"""Setup that lasts until a file is there, or fails."""

import os
import time

from cog import BaseRunner


class Predictor(BaseRunner):
    def setup(self) -> None:
        print("loading weights", flush=True)
        while not os.path.exists("open") and not os.path.exists("fail"):
            time.sleep(0.02)
        if os.path.exists("fail"):
            raise RuntimeError("the weights are not there")

    def run(self, text: str = "hello") -> str:
        return text
