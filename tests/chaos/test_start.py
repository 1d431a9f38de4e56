"""A server that finds no thread at its start ends with a message and leaves nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from server import KEPT_VARIABLES, PATIENCE, coglet
from shortage import needs_strace

THREADS = 6  # of the log, the sockets, CAF's clock, files, transfers, devices


@needs_strace
@pytest.mark.parametrize("number", range(1, THREADS + 1))
def test_a_thread_that_cannot_start(tmp_path: Path, number: int) -> None:
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    failing = f"inject=clone3:error=EAGAIN:when={number}+"
    done = subprocess.run(
        ["strace", "-qq", "-f", "-e", "trace=clone3", "-e", failing, "-o", os.devnull, str(coglet())],
        env={**kept, "PORT": "0", "TMPDIR": str(tmp_path), "COG_PREDICT_TYPE_STUB": "predict.py:Predictor"},
        cwd=tmp_path,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1, done
    assert b"ERROR: " in done.stderr
    assert list(tmp_path.iterdir()) == []
