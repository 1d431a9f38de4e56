"""The official clients of other protocols, each in a virtual environment of its own that is made once.

    OPENAI = Client("openai", "openai==3.57.0")
    assert OPENAI.run(CODE, server.port) == {"text": "hi"}

The code is run by that environment's Python; `port` is the server's, and what it gives to `tell` comes back as JSON. A
test whose client cannot be had is skipped, naming it.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from package_venv import PackageVenv, Unavailable
from server import PATIENCE

BEFORE = """
import json, sys
port = int(sys.argv[1])
base = f"http://127.0.0.1:{port}"
told = {}
def tell(**values):
    told.update(values)
"""
AFTER = """
print("\\n" + json.dumps(told))
"""


class Client:
    def __init__(self, name: str, *packages: str) -> None:
        self._venv = PackageVenv(f"client-{name}", *packages)

    def run(self, code: str, port: int) -> Any:
        try:
            self._venv.install()
        except Unavailable as missing:
            pytest.skip(str(missing))
        done = subprocess.run(
            [str(self._venv.python), "-c", BEFORE + code + AFTER, str(port)],
            capture_output=True,
            text=True,
            timeout=2 * PATIENCE,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])
