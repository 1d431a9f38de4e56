"""One text in, one text out."""

from __future__ import annotations

import sys

import gates

from cog import BaseRunner, Input, current_scope


class Predictor(BaseRunner):
    def setup(self) -> None:
        print("weights loaded")
        self.count = 0

    def run(
        self,
        text: str = Input(default="nothing", description="What is said"),
        gate: str = Input(default=""),
        log: str = Input(default=""),
        warn: str = Input(default=""),
        fail: str = Input(default=""),
        show: str = Input(default=""),
    ) -> str:
        if log:
            print(log)
        if warn:
            print(warn, file=sys.stderr)
        gates.wait(gate)
        if fail:
            raise ValueError(fail)
        if show == "context":
            return repr(sorted(current_scope().context.items()))
        return f"said {text}"
