"""The model of the tests on a real cluster: one for what takes time and goes wrong, one for files."""

import os
import signal
import time

from cog import BaseRunner, Path


class Runner(BaseRunner):
    def setup(self) -> None:
        second, end = 0, os.environ.get("SETUP_UNTIL")
        while end and not os.path.exists(end):
            print(f"loading, second {second}", flush=True)
            second += 1
            time.sleep(1)
        if reason := os.environ.get("SETUP_ERROR"):
            raise RuntimeError(reason)

    def run(self, text: str = "", seconds: float = 0, act: str = "") -> str:
        if act == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        eaten = []
        while act == "eat":
            eaten.append(os.urandom(1 << 20))
        time.sleep(seconds)
        return text


class Files(BaseRunner):
    def run(self, file: Path) -> Path:
        written = Path("/tmp/answer.txt")
        written.write_text(file.read_text().upper())
        return written
