"""Workers are killed at random moments while many clients ask: nothing is lost, nothing comes twice, all is free again.

COG_CHAOS_SEED chooses other moments.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from history import ASYNC_MODEL, SYNC_MODEL, History, Killer, wait_until_idle
from listening import Receiver
from server import Background, Server, eventually, files_below

CLIENTS = 8
EACH = 25  # predictions of a client, at least
DEATHS = 5  # of workers, at least
POOLS: dict[str, dict[str, Any]] = {
    "one worker": {"COG_WORKERS": "1", "COG_MAX_CONCURRENCY": "1", "COG_MAX_QUEUE": "3"},
    "a line": {"COG_WORKERS": "3", "COG_MAX_CONCURRENCY": "3", "COG_MAX_QUEUE": "10"},
    "several in a worker": {"COG_WORKERS": "2", "COG_MAX_CONCURRENCY": "6", "COG_MAX_QUEUE": "4"},
    "threads": {"COG_WORKERS": "3", "COG_MAX_CONCURRENCY": "3", "COG_MAX_QUEUE": "10", "COG_THREADS": "4"},
}
SETTINGS: dict[str, Any] = {"COG_RESTARTS": "100000", "COG_KEEP_RESULTS": "0", "COG_CANCEL_TIMEOUT": "2"}


def start_clients(history: History, more: Callable[[], bool]) -> list[Background[None]]:
    names = [f"client-{k}" for k in range(CLIENTS)]
    return [Background(partial(history.run_client, name, EACH, more)) for name in names]


@pytest.mark.parametrize("pool", POOLS)
def test_workers_are_killed(tmp_path: Path, pool: str) -> None:
    workers = int(POOLS[pool]["COG_WORKERS"])
    model = ASYNC_MODEL if pool == "several in a worker" else SYNC_MODEL
    with Receiver() as receiver, Server(tmp_path, model, **POOLS[pool], **SETTINGS) as server:
        history = History(server, receiver)
        with Killer(server, workers) as killer:
            for client in start_clients(history, lambda: killer.deaths < DEATHS):
                client.result()
        wait_until_idle(server, workers)
        ends = history.check()
        assert ends["succeeded"] > 0 and ends["failed"] > 0, ends
        eventually(lambda: not files_below(server.temporary), "no file is left")
        assert server.output(name="after") == [f"after:{step}" for step in range(4)]


@pytest.mark.parametrize("pool", ["a line", "several in a worker"])
def test_a_graceful_stop_while_workers_are_killed(tmp_path: Path, pool: str) -> None:
    workers = int(POOLS[pool]["COG_WORKERS"])
    model = ASYNC_MODEL if pool == "several in a worker" else SYNC_MODEL
    with Receiver() as receiver, Server(tmp_path, model, **POOLS[pool], **SETTINGS) as server:
        history = History(server, receiver)
        with Killer(server, workers):
            clients = start_clients(history, lambda: False)
            eventually(lambda: len(history.told) > CLIENTS * EACH // 4, "a quarter of the predictions")
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
            for client in clients:
                client.result()
        ends = history.check()
        assert ends["succeeded"] > 0, ends
        assert not list(server.temporary.glob("cog-*"))
