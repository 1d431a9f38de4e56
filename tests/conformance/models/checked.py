"""Health checks, by the environment."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import gates

from cog import BaseRunner

KIND = os.environ.get("CHECK", "")


def answer() -> Any:
    if KIND == "raise":
        raise ValueError("out of order")
    return {"false": False, "none": None, "zero": 0}.get(KIND, True)


class Predictor(BaseRunner):
    def run(self, gate: str = "") -> str:
        gates.wait(gate)
        return "healthy or not"

    def healthcheck(self) -> Any:
        if KIND == "slow":
            time.sleep(5.5)
        return answer()


class Async(BaseRunner):
    async def run(self, gate: str = "") -> str:
        await gates.wait_async(gate)
        return "healthy or not"

    async def healthcheck(self) -> Any:
        await asyncio.sleep(0)
        return answer()
