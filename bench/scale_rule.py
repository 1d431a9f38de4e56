"""When an autoscaler wants how many pods: the rules of `cog deploy kubernetes`, and others to compare them with."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """What the metrics of all pods say."""

    busy: float
    waiting: float
    refused: float
    """A second, over the last minute."""
    mean: float
    """Seconds of a prediction."""


@dataclass(frozen=True)
class Rule:
    signal: str = "offered"
    """`offered` (busy, waiting and refused: what --keda asks for), `in-flight` (busy and waiting: --hpa), `waiting`."""
    room: float = 0.8
    """Of a pod's slots, how much is to be used. For `waiting`: ignored, 5 may wait a pod."""
    period: int = 15
    """Seconds between two readings."""
    factor: int = 4
    """So many times as many pods at most a reading; or `more` more, if that is more."""
    more: int = 4
    cap_refused: bool = False
    """What was refused counts for twice what is in flight at most: clients that ask again count again."""
    calm: int = 300
    """Seconds through which fewer pods must have sufficed before any is taken away."""

    def wanted(self, reading: Reading, slots: int, pods: float) -> float:
        """For `pods` that are there or ordered."""
        return min(self.unbounded(reading, slots), max(pods * self.factor, pods + self.more))

    def unbounded(self, reading: Reading, slots: int) -> float:
        if self.signal == "waiting":
            return _up(reading.waiting / 5)
        in_flight = reading.busy + reading.waiting
        if self.signal == "in-flight":
            return _up(in_flight / (slots * self.room))
        refused = reading.refused * reading.mean
        if self.cap_refused:
            refused = min(refused, 2 * in_flight)
        return _up((in_flight + refused) / (slots * self.room))


def _up(value: float) -> float:
    return math.ceil(value - 1e-9)  # a fluid's sums are a little off


DEFAULT_STEP = 2
"""The factor of a HorizontalPodAutoscaler that is told nothing."""
