"""One model on many pods, request by request: seeded, so that the same numbers give the same table.

Requests come at random and go to a random ready pod, as a Service sends them; each pod has slots and places to wait in,
and refuses the rest. An autoscaler reads and decides as its rule says, new pods are ready a start-up time later, and a
pod that is taken away first ends what it has accepted.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Optional

from scale_rule import Reading, Rule

WINDOW = 60.0  # seconds of the rate of refusals


@dataclass(frozen=True)
class Plan:
    load: Callable[[float], float]
    """What would run at once if there were room, by the second."""
    service: Callable[[random.Random], float]
    """Seconds of one prediction."""
    mean: float
    """Of `service`."""
    start_up: float
    queue: int
    slots: int = 1
    rule: Rule = Rule()
    least: int = 1
    most: int = 1000
    length: float = 1800.0
    seed: int = 1


@dataclass
class Outcome:
    answered: int = 0
    refused: int = 0
    pod_seconds: float = 0.0
    busy_seconds: float = 0.0
    most_pods: int = 0
    ready_after: Optional[float] = None
    """Seconds until the ready pods could first serve the greatest load; None: never."""
    waits: list[float] = field(default_factory=list)

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, self.answered + self.refused)

    @property
    def use(self) -> float:
        """Of the slots that were paid for."""
        return self.busy_seconds / self.pod_seconds if self.pod_seconds else 0.0

    def wait(self, share: float) -> float:
        """The wait, in seconds, that so many did not exceed."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Pod:
    def __init__(self, ordered: float) -> None:
        self.ordered = ordered
        self.running = 0
        self.waiting: deque[float] = deque()
        self.leaving = False


class Simulation:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.outcome = Outcome()
        self._random = random.Random(plan.seed)
        self._now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._ready: list[Pod] = []
        self._starting: set[Pod] = set()
        self._refusals: deque[float] = deque()
        self._wishes: deque[tuple[float, float]] = deque()
        self._busy = 0
        self._waiting = 0

    def run(self) -> Outcome:
        plan = self.plan
        greatest = max(plan.load(second) for second in range(int(plan.length)))
        self._greatest = greatest
        first = max(plan.least, int(plan.rule.unbounded(Reading(plan.load(0.0), 0, 0, plan.mean), plan.slots)))
        for _ in range(min(first, plan.most)):
            self._ready.append(Pod(0.0))
        self._note_pods()
        self._at(0.0, self._arrive)
        self._at(plan.rule.period, self._decide)
        while self._events and self._events[0][0] < plan.length:
            self._now, _, what = heapq.heappop(self._events)
            what()
        for pod in {*self._ready, *self._starting}:
            self._pay(pod, plan.length)
        return self.outcome

    def _at(self, when: float, what: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, what))

    def _arrive(self) -> None:
        """Thinned from the greatest rate, so that the load may change at any time."""
        self._at(self._now + self._random.expovariate(self._greatest / self.plan.mean), self._arrive)
        if self._random.random() * self._greatest > self.plan.load(self._now):
            return
        pod = self._random.choice(self._ready) if self._ready else None
        if pod and pod.running < self.plan.slots:
            self._start(pod, self._now)
        elif pod and len(pod.waiting) < self.plan.queue:
            pod.waiting.append(self._now)
            self._waiting += 1
        else:
            self.outcome.refused += 1
            self._refusals.append(self._now)

    def _start(self, pod: Pod, since: float) -> None:
        pod.running += 1
        self._busy += 1
        self.outcome.waits.append(self._now - since)
        seconds = self.plan.service(self._random)
        self.outcome.busy_seconds += seconds / self.plan.slots
        self._at(self._now + seconds, lambda: self._end(pod))

    def _end(self, pod: Pod) -> None:
        pod.running -= 1
        self._busy -= 1
        self.outcome.answered += 1
        if pod.waiting:
            self._waiting -= 1
            self._start(pod, pod.waiting.popleft())
        elif pod.leaving and not pod.running:
            self._pay(pod, self._now)

    def _decide(self) -> None:
        plan, rule = self.plan, self.plan.rule
        self._at(self._now + rule.period, self._decide)
        while self._refusals and self._refusals[0] < self._now - WINDOW:
            self._refusals.popleft()
        there = len(self._ready) + len(self._starting)
        reading = Reading(self._busy, self._waiting, len(self._refusals) / WINDOW, plan.mean)
        wish = min(plan.most, max(plan.least, rule.wanted(reading, plan.slots, there)))
        self._wishes.append((self._now, wish))
        while self._wishes[0][0] < self._now - rule.calm:
            self._wishes.popleft()
        for _ in range(int(wish) - there):
            pod = Pod(self._now)
            self._starting.add(pod)
            self._at(self._now + plan.start_up, lambda pod=pod: self._open(pod))  # type: ignore[misc]
        surplus = there - int(max(one for _, one in self._wishes))
        # A tenth a minute, at least one.
        for _ in range(min(surplus, max(1, round(there * 0.1 * rule.period / 60)))):
            self._take_away()

    def _open(self, pod: Pod) -> None:
        self._starting.discard(pod)
        if not pod.leaving:
            self._ready.append(pod)
            self._note_pods()

    def _take_away(self) -> None:
        if self._starting:
            pod = max(self._starting, key=lambda one: one.ordered)
            self._starting.discard(pod)
        elif len(self._ready) > 1:
            pod = self._ready.pop(self._random.randrange(len(self._ready)))
        else:
            return
        pod.leaving = True
        if not pod.running:
            self._pay(pod, self._now)

    def _note_pods(self) -> None:
        self.outcome.most_pods = max(self.outcome.most_pods, len(self._ready))
        if self.outcome.ready_after is None and len(self._ready) * self.plan.slots >= self._greatest:
            self.outcome.ready_after = self._now

    def _pay(self, pod: Pod, until: float) -> None:
        self.outcome.pod_seconds += until - pod.ordered
