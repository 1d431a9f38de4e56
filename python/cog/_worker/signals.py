"""Signals of the worker, and of what the model starts."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any, Callable

from cog._worker.cancel import SIGNAL

_STOPS = (signal.SIGINT, signal.SIGTERM)


def install(in_forked_child: Callable[[], None]) -> None:
    """Nothing but the parent stops the worker. The function is called in children that the model forks.

    The handlers do nothing instead of being SIG_IGN, which programs that the model starts would inherit.
    """
    for number in _STOPS:
        signal.signal(number, _no_op)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    forking = threading.local()

    def before() -> None:
        # A child that is told to stop before it has its own handlers must not lose the signal.
        forking.mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)

    def restore() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, forking.mask)

    def in_child() -> None:
        in_forked_child()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(SIGNAL, signal.SIG_DFL)
        restore()

    os.register_at_fork(before=before, after_in_parent=restore, after_in_child=in_child)


def _no_op(signum: int, frame: Any) -> None:
    pass
