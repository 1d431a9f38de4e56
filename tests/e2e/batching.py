"""A model with batches that does with each item what its prediction says, and says in its log which one it is."""

from __future__ import annotations

import re

from acting import Gate
from server import Background, Server, eventually

_MODEL = """
import os, signal, sys, time
from pathlib import Path
from typing import Any, Optional
import cog

def gate(name):
    Path(name + ".new").write_text(str(os.getpid()))
    os.rename(name + ".new", name + ".in")
    while not Path(name + ".go").exists():
        time.sleep(0.005)

class Predictor(cog.BaseRunner):
    def run(self, name: str, code: str = "", width: int = 1, file: Optional[cog.Path] = None) -> Any:
        return cog.run_one(self.run_batch, name=name, code=code, width=width, file=file)

    @cog.batch(max_size=8, max_wait_ms={wait}, key=("width",), isolate={isolate})
    def run_batch(self, inputs):
        results = []
        for item in inputs:
            with cog.scope_of(item) as scope:
                print("log of", item.name)
                names = dict(globals(), item=item, inputs=inputs, scope=scope, result=item.name)
                exec(item.code, names)
                results.append(names["result"])
        return results
"""


def batch_model(isolate: bool = False, wait: float = 5) -> str:
    return _MODEL.format(isolate=isolate, wait=wait)


def metric(server: Server, name: str) -> float:
    """The sum of all series of this name."""
    rows = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", server.request("GET", "/metrics").text, re.MULTILINE)
    return sum(map(float, rows))


class Held:
    """Holds the worker in a batch of one, so that what comes meanwhile gathers.

    with Held(server) as held:
        runs = held.gather("a", "b")
    assert [run.result()["output"] for run in runs] == ["a", "b"]
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._gate = Gate(server)
        self._waiting = 0

    def __enter__(self) -> Held:
        self._run = self._server.begin(name="held", code=self._gate.code, width=1000)
        self._gate.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._gate.open()
        self._run.result()

    def gather(self, *names: str, **codes: str) -> list[Background[dict[str, object]]]:
        """Creates predictions, one after the other; `codes` by name."""
        return [self.add(name, codes.get(name, "")) for name in [*names, *codes]]

    def add(self, name: str, code: str = "", **more: object) -> Background[dict[str, object]]:
        run = Background(lambda: self._server.create({"name": name, "code": code, **more}, id=name).json)
        self._waiting += 1
        eventually(lambda: metric(self._server, "cog_queue_length") == self._waiting, f"{name} waits")
        return run
