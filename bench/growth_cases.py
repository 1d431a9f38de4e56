"""What a request costs, and how much memory is held, as something else grows. They measure our server only."""

import contextlib
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import clients
import load
from cases import MIB, NAME, OURS, RATE, WAITING_LINE, Case, Kind, greets
from cost import cpu_seconds, one_processor, peak_memory, resident, tree_anonymous
from growth import Bound, Growth
from measure import Bench
from mixed_load import SLOTS, mixed_round, sizes_round
from open_loop import open_loop, open_loop_wait
from transfers import prepared as far_end_of

IDLE = Path(__file__).resolve().parent / "idle_holder.py"
ROUNDS = 5
"""Of each figure; the least counts, since whatever disturbs a process costs time and nothing saves any."""
AGED_ROUNDS = 9
"""The same of a soak: its batches are small."""
FLAT = 1.10
LARGEST = 4096
"""MiB."""
FILE_MODELS: dict[Kind, str] = {"upload": "big_file", "download": "file_in", "answer": "big_file"}

ONE, SIXTEEN = "1 client us", "16 clients us"
SERVER, TREE, PEAK, SECONDS = "server MiB", "tree MiB", "peak MiB", "s"
COST, YOUNG, RATIO = "us", "young us", "us/young us"
AGED = (COST, YOUNG, RATIO, RATE, SERVER, TREE)
Do = Callable[[int, int], None]
HELLO = clients.post(NAME)
GREETING = b'"output":"hello world"'
WARM_UP = 1000
"""Predictions before the first figure: the ring of finished ones (100) is full then, and every path has been taken."""


def hello(settings: dict[str, str], slots: int = 1) -> Case:
    return Case("growth", "", "hello", NAME, greets, settings=settings, slots=slots)


def cost(pid: int, count: int, do: Callable[[], None]) -> float:
    """Microseconds of the server's processor time for each of so many requests."""
    before = cpu_seconds(pid)
    do()
    return (cpu_seconds(pid) - before) / count * 1e6


def greeted(port: int, number: int, count: int) -> Callable[[], None]:
    return lambda: clients.load(port, number, count, HELLO, GREETING)


def least(figures: dict[str, float], column: str, figure: float) -> None:
    figures[column] = min(figures.get(column, figure), figure)


def hello_costs(port: int, pid: int, figures: dict[str, float]) -> None:
    """Lowers the figures of one client and of sixteen to what they are now, if that is less."""
    least(figures, ONE, cost(pid, 2000, greeted(port, 1, 2000)))
    begin = time.monotonic()
    least(figures, SIXTEEN, cost(pid, 5000, greeted(port, 16, 5000)))
    figures[RATE] = max(figures.get(RATE, 0), 5000 / (time.monotonic() - begin))


