"""The command `cog`, run as a user runs it: in a project's folder, through a terminal or not.

project = make_project(tmp_path, MODEL)
assert cog(project, "run", "-i", "name=Ada").stdout == "hello Ada\\n"
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

from cog_tool import tool
from server import PATIENCE

YAML = 'build:\n  python_version: "3.11"\nrun: run.py:Runner\n'
MARK = "COG_TEST_TOOL"
Variables = Mapping[str, Optional[str]]
"""Of the environment; None takes one out."""


def make_project(folder: Path, model: str = "", *, yaml: str = YAML, **files: str) -> Path:
    """A folder with cog.yaml, run.py and whatever else: `requirements_txt="..."` becomes requirements.txt."""
    project = folder / "project"
    project.mkdir()
    (project / "cog.yaml").write_text(yaml)
    if model:
        (project / "run.py").write_text(model)
    for name, content in files.items():
        (project / name.replace("_", ".")).write_text(content)
    return project


def environment(variables: Variables) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
    given = {**kept, "PATH": "/usr/bin:/bin", "COG_ENGINE": "host", "TERM": "xterm", **variables}
    return {name: value for name, value in given.items() if value is not None}


def cog(
    folder: Path,
    *arguments: str,
    stdin: str = "",
    program: Optional[Path] = None,
    within: tuple[str, ...] = (),
    env: Optional[Variables] = None,
) -> subprocess.CompletedProcess[str]:
    """Runs the tool to its end; `within` goes before it on the command line."""
    return subprocess.run(
        [*within, str(program or tool()), *arguments],
        cwd=folder,
        env=environment(env or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def without_status(shown: str) -> str:
    """What a terminal has shown but for the line that tells of a wait."""
    return re.sub(r"\r\x1b\[K(Waiting for [^\r\n]*)?", "", shown)


class Running:
    """A tool that runs, with a mark by which its processes are known. `terminal`: its streams are a pseudo-terminal."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        terminal: bool = False,
        within: tuple[str, ...] = (),
        env: Optional[Variables] = None,
    ) -> None:
        self._mark = f"{MARK}={uuid.uuid4()}"
        self._log = folder / f".log-{uuid.uuid4().hex[:8]}"
        given = environment(env or {}) | {MARK: self._mark.partition("=")[2]}
        self.terminal = -1
        command = ["setpriv", "--pdeathsig", "KILL", *within, str(tool()), *arguments]
        if terminal:
            self.terminal, other = pty.openpty()
            command = ["setsid", "--ctty", "--wait", *within, str(tool()), *arguments]
            self.process = subprocess.Popen(command, cwd=folder, env=given, stdin=other, stdout=other, stderr=other)
            os.close(other)
        else:
            with self._log.open("wb") as log:
                self.process = subprocess.Popen(
                    command, cwd=folder, env=given, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def read_until(self, text: str) -> str:
        """What the terminal has shown when `text` has come."""
        seen = ""
        while text not in seen:
            try:
                piece = os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:  # nobody has the other end open any more
                piece = ""
            assert piece, f"the terminal has closed before {text!r} came:\n{seen}"
            seen += piece
        return seen

    def rest(self) -> str:
        """What the terminal shows until the end."""
        seen = ""
        while True:
            try:
                piece = os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:
                return seen
            if not piece:
                return seen
            seen += piece

    def write(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """The exit code; nothing of it must be left by then."""
        code = self.process.wait(PATIENCE)
        assert self.processes() == [], "processes left behind"
        return code

    def processes(self) -> list[int]:
        """The tool and all that it has started on this machine."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and self._mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        if self.terminal >= 0:
            os.close(self.terminal)
