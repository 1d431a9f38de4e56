"""Work that is hard to stop, for those who cancel it."""

import subprocess
import threading
import time
from pathlib import Path as Marker

import numpy as np

from cog import BaseRunner, CancelationException, Input

MATRIX = np.random.default_rng(1).random((4000, 4000))


def work(how: str) -> str:
    if how == "products":
        square = np.ones((200, 200))
        while True:
            square = square @ square / 200
    if how == "one call":
        np.linalg.eigvals(MATRIX)  # 10 s and more without a line of Python
    if how == "sleep":
        time.sleep(600)
    if how == "program":
        subprocess.run(["sleep", "600"], check=True)
    return "done"


def tell(thread: int, seconds: float) -> None:
    """Tells that `thread` runs: once it has worked for so long, its first lines of Python are behind it."""
    clock = time.pthread_getcpuclockid(thread)
    until = time.clock_gettime(clock) + seconds
    while time.clock_gettime(clock) < until:
        time.sleep(0.01)
    Marker("running").touch()


class Predictor(BaseRunner):
    def run(
        self,
        how: str = Input(default="at once", choices=["at once", "products", "one call", "sleep", "program"]),
        reaction: str = Input(default="none", choices=["none", "clean up", "swallow", "raise"]),
    ) -> str:
        threading.Thread(target=tell, args=(threading.get_ident(), 0.5 if how == "one call" else 0)).start()
        try:
            return work(how)
        except CancelationException:
            if reaction == "swallow":
                return "never mind"
            if reaction == "raise":
                raise ValueError("something else") from None
            raise
        finally:
            if reaction == "clean up":
                time.sleep(1)
                print("cleaned up")
