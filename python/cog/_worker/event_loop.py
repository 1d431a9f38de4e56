"""The event loop of asynchronous models."""

from __future__ import annotations

import asyncio
import select
import selectors
from typing import Optional

_SELECT_LIMIT = 1024  # FD_SETSIZE of select(2): it can wait for descriptors below


class PreciseSelector(selectors.EpollSelector):
    """Waits to the microsecond, where epoll's timeout is rounded up to whole milliseconds.

    With that the sleeps of many predictions end together, up to a millisecond late, and then wait for each other.
    """

    def select(self, timeout: Optional[float] = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > 0:
            if not select.select((self,), (), (), timeout)[0]:
                return []
            timeout = 0
        return super().select(timeout)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """What the model's policy makes; if that is the usual loop, one with precise timers."""
    loop = asyncio.new_event_loop()
    if type(loop) is not asyncio.SelectorEventLoop:
        return loop
    selector = PreciseSelector()
    if selector.fileno() >= _SELECT_LIMIT:  # setup() holds that many files
        selector.close()
        return loop
    loop.close()
    return asyncio.SelectorEventLoop(selector)
