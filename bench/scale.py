"""What a model on 1 to 1,000 pods would do: the tables of docs/scale.md.

bench/scale.py [--seed N] [--start-up SECONDS] [--service SECONDS | --result REPORT.json]: service times are those of a
`cog bench --output-json` result, or spread exponentially about a mean.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

from scale_fluid import step
from scale_rule import DEFAULT_STEP, Rule
from scale_simulation import Outcome, Plan, Simulation

Service = Callable[[random.Random], float]
SIGNALS = ("offered", "in-flight", "waiting")
DAY = 1800.0  # seconds of the simulated day


def main() -> int:
    options = arguments()
    try:
        service, mean = measured(options.result) if options.result else exponential(options.service)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"{options.result}: {error!r}")
    for title, lines in (
        ("A step from 1 to 100 pods' worth, as a fluid", fluid_table()),
        ("Steady load, one slot a pod, a random pod for each request", room_table(service, mean, options)),
        ("A step to so many pods' worth from a tenth of it", step_table(service, mean, options)),
        ("Start-up times: a step from 10 to 100", start_up_table(service, mean, options)),
        (f"A day in {DAY / 60:.0f} minutes: the load rises tenfold and falls", day_table(service, mean, options)),
    ):
        print(f"## {title}\n", *lines, "", sep="\n")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start-up", type=float, default=60.0, help="seconds from an order to READY")
    parser.add_argument("--service", type=float, default=5.0, help="mean seconds of a prediction")
    parser.add_argument("--result", type=Path, help="a report of cog bench")
    return parser.parse_args()


def exponential(mean: float) -> tuple[Service, float]:
    return lambda chance: chance.expovariate(1 / mean), mean


def measured(report: Path) -> tuple[Service, float]:
    """The latencies of the step with the fewest clients: nothing waited there."""
    least = min(json.loads(report.read_text())["steps"], key=lambda one: one["latency_ms"]["percentiles"]["50"])
    pairs = [(float(value) / 1000, int(count)) for value, count in least["latency_ms"]["histogram"]]
    values, counts = [value for value, _ in pairs], [count for _, count in pairs]
    mean = sum(value * count for value, count in pairs) / sum(counts)
    return lambda chance: chance.choices(values, counts)[0], mean


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]


def seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f} s"


def share(value: float) -> str:
    return f"{value:.1%}"


def fluid_table() -> list[str]:
    rows = []
    cases: list[tuple[str, int, int, dict[str, object]]] = [(str(queue), queue, 60, {}) for queue in (0, 4, 20)]
    cases += [("20, 300 s to READY", 20, 300, {}), ("20, pods at most double", 20, 60, {"factor": DEFAULT_STEP})]
    cases += [(f"{queue}, refusals capped", queue, 60, {"cap_refused": True}) for queue in (0, 20)]
    for name, queue, start_up, more in cases:
        found = [step(Rule(signal, **more), queue, start_up) for signal in SIGNALS]  # type: ignore[arg-type]
        rows.append((name, *(f"{seconds(one.ready_after)}, {share(one.refused)}" for one in found)))
    return table(("`COG_MAX_QUEUE`", *SIGNALS), rows)


def outcome(service: Service, mean: float, options: argparse.Namespace, **plan: object) -> Outcome:
    given = {"start_up": options.start_up, "queue": 20, "seed": options.seed, "service": service, "mean": mean, **plan}
    return Simulation(Plan(**given)).run()


def shown(found: Outcome) -> tuple[str, ...]:
    waits = f"{found.wait(0.5):.1f}, {found.wait(0.99):.1f} s"
    return share(found.refused_share), waits, f"{found.use:.0%}", f"{found.most_pods}"


SHOWN = ("refused", "wait p50, p99", "slots in use", "most pods")


def room_table(service: Service, mean: float, options: argparse.Namespace) -> list[str]:
    """The pods are those that the room asks for, and stay."""
    rows = []
    for load, room in ((1, 0.8), (10, 0.8), (100, 0.6), (100, 0.8), (100, 0.95), (600, 0.8)):
        for queue in (0, 4, 20):
            pods = math.ceil(load / room)
            steady = {"load": lambda _, load=load: load, "queue": queue, "least": pods, "most": pods}
            rows.append((str(load), f"{room:.0%}", str(queue), *shown(outcome(service, mean, options, **steady))))
    return table(("load", "room", "`COG_MAX_QUEUE`", *SHOWN), rows)


def step_table(service: Service, mean: float, options: argparse.Namespace) -> list[str]:
    rows = []
    for load in (10, 100, 600):
        for signal in SIGNALS:
            found = outcome(service, mean, options, load=stepped(load / 10, load), rule=Rule(signal))
            rows.append((str(load), signal, seconds(found.ready_after), *shown(found)))
    return table(("to", "signal", "until enough pods", *SHOWN), rows)


def start_up_table(service: Service, mean: float, options: argparse.Namespace) -> list[str]:
    rows = []
    for start_up in (5, 20, 60, 180, 300, 600):
        found = outcome(service, mean, options, load=stepped(10, 100), start_up=start_up)
        rows.append((f"{start_up} s", seconds(found.ready_after), *shown(found)))
    return table(("start-up", "until enough pods", *SHOWN), rows)


def day_table(service: Service, mean: float, options: argparse.Namespace) -> list[str]:
    rows = []
    for top in (10, 100, 600):
        for room in (0.6, 0.8, 0.95):
            load = lambda now, top=top: top * (0.55 - 0.45 * math.cos(2 * math.pi * now / DAY))  # noqa: E731
            found = outcome(service, mean, options, load=load, rule=Rule(room=room), length=DAY)
            rows.append((str(top), f"{room:.0%}", *shown(found), f"{found.pod_seconds / 3600:.1f}"))
    return table(("to", "room", *SHOWN, "pod hours"), rows)


def stepped(before: float, after: float) -> Callable[[float], float]:
    return lambda now: after if now >= 60 else before


if __name__ == "__main__":
    sys.exit(main())
