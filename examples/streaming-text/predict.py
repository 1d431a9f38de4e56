import random
import time

from cog import BaseRunner, ConcatenateIterator, Input

WORDS = "the sea a lamp every morning one bird quietly and then again far from home it was".split()


class Predictor(BaseRunner):
    def run(
        self,
        prompt: str = Input(description="How the text begins"),
        words: int = Input(description="How many words to add", default=20, ge=1, le=1000),
        seed: int = Input(description="The same seed gives the same text", default=0),
    ) -> ConcatenateIterator[str]:
        source = random.Random(seed)
        yield prompt
        for _ in range(words):
            time.sleep(0.02)
            yield " " + source.choice(WORDS)
