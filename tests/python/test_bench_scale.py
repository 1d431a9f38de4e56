"""The simulation of many pods: its sums, and what the documentation says of it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from scale import measured
from scale_fluid import step
from scale_rule import DEFAULT_STEP, Reading, Rule
from scale_simulation import Plan, Simulation

REPOSITORY = Path(__file__).resolve().parents[2]
SCALE = REPOSITORY / "bench" / "scale.py"


# What was first computed on paper: seconds until the pods suffice, share refused.
PAPER = [
    (Rule(), 0, 60, 120, 0.056),
    (Rule(), 4, 60, 120, 0.052),
    (Rule(), 20, 60, 120, 0.045),
    (Rule("in-flight"), 0, 60, 975, 0.395),
    (Rule("in-flight"), 4, 60, 195, 0.082),
    (Rule("in-flight"), 20, 60, 150, 0.047),
    (Rule("waiting"), 0, 60, None, 0.987),
    (Rule("waiting"), 20, 60, 285, 0.093),
    (Rule(), 20, 300, 360, 0.177),
    (Rule("in-flight"), 20, 300, 630, 0.268),
    (Rule(factor=DEFAULT_STEP), 20, 60, 150, 0.049),
    (Rule(cap_refused=True), 0, 60, 255, 0.109),
    (Rule(cap_refused=True), 20, 60, 135, 0.045),
]


@pytest.mark.parametrize(("rule", "queue", "start_up", "ready_after", "refused"), PAPER)
def test_the_figures_of_the_step(rule: Rule, queue: int, start_up: int, ready_after: int, refused: float) -> None:
    found = step(rule, queue, start_up)
    assert found.ready_after == (ready_after and pytest.approx(ready_after, rel=0.08))
    assert found.refused == pytest.approx(refused, rel=0.15)


def test_a_rule_counts_what_its_signal_is_made_of() -> None:
    reading = Reading(busy=4, waiting=2, refused=3, mean=2)
    assert Rule().unbounded(reading, slots=2) == 8  # (4 + 2 + 6) / 1.6, rounded up
    assert Rule("in-flight").unbounded(reading, slots=2) == 4
    assert Rule("waiting").unbounded(reading, slots=2) == 1
    assert Rule(cap_refused=True).unbounded(Reading(1, 0, 100, 2), slots=1) == 4
    assert Rule().wanted(Reading(1000, 0, 0, 1), slots=1, pods=1) == 5


def plan(**more: object) -> Plan:
    given: dict[str, object] = {"load": lambda _: 50.0, "service": lambda _: 5.0, "mean": 5.0, "start_up": 60.0}
    return Plan(**{**given, "queue": 20, **more})  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_run() -> None:
    exponential = lambda chance: chance.expovariate(0.2)  # noqa: E731
    first, again, other = (Simulation(plan(service=exponential, seed=seed)).run() for seed in (1, 1, 2))
    assert (first.answered, first.refused, first.waits) == (again.answered, again.refused, again.waits)
    assert first.waits != other.waits


def test_a_pod_that_refuses_half_of_what_comes() -> None:
    """One slot, no places, as much load as it has room: by Erlang's formula."""
    found = Simulation(plan(load=lambda _: 1.0, queue=0, most=1, length=200_000)).run()
    assert found.refused_share == pytest.approx(0.5, abs=0.02)
    assert found.use == pytest.approx(0.5, abs=0.02)


def test_nothing_is_lost_while_pods_come_and_go() -> None:
    load = lambda now: 60.0 if 300 <= now < 600 else 6.0  # noqa: E731
    simulation = Simulation(plan(load=load, length=3600, queue=1000, service=lambda chance: chance.uniform(1, 9)))
    found = simulation.run()
    assert found.refused == 0
    assert found.most_pods > 60
    unfinished = sum(pod.running for pod in simulation._ready)
    assert len(found.waits) - found.answered == unfinished
    assert len(simulation._ready) < found.most_pods, "pods that were not needed are gone"


def test_a_result_of_cog_bench_gives_the_service_times(tmp_path: Path) -> None:
    latency = {"percentiles": {"50": 20.0}, "histogram": [[10.0, 1], [30.0, 3]]}
    slower = {"percentiles": {"50": 90.0}, "histogram": [[90.0, 1]]}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"steps": [{"latency_ms": slower}, {"latency_ms": latency}]}))
    service, mean = measured(report)
    assert mean == pytest.approx(0.025)
    assert {service(random.Random(seed)) for seed in range(50)} == {0.01, 0.03}
    report.write_text("[]")
    done = subprocess.run([sys.executable, SCALE, "--result", report], capture_output=True, text=True)
    assert done.returncode == 1
    assert "report.json" in done.stderr and "Traceback" not in done.stderr


def test_the_documentation_has_these_tables() -> None:
    printed = subprocess.run([sys.executable, SCALE], capture_output=True, text=True, check=True).stdout
    documented = (REPOSITORY / "docs" / "scale.md").read_text()
    rows = [line for line in printed.splitlines() if line.startswith("| ") and "---" not in line]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    for row in (line for line in documented.splitlines() if line.startswith("| ") and "%" in line):
        wanted = [cell.strip() for cell in row.strip("|").split("|")]
        assert any(set(wanted) <= set(have) for have in cells), row
