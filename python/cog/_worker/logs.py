"""`sys.stdout` and `sys.stderr` of the model."""

from __future__ import annotations

import io
import sys
from typing import Any

from cog._worker import protocol
from cog._worker.channel import Channel


class LogStream(io.BufferedIOBase):
    """Sends what is written to it as log frames; `fileno` is the pipe for those who want a descriptor."""

    mode = "wb"

    def __init__(self, channel: Channel, source: int, name: str) -> None:
        super().__init__()
        self.name = name
        self._log = channel.log
        self._flush = channel.flush_log
        self._source = source

    def write(self, data: Any) -> int:
        text = data if type(data) is bytes else bytes(data)
        self._log(self._source, text)
        return len(text)

    def flush(self) -> None:
        self._flush()

    def close(self) -> None:
        """Stays open: the next prediction prints, too."""
        self._flush()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._source

    def isatty(self) -> bool:
        return False


def install(channel: Channel) -> None:
    sys.stdout = _text(LogStream(channel, protocol.STDOUT, "<stdout>"))
    sys.stderr = _text(LogStream(channel, protocol.STDERR, "<stderr>"))


def _text(stream: LogStream) -> io.TextIOWrapper:
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True)
    text.mode = "w"  # type: ignore[misc]
    return text
