"""A real coglet with real workers, for one test or one module: started, asked, stopped, and seen to leave no process.

    with Server(tmp_path, MODEL, COG_MAX_CONCURRENCY="3") as server:
        assert server.predict(name="Ada")["output"] == "hello Ada"

Each server has a folder of its own with the model, its log and its temporary files.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Optional, TypeVar

T = TypeVar("T")

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds a test waits for what must happen; far more than it takes, so that only a failure reaches it."""

MARK = "COG_TEST_SERVER"
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "COG_PAGE_DIR")


def coglet() -> Path:
    """The program under test: that of the build folder named by COG_BUILD_DIR, else of build/."""
    folder = REPOSITORY / os.environ.get("COG_BUILD_DIR", "build")
    for program in (folder / "coglet", folder / "src" / "coglet"):
        if program.is_file():
            return program
    raise FileNotFoundError(f"no coglet in {folder}: run script/build, or set COG_BUILD_DIR")


def eventually(probe: Callable[[], Optional[T]], what: str, patience: float = PATIENCE) -> T:
    """Asks until the answer is true, and returns it; fails saying `what` did not happen."""
    deadline = time.monotonic() + patience
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"{what}: not within {patience} s"
        time.sleep(0.01)
    return answer


def files_below(temporary: Path) -> list[Path]:
    """Every file of the server under its temporary folder; what is removed while it looks is left out."""
    return [Path(place, name) for top in temporary.glob("cog-*") for place, _, names in os.walk(top) for name in names]


class Background(Generic[T]):
    """A call made in a thread of its own."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._result: T
        self._error: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> T:
        """What the call returned or raised, once it has."""
        self._thread.join(PATIENCE)
        assert self.is_done(), f"the call has not ended within {PATIENCE} s"
        if self._error is not None:
            raise self._error
        return self._result


@dataclass(frozen=True)
class Answer:
    """An answer whole: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json", (self.headers, self.body[:500])
        return json.loads(self.body)


