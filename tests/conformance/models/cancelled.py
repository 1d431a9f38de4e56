"""How a synchronous model may take its cancellation."""

from __future__ import annotations

from typing import Iterator

import gates

from cog import BaseRunner, CancelationException


class Predictor(BaseRunner):
    def run(self, gate: str = "", then: str = "") -> str:
        print("before")
        try:
            if then == "by itself":
                raise CancelationException()
            gates.wait(gate)
        except CancelationException:
            if then == "swallow":
                return "swallowed"
            if then == "raise":
                raise ValueError("another error") from None
            raise
        return "done"


class Chunks(BaseRunner):
    def run(self, gate: str = "") -> Iterator[str]:
        yield "first"
        yield "second"
        gates.wait(gate)
        yield "third"
