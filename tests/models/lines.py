"""Reads its input bit by bit and says so as it goes; clean-up when it is stopped early."""

import time
from typing import Iterator

from cog import BaseRunner, CancelationException, File, Input, Path


class Predictor(BaseRunner):
    def run(
        self,
        text: File = Input(description="Lines of text"),
        hold: bool = Input(description="Wait for a cancel after the first line", default=False),
    ) -> Iterator[str]:
        lock = Path("in-use")
        lock.touch()
        try:
            for number, line in enumerate(text, 1):
                yield f"{number}: {line.decode().strip()}"
                if hold:
                    Path("holding").touch()
                    time.sleep(600)
        except CancelationException:
            print("stopped early")
            raise
        finally:
            lock.unlink()