class RawClient:
    """A connection on which a test itself writes the bytes of its requests; answers are read in their order."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._reader = connected.makefile("rb")

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_line(self) -> bytes:
        return self._reader.readline()

    def answer(self) -> Answer:
        """The next answer; it must have a length."""
        status = int(self.read_line().split()[1])
        headers = {}
        while line := self.read_line().strip().decode():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Answer(status, headers, self._reader.read(int(headers["content-length"])))

    def rest(self) -> bytes:
        """All that comes until the server closes the connection."""
        return self._reader.read()


class Server:
    """A coglet on a free port, serving a model given as source text or as a file.

    Options: `reference` (the model's name in its file), `files` (more files of the project, text by name), `command`
    (in place of coglet) and its `arguments`, `until` (the state to wait for at the start; None: only the open port),
    `exits` (the exit code that the end of the test expects; None: 1 if the log says at
    its end that the model could not run, else 0); the rest is its environment, None taking a variable out.
    """

    def __init__(
        self,
        folder: Path,
        model: str | Path,
        *,
        reference: str = "predict.py:Predictor",
        files: Optional[dict[str, str]] = None,
        command: tuple[str, ...] = (),
        arguments: tuple[str, ...] = (),
        until: Optional[str] = "READY",
        exits: Optional[int] = None,
        **variables: Optional[str],
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=folder))
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.project = self.folder / "project"
        self.project.mkdir()
        text = model.read_text() if isinstance(model, Path) else model
        for name, content in {reference.partition(":")[0]: text, **(files or {})}.items():
            (self.project / name).write_text(content)
        dies_with_us = ("setpriv", "--pdeathsig", "KILL")
        self._command = [*dies_with_us, *(command or (str(coglet()),)), *arguments]
        self._until = until
        self._exits = exits
        self._mark = f"{MARK}={uuid.uuid4()}"
        own = {
            "PYTHONPATH": str(REPOSITORY / "python"),
            "COG_PYTHON": sys.executable,
            "COG_PREDICT_TYPE_STUB": reference,
            "PORT": "0",
            "TMPDIR": str(self.temporary),
            MARK: self._mark.partition("=")[2],
        }
        kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        given = {**kept, **own, **variables}
        self._environment = {name: value for name, value in given.items() if value is not None}
        self._log = self.folder / "log"
        self.process: subprocess.Popen[bytes]
        self.port = 0

    def start(self) -> Server:
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.project,
                env=self._environment,
            )
        try:
            self.port = int(self.wait_for_log(r"Starting coglet server on \S+:(\d+)")[1])
            if self._until is not None:
                self.wait_until(self._until)
        except BaseException:
            self.kill()
            raise
        return self

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, kind: Optional[type[BaseException]], _: object, __: Optional[TracebackType]) -> None:
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()

    # Requests

    def connect(self, timeout: float = PATIENCE) -> http.client.HTTPConnection:
        """A connection that stays open between requests; the caller closes it."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def open_socket(self, timeout: float = PATIENCE) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def raw_client(self) -> RawClient:
        return RawClient(self.open_socket())

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Optional[dict[str, str]] = None,
        connection: Optional[http.client.HTTPConnection] = None,
    ) -> Answer:
        """Asks, on a connection of its own unless one is given.

        A body that is not bytes is sent as JSON, with its content type.
        """
        given = dict(headers or {})
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        if data is not None and data is not body:
            given = {"Content-Type": "application/json", **given}
        used = connection or self.connect()
        try:
            used.request(method, path, data, given)
            answer = used.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            if connection is None:
                used.close()

    def create(self, values: object, *, id: Optional[str] = None, **fields: object) -> Answer:
        """Creates a prediction: PUT with an id, else POST; `fields` are further fields of the body."""
        body = {"input": values, **fields}
        return self.request("POST", "/predictions", body) if id is None else self.put(id, body)

    def put(self, id: str, body: object) -> Answer:
        return self.request("PUT", f"/predictions/{id}", body)

    def predict(self, **values: object) -> Any:
        """The JSON of a prediction that ends as its model likes, with the answer 200."""
        answer = self.create(values)
        assert answer.status == 200, answer
        return answer.json

    def output(self, **values: object) -> Any:
        """The output of a prediction that succeeds."""
        prediction = self.predict(**values)
        assert prediction["status"] == "succeeded", prediction
        return prediction["output"]

    def begin(self, *, id: Optional[str] = None, **values: object) -> Background[Any]:
        """Starts a prediction in the background; its result is the JSON of the answer."""
        return Background(lambda: self.create(values, id=id).json)

    def cancel(self, id: str) -> Answer:
        return self.request("POST", f"/predictions/{id}/cancel")

    def health(self) -> Any:
        return self.request("GET", "/health-check").json

    # States

    def wait_until(self, *states: str, patience: float = PATIENCE) -> Any:
        """The health report, once it shows one of the states."""

        def probe() -> Any:
            assert self.process.poll() is None, f"the server has ended:\n{self.log_end}"
            report = self.health()
            return report if report["status"] in states else None

        return eventually(probe, f"state {' or '.join(states)}", patience)

    def wait_for_log(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """The first match in the log, once there is one."""

        def probe() -> Optional[re.Match[str]]:
            ended = self.process.poll() is not None
            found = re.search(pattern, self.log)
            assert found or not ended, f"the server has ended with {self.process.returncode}:\n{self.log_end}"
            return found

        return eventually(probe, f"log line {pattern}", patience)

    def wait_for_file(self, name: str) -> Path:
        """The path of a file of the project folder, once the model has made it: how a model says that it is running."""
        path = self.project / name
        eventually(path.exists, f"file {name}")
        return path

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def log_end(self) -> str:
        """As much of the log as a message about a failure can do with."""
        return self.log[-4000:]

    # Processes

    def processes(self) -> list[int]:
        """The server and all that descends from it: whatever has its mark in the environment and is no zombie."""
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and self._is_ours(entry)]

    def workers(self) -> list[int]:
        """The worker processes, oldest first."""
        return sorted(pid for pid in self.processes() if "cog._worker" in _command_line(pid))

    def _is_ours(self, entry: Path) -> bool:
        try:
            return self._mark.encode() in (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            return False

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait(self, patience: float = PATIENCE) -> int:
        """The exit code, once the server has ended; its whole tree must be gone by then."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server has not ended within {patience} s:\n{self.log_end}") from None
        assert self.processes() == [], f"processes left behind:\n{self.log_end}"
        return code

    def stop(self) -> None:
        """Tells the server to stop unless it has ended, and checks how it ends."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.wait()
        told = int("server: stopped, cause=" in self.log_end)
        assert code == (told if self._exits is None else self._exits), self.log_end

    def kill(self) -> None:
        """Ends what is left, so that a failed test leaves nothing either."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
