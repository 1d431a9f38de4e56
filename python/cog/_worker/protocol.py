"""The frames between the server and a worker process. docs/worker-protocol.md has the whole story."""

from __future__ import annotations

import errno
import os
import signal
import socket
import struct
from typing import Optional

VERSION = 3

RUN = 1
BATCH = 2
HELLO = 16
DESCRIBED = 17
READY = 18
SETUP_FAILED = 19
OUTPUT = 32
LOG = 33
METRIC = 34
DONE = 35
POISONED = 36
CANCEL = 64
HEALTHCHECK = 65
PING = 66
END = 67
LEASE = 68
HEALTH = 80
PONG = 81

SUCCEEDED, FAILED, CANCELED, UNDONE = 0, 1, 2, 3
CHUNKS, VALUE, ARRAY = 0, 1, 2
"""Shapes of the output: the chunks sent before, one value, an array whose items count as chunks."""

STDOUT, STDERR = 1, 2
METRIC_MODES = {"replace": 0, "increment": 1, "append": 2}

HEADER = struct.Struct("<IB")
NUMBER = struct.Struct("<Q")
_BATCH = struct.Struct("<I")
RUN_HEAD = struct.Struct("<QI")
_DESCRIBED_HEAD = struct.Struct("<IBI")
_OUTPUT_HEAD = struct.Struct("<IBQI")
_LOG_HEAD = struct.Struct("<IBQB")
_METRIC_HEAD = struct.Struct("<IBQBH")
_DONE_HEAD = struct.Struct("<IBQBBI")
_HEALTH_HEAD = struct.Struct("<IBQB")
_QUESTION = struct.Struct("<IBQ")

_WHOLE = 65536  # bytes; joining longer pieces costs more than a second call to the kernel


def plain(kind: int, payload: bytes = b"") -> bytes:
    """A frame of one piece: hello, ready, setup_failed or poisoned."""
    return HEADER.pack(len(payload), kind) + payload


def described(info: bytes, document: bytes) -> bytes:
    return _DESCRIBED_HEAD.pack(4 + len(info) + len(document), DESCRIBED, len(info)) + info + document


def output(number: int, files: bytes, chunk: bytes) -> tuple[bytes, ...]:
    head = _OUTPUT_HEAD.pack(12 + len(files) + len(chunk), OUTPUT, number, len(files)) + files
    return (head + chunk,) if len(chunk) <= _WHOLE else (head, chunk)


def log(number: int, source: int, text: bytes) -> bytes:
    return _LOG_HEAD.pack(9 + len(text), LOG, number, source) + text


def metric(number: int, mode: str, name: str, value: bytes) -> bytes:
    key = name.encode()
    return _METRIC_HEAD.pack(11 + len(key) + len(value), METRIC, number, METRIC_MODES[mode], len(key)) + key + value


def done(number: int, status: int, shape: int = CHUNKS, files: bytes = b"", rest: bytes = b"") -> tuple[bytes, ...]:
    head = _DONE_HEAD.pack(14 + len(files) + len(rest), DONE, number, status, shape, len(files)) + files
    return (head + rest,) if len(rest) <= _WHOLE else (head, rest)


def health(question: int, healthy: bool, text: str) -> bytes:
    content = text.encode(errors="replace")
    return _HEALTH_HEAD.pack(9 + len(content), HEALTH, question, healthy) + content


def pong(question: int) -> bytes:
    return _QUESTION.pack(8, PONG, question)


def parse_run(payload: memoryview) -> tuple[int, str, str]:
    """The number, meta and input of a run frame; meta may be empty."""
    number, size = RUN_HEAD.unpack_from(payload)
    start = 12 + size
    return number, str(payload[12:start], "utf-8") if size else "", str(payload[start:], "utf-8")


def parse_batch(payload: memoryview) -> int:
    """How many of the next run frames belong together."""
    (count,) = _BATCH.unpack(payload)
    return int(count)


def send_all(sock: socket.socket, frame: bytes) -> None:
    """Sends a frame whole, or ends the process group: half a frame, or a lost one, would leave the server waiting.

    Without a server the end has come as well.
    """
    try:
        sock.sendall(frame)
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ECONNRESET):
            os.write(2, f"cog: the server cannot be told anything: {error}\n".encode())
        os.killpg(0, signal.SIGKILL)


class FrameReader:
    """Takes frames from a stream socket, as many as there are in one call to the kernel."""

    _CAPACITY = 65536

    def __init__(self, sock: socket.socket) -> None:
        self._receive = sock.recv_into
        self._buffer = memoryview(bytearray(self._CAPACITY))
        self._start = self._end = 0

    def fill(self, flags: int = 0) -> bool:
        """Waits for bytes, unless the flags forbid it (BlockingIOError); false at the end of the stream."""
        received = self._receive(self._buffer[self._end :] if self._end else self._buffer, 0, flags)
        self._end += received
        return received > 0

    def next(self) -> Optional[tuple[int, memoryview]]:
        """Kind and payload of the next whole frame in the buffer; the payload is valid until `fill`."""
        start, size = self._start, 5
        have = self._end - start
        if have >= 5:
            length, kind = HEADER.unpack_from(self._buffer, start)
            size = 5 + length
            stop = start + size
            if stop <= self._end:
                if stop == self._end:
                    self._start = self._end = 0
                else:
                    self._start = stop
                return kind, self._buffer[start + 5 : stop]
        if have or len(self._buffer) > self._CAPACITY:
            self._make_room(size)
        return None

    def _make_room(self, size: int) -> None:
        """Moves what is there to the front of a buffer that holds the whole frame, the usual one if it does."""
        pending = bytes(self._buffer[self._start : self._end])
        if len(self._buffer) < size or len(self._buffer) > self._CAPACITY >= size:
            self._buffer = memoryview(bytearray(max(size, self._CAPACITY)))
        self._buffer[: len(pending)] = pending
        self._start, self._end = 0, len(pending)
