"""Chunks, logs and metrics, one after the other."""

from __future__ import annotations

import sys
from typing import Iterator

import gates

from cog import AsyncConcatenateIterator, BaseRunner, current_scope, streaming


class Predictor(BaseRunner):
    """Words are separated by spaces; `log:x`, `warn:x`, `metric:x` and `gate:x` do that, the rest is yielded."""

    @streaming
    def run(self, words: str = "", gates_in: str = "", fail: str = "") -> Iterator[str]:
        for word in words.split():
            kind, _, rest = word.partition(":")
            if kind == "log":
                print(rest)
            elif kind == "warn":
                print(rest, file=sys.stderr)
            elif kind == "metric":
                current_scope().record_metric(rest, 1, "incr")
            elif kind == "gate":
                gates.wait(f"{gates_in}/{rest}")
            else:
                yield word
        if fail:
            raise RuntimeError(fail)


class Silent(BaseRunner):
    """The same without the mark."""

    def run(self, count: int = 3, gate: str = "") -> Iterator[str]:
        for number in range(count):
            yield f"chunk-{number}"
        gates.wait(gate)


class Whole(BaseRunner):
    """The mark on a method that returns a list."""

    @streaming
    def run(self, count: int = 3) -> Iterator[int]:
        return list(range(count))  # type: ignore[return-value]


class Live(BaseRunner):
    @streaming
    async def run(self, count: int = 3, gate: str = "", fail: str = "") -> AsyncConcatenateIterator[str]:
        for number in range(count):
            yield f"chunk-{number} "
        await gates.wait_async(gate)
        if fail:
            raise RuntimeError(fail)
