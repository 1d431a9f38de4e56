"""The thread that listens to the control socket."""

from __future__ import annotations

import os
import select
import signal
import socket
import threading
import time
from typing import Optional, Protocol

from cog._worker import protocol
from cog._worker.cancel import REPEAT
from cog._worker.errors import trace
from cog._worker.health import HealthChecks


class Backend(Protocol):
    """What runs predictions. All but `run` is called from the control thread."""

    def run(self) -> None:
        """Returns at the end of the data socket, or after `finish`, when no prediction runs any more."""

    def cancel(self, number: int) -> bool:
        """Tries to cancel the prediction; true as long as it should be tried again."""

    def ping(self, question: int) -> None: ...

    def check_health(self, question: int) -> None: ...

    def finish(self) -> None:
        """Lets the predictions that run come to their end, then stops."""


class Control:
    """Ends the whole process group at the end of the socket, whatever the main thread does."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = protocol.FrameReader(sock)
        self._lock = threading.Lock()
        self._backend: Optional[Backend] = None
        self._cancelling: list[int] = []
        self.health = HealthChecks(self.answer)
        self.ended = False  # the server has asked for the end
        self._lease = ""
        self._has_lease = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._run, name="cog-control", daemon=True).start()

    def attach(self, backend: Backend) -> None:
        """From here on the backend is asked; call before the server is told that setup has succeeded."""
        self._backend = backend
        if self.ended:
            backend.finish()

    def wait_for_lease(self) -> str:
        """The JSON of the devices that this worker may use."""
        self._has_lease.wait()
        return self._lease

    def answer(self, frame: bytes) -> None:
        with self._lock:
            protocol.send_all(self._socket, frame)

    def after_fork(self) -> None:
        self._socket.close()

    def _run(self) -> None:
        try:
            self._listen()
        except BaseException as error:
            os.write(2, trace(error).encode(errors="replace"))
        os.killpg(0, signal.SIGKILL)

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while True:
            if poll.poll(self._patience()):
                if not self._reader.fill():
                    return
                while True:
                    frame = self._reader.next()
                    if frame is None:
                        break
                    self._handle(*frame)
            self.health.expire(time.monotonic())
            if self._cancelling and self._backend is not None:
                self._cancelling = [number for number in self._cancelling if self._backend.cancel(number)]

    def _patience(self) -> Optional[float]:
        """Milliseconds until there is something to do."""
        if self._cancelling:
            return REPEAT * 1000
        deadline = self.health.next_deadline()
        return None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000 + 1

    def _handle(self, kind: int, payload: memoryview) -> None:
        if kind == protocol.END:
            self.ended = True
            if self._backend is not None:
                self._backend.finish()
            return
        if kind == protocol.LEASE:
            self._lease = str(payload, "utf-8")
            self._has_lease.set()
            return
        (number,) = protocol.NUMBER.unpack(payload)
        if kind == protocol.CANCEL:
            if self._backend is not None and number not in self._cancelling and self._backend.cancel(number):
                self._cancelling.append(number)
        elif kind == protocol.HEALTHCHECK:
            if self._backend is None:
                self.answer(protocol.health(number, True, ""))
            else:
                self._backend.check_health(number)
        elif kind == protocol.PING:
            if self._backend is None:
                self.answer(protocol.pong(number))
            else:
                self._backend.ping(number)
