"""Servers of the models in examples/."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from model_packages import PYTHON, VENV
from server import REPOSITORY, Server

EXAMPLES = REPOSITORY / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/cog.yaml"))


def python_of(name: str) -> str:
    """The Python that has the example's packages. Raises Unavailable where there is none."""
    if name in ("batch", "flowers") or (name == "image" and not importlib.util.find_spec("PIL")):
        VENV.install()
        return str(PYTHON)
    return sys.executable


def serve_example(folder: Path, name: str) -> Server:
    """The example's server, not started yet: its project is a copy of the example's folder."""
    server = Server(folder, EXAMPLES / name / "predict.py", COG_PYTHON=python_of(name))
    left_out = shutil.ignore_patterns(".cog", "__pycache__")
    shutil.copytree(EXAMPLES / name, server.project, dirs_exist_ok=True, ignore=left_out)
    return server
