"""A step in the load as a fluid: what an autoscaler's signal is worth, without any chance in it.

Load jumps at second 0 from one pod's worth to a hundred. What comes is served, waits or is refused; every 15 seconds
the signal is read and pods are ordered, which are ready a start-up time later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from scale_rule import Reading, Rule

SERVICE = 5.0  # seconds of a prediction; a pod has one slot
LOAD = 100.0
WINDOW = 60  # seconds over which the rate of refusals is taken
LENGTH = 1800


@dataclass(frozen=True)
class Step:
    ready_after: Optional[int]
    """Seconds until the pods could serve all that came; None: never."""
    refused: float
    """Of all that came, in half an hour."""


def step(rule: Rule, queue: int, start_up: int) -> Step:
    """`queue`: places of a pod for what waits."""
    pods = wanted = 1 / rule.room
    ordered: list[tuple[int, float]] = []
    waiting = 0.0
    refusals: list[float] = []
    ready_after = None
    for second in range(LENGTH):
        pods += sum(count for at, count in ordered if at == second)
        if ready_after is None and pods >= LOAD:
            ready_after = second
        if second and second % rule.period == 0:
            busy = pods if waiting > 0 else min(pods, LOAD)
            refused = sum(refusals[-WINDOW:]) / WINDOW
            more = rule.wanted(Reading(busy, waiting, refused, SERVICE), slots=1, pods=wanted)
            if more > wanted:
                ordered.append((second + start_up, more - wanted))
                wanted = more
        waiting = max(0.0, waiting + LOAD / SERVICE - pods / SERVICE)
        refusals.append(max(0.0, waiting - pods * queue))
        waiting -= refusals[-1]
    return Step(ready_after, sum(refusals) / (LENGTH * LOAD / SERVICE))
