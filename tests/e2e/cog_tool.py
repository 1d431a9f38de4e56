"""The command `cog` under test, run in a folder of the test's own with a `docker` that only tells of being called."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from server import REPOSITORY

NO_DOCKER = '#!/bin/sh\necho "$@" >> "$COG_TEST_CALLS"\necho "no engine here" >&2\nexit 1\n'


def tool() -> Path:
    """The program under test: that of the build folder named by COG_BUILD_DIR, else of build/."""
    folder = REPOSITORY / os.environ.get("COG_BUILD_DIR", "build")
    for program in (folder / "cog", folder / "src" / "cog"):
        if program.is_file():
            return program
    raise FileNotFoundError(f"no cog in {folder}: run script/build, or set COG_BUILD_DIR")


class Project:
    """A folder with files in it, and what `cog` says there."""

    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder / "project"
        self.calls = folder / "calls"
        self._programs = folder / "bin"
        self._programs.mkdir()
        self.program("docker", NO_DOCKER)
        for name, content in files.items():
            self.write(name, content)
        self.folder.mkdir(exist_ok=True)

    def write(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def program(self, name: str, script: str) -> None:
        """Puts a program in front of all others of that name."""
        path = self._programs / name
        path.write_text(script)
        path.chmod(0o755)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self._programs}:{os.environ['PATH']}",
            "HOME": str(self.folder.parent),
            "COG_TEST_CALLS": str(self.calls),
            "DOCKER_HOST": f"unix://{self.folder.parent}/no-engine",
            **variables,
        }
        return subprocess.run(
            [str(tool()), *arguments],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def docker_calls(self) -> list[str]:
        return self.calls.read_text().splitlines() if self.calls.exists() else []
