"""An async model whose answer comes in pieces, and late if asked to."""

import asyncio
from collections.abc import AsyncIterator

from cog import BasePredictor, Input, streaming


class Predictor(BasePredictor):
    @streaming
    async def predict(
        self, count: int = Input(description="Chunks"), pause: float = Input(description="Seconds before the last")
    ) -> AsyncIterator[str]:
        for number in range(count):
            if number + 1 == count:
                await asyncio.sleep(pause)
            yield f"chunk {number}"
