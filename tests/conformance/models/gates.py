"""Where a model waits until the test lets it go on: a path; the file `PATH.here` says that the model has come to it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path


def wait(gate: str) -> None:
    if gate:
        Path(f"{gate}.here").touch()
        while not Path(gate).exists():
            time.sleep(0.003)


async def wait_async(gate: str) -> None:
    if gate:
        Path(f"{gate}.here").touch()
        while not Path(gate).exists():
            await asyncio.sleep(0.003)
