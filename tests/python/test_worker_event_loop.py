"""The event loop that asynchronous predictions run on."""

import asyncio
import os
import resource
import select
import selectors
import signal
import socket
from collections.abc import Iterator
from typing import Any, Optional

import pytest

from cog._worker.event_loop import PreciseSelector, new_event_loop


@pytest.fixture
def selector() -> Iterator[PreciseSelector]:
    with PreciseSelector() as made:
        yield made


def used_selector(loop: asyncio.AbstractEventLoop) -> Any:
    return vars(loop)["_selector"]


def test_a_timeout_is_not_rounded_to_milliseconds(selector: PreciseSelector, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def waits(*arguments: Any) -> tuple[list[Any], list[Any], list[Any]]:
        waited.append(arguments[-1])
        return [], [], []

    monkeypatch.setattr(select, "select", waits)
    assert selector.select(0.0123) == []
    assert waited == [0.0123]


@pytest.mark.parametrize("timeout", [None, 60, 0, -1])
def test_what_is_ready_is_found(selector: PreciseSelector, timeout: Optional[float]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        selector.register(ours, selectors.EVENT_READ, "data")
        if timeout is not None:
            assert selector.select(0) == []
        theirs.send(b"x")
        assert [(key.data, events) for key, events in selector.select(timeout)] == [("data", selectors.EVENT_READ)]


def test_nothing_ready_in_time(selector: PreciseSelector) -> None:
    assert selector.select(0.0001) == []


def test_the_usual_loop_is_precise() -> None:
    loop = new_event_loop()
    assert type(loop) is asyncio.SelectorEventLoop
    assert type(used_selector(loop)) is PreciseSelector
    assert loop.run_until_complete(asyncio.wait_for(asyncio.sleep(0.0001, "slept"), 60)) == "slept"
    loop.close()


def test_a_signal_wakes_it() -> None:
    loop = new_event_loop()

    async def signalled() -> None:
        came = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, came.set)
        loop.call_later(0.001, os.kill, os.getpid(), signal.SIGUSR1)
        await asyncio.wait_for(came.wait(), 60)

    loop.run_until_complete(signalled())
    loop.close()


def test_the_loop_of_another_policy_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(asyncio.SelectorEventLoop):
        pass

    monkeypatch.setattr(asyncio, "new_event_loop", Other)
    loop = new_event_loop()
    assert type(loop) is Other
    loop.close()


def test_beyond_the_descriptors_of_select_the_usual_loop_serves() -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] != resource.RLIM_INFINITY and limit[1] < 1200:
        pytest.skip("this process may not have 1,200 files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1200, limit[1]))
    held: list[int] = []
    try:
        while not held or held[-1] < 1024:
            held.append(os.dup(0))
        loop = new_event_loop()
        assert type(used_selector(loop)) is not PreciseSelector
        assert loop.run_until_complete(asyncio.sleep(0.0001, "slept")) == "slept"
        loop.close()
    finally:
        for fd in held:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
