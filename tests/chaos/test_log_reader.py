"""Whoever reads standard error and stalls stops neither the server nor its signals."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from server import KEPT_VARIABLES, PATIENCE, REPOSITORY, coglet

CHATTY = """
import sys
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, lines: int) -> int:
        for _ in range(lines):
            print("x" * 1000)
        return lines
"""


def ask(client: http.client.HTTPConnection, lines: int) -> None:
    client.request("POST", "/predictions", b'{"input":{"lines":%d}}' % lines, {"Content-Type": "application/json"})
    answer = client.getresponse()
    assert answer.status == 200 and b'"succeeded"' in answer.read()


def test_a_reader_that_stalls(tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text(CHATTY)
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment.update(
        PYTHONPATH=str(REPOSITORY / "python"),
        COG_PYTHON=sys.executable,
        COG_PREDICT_TYPE_STUB="predict.py:Predictor",
        PORT="0",
        TMPDIR=str(tmp_path),
    )
    server = subprocess.Popen(
        [str(coglet())], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=tmp_path, env=environment
    )
    try:
        assert server.stderr is not None
        text = ""
        while "worker: ready" not in text:
            text += server.stderr.readline().decode()
        port = int(re.findall(r"Starting coglet server on \S+:(\d+)", text)[0])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        shown = dropped = 0
        ask(client, 9000)  # 9 MB that nobody reads
        too_late = threading.Timer(PATIENCE, server.kill)
        too_late.start()
        while shown + dropped < 9000 and (line := server.stderr.readline().decode()):
            shown += "x" * 1000 in line
            dropped += int((re.findall(r"(\d+) log lines dropped", line) or [0])[0])
        too_late.cancel()
        assert dropped > 0 and shown + dropped == 9000
        ask(client, 9000)
        client.close()
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()
        assert server.stderr is not None
        server.stderr.close()
