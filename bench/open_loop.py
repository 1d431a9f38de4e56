"""Latency under load by `cog bench`: a closed loop finds what a server can answer, open ones do not wait for it."""

import json
import subprocess
from pathlib import Path
from statistics import median
from typing import Any

from cases import NAME, P50, P99, RATE, Case, greets
from growth import Bound, Growth
from load import WrongAnswer
from measure import Bench

WARM_UP_SECONDS = 1
SPREAD = "p99/p50"
WANTED = 3.0
"""Times p50 that p99 may be at 80 % of capacity."""
FLOOR_SPREAD = "floor p99/p50"
BEYOND = "p99/p50 of that wanted"
OFFERED = "offered/answered"
TRIES = 5


def open_loop(bench: Bench) -> Growth:
    """Ours and the floor in turns, at shares of their own capacity. Where p99 of the floor is more than 3 times its
    p50, that is the machine's, and ours may be as much.

    Capacity is what is answered when more comes than can be. Requests that come one by one wake the server and its
    worker for each, so that it is less than what clients get who ask again at once. Of some tries that with the least
    spread counts: whatever disturbs the three processes on their processors makes a tail, and nothing takes one away.
    """
    bounds = (Bound(OFFERED, 1.02, "is"), Bound(BEYOND, 1, "is", first=2))
    columns = (RATE, OFFERED, P50, P99, SPREAD, FLOOR_SPREAD, BEYOND)
    title = "latency by load, requests that come at a constant rate"
    growth = Growth("open-loop", title, "of capacity", columns, bounds)
    case = Case("growth", "", "hello", NAME, greets, settings={"COG_MAX_QUEUE": "65536"})
    tool = bench.build / "cog"
    with bench.ready(case) as (ours, _), bench.served_by_floor(case) as floor:
        capacities = {port: capacity(tool, port) for port in (ours, floor)}
        for percent in (25, 50, 80):
            tries: dict[int, list[dict[str, float]]] = {ours: [], floor: []}
            for _ in range(TRIES):
                for port, figures in tries.items():
                    figures.append(offered(tool, port, capacities[port] * percent / 100))
            result, of_floor = (min(figures, key=lambda one: one[SPREAD]) for figures in tries.values())
            result[FLOOR_SPREAD] = of_floor[SPREAD]
            result[BEYOND] = result[SPREAD] / max(WANTED, result[FLOOR_SPREAD])
            growth.add(f"{percent} %", result)
    return growth


def open_loop_wait(bench: Bench) -> Growth:
    """The same for a model that takes far longer than a processor's turn: 20 ms on each of four workers."""
    bounds = (Bound(OFFERED, 1.02, "is"), Bound(SPREAD, WANTED, "is"))
    title = "latency of predictions of 20 ms, requests that come at a constant rate"
    growth = Growth("open-loop-wait", title, "of capacity", (RATE, OFFERED, P50, P99, SPREAD), bounds)
    case = Case("growth", "", "wait_sync", NAME, greets, settings={"COG_MAX_QUEUE": "64"}, slots=4)
    with bench.ready(case) as (port, _):
        for percent in (25, 50, 80):
            growth.add(f"{percent} %", offered(bench.build / "cog", port, 4 / 0.020 * percent / 100))
    return growth


def capacity(tool: Path, port: int) -> float:
    """Answers a second."""
    closed = measured(tool, port, 3, NAME, "--clients", "16")[RATE]
    return median(measured(tool, port, 3, NAME, "--rate", f"{closed:.0f}")[RATE] for _ in range(3))


def offered(tool: Path, port: int, rate: float) -> dict[str, float]:
    figures = measured(tool, port, 3, NAME, "--rate", f"{rate:.0f}")
    return {**figures, OFFERED: rate / figures[RATE], SPREAD: figures[P99] / figures[P50]}


def measured(tool: Path, port: int, seconds: float, values: dict[str, Any], *load: str) -> dict[str, float]:
    """Answers a second, and latencies in microseconds by percent. `load`: --clients N or --rate N.

    Raises WrongAnswer when a request failed.
    """
    command = [str(tool), "bench", f"http://127.0.0.1:{port}", *load, "--duration", f"{seconds:g}"]
    command += ["--warmup", str(WARM_UP_SECONDS), "--json", json.dumps(values), "--output-json", "-"]
    done = subprocess.run(command, capture_output=True, timeout=seconds + 60, text=True)
    if done.returncode:
        raise WrongAnswer(f"{' '.join(command)}: {done.stderr[-300:]}")
    (step,) = json.loads(done.stdout)["steps"]
    if step["errors"]:
        raise WrongAnswer(f"{step['errors']} of {step['requests']} requests failed: {step['errors_by_kind']}")
    latencies = {f"p{percent} us": value * 1000 for percent, value in step["latency_ms"]["percentiles"].items()}
    return {"answers/s": step["answers_per_second"], **latencies}
