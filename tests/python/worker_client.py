"""The server's side of a worker process, over socket pairs and pipes."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any, Iterable, NamedTuple, Optional

START = "import sys; sys.path[:] = [p for p in sys.path if p]; from cog._worker import main; main(sys.argv[1:])"
PACKAGES = Path(__file__).resolve().parents[2] / "python"
PATIENCE = 30  # seconds until a frame that does not come fails the test

RUN, BATCH, HELLO, DESCRIBED, READY, SETUP_FAILED = 1, 2, 16, 17, 18, 19
OUTPUT, LOG, METRIC, DONE, POISONED = 32, 33, 34, 35, 36
CANCEL, HEALTHCHECK, PING, END, LEASE, HEALTH, PONG = 64, 65, 66, 67, 68, 80, 81
STATUSES = ("succeeded", "failed", "canceled", "undone")


class Frame(NamedTuple):
    kind: int
    payload: bytes


class File(NamedTuple):
    place: bytes  # what stands in the JSON
    path: str
    mime: str


class Done(NamedTuple):
    number: int
    status: str
    shape: int
    files: list[File]
    rest: bytes

    @property
    def output(self) -> Any:
        return json.loads(self.rest)

    @property
    def error(self) -> str:
        assert self.status == "failed", self
        return self.rest.decode()


class Log(NamedTuple):
    number: int
    source: int
    text: str


class Metric(NamedTuple):
    number: int
    mode: str
    name: str
    value: Any


class Result(NamedTuple):
    """A prediction with all that came before its end."""

    done: Done
    frames: list[Frame]

    @property
    def logs(self) -> str:
        return "".join(log.text for log in self.log_frames)

    @property
    def log_frames(self) -> list[Log]:
        return [log for log in map(parse_log, of_kind(self.frames, LOG)) if log.number == self.done.number]

    @property
    def chunks(self) -> list[Any]:
        return [json.loads(parse_output(payload)[2]) for payload in of_kind(self.frames, OUTPUT)]

    @property
    def metrics(self) -> list[Metric]:
        return [parse_metric(payload) for payload in of_kind(self.frames, METRIC)]


def of_kind(frames: Iterable[Frame], kind: int) -> list[bytes]:
    return [frame.payload for frame in frames if frame.kind == kind]


def frame(kind: int, payload: bytes = b"") -> bytes:
    return struct.pack("<IB", len(payload), kind) + payload


def run_frame(number: int, input_json: str, meta: str = "") -> bytes:
    content = meta.encode()
    return frame(RUN, struct.pack("<QI", number, len(content)) + content + input_json.encode())


def parse_files(listed: bytes, rest: bytes) -> list[File]:
    entries = json.loads(listed) if listed else []
    return [File(rest[offset : offset + length], path, mime) for offset, length, path, mime in entries]


def parse_output(payload: bytes) -> tuple[int, list[File], bytes]:
    number, size = struct.unpack_from("<QI", payload)
    rest = payload[12 + size :]
    return number, parse_files(payload[12 : 12 + size], rest), rest


def parse_done(payload: bytes) -> Done:
    number, status, shape, size = struct.unpack_from("<QBBI", payload)
    rest = payload[14 + size :]
    return Done(number, STATUSES[status], shape, parse_files(payload[14 : 14 + size], rest), rest)


def parse_log(payload: bytes) -> Log:
    number, source = struct.unpack_from("<QB", payload)
    return Log(number, source, payload[9:].decode())


def parse_metric(payload: bytes) -> Metric:
    number, mode, size = struct.unpack_from("<QBH", payload)
    name = payload[11 : 11 + size].decode()
    return Metric(number, ("replace", "increment", "append")[mode], name, json.loads(payload[11 + size :]))


class Reader:
    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def frame(self) -> Optional[Frame]:
        """The next frame; None at the end of the stream."""
        while True:
            if len(self.buffer) >= 5:
                length, kind = struct.unpack_from("<IB", self.buffer)
                if len(self.buffer) >= 5 + length:
                    payload, self.buffer = self.buffer[5 : 5 + length], self.buffer[5 + length :]
                    return Frame(kind, payload)
            try:
                data = self.sock.recv(1 << 20)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data

    def expect(self, kind: int) -> bytes:
        got = self.frame()
        assert got is not None and got.kind == kind, got
        return got.payload


EVALUATOR = """
import asyncio, cog, contextlib, io, json, logging, os, subprocess, sys, threading, warnings
from typing import Any
class Model:
    {keyword} run(self, code: str) -> Any:
        {pause}
        names = dict(globals())
        exec(code, names)
        return names.get("result")
