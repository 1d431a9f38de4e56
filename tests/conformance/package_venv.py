"""Virtual environments with packages from PyPI, made once in the build folder and kept."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "build"


class Unavailable(Exception):
    """The packages cannot be installed here."""


class PackageVenv:
    """An environment of its own for some packages, each with its version: `PackageVenv("openai", "openai==2.0.0")`."""

    def __init__(self, name: str, *packages: str) -> None:
        self.folder = BUILD / f"{name}-venv"
        self.packages = packages

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def install(self) -> None:
        """Makes the environment unless it is there. Raises Unavailable."""
        self.folder.parent.mkdir(exist_ok=True)
        with open(self.folder.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stamp = self.folder / "packages"
            wanted = f"{sys.version} {' '.join(self.packages)}"
            if stamp.is_file() and stamp.read_text() == wanted:
                return
            for command in (
                [sys.executable, "-m", "venv", "--clear", str(self.folder)],
                [str(self.folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", *self.packages],
            ):
                made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if made.returncode != 0:
                    raise Unavailable(f"{' '.join(self.packages)} cannot be installed: {made.stdout[-300:]}")
            stamp.write_text(wanted)
