"""An async model."""

from __future__ import annotations

import asyncio

import gates

from cog import BaseRunner, current_scope


class Predictor(BaseRunner):
    async def setup(self) -> None:
        await asyncio.sleep(0)

    async def run(self, text: str = "", gate: str = "", log: str = "", then: str = "", show: str = "") -> str:
        try:
            if log:
                print(log)
            await gates.wait_async(gate)
        except asyncio.CancelledError:
            if then == "swallow":
                return "swallowed"
            raise
        if then == "raise":
            raise ValueError(text)
        if then == "cancelled":
            raise RuntimeError("the upstream call was cancelled")
        if show == "context":
            return repr(sorted(current_scope().context.items()))
        return f"said {text}"
