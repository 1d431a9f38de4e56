"""Cancelling what runs on the main thread, at any moment but those where it would break something of ours."""

from __future__ import annotations

import signal
import sys
import threading
from types import CodeType, FrameType
from typing import Any, Callable, Optional, TypeVar

from cog._scope import CancelationException

SIGNAL = signal.SIGRTMIN
REPEAT = 0.1
"""Seconds until a cancel that has not ended its prediction is tried again: an exception raised inside `__del__` or a
callback from C is lost."""

_F = TypeVar("_F", bound=Callable[..., Any])
_shielded: set[CodeType] = set()


def shielded(function: _F) -> _F:
    """No cancel is raised while this function is on the main thread's stack.

    Its caller looks at `deferred` afterwards and calls `catch_up`, unless no prediction is running then.
    """
    _shielded.add(function.__code__)
    return function


class Cancellation:
    """Which predictions are to be cancelled. The main thread runs them; the control thread calls `request`."""

    def __init__(self) -> None:
        self.running = 0  # the number of the prediction being run, from its frame's arrival to its end
        self.armed = 0  # the same number, but only while a cancel may be raised on the main thread
        self.deferred = False
        self._seen = 0  # the greatest number ever begun
        self._wanted: set[int] = set()
        self._main = threading.main_thread().ident or 0

    def install(self) -> None:
        signal.signal(SIGNAL, self._on_signal)

    def begin(self, number: int) -> bool:
        """False if the prediction has been cancelled before it came."""
        self.running = self._seen = number  # in this order: see `request`
        return number not in self._wanted

    def end(self, number: int) -> bool:
        """False if the prediction was cancelled; from now on that cannot happen any more."""
        self.armed = self.running = 0
        if number not in self._wanted:
            return True
        self._wanted.discard(number)
        return False

    def request(self, number: int) -> bool:
        """Cancels the prediction if it runs, remembers the wish if it is still to come. True if it runs."""
        # First noted, then looked at: whichever way `begin` and `end` come in between, one of the sides sees it.
        self._wanted.add(number)
        if number == self.running != 0:
            signal.pthread_kill(self._main, SIGNAL)
            return True
        if number <= self._seen:
            self._wanted.discard(number)
        return False

    def is_to_come(self, number: int) -> bool:
        """Whether this prediction has not begun. After a `request` it never will."""
        return number > self._seen

    def catch_up(self) -> None:
        """Raises a cancel that came while something shielded was running."""
        if threading.get_ident() != self._main:
            return
        self.deferred = False
        if self._is_due():
            raise CancelationException

    def _is_due(self) -> bool:
        return self.armed != 0 and self.armed in self._wanted and not _cleaning_up()

    def _on_signal(self, signum: int, frame: Optional[FrameType]) -> None:
        if not self._is_due():
            return
        while frame is not None:
            if frame.f_code in _shielded:
                self.deferred = True
                return
            frame = frame.f_back
        raise CancelationException


def _cleaning_up() -> bool:
    """Whether a cancel is being handled: an except or finally block of the model runs because of it."""
    error = sys.exc_info()[1]
    for _ in range(100):
        if error is None:
            return False
        if isinstance(error, CancelationException):
            return True
        error = error.__context__
    return False
