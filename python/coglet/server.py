"""The server, started from Python."""

from __future__ import annotations

import os
import sys
from typing import Any, Optional

active: bool
"""True only inside a worker process."""


def __getattr__(name: str) -> Any:
    if name == "active":
        return "cog._worker" in sys.modules
    raise AttributeError(f"module 'coglet.server' has no attribute '{name}'")


def serve(
    predictor_ref: Optional[str] = None,
    host: str = "0.0.0.0",
    port: int = 5000,
    await_explicit_shutdown: bool = False,
    is_train: bool = False,
    output_temp_dir_base: Optional[str] = None,
    upload_url: Optional[str] = None,
) -> None:
    """Runs the server until it is shut down; `output_temp_dir_base` is ignored.

    Raises FileNotFoundError without the program `coglet`, subprocess.CalledProcessError when it fails.
    """
    import subprocess

    from cog.server.http import find_server

    program = find_server()
    if program is None:
        raise FileNotFoundError("the program coglet was not found: install the wheel of cog again, or set COG_COGLET")
    command = [program, "--host", host]
    if await_explicit_shutdown:
        command += ["--await-explicit-shutdown", "true"]
    if is_train:
        command += ["--x-mode", "train"]
    if upload_url is not None:
        command += ["--upload-url", upload_url]
    environment = {"COG_PYTHON": sys.executable, **os.environ, "PORT": str(port)}
    if predictor_ref is not None:
        environment["COG_TRAIN_TYPE_STUB" if is_train else "COG_PREDICT_TYPE_STUB"] = predictor_ref
    subprocess.run(command, env=environment, check=True)
