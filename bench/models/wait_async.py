"""An asynchronous model that waits 20 ms, as one that asks another service does."""

import asyncio

from cog import BasePredictor, Input


class Predictor(BasePredictor):
    async def predict(self, name: str = Input(description="Who is greeted")) -> str:
        await asyncio.sleep(0.02)
        return f"hello {name}"
