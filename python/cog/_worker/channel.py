"""The worker's end of the data socket, as all its threads write to it."""

from __future__ import annotations

import os
import socket
import threading
from contextvars import ContextVar
from typing import Any, Callable, Optional, Sequence

from cog._worker import protocol
from cog._worker.cancel import Cancellation, shielded

number_var: ContextVar[Optional[int]] = ContextVar("cog_number", default=None)
"""The prediction that this thread or task works for; None: whatever runs on the main thread."""

_TAIL = 65536  # bytes of a line without an end that are held back at most


class Channel:
    """Frames go out whole and in order, and nothing follows the done frame of a prediction.

    Text of logs is held back until its line ends, but never beyond the prediction, nor while the other stream goes on.
    """

    def __init__(self, sock: socket.socket, cancellation: Cancellation) -> None:
        self._socket = sock
        self._cancellation = cancellation
        self._lock = threading.RLock()
        self._busy = False
        self._later: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._current = 0  # the prediction on the main thread
        self._running: set[int] = set()
        self._tails: dict[int, tuple[int, bytearray]] = {}  # by prediction: source and text
        self._open_lines: set[int] = set()  # predictions whose log was sent up to the middle of a line
        self.forked = False

    def begin(self, number: int, on_main_thread: bool) -> None:
        self._running.add(number)
        if on_main_thread:
            self._current = number

    def end(self, number: int, *frame: bytes) -> None:
        """Sends the done frame, given in one piece or several."""
        self._do(self._end, number, frame)

    def end_all(self, ends: Sequence[tuple[int, tuple[bytes, ...]]]) -> None:
        """Sends the done frames of several predictions together."""
        self._do(self._end_all, ends)

    def send(self, frame: bytes) -> None:
        """Sends a frame that belongs to no prediction."""
        self._do(self._send_after_tail, frame)

    def emit(self, number: int, *frame: bytes) -> None:
        """Sends a frame of a prediction, unless that has ended."""
        self._do(self._emit, number, frame)
        if self._cancellation.deferred:
            self._cancellation.catch_up()

    def log(self, source: int, text: bytes) -> None:
        """Takes what was written to stdout or stderr."""
        self._do(self._log, source, text)
        if self._cancellation.deferred:
            self._cancellation.catch_up()

    def flush_log(self) -> None:
        """Sends the line that has not ended yet."""
        self._do(self._flush_log)
        if self._cancellation.deferred:
            self._cancellation.catch_up()

    def conclude_log(self, text: str) -> None:
        """Adds lines of ours to what the prediction has printed."""
        self._do(self._conclude_log, text.encode(errors="backslashreplace"))

    def tell(self, text: str) -> None:
        """Writes to the server's own log."""
        self.send(protocol.log(0, protocol.STDERR, text.encode(errors="backslashreplace")))

    def after_fork(self) -> None:
        """In a child that the model has forked: lets go of the socket, and prints into the pipes from now on."""
        self.forked = True
        self._lock = threading.RLock()
        self._busy = False
        self._later.clear()
        self._running.clear()
        self._tails.clear()
        self._open_lines.clear()
        self._socket.close()

    @shielded
    def _do(self, action: Callable[..., None], *arguments: Any) -> None:
        with self._lock:
            if self._busy:
                # A finaliser or a signal handler of the model prints while this thread is in the middle of a print.
                self._later.append((action, arguments))
                return
            self._busy = True
            try:
                action(*arguments)
                while self._later:
                    action, arguments = self._later.pop(0)
                    action(*arguments)
            finally:
                self._busy = False

    def _end(self, number: int, frame: tuple[bytes, ...]) -> None:
        self._running.discard(number)
        if self._current == number:
            self._current = 0
        if self._tails:
            self._flush_tail(number)
        self._open_lines.discard(number)
        self._send(frame)

    def _end_all(self, ends: Sequence[tuple[int, tuple[bytes, ...]]]) -> None:
        self._flush_tail(0)
        self._open_lines.discard(0)
        for number, _ in ends:
            self._running.discard(number)
            self._flush_tail(number)
            self._open_lines.discard(number)
        self._send((b"".join(piece for _, frame in ends for piece in frame),))

    def _send_after_tail(self, frame: bytes) -> None:
        self._flush_tail(0)
        self._send((frame,))

    def _emit(self, number: int, frame: tuple[bytes, ...]) -> None:
        if number in self._running:
            self._send(frame)

    def _log(self, source: int, text: bytes) -> None:
        if self.forked:
            _write_all(source, text)
            return
        number = self._owner()
        before, tail = self._tails.get(number, (source, None))
        if before != source:
            self._flush_tail(number)
            tail = None
        cut = text.rfind(b"\n") + 1
        if cut == 0 and len(tail or b"") + len(text) > _TAIL:
            cut = _whole_characters(text)
        if cut:
            self._tails.pop(number, None)
            self._send_log(number, source, bytes(tail) + text[:cut] if tail else text[:cut])
            tail, text = None, text[cut:]
        if not text:
            return
        if tail is None:
            self._tails[number] = (source, bytearray(text))
        else:
            tail += text

    def _conclude_log(self, text: bytes) -> None:
        number = self._owner()
        self._flush_tail(number)
        self._send_log(number, protocol.STDERR, b"\n" + text if number in self._open_lines else text)

    def _flush_log(self) -> None:
        self._flush_tail(self._owner())

    def _owner(self) -> int:
        number = number_var.get()
        if number is None:
            return self._current
        return number if number in self._running else 0

    def _flush_tail(self, number: int) -> None:
        source, tail = self._tails.pop(number, (0, b""))
        if tail:
            self._send_log(number, source, bytes(tail))

    def _send_log(self, number: int, source: int, text: bytes) -> None:
        if text.endswith(b"\n"):
            self._open_lines.discard(number)
        else:
            self._open_lines.add(number)
        self._send((protocol.log(number, source, _valid(text)),))

    def _send(self, frame: tuple[bytes, ...]) -> None:
        if not self.forked:
            for piece in frame:
                protocol.send_all(self._socket, piece)


def _valid(text: bytes) -> bytes:
    """The text as UTF-8, whatever was written into `sys.stdout.buffer`."""
    if text.isascii():
        return text
    try:
        text.decode()
    except UnicodeDecodeError:
        return text.decode(errors="replace").encode()
    return text


def _whole_characters(text: bytes) -> int:
    """The length of the text without a character that is cut off at its end."""
    for back in range(1, min(4, len(text)) + 1):
        byte = text[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(text) - back if back < length else len(text)
        if byte < 0x80:
            break
    return len(text)


def _write_all(fd: int, text: bytes) -> None:
    while text:
        text = text[os.write(fd, text) :]
