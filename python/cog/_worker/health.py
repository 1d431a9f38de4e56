"""The model's own `healthcheck()`."""

from __future__ import annotations

import inspect
import sys
import threading
import time
from typing import Any, Callable, Optional

from cog._worker import protocol
from cog._worker.channel import number_var
from cog._worker.errors import describe

LIMIT = 5.0  # seconds a check may take
LOOP_LIMIT = 6.0  # seconds until a check is answered for an event loop that is blocked

_TOO_SLOW = f"Healthcheck failed: user-defined healthcheck timed out after {LIMIT} seconds"


def verdict(result: Any) -> str:
    """What is wrong; empty if nothing is. Only False says that, numpy's as well."""
    numpy = sys.modules.get("numpy")
    if result is False or (numpy is not None and isinstance(result, numpy.bool_) and not result):
        return "Healthcheck failed: user-defined healthcheck returned False"
    return ""


def failure(error: BaseException, on_loop: bool) -> str:
    text = describe(error)
    if "TimeoutError" in text or (on_loop and "timed out" in text):
        return _TOO_SLOW
    return f"Healthcheck failed: {text}"


class HealthChecks:
    """Questions that are still to be answered; each gets one answer, in time."""

    def __init__(self, answer: Callable[[bytes], None]) -> None:
        self._answer = answer
        self._deadlines: dict[int, float] = {}

    def note(self, question: int, limit: float = LIMIT) -> None:
        self._deadlines[question] = time.monotonic() + limit

    def settle(self, question: int, text: str) -> None:
        """Answers a question, unless that has been done; an empty text means healthy."""
        if self._deadlines.pop(question, None) is not None:
            self._answer(protocol.health(question, not text, text))

    def next_deadline(self) -> Optional[float]:
        return min(self._deadlines.copy().values(), default=None)

    def expire(self, now: float) -> None:
        for question, deadline in self._deadlines.copy().items():
            if deadline <= now:
                self.settle(question, _TOO_SLOW)

    def run_in_thread(self, question: int, check: Callable[[], Any]) -> None:
        """Runs the check in a thread of its own, which is left alone when it takes too long."""
        self.note(question)
        threading.Thread(target=self._run, args=(question, check), name="cog-healthcheck", daemon=True).start()

    def _run(self, question: int, check: Callable[[], Any]) -> None:
        number_var.set(0)  # what it prints belongs to no prediction
        try:
            result = check()
            if inspect.iscoroutine(result):
                import asyncio

                result = asyncio.run(result)
            text = verdict(result)
        except BaseException as error:
            text = failure(error, on_loop=False)
        self.settle(question, text)
