"""The command `cog` with a private Docker engine, in whose network it runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from docker_engine import BASE, Engine
from packaged import wheel
from tool import Running, cog


class Tool:
    """`cog` in one project, with the engine."""

    def __init__(self, engine: Engine, project: Path, **variables: str) -> None:
        self.engine = engine
        self.project = project
        self._variables = {
            **engine.variables,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "COG_ENGINE": "docker",
            "COG_BASE_IMAGE": BASE,
            "COG_SDK_WHEEL": str(wheel()),
            "BUILDKIT_PROGRESS": "plain",
            **variables,
        }

    def __call__(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return cog(self.project, *arguments, stdin=stdin, within=self.engine.within, env=self._variables)

    def begin(self, *arguments: str, terminal: bool = False) -> Running:
        return Running(self.project, *arguments, terminal=terminal, within=self.engine.within, env=self._variables)

    def containers(self) -> list[str]:
        return self.engine.docker("ps", "-aq", "--filter", "name=cog-").split()


def call(engine: Engine, port: int, method: str, path: str, body: object = None) -> Any:
    connection = engine.connect(f"127.0.0.1:{port}")
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Content-Type": "application/json"})
    return json.load(connection.getresponse())
