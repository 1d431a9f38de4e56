"""Predictions of a synchronous model: on the main thread, one after the other."""

from __future__ import annotations

import socket
from contextvars import copy_context
from typing import Any, Optional

from cog import _scope
from cog._scope import CancelationException
from cog._worker import protocol
from cog._worker.cancel import Cancellation
from cog._worker.errors import PredictionError, cancel_types, describe
from cog._worker.files import OutputFiles
from cog._worker.output import encode, encode_plain
from cog._worker.runtime import Job, Runtime, close, is_stream


class SyncLoop:
    """Reads a run frame, runs it, writes its done frame, and nothing else."""

    def __init__(self, runtime: Runtime, cancellation: Cancellation) -> None:
        self._runtime = runtime
        self._channel = runtime.channel
        self._cancellation = cancellation
        self._raised: Optional[BaseException] = None
        self._poisoned = False
        cancellation.install()

    def cancel(self, number: int) -> bool:
        if self._cancellation.request(number):
            return True
        if self._cancellation.is_to_come(number):
            self._runtime.control.answer(b"".join(protocol.done(number, protocol.CANCELED)))
        return False

    def ping(self, question: int) -> None:
        self._runtime.control.answer(protocol.pong(question))

    def check_health(self, question: int) -> None:
        self._runtime.check_in_thread(question)

    def finish(self) -> None:
        self._runtime.data.shutdown(socket.SHUT_RD)

    def run(self) -> None:
        reader = self._runtime.reader
        while reader.fill():
            while True:
                frame = reader.next()
                if frame is None:
                    break
                if self._poisoned:
                    return  # what has come meanwhile is for the process that replaces this one
                self._run(Job(*protocol.parse_run(frame[1])))

    def _run(self, job: Job) -> None:
        number = job.number
        self._channel.begin(number, on_main_thread=True)
        done: Optional[tuple[bytes, ...]] = None
        if self._cancellation.begin(number):
            _scope.enter_with(lambda: self._runtime.scope(job))
            done = self._guarded(job)
            _scope.leave()
        if not self._cancellation.end(number) or done is None:
            done = protocol.done(number, protocol.CANCELED)
        elif self._raised is not None:
            self._runtime.report_failure(self._raised)
            poison = self._runtime.report_poison()
            if poison:
                self._poisoned = True
                done = self._failed(job, self._raised, poison)
        self._raised = None
        self._channel.end(number, *done)

    def _guarded(self, job: Job) -> Optional[tuple[bytes, ...]]:
        """The done frame, or None for one that the model itself has cancelled. Whatever is raised ends here."""
        try:
            try:
                self._cancellation.armed = job.number
                done = copy_context().run(self._predict, job)
            except cancel_types():
                done = None
            except BaseException as error:
                if self._channel.forked:
                    raise
                done = self._failed(job, error)
            self._cancellation.armed = 0
        except CancelationException:
            # Raised between the end of the run and the line above. It is being handled, so there is no second one.
            self._cancellation.armed = 0
            done = None
        return done

    def _predict(self, job: Job) -> tuple[bytes, ...]:
        number = job.number
        value = self._runtime.model.run(**self._runtime.bind(job))
        rest = encode_plain(value)
        if rest is not None:
            shape = protocol.ARRAY if isinstance(value, (list, tuple)) else protocol.VALUE
            return protocol.done(number, protocol.SUCCEEDED, shape, b"", rest)
        output_files = OutputFiles(f"{self._runtime.folder}/{number}")
        if is_stream(value):
            self._stream(number, value, output_files)
            return protocol.done(number, protocol.SUCCEEDED)
        many = isinstance(value, (list, tuple))
        encoded = encode(value, output_files, many)
        shape = protocol.ARRAY if many else protocol.VALUE
        return protocol.done(number, protocol.SUCCEEDED, shape, encoded.files, encoded.rest)

    def _stream(self, number: int, items: Any, output_files: OutputFiles) -> None:
        try:
            while True:
                try:
                    item = next(items)
                except StopIteration:
                    raise
                except cancel_types():
                    raise
                except BaseException as error:
                    raise PredictionError(f"Prediction failed: Generator iteration error: {describe(error)}") from error
                self._runtime.send_item(number, item, output_files)
        except StopIteration:
            pass
        finally:
            close(items)

    def _failed(self, job: Job, error: BaseException, more: str = "") -> tuple[bytes, ...]:
        self._raised = error
        if isinstance(error, PredictionError):
            text = str(error)
        else:
            text = f"Prediction failed: {self._runtime.verb} failed: {describe(error)}"
        return protocol.done(job.number, protocol.FAILED, rest=(text + more).encode(errors="replace"))
