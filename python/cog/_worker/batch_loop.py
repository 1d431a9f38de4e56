"""Predictions of a model with `@cog.batch`: as many as the server sends together, in one call on the main thread."""

from __future__ import annotations

import json
from contextvars import copy_context
from typing import Any, Optional, Sequence

from cog._batch import Batch, BatchResultError, Inputs, ItemScope, check_results
from cog._scope import CancelationException
from cog._signature import EMPTY
from cog._worker import protocol
from cog._worker.cancel import Cancellation
from cog._worker.channel import number_var
from cog._worker.errors import PredictionError, cancel_types
from cog._worker.files import OutputFiles
from cog._worker.output import encode, encode_plain
from cog._worker.runtime import Job, Runtime
from cog._worker.sync_loop import SyncLoop


class _Item:
    """A prediction in a batch."""

    def __init__(self, job: Job, scope: ItemScope) -> None:
        self.job = job
        self.number = job.number
        self.scope = scope
        self.inputs: Optional[Inputs] = None
        self.done: Optional[tuple[bytes, ...]] = None
        self.error: Optional[BaseException] = None


class BatchLoop(SyncLoop):
    """Reads a batch frame and its run frames, runs them, writes their done frames, and nothing else."""

    def __init__(self, runtime: Runtime, cancellation: Cancellation, batch: Batch) -> None:
        super().__init__(runtime, cancellation)
        self._batch = batch
        parameters = runtime.model.signature.parameters
        self._defaults = {one.name: one.default for one in parameters if one.default is not EMPTY}
        self._wanted: set[int] = set()  # numbers that are to be cancelled, also of those still to come
        self._in_call: Sequence[int] = ()  # the numbers that the running call answers
        self._leader = 0  # the greatest number of the running batch, by which the call is cancelled
        self._seen = 0  # the greatest number of all that have ended

    def cancel(self, number: int) -> bool:
        self._wanted.add(number)
        if number <= self._seen:
            self._wanted.discard(number)
            return False
        return self._interrupt()

    def _interrupt(self) -> bool:
        """Cancels the call once nobody wants any of its items. True as long as that should be tried again."""
        numbers, leader = self._in_call, self._leader
        if not numbers or not all(number in self._wanted for number in numbers):
            return False
        return self._cancellation.request(leader)

    def run(self) -> None:
        reader = self._runtime.reader
        expected = 0
        jobs: list[Job] = []
        while reader.fill():
            while True:
                frame = reader.next()
                if frame is None:
                    break
                if self._poisoned:
                    return  # what has come meanwhile is for the process that replaces this one
                kind, payload = frame
                if kind == protocol.BATCH:
                    expected = protocol.parse_batch(payload)
                    continue
                jobs.append(Job(*protocol.parse_run(payload)))
                if len(jobs) >= expected:
                    self._run_batch(jobs)
                    jobs = []

    def _run_batch(self, jobs: Sequence[Job]) -> None:
        items = [_Item(job, self._scope(job)) for job in jobs]
        numbers = [item.number for item in items]
        for number in numbers:
            self._channel.begin(number, on_main_thread=False)
        leader = numbers[-1]
        self._cancellation.begin(leader)
        self._leader, self._in_call = leader, numbers
        raised = self._call_guarded(items) if self._is_wanted(items) else None
        self._in_call = ()
        self._cancellation.end(leader)
        self._conclude(items, raised)
        self._seen = leader
        self._wanted.difference_update(numbers)

    def _is_wanted(self, items: Sequence[_Item]) -> bool:
        return not all(item.number in self._wanted for item in items)

    def _call_guarded(self, items: list[_Item]) -> Optional[BaseException]:
        """What was raised, unless it was a cancel. Whatever is raised ends here."""
        raised: Optional[BaseException] = None
        try:
            try:
                self._cancellation.armed = self._leader
                copy_context().run(self._call, items)
            except cancel_types():
                pass
            except BaseException as error:
                if self._channel.forked:
                    raise
                raised = error
            self._cancellation.armed = 0
        except CancelationException:
            self._cancellation.armed = 0
        return raised

    def _call(self, items: list[_Item]) -> None:
        live = [item for item in items if item.number not in self._wanted and self._bind(item)]
        self._in_call = [item.number for item in live]
        self._interrupt()
        if not live:
            return
        values = self._batch.method([item.inputs for item in live])
        for item, value in zip(live, check_results(values, len(live), self._batch.name)):
            self._take(item, value)

    def _bind(self, item: _Item) -> bool:
        """False for an item whose inputs cannot be had: it ends at once."""
        try:
            item.inputs = Inputs(**{**self._defaults, **self._runtime.bind(item.job)})
        except PredictionError as error:
            self._channel.end(item.number, *self._failed(item.job, error))
            item.done = ()
            return False
        item.inputs._cog_scope = item.scope
        return True

    def _take(self, item: _Item, value: Any) -> None:
        """Makes the done frame of what the model has returned for an item."""
        if isinstance(value, Exception):
            item.error = value
            return
        try:
            item.done = self._encode(item.number, value)
        except cancel_types():
            raise
        except Exception as error:
            item.error = error

    def _encode(self, number: int, value: Any) -> tuple[bytes, ...]:
        many = isinstance(value, (list, tuple))
        shape = protocol.ARRAY if many else protocol.VALUE
        rest = encode_plain(value)
        if rest is not None:
            return protocol.done(number, protocol.SUCCEEDED, shape, b"", rest)
        encoded = encode(value, OutputFiles(f"{self._runtime.folder}/{number}"), many)
        return protocol.done(number, protocol.SUCCEEDED, shape, encoded.files, encoded.rest)

    def _conclude(self, items: Sequence[_Item], raised: Optional[BaseException]) -> None:
        """Sends the done frames of all that have not ended."""
        left = [item for item in items if item.done != ()]
        for item in left:
            if item.number in self._wanted:
                item.done, item.error = protocol.done(item.number, protocol.CANCELED), None
            elif item.done is None and item.error is None:
                item.error = raised
        failed = [item for item in left if item.error is not None]
        in_call = sum(item.inputs is not None for item in items)
        again = raised is not None and self._batch.rules["isolate"] and in_call > 1
        again = again and not isinstance(raised, BatchResultError)
        poison = self._report(failed, again)
        for item in left:
            item.scope.end()
            if item.error is not None:
                undone = again and item.error is raised
                item.done = (
                    protocol.done(item.number, protocol.UNDONE)
                    if undone
                    else self._failed(item.job, item.error, poison)
                )
            elif item.done is None:
                item.done = protocol.done(item.number, protocol.CANCELED)
        self._channel.end_all([(item.number, item.done) for item in left if item.done])

    def _report(self, failed: Sequence[_Item], again: bool) -> str:
        """The tracebacks of those that failed; what to add to their errors if the process cannot go on."""
        if not failed:
            return ""
        told: set[int] = set()
        for item in failed:
            error = item.error
            assert error is not None
            if not again:
                token = number_var.set(item.number)
                self._runtime.report_failure(error, tells=id(error) not in told)
                number_var.reset(token)
            told.add(id(error))
        poison = self._runtime.report_poison()
        self._poisoned = self._poisoned or bool(poison)
        return poison

    def _failed(self, job: Job, error: BaseException, more: str = "") -> tuple[bytes, ...]:
        if isinstance(error, BatchResultError):
            error = PredictionError(f"Prediction failed: {error}")
        return super()._failed(job, error, more)

    def _scope(self, job: Job) -> ItemScope:
        meta = json.loads(job.meta) if job.meta else {}
        return ItemScope(
            meta.get("context", {}),
            self._runtime.emitter(job),
            meta.get("traceparent"),
            meta.get("tracestate"),
            number_var,
            job.number,
            self._wanted.__contains__,
        )
