"""Measures the servers side by side on this machine and prints the ratios. Called by script/bench."""

import argparse
import json
import os
import platform
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import processes
from cases import CASES, SERVERS, Case
from growth import Growth
from growth_cases import GROWTH
from load import WrongAnswer
from measure import Bench
from report import Row, table
from servers import programs


def main() -> int:
    options = arguments()
    build: Path = options.build.resolve()
    for server, program in programs(build).items():
        if server in options.only and not program.exists():
            sys.exit(f"{program} is not built; --only leaves {server} out")
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)
    processes.become_subreaper()
    machine = describe_machine()
    print(", ".join(f"{key} {value}" for key, value in machine.items()), flush=True)
    bench = Bench(build, options.seconds, options.megabytes, options.predictions)
    rows: list[Row] = []
    growths: list[Growth] = []
    failures: list[str] = []
    try:
        for case in CASES:
            if case.name in options.cases:
                fresh = [Row(case, metric) for metric in case.metrics]
                rows += fresh
                measure(case, fresh, bench, options, failures)
        growths = grown(bench, options.cases, failures)
    except KeyboardInterrupt:
        failures.append("interrupted")
    finally:
        processes.kill_descendants()
    failures += [problem for row in rows if (problem := too_slow(row, rows))]
    notes = [note for row in rows for note in row.notes()]
    if rows:
        print("", table(rows), *notes, sep="\n")
    print(*failures, sep="\n")
    data = {"machine": machine, "rounds": options.rounds, "seconds": options.seconds, "failures": failures}
    data["rows"] = [row.as_data() for row in rows]
    data["growth"] = [growth.as_data() for growth in growths]
    (build / "bench.json").write_text(json.dumps(data, indent=1) + "\n")
    return 1 if failures else 0


def grown(bench: Bench, names: list[str], failures: list[str]) -> list[Growth]:
    """The tables of the growth cases among the names, each printed when it is done."""
    found = []
    for name in names:
        if name in GROWTH:
            try:
                growth = GROWTH[name](bench)
            except WrongAnswer as wrong:
                failures.append(f"{name}: {wrong}")
                continue
            print("", growth.table(), sep="\n", flush=True)
            failures += [f"too much growth: {said}" for is_kept, said in growth.verdicts() if not is_kept]
            found.append(growth)
    return found


def too_slow(row: Row, rows: list[Row]) -> str:
    """What is wrong with a case that must be so many times as fast as another; empty if nothing is, or none was run."""
    if row.case.times is None:
        return ""
    least, name = row.case.times
    base = next((other for other in rows if other.case.name == name and other.metric == row.metric), None)
    times = row.times(base) if base is not None else None
    if times is None:
        return ""
    print(f"{row.case.name}: {times:.2f} times {name}")
    return "" if times >= least else f"{row.case.name}: {times:.2f} times {name}, less than {least:g}"


def arguments() -> argparse.Namespace:
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "cases",
        nargs="*",
        metavar="CASE",
        help=f"default: all of {', '.join(names)}; `batch` is all that begin so; beside them growth, which is "
        f"{', '.join(GROWTH)}",
    )
    parser.add_argument("--only", default=",".join(SERVERS), help="servers, with commas between (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds a case (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="load a round and server (default: %(default)s)")
    parser.add_argument("--megabytes", type=int, default=256, help="size of large files, MiB (default: %(default)s)")
    parser.add_argument("--predictions", type=int, default=1000, help="with webhooks (default: %(default)s)")
    parser.add_argument("--build", type=Path, default=Path("build"), help="build folder (default: %(default)s)")
    options = parser.parse_args()
    options.cases = options.cases or names
    if "growth" in options.cases:
        options.cases = [name for name in options.cases if name != "growth"] + list(GROWTH)
    if "batch" in options.cases:
        options.cases = [name for name in options.cases if name != "batch"]
        options.cases += [name for name in names if name.startswith("batch")]
    options.only = options.only.split(",")
    unknown = sorted({*options.cases} - {*names, *GROWTH} | {*options.only} - {*SERVERS})
    if unknown:
        parser.error(f"no such case or server: {', '.join(unknown)}")
    return options


def measure(case: Case, rows: list[Row], bench: Bench, options: argparse.Namespace, failures: list[str]) -> None:
    """All rounds of a case; the servers take turns within a round, each time another one first."""
    competing = [server for server in case.servers if server in options.only]
    for number in range(options.rounds):
        first = number % max(len(competing), 1)
        for server in competing[first:] + competing[:first]:
            try:
                figures = bench.figures(case, server)
            except WrongAnswer as wrong:
                failures.append(f"{case.name}: {server} failed: {wrong}")
                continue
            for row in rows:
                row.add(server, number, figures)
            shown = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
            print(f"{case.name} round {number + 1}: {server}: {shown}", file=sys.stderr, flush=True)


def describe_machine() -> dict[str, Any]:
    names = [line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "cores": os.cpu_count(),
        "cpu": names[0] if names else platform.machine(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load before": os.getloadavg()[0],
        **{package: version(package) for package in ("cog", "coglet", "mosec")},
    }


if __name__ == "__main__":
    sys.exit(main())
