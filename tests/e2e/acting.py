"""A model that does what each prediction tells it to, and gates to stop it at a place known to the test.

gate = Gate(server)
run = server.begin(code=f"{gate.code}; return 'done'")
gate.wait()  # the model is there
gate.open()  # it goes on
"""

from __future__ import annotations

import textwrap
import uuid

from server import Server

_HEAD = """
import asyncio, ctypes, os, resource, signal, socket, subprocess, sys, textwrap, threading, time
from pathlib import Path
from typing import Any
import cog
from cog import BasePredictor, CancelationException

def enter(name):
    Path(name + ".new").write_text(str(os.getpid()))
    os.rename(name + ".new", name + ".in")

def gate(name):
    enter(name)
    while not Path(name + ".go").exists():
        time.sleep(0.005)

async def async_gate(name):
    enter(name)
    while not Path(name + ".go").exists():
        await asyncio.sleep(0.005)

def compiled(code, word):
    names = dict(globals())
    exec(word + " act():\\n" + textwrap.indent(code, "  "), names)
    return names["act"]
"""

_SYNC = """
class Predictor(BasePredictor):
    def predict(self, code: str = "return os.getpid()") -> Any:
        return compiled(code, "def")()
"""

_ASYNC = """
class Predictor(BasePredictor):
    async def predict(self, code: str = "return os.getpid()") -> Any:
        return await compiled(code, "async def")()
"""

FILE_MODEL = """
from typing import Optional
from cog import BasePredictor, Path

class Predictor(BasePredictor):
    def predict(self, file: Optional[Path] = None) -> str:
        return "ran"
"""
"""A model whose input may be a file."""


def model(*, asynchronous: bool = False, setup: str = "", healthcheck: str = "", extra: str = "") -> str:
    """The source of the model. `setup` and `healthcheck` are bodies of these methods, `extra` is part of the class."""
    text = _HEAD + (_ASYNC if asynchronous else _SYNC)
    if setup:
        text += "\n    def setup(self):\n" + textwrap.indent(textwrap.dedent(setup), " " * 8)
    if healthcheck:
        text += "\n    def healthcheck(self):\n" + textwrap.indent(textwrap.dedent(healthcheck), " " * 8)
    return text + "\n" + textwrap.indent(textwrap.dedent(extra), " " * 4)


class Gate:
    """A place in the model's code where it says its process id and waits to be let through."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._name = uuid.uuid4().hex
        self.code = f"gate({self._name!r})"
        self.async_code = f"await async_gate({self._name!r})"
        self.mark = f"enter({self._name!r})"
        """As `code`, but without waiting."""

    def is_entered(self) -> bool:
        return (self._server.project / f"{self._name}.in").exists()

    def wait(self) -> int:
        """The id of the process that has come here, once one has."""
        return int(self._server.wait_for_file(f"{self._name}.in").read_text())

    def open(self) -> None:
        (self._server.project / f"{self._name}.go").touch()


def cancel_late(server: Server) -> None:
    """Cancels predictions at about the time of their end; the next one never suffers."""
    statuses = set()
    for i in range(200):
        run = server.begin(id=f"quick-{i}", code="return 'quick'")
        while server.cancel(f"quick-{i}").status == 404 and not run.is_done():
            pass
        statuses.add(run.result()["status"])
        assert server.output(code="return 'next'") == "next"
    assert statuses <= {"succeeded", "canceled"}
