"""What a process has used of the machine: counted by the kernel, so that waiting and other processes do not show."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from processes import descendants


def cpu_seconds(pid: int) -> float:
    """Processor time of all living threads so far, to the nanosecond (to the tick for one that runs just now)."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def resident(pid: int) -> float:
    """Resident memory of a process, MiB."""
    return _kib(Path(f"/proc/{pid}/status"), "VmRSS:") / 1024


def peak_memory(pid: int) -> float:
    """The most resident memory that a process has had so far, MiB."""
    return _kib(Path(f"/proc/{pid}/status"), "VmHWM:") / 1024


def tree_anonymous(root: int) -> float:
    """Memory of a process and its descendants that is of no file, MiB.

    Pages of files are left out: their share changes whenever another program starts or ends.
    """
    total = 0
    for pid in [root, *descendants(root)]:
        with contextlib.suppress(OSError):
            total += _kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss_Anon:")
    return total / 1024


@contextlib.contextmanager
def one_processor() -> Iterator[None]:
    """This process and what it starts meanwhile share one processor.

    A wake-up then always costs the same; across processors it costs up to twice as much, as chance has it.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _kib(file: Path, name: str) -> int:
    for line in file.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0
