"""What both kinds of loops need to run a prediction."""

from __future__ import annotations

import collections.abc
import io
import json
import socket
from typing import Any, NamedTuple

from cog._inputs import Binder, InputError
from cog._loader import Model
from cog._scope import Emit, Scope
from cog._worker import protocol
from cog._worker.channel import Channel
from cog._worker.control import Control
from cog._worker.decode import decode
from cog._worker.devices import Devices
from cog._worker.errors import PredictionError, outer_trace, own_trace
from cog._worker.files import OutputFiles
from cog._worker.output import encode, encode_plain


class Job(NamedTuple):
    """A run frame."""

    number: int
    meta: str  # JSON; empty when there is nothing to say
    input: str  # JSON


class Runtime:
    def __init__(
        self,
        model: Model,
        data: socket.socket,
        channel: Channel,
        control: Control,
        devices: Devices,
        folder: str,
        mode: str,
    ) -> None:
        self.model = model
        self.data = data
        self.channel = channel
        self.control = control
        self.devices = devices
        self.folder = folder
        self.verb = "Training" if mode == "train" else "Prediction"
        self.reader = protocol.FrameReader(data)
        self._bind = Binder(model).bind

    def bind(self, job: Job) -> dict[str, Any]:
        """The arguments of the model's function."""
        try:
            files = json.loads(job.meta).get("files", ()) if job.meta else ()
            return self._bind(decode(job.input), files)
        except (InputError, ValueError) as error:
            raise PredictionError(f"Input validation error: {error}") from error

    def emitter(self, job: Job) -> Emit:
        """Sends the metrics of a prediction."""

        def emit(mode: str, name: str, value: Any) -> None:
            self.channel.emit(job.number, protocol.metric(job.number, mode, name, encode_plain(value) or b"null"))

        return emit

    def scope(self, job: Job) -> Scope:
        meta = json.loads(job.meta) if job.meta else {}
        return Scope(meta.get("context", {}), self.emitter(job), meta.get("traceparent"), meta.get("tracestate"))

    def send_item(self, number: int, item: Any, output_files: OutputFiles) -> None:
        """Sends a chunk of the output."""
        chunk, files = encode_plain(item), b""
        if chunk is None:
            files, chunk = encode(item, output_files, item=True)
        self.channel.emit(number, *protocol.output(number, files, chunk))

    def report_failure(self, error: BaseException, tells: bool = True) -> None:
        """The traceback: through the model's own files to the log of the prediction, and to that of the server, unless
        `tells` is false, what a reader of that does not know then."""
        if isinstance(error, PredictionError) and error.__cause__ is not None:
            error = error.__cause__
        own, whole = own_trace(error), outer_trace(error)
        if own:
            self.channel.conclude_log(own)
        if tells and whole != own:
            self.channel.tell(whole)

    def report_poison(self) -> str:
        """After a prediction that raised: what to add to its error. If the process cannot use its GPUs any more, the
        server is told, and ends it once the prediction has ended."""
        poison = self.devices.find_poison()
        if not poison:
            return ""
        self.channel.send(protocol.plain(protocol.POISONED, poison.encode(errors="replace")))
        return f"; its worker process is replaced, as its CUDA context is spoilt: {poison}"

    def check_in_thread(self, question: int) -> None:
        check = self.model.healthcheck
        if check is None:
            self.control.answer(protocol.health(question, True, ""))
        else:
            self.control.health.run_in_thread(question, check)


def is_stream(value: Any) -> bool:
    """Whether the items of a result are to be sent one by one. Files are iterators, too, but no streams."""
    return (
        isinstance(value, collections.abc.Iterator)
        and not isinstance(value, io.IOBase)
        and not callable(getattr(value, "read", None))
    )


def close(items: Any) -> None:
    """Lets a generator clean up now, not when it happens to be collected."""
    method = getattr(items, "close", None)
    if callable(method):
        try:
            method()
        except Exception:
            pass  # what ended the prediction counts, not what went wrong afterwards
