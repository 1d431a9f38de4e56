"""An asynchronous model with several predictions at once, a shared client and text in pieces."""

import asyncio
from typing import AsyncIterator

from cog import AsyncConcatenateIterator, BaseRunner, Input, concurrent, streaming


class Engine:
    """Answers in words, one every turn of the loop, as an engine for batches does."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0

    async def generate(self, prompt: str) -> AsyncIterator[str]:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for word in prompt.split():
                await asyncio.sleep(0)
                yield word
        finally:
            self.running -= 1


class Predictor(BaseRunner):
    async def setup(self) -> None:
        self.engine = Engine()
        self.lock = asyncio.Lock()

    @streaming
    @concurrent(max=4)
    async def run(
        self,
        prompt: str = Input(default="hello there"),
        wait_for: int = Input(description="Begin when so many run", default=1, ge=1, le=4),
    ) -> AsyncConcatenateIterator[str]:
        async with self.lock:
            words = self.engine.generate(prompt)
        yield await words.__anext__()
        while self.engine.most < wait_for:
            await asyncio.sleep(0.01)
        async for word in words:
            yield f" {word}"
