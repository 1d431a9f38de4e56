import random
import re
import sys
import time
from collections import Counter
from pathlib import Path as File
from typing import Counter as Counts
from typing import Dict, List, Optional, Tuple

from cog import BaseRunner, ConcatenateIterator, Input, Path, streaming

MOST_MEMORY = 3
TOKEN = re.compile(r"\w+(?:['-]\w+)*|[.,;:!?]|\n\n")
Followers = Dict[Tuple[str, ...], Counts[str]]


def report(name: str, done: int, total: int) -> None:
    """Writes a line over the last one, as tqdm does: the page makes a bar of it."""
    bar = "#" * (20 * done // total)
    end = "\n" if done == total else ""
    print(f"\r{name}: {100 * done // total:3}%|{bar:20}| {done}/{total}", end=end, file=sys.stderr, flush=True)


def learn(text: str) -> Followers:
    """Counts what comes after each word, after each two, and so on."""
    tokens = TOKEN.findall(text)
    followers: Followers = {}
    for at, token in enumerate(tokens):
        for memory in range(min(at, MOST_MEMORY) + 1):
            followers.setdefault(tuple(tokens[at - memory : at]), Counter())[token] += 1
        if at % 500 == 499 or at == len(tokens) - 1:
            report("Learning", at + 1, len(tokens))
    return followers


def choose(candidates: Counts[str], temperature: float, source: random.Random) -> str:
    if temperature == 0:
        return candidates.most_common(1)[0][0]
    most = max(candidates.values())
    weights = [(count / most) ** (1 / temperature) for count in candidates.values()]
    return source.choices(list(candidates), weights)[0]


class Predictor(BaseRunner):
    def setup(self) -> None:
        self.text = File(__file__).with_name("tales.txt").read_text()
        self.followers = learn(self.text)

    @streaming
    def run(
        self,
        prompt: str = Input(description="How the text begins", default="Once upon a time", min_length=1),
        words: int = Input(description="How many words to add", default=120, ge=1, le=1000),
        memory: int = Input(
            description="How many words it looks back; more is closer to what it has read", default=2, choices=[1, 2, 3]
        ),
        temperature: float = Input(
            description="0 takes the likeliest word each time, more is bolder", default=0.8, ge=0, le=2
        ),
        stop: List[str] = Input(description="It ends before any of these words", default=[]),
        title: bool = Input(description="Begin with a title", default=False),
        more_text: Optional[Path] = Input(
            description="A text to learn from as well, for this run alone", default=None, accept="text/*"
        ),
        words_per_second: int = Input(description="How fast it writes", default=25, ge=1, le=200),
        seed: Optional[int] = Input(description="The same seed gives the same text", default=None),
    ) -> ConcatenateIterator[str]:
        seed = random.randrange(2**32) if seed is None else seed
        print(f"Seed: {seed}")
        source = random.Random(seed)
        followers = learn(f"{self.text}\n{more_text.read_text()}") if more_text else self.followers
        if title:
            yield f"# {prompt.strip().splitlines()[0]}\n\n"
        yield prompt
        written = TOKEN.findall(prompt)
        added = 0
        while added < words:
            # Words never seen in this order say nothing about the next one: then fewer of them are looked at.
            contexts = (tuple(written[len(written) - size :]) for size in range(min(memory, len(written)), -1, -1))
            token = choose(next(followers[one] for one in contexts if one in followers), temperature, source)
            if token in stop:
                print(f"\nStopped before {token!r}")
                break
            yield token if token in ".,;:!?\n\n" or written[-1:] == ["\n\n"] else f" {token}"
            written.append(token)
            added += 1
            if added % 5 == 0 or added == words:
                report("Writing", added, words)
            time.sleep(1 / words_per_second)
        self.record_metric("words", added)