"""


def evaluator(keyword: str) -> str:
    """A model, `def` or `async def`, that runs the code it gets and returns the `result` that this leaves."""
    return EVALUATOR.format(keyword=keyword, pause="pass" if keyword == "def" else "await asyncio.sleep(0)")


class Worker:
    """A worker process running the model that `source` is the text of. Use it in a with statement."""

    def __init__(
        self,
        folder: Path,
        source: str,
        name: str = "Model",
        mode: str = "predict",
        env: Optional[dict[str, str]] = None,
    ) -> None:
        project = folder / "project"
        project.mkdir(exist_ok=True)
        (project / "model.py").write_text(textwrap.dedent(source))
        self.project = project
        self.folder = folder / "files"
        self.folder.mkdir(exist_ok=True)
        data, theirs = socket.socketpair()
        control, their_control = socket.socketpair()
        for sock in (data, control):
            sock.settimeout(PATIENCE)
        self.data, self.control = Reader(data), Reader(control)
        options = {
            "--data": str(theirs.fileno()),
            "--control": str(their_control.fileno()),
            "--ref": f"model.py:{name}",
            "--mode": mode,
            "--worker": "0",
            "--folder": str(self.folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *(part for option in options.items() for part in option)],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(PACKAGES), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(theirs.fileno(), their_control.fileno()),
            start_new_session=True,
        )
        theirs.close()
        their_control.close()
        self.numbers = 0
        self.setup_frames: list[Frame] = []

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        self.data.sock.close()
        self.control.sock.close()

    def ready(self) -> Worker:
        """Waits until setup has succeeded."""
        kind = 0
        while kind != READY:
            kind = self.next_setup_frame().kind
        return self

    def setup_failure(self) -> dict[str, str]:
        while True:
            frame = self.next_setup_frame()
            if frame.kind == SETUP_FAILED:
                report: dict[str, str] = json.loads(frame.payload)
                return report

    def next_setup_frame(self) -> Frame:
        frame = self.data.frame()
        assert frame is not None, self.native()
        self.setup_frames.append(frame)
        return frame

    def native(self) -> tuple[bytes, bytes]:
        """What came through the pipes, up to their end."""
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None and self.process.stderr is not None
        return self.process.stdout.read(), self.process.stderr.read()

    def start(self, **arguments: Any) -> int:
        """Starts a prediction; returns its number."""
        return self.start_with(json.dumps(arguments))

    def start_with(self, input_json: str, meta: str = "") -> int:
        self.numbers += 1
        self.data.sock.sendall(run_frame(self.numbers, input_json, meta))
        return self.numbers

    def result(self, number: int) -> Result:
        """Reads up to the end of that prediction."""
        frames: list[Frame] = []
        while True:
            frame = self.data.frame()
            assert frame is not None, (frames, self.native())
            frames.append(frame)
            if frame.kind == DONE:
                done = parse_done(frame.payload)
                if done.number == number:
                    return Result(done, frames)

    def predict(self, **arguments: Any) -> Result:
        return self.result(self.start(**arguments))

    def output(self, **arguments: Any) -> Any:
        done = self.predict(**arguments).done
        assert done.status == "succeeded", done
        return done.output

    def until_log(self, text: str) -> Log:
        """Reads up to a log frame that contains the text."""
        while True:
            frame = self.data.frame()
            assert frame is not None, self.native()
            if frame.kind == LOG and text in parse_log(frame.payload).text:
                return parse_log(frame.payload)

    def cancel(self, number: int) -> None:
        self.control.sock.sendall(frame(CANCEL, struct.pack("<Q", number)))

    def ask(self, kind: int, question: int) -> None:
        self.control.sock.sendall(frame(kind, struct.pack("<Q", question)))

    def ping(self, question: int = 1) -> None:
        """Returns when the answer is there; then everything that was sent before has been read, too."""
        self.ask(PING, question)
        got = self.control.frame()
        while got is not None and got.kind == DONE:  # of what was cancelled before it came
            got = self.control.frame()
        assert got == Frame(PONG, struct.pack("<Q", question))

    def health(self, question: int = 1) -> str:
        self.ask(HEALTHCHECK, question)
        payload = self.control.expect(HEALTH)
        answered, verdict = struct.unpack_from("<QB", payload)
        assert answered == question
        text = payload[9:].decode()
        assert bool(verdict) == (text == "")
        return text

    def end(self) -> int:
        """Asks for the end; returns the exit code."""
        self.control.sock.sendall(frame(END))
        return self.process.wait(PATIENCE)

    def is_silent(self) -> bool:
        """Whether there is no frame to be read now."""
        return not self.data.buffer and not select.select([self.data.sock], [], [], 0)[0]
