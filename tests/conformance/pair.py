"""Both servers, started with one setting: ours, and the reference in a virtual environment of its own."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Optional

from masks import setup_lines
from package_venv import PackageVenv
from receiver import Receiver
from scenario import MODELS, Setting

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds until what must happen counts as failed."""

REFERENCE = PackageVenv("conformance", "cog==0.23.1", "coglet==0.23.1")


ATTEMPTS = 4
"""Starts of the reference until one has kept what its model printed: in one of four it loses a line of setup."""


def coglet() -> Path:
    """Our server: that of the build folder named by COG_BUILD_DIR, else of build/."""
    folder = ROOT / os.environ.get("COG_BUILD_DIR", "build")
    for program in (folder / "coglet", folder / "src" / "coglet"):
        if program.is_file():
            return program
    raise FileNotFoundError(f"no coglet in {folder}: run script/build, or set COG_BUILD_DIR")


def eventually(probe: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not probe():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.01)


class Running:
    """One server on a free port of the loopback interface, in a folder of its own."""

    def __init__(self, setting: Setting, ours: bool, files: Optional[dict[str, str]] = None) -> None:
        """`files`: more of the project than the models, text by name."""
        self.name = "ours" if ours else "reference"
        self.setup_said: Optional[list[str]] = None
        """Put in for its setup lines when some of them were lost in every start."""
        self.ours = ours
        self.setting = setting
        self.receiver = Receiver()
        self.folder = Path(tempfile.mkdtemp(prefix="cog-conformance-"))
        self.project = self.folder / "project"
        shutil.copytree(MODELS, self.project, ignore=shutil.ignore_patterns("__pycache__"))
        for name, text in (files or {}).items():
            (self.project / name).write_text(text)
        for name in ("tmp", "gates"):
            (self.folder / name).mkdir()
        self.port = 0
        self._log = self.folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.project,
                env=self._environment(),
                start_new_session=True,
            )

    def ready(self) -> Running:
        eventually(lambda: self._find_port() or self.process.poll() is not None, "the server's port in its log")
        assert self.port, f"{self.name} has not started: {self.log()[-4000:]}"
        if self.setting.state:
            eventually(lambda: self.state() == self.setting.state, f"{self.name} in state {self.setting.state}")
        if self.setting.state == "READY" and self.setting.schema != "none":
            eventually(lambda: self._get("/openapi.json").status == 200, "the document")
        return self

    def state(self) -> str:
        return str(json.loads(self._get("/health-check").read())["status"])

    def setup_lines(self) -> list[str]:
        """What the model has printed while it was set up."""
        setup = json.loads(self._get("/health-check").read()).get("setup") or {}
        return setup_lines(setup.get("logs", "")).splitlines()

    def is_idle(self) -> bool:
        return self.process.poll() is None and self.state() != "BUSY"

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.receiver.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _get(self, path: str) -> http.client.HTTPResponse:
        connection = self.connect()
        connection.request("GET", path, headers={"Connection": "close"})
        return connection.getresponse()

    def _find_port(self) -> bool:
        found = re.search(r"Starting coglet server on \S+?:(\d+)", self.log())
        self.port = int(found[1]) if found else 0
        return self.port != 0

    def _command(self) -> list[str]:
        arguments = [one.replace("$RECEIVER", self.receiver.address) for one in self.setting.arguments]
        if self.ours:
            return [str(coglet()), "--host", "127.0.0.1", *arguments]
        return [str(REFERENCE.python), "-m", "cog.server.http", "--host", "127.0.0.1", *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        file = self.setting.reference.partition(":")[0]
        result = {
            **kept,
            "PORT": "0",
            "TMPDIR": str(self.folder / "tmp"),
            "COG_PREDICT_TYPE_STUB": self.setting.reference,
            "COG_LOG_LEVEL": "info",
            "COG_THROTTLE_RESPONSE_INTERVAL": "0",
            **dict(self.setting.environment),
        }
        if self.setting.training:
            result["COG_TRAIN_TYPE_STUB"] = f"{file}:{self.setting.training}"
        sdk = {"PYTHONPATH": str(ROOT / "python")}
        if self.ours:
            result = {**result, **sdk, "COG_PYTHON": sys.executable}
        else:
            # Its worker is the first `python` of PATH.
            result["PATH"] = f"{REFERENCE.python.parent}{os.pathsep}{result['PATH']}"
        self._place_document({**kept, **sdk}, result)
        return result

    def _place_document(self, environment: dict[str, str], own: dict[str, str]) -> None:
        """The reference validates against a document made when an image is built; ours against the model."""
        target = self.project / ".cog" / "openapi_schema.json"
        target.parent.mkdir()
        if self.setting.schema == "none":
            return
        if self.setting.schema:
            shutil.copy(MODELS / self.setting.schema, target)
            if self.ours:
                own["COG_OPENAPI_SCHEMA"] = str(target)
            return
        command = [sys.executable, "-m", "cog.schema", self.setting.reference]
        if self.setting.training:
            command += ["--train", own["COG_TRAIN_TYPE_STUB"]]
        if self.ours and not self.setting.training:
            return
        made = subprocess.run(
            command, cwd=self.project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        if made.returncode == 0:
            target.write_bytes(made.stdout)


class Pairs:
    """The servers of the setting asked for last; those of the one before are stopped."""

    def __init__(self) -> None:
        self._setting: Optional[Setting] = None
        self._running: dict[str, Running] = {}
        self._stopping: list[threading.Thread] = []

    def __enter__(self) -> Pairs:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for thread in self._stopping:
            thread.join()

    def of(self, setting: Setting, names: tuple[str, ...]) -> dict[str, Running]:
        if self._setting != setting or not all(name in self._running and self._settled(name) for name in names):
            self.stop()
            self._setting = setting
            self._running = {name: Running(setting, name == "ours") for name in names}
            for running in self._running.values():
                running.ready()
            if setting.state == "READY" and len(self._running) == 2:
                self._start_again_after_loss(setting)
        return self._running

    def _start_again_after_loss(self, setting: Setting) -> None:
        for _ in range(ATTEMPTS - 1):
            kept = self._running["reference"].setup_lines()
            if all(line in kept for line in self._running["ours"].setup_lines()):
                return
            self._running.pop("reference").stop()
            self._running["reference"] = Running(setting, ours=False)
            self._running["reference"].ready()
        said = self._running["ours"].setup_lines()
        kept = self._running["reference"].setup_lines()
        if set(kept) < set(said):
            warnings.warn(f"the reference lost setup lines in {ATTEMPTS} starts: {said}, {kept}", stacklevel=2)
            self._running["reference"].setup_said = said

    def stop(self) -> None:
        """Stops the servers without waiting for their end."""
        while self._running:
            thread = threading.Thread(target=self._running.popitem()[1].stop)
            thread.start()
            self._stopping.append(thread)

    def _settled(self, name: str) -> bool:
        """Whether all predictions of the scenario before have ended."""
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            if self._running[name].is_idle():
                return True
            time.sleep(0.005)
        return False
