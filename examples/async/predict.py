import asyncio

from cog import BaseRunner, Input, concurrent


class Predictor(BaseRunner):
    async def setup(self) -> None:
        self.running = 0

    @concurrent(max=16)
    async def run(self, seconds: float = Input(description="How long to wait", default=1, ge=0, le=60)) -> str:
        self.running += 1
        try:
            print(f"{self.running} at once")
            await asyncio.sleep(seconds)
        finally:
            self.running -= 1
        return f"waited {seconds:g} s"
