"""Predictions of an asynchronous model: tasks on one event loop, which the main thread runs."""

from __future__ import annotations

import asyncio
import inspect
import socket
from contextvars import copy_context
from typing import Any, Optional

from cog._scope import CancelationException, scope_var
from cog._worker import protocol
from cog._worker.channel import number_var
from cog._worker.errors import PredictionError, describe, tells_of_cancellation, trace
from cog._worker.files import OutputFiles
from cog._worker.health import LIMIT, LOOP_LIMIT, failure, verdict
from cog._worker.output import encode, encode_plain
from cog._worker.runtime import Job, Runtime, close, is_stream

_END = object()
_WIND_UP = 1.0  # seconds for the model's background tasks to be cancelled at the end


class AsyncLoop:
    """A `Backend`; what does not belong to that happens on the loop."""

    def __init__(self, runtime: Runtime, loop: asyncio.AbstractEventLoop) -> None:
        self._runtime = runtime
        self._channel = runtime.channel
        self._loop = loop
        self._seen = 0
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._started: set[int] = set()
        self._canceled: set[int] = set()  # also those still to come
        self._checks: set[asyncio.Task[None]] = set()
        self._finishing = False
        self._stopped = False
        check = runtime.model.healthcheck
        self._check = check if inspect.iscoroutinefunction(check) else None

    def cancel(self, number: int) -> bool:
        self._loop.call_soon_threadsafe(self._cancel, number)
        return False

    def ping(self, question: int) -> None:
        self._loop.call_soon_threadsafe(self._runtime.control.answer, protocol.pong(question))

    def check_health(self, question: int) -> None:
        if self._check is None:
            self._runtime.check_in_thread(question)
        else:
            self._runtime.control.health.note(question, LOOP_LIMIT)
            self._loop.call_soon_threadsafe(self._start_check, question)

    def finish(self) -> None:
        self._loop.call_soon_threadsafe(self._finish)

    def run(self) -> None:
        self._loop.add_reader(self._runtime.data, self._read)
        self._run_until_stopped()
        try:
            self._loop.run_until_complete(self._wind_up())
        except BaseException as error:
            self._channel.tell(trace(error))

    def _run_until_stopped(self) -> None:
        while True:
            try:
                self._loop.run_forever()
                return
            except (SystemExit, KeyboardInterrupt):
                # Of a task or callback that the model has made; who awaits it gets it, too.
                if self._stopped:  # just before: the loop has forgotten it
                    return

    def _stop(self) -> None:
        self._stopped = True
        self._loop.stop()

    def _read(self) -> None:
        try:
            if not self._runtime.reader.fill(socket.MSG_DONTWAIT):
                self._finish()
        except BlockingIOError:
            return
        while True:
            frame = self._runtime.reader.next()
            if frame is None:
                return
            job = Job(*protocol.parse_run(frame[1]))
            self._seen = job.number
            self._channel.begin(job.number, on_main_thread=False)
            task = self._loop.create_task(self._guarded(job))
            if not task.done():  # as with a model's own eager tasks
                self._tasks[job.number] = task
                task.add_done_callback(self._on_broken_off)

    def _finish(self) -> None:
        self._finishing = True
        self._loop.remove_reader(self._runtime.data)
        if not self._tasks:
            self._stop()

    def _cancel(self, number: int) -> None:
        if number in self._tasks:
            self._canceled.add(number)
            if number in self._started:
                self._tasks[number].cancel()
        elif number > self._seen:
            self._canceled.add(number)

    async def _guarded(self, job: Job) -> None:
        """Runs one prediction. Nothing is raised: the loop would stop at a SystemExit."""
        number = job.number
        self._started.add(number)
        number_var.set(number)
        scope = self._runtime.scope(job)
        scope_var.set(scope)
        canceled = protocol.done(number, protocol.CANCELED)
        done, raised = canceled, None
        if number not in self._canceled:
            try:
                done = await self._predict(job)
            except BaseException as error:
                text = self._failure(error)
                if text is not None:
                    raised = error
                    if self._runtime.devices.in_use:
                        text += await self._report_poison()
                    done = protocol.done(number, protocol.FAILED, rest=text.encode(errors="replace"))
        scope.end()
        if number in self._canceled:
            done, raised = canceled, None
        if raised is not None:
            self._runtime.report_failure(raised)
        self._channel.end(number, *done)
        task = self._tasks.get(number)
        if task is not None:
            task.remove_done_callback(self._on_broken_off)
        self._forget(number)

    def _on_broken_off(self, task: asyncio.Task[None]) -> None:
        """The task has ended without an end for its prediction: the model has cancelled it before it began, say."""
        number = next(number for number, other in self._tasks.items() if other is task)
        done = protocol.done(number, protocol.CANCELED)
        error = None if task.cancelled() else task.exception()
        if error is not None and number not in self._canceled:
            self._channel.tell(trace(error))
            done = protocol.done(number, protocol.FAILED, rest=describe(error).encode(errors="replace"))
        self._channel.end(number, *done)
        self._forget(number)

    def _forget(self, number: int) -> None:
        self._started.discard(number)
        self._canceled.discard(number)
        self._tasks.pop(number, None)
        if self._finishing and not self._tasks:
            self._stop()

    async def _report_poison(self) -> str:
        """In another thread, since it waits for what other predictions do on the devices."""
        try:
            return await self._loop.run_in_executor(None, self._runtime.report_poison)
        except BaseException:
            return ""  # cancelled meanwhile

    async def _predict(self, job: Job) -> tuple[bytes, ...]:
        number = job.number
        value = await self._call(self._runtime.bind(job))
        rest = encode_plain(value)
        if rest is not None:
            shape = protocol.ARRAY if isinstance(value, (list, tuple)) else protocol.VALUE
            return protocol.done(number, protocol.SUCCEEDED, shape, b"", rest)
        output_files = OutputFiles(f"{self._runtime.folder}/{number}")
        if hasattr(value, "__aiter__"):
            await self._stream(number, value, output_files)
            return protocol.done(number, protocol.SUCCEEDED)
        if is_stream(value):
            await self._stream_from_thread(number, value, output_files)
            return protocol.done(number, protocol.SUCCEEDED)
        many = isinstance(value, (list, tuple))
        encoded = encode(value, output_files, many)
        shape = protocol.ARRAY if many else protocol.VALUE
        return protocol.done(number, protocol.SUCCEEDED, shape, encoded.files, encoded.rest)

    async def _call(self, arguments: dict[str, Any]) -> Any:
        run = self._runtime.model.run
        try:
            value = run(**arguments)
        except BaseException as error:
            name = "predict" if getattr(run, "__name__", "") == "predict" else "run"
            raise PredictionError(f"Prediction failed: Failed to call {name}: {describe(error)}") from error
        return await value if hasattr(value, "__await__") else value

    async def _stream(self, number: int, items: Any, output_files: OutputFiles) -> None:
        try:
            async for item in items:
                self._runtime.send_item(number, item, output_files)
        finally:
            if hasattr(items, "aclose"):
                await items.aclose()

    async def _stream_from_thread(self, number: int, items: Any, output_files: OutputFiles) -> None:
        """For a synchronous iterator, which may take its time."""
        context = copy_context()

        def step() -> Any:
            return context.run(next, items, _END)

        try:
            while True:
                try:
                    item = await self._loop.run_in_executor(None, step)
                except asyncio.CancelledError:
                    raise
                except BaseException as error:
                    raise PredictionError(f"Prediction failed: Generator iteration error: {describe(error)}") from error
                if item is _END:
                    return
                self._runtime.send_item(number, item, output_files)
        finally:
            close(items)

    def _failure(self, error: BaseException) -> Optional[str]:
        """The error of the prediction; None if it counts as cancelled."""
        if isinstance(error, PredictionError):
            return str(error)
        if isinstance(error, CancelationException) or tells_of_cancellation(error):
            return None
        return f"Prediction failed: Async {self._runtime.verb.lower()} failed: {describe(error)}"

    def _start_check(self, question: int) -> None:
        task = self._loop.create_task(self._run_check(question))
        self._checks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._checks.discard(task)
            if task.cancelled():  # before it began: else it has told so itself
                self._runtime.control.health.settle(question, failure(asyncio.CancelledError(), on_loop=True))

        task.add_done_callback(ended)

    async def _run_check(self, question: int) -> None:
        assert self._check is not None
        number_var.set(0)
        try:
            text = verdict(await asyncio.wait_for(self._check(), LIMIT))
        except BaseException as error:
            text = failure(error, on_loop=True)
        self._runtime.control.health.settle(question, text)

    async def _wind_up(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest, timeout=_WIND_UP)
        await self._loop.shutdown_asyncgens()