@contextlib.contextmanager
def idle_connections_held(port: int, count: int) -> Iterator[None]:
    holder = subprocess.Popen(
        [sys.executable, str(IDLE), str(port), str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdin and holder.stdout
    try:
        if holder.stdout.readline() != b"held\n":
            raise load.WrongAnswer(f"{count} connections could not be opened")
        yield
    finally:
        holder.stdin.close()
        holder.wait()


def idle_connections(bench: Bench) -> Growth:
    flat = (Bound(ONE, FLAT), Bound(SIXTEEN, FLAT))
    columns = (ONE, SIXTEEN, RATE, SERVER)
    growth = Growth("idle-connections", "processor time of the server a request", "connections", columns, flat)
    points: dict[int, dict[str, float]] = {10: {}, 100: {}, 1000: {}, 10_000: {}}
    with one_processor(), bench.ready(hello({**WAITING_LINE, "COG_IDLE_TIMEOUT": "600"})) as (port, pid):
        greeted(port, 16, WARM_UP)()
        for _ in range(ROUNDS):
            held = 0
            with contextlib.ExitStack() as stack:
                for count, figures in points.items():
                    stack.enter_context(idle_connections_held(port, count - held))
                    held = count
                    figures.setdefault(SERVER, resident(pid))
                    hello_costs(port, pid, figures)
    for count, figures in points.items():
        growth.add(f"{count:,}", figures)
    return growth


def workers_table(bench: Bench) -> Growth:
    """Sixteen clients keep sixteen workers busy and only queue for one, so that their figures are not bound."""
    flat = (Bound(ONE, FLAT),)
    columns = (ONE, SIXTEEN, RATE, SERVER, TREE)
    growth = Growth("workers-table", "processor time of the server a request", "workers", columns, flat)
    points: dict[int, dict[str, float]] = {1: {}, 4: {}, 16: {}, 64: {}}
    with one_processor(), contextlib.ExitStack() as stack:
        servers = {
            workers: stack.enter_context(bench.ready(hello(WAITING_LINE, workers), name=f"{OURS}-{workers}"))
            for workers in points
        }
        for port, _ in servers.values():
            greeted(port, 16, WARM_UP)()
        for _ in range(ROUNDS):
            for workers, (port, pid) in servers.items():
                hello_costs(port, pid, points[workers])
        for workers, (_, pid) in servers.items():
            points[workers] |= {SERVER: resident(pid), TREE: tree_anonymous(pid)}
            growth.add(str(workers), points[workers])
    return growth


def aged(growth: Growth, bench: Bench, case: Case, ages: tuple[int, ...], batch: int, do: Do) -> Growth:
    """A row for each age: what a batch costs a server then and, in turns with it, one that has served little; memory.

    `do` serves so many on a port. A machine that becomes slower meanwhile makes both dearer.
    """
    served = 0
    with one_processor(), contextlib.ExitStack() as stack:
        (port, pid), (young_port, young_pid) = (
            stack.enter_context(bench.ready(case, name=name)) for name in (OURS, f"{OURS}-young")
        )
        do(young_port, ages[0])
        for age in ages:
            do(port, age - served)
            served = age + AGED_ROUNDS * batch
            figures: dict[str, float] = {}
            spent = 0.0
            for _ in range(AGED_ROUNDS):
                begin = time.monotonic()
                least(figures, COST, cost(pid, batch, lambda: do(port, batch)))
                spent += time.monotonic() - begin
                least(figures, YOUNG, cost(young_pid, batch, lambda: do(young_port, batch)))
            figures |= {RATE: AGED_ROUNDS * batch / spent, RATIO: figures[COST] / figures[YOUNG]}
            figures |= {SERVER: resident(pid), TREE: tree_anonymous(pid)}
            growth.add(f"{age:,}", figures)
    return growth


def soak(bench: Bench) -> Growth:
    bounds = (Bound(RATIO, FLAT, "is"), Bound(SERVER, 2, "more", first=1), Bound(TREE, 2, "more", first=1))
    growth = Growth("soak", "processor time of the server a prediction, memory", "served", AGED, bounds)
    ages = (1000, 10_000, 100_000, 1_000_000)
    return aged(growth, bench, hello(WAITING_LINE), ages, 1000, lambda port, count: greeted(port, 16, count)())


def soak_mixed(bench: Bench) -> Growth:
    bounds = (Bound(RATIO, FLAT, "is"), Bound(SERVER, 2, "more"), Bound(TREE, 2, "more"))
    title = "rounds of streams, asynchronous, refused, wrong and abandoned predictions"
    growth = Growth("soak-mixed", title, "rounds", AGED, bounds)

    def rounds(port: int, count: int) -> None:
        for _ in range(count):
            mixed_round(port)

    return aged(growth, bench, Case("growth", "", "mixed", {}, bool, slots=SLOTS), (10, 100, 1000), 5, rounds)


def soak_sizes(bench: Bench) -> Growth:
    bounds = (Bound(PEAK, 4, "more"),)
    title = "predictions of all sizes to 1 MiB, in and out, in random order"
    growth = Growth("soak-sizes", title, "served", (PEAK, SERVER), bounds)
    order = random.Random(1)
    with bench.ready(hello(WAITING_LINE)) as (port, pid):
        served = 0
        for age in (5000, 20_000):
            while served < age:
                served += sizes_round(port, order)
            growth.add(f"{age:,}", {PEAK: peak_memory(pid), SERVER: resident(pid)})
    return growth


def huge_files(bench: Bench) -> Growth:
    """Every figure is of a fresh server, since the peak of memory does not come down again."""
    large = largest_file(shutil.disk_usage(bench.build).free)
    title = "one file out to --upload-url, in by URL, out as data URL"
    if large < LARGEST:
        title += f"; {LARGEST} MiB do not fit on this disk"
    columns = tuple(f"{way} {column}" for way in FILE_MODELS for column in (PEAK, SECONDS))
    bounds = tuple(Bound(column, 4, "more") for column in columns if column.endswith(PEAK))
    growth = Growth("huge-files", title, "MiB", columns, bounds)
    for megabytes in (256, large):
        figures: dict[str, float] = {}
        for way, model in FILE_MODELS.items():
            case = Case("growth", "", model, {}, bool, way, settings={"TMPDIR": str(bench.work)})
            with far_end_of(case, megabytes, 0) as (arguments, do_round):
                with bench.ready(case, *arguments) as (port, pid):
                    begin = time.monotonic()
                    do_round(port, pid)
                    figures |= {f"{way} {SECONDS}": time.monotonic() - begin, f"{way} {PEAK}": peak_memory(pid)}
        growth.add(f"{megabytes:,}", figures)
    return growth


def largest_file(free: int) -> int:
    """MiB: of the sizes to LARGEST the one that fits on the disk twice, once written by the model and once taken."""
    size = LARGEST
    while size > 512 and 2.2 * size * MIB > free:
        size //= 2
    return size


GROWTH: dict[str, Callable[[Bench], Growth]] = {
    "idle-connections": idle_connections,
    "workers-table": workers_table,
    "soak": soak,
    "soak-mixed": soak_mixed,
    "soak-sizes": soak_sizes,
    "open-loop": open_loop,
    "open-loop-wait": open_loop_wait,
    "huge-files": huge_files,
}
