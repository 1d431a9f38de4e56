"""A machine that is short of something: setups that may go well later, and frames that cannot be sent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from worker_client import PACKAGES, Worker

SHORTAGES = [
    "raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))",
    "raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))",
    "raise MemoryError",
    'raise RuntimeError("can\'t start new thread")',
    "raise ImportError('libx.so: failed to map segment from shared object: ' + os.strerror(errno.ENOMEM))",
    "raise RuntimeError('no weights') from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))",
]
FAULTS = ["raise RuntimeError('no weights')", "raise FileNotFoundError(errno.ENOENT, 'gone')", "import no_such_module"]


def report(tmp_path: Path, code: str) -> dict[str, str]:
    model = f"class Model:\n    def setup(self):\n        {code}\n    def run(self, x: int) -> int: return x"
    source = f"import errno, os\n{model}"
    with Worker(tmp_path, source) as worker:
        return worker.setup_failure()


@pytest.mark.parametrize("code", SHORTAGES)
def test_a_setup_that_lacked_something_says_so(tmp_path: Path, code: str) -> None:
    assert report(tmp_path, code)["shortage"] is True  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("code", FAULTS)
def test_a_setup_that_is_wrong_does_not(tmp_path: Path, code: str) -> None:
    assert "shortage" not in report(tmp_path, code)


def test_a_frame_that_cannot_be_sent_ends_the_process() -> None:
    code = """if True:
        from cog._worker.protocol import send_all
        class Full:
            def sendall(self, frame):
                raise OSError(105, "No buffer space available")
        send_all(Full(), b"x")
        print("alive")
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(PACKAGES)},
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == b""
    assert b"No buffer space available" in done.stderr
