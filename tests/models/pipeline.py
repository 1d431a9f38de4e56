"""Asynchronous steps side by side, blocking ones in threads."""

import asyncio
import hashlib
from typing import Dict, List

from cog import BaseRunner, Input, current_scope


class Predictor(BaseRunner):
    async def setup(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()
        await self.queue.put("warm")

    async def run(
        self,
        texts: List[str],
        parallel: int = Input(default=2, ge=1, le=8),
    ) -> Dict[str, str]:
        gate = asyncio.Semaphore(parallel)

        async def digest(text: str) -> str:
            async with gate:
                current_scope().record_metric("digests", 1, mode="incr")
                return await asyncio.to_thread(lambda: hashlib.sha256(text.encode()).hexdigest()[:8])

        digests = await asyncio.gather(*(digest(text) for text in texts))
        print("hashed", len(digests))
        return dict(zip(texts, digests))
