"""Streams text."""

import os
import time

from cog import BaseRunner, ConcatenateIterator, Input, streaming


class Predictor(BaseRunner):
    @streaming
    def run(
        self,
        count: int = Input(default=200, ge=1, le=20_000),
        pause: float = Input(default=0.01, ge=0, le=1, description="Seconds between two words"),
        hold: int = Input(default=-1, description="The word that waits for the file go"),
    ) -> ConcatenateIterator[str]:
        for i in range(count):
            while i == hold and not os.path.exists("go"):
                time.sleep(0.02)
            if pause:
                time.sleep(pause)
            yield f"{i} "
