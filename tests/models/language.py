"""A language model's stand-in: text in pieces, with the usual settings."""

import random
from typing import Optional

from cog import BaseRunner, ConcatenateIterator, Input, current_scope, streaming

WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "slept"]


class Predictor(BaseRunner):
    def setup(self) -> None:
        self.followers = {word: WORDS[i + 1 :] + WORDS[:i] for i, word in enumerate(WORDS)}

    @streaming
    def run(
        self,
        prompt: str = Input(description="Text to go on with"),
        system_prompt: str = Input(description="Text before the prompt", default="You are\na cat."),
        max_tokens: int = Input(description="Most pieces to write", default=8, ge=1, le=4096),
        temperature: float = Input(description="How free the choice is", default=0.7, ge=0.0, le=5.0),
        top_p: float = Input(description="Share of the choice", default=1.0, ge=0.0, le=1.0),
        stop_sequences: Optional[str] = Input(description="Texts that end it, by comma", default=None),
        seed: Optional[int] = Input(description="Makes it repeatable", default=None),
    ) -> ConcatenateIterator[str]:
        chooser = random.Random(seed)
        stops = stop_sequences.split(",") if stop_sequences else []
        word = prompt.split()[-1] if prompt.split() else "the"
        scope = current_scope()
        scope.record_metric("input_token_count", len(f"{system_prompt} {prompt}".split()))
        for _ in range(max_tokens):
            choices = self.followers.get(word, WORDS)
            word = choices[0] if temperature == 0 else chooser.choice(choices[: max(1, int(top_p * len(choices)))])
            if word in stops:
                return
            scope.record_metric("output_token_count", 1, mode="incr")
            yield f" {word}"
