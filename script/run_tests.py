"""Runs the suites of a build folder and adds up what they count. Called by script/test.

With --again, cases that failed run once more when all else is over; those that pass only then are named as unsteady.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
PYTEST_SUITES = {
    "python": "tests/python",
    "fuzz": "tests/fuzz",
    "e2e": "tests/e2e",
    "chaos": "tests/chaos",
    "conformance": "tests/conformance",
    "page": "tests/page",
    "kubernetes": "tests/kubernetes",
}
LANES = (("e2e",), ("python", "fuzz", "conformance", "page"))  # beside each other: they mostly wait
BY_NAME = ("kubernetes",)  # asked for by its name alone: it builds for minutes where nothing is kept
MOST_AGAIN = 8  # failed cases of a suite; more are no accident
UNIT_LIMIT = 600  # seconds for one executable; the slowest takes a few
NO_TESTS = 5  # pytest's exit code


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def run_executable(command: list[str]) -> tuple[Count, str]:
    """Runs one doctest executable; returns what it counts and what it printed."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=UNIT_LIMIT,
            check=False,
        )
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        output, code = f"{error}\n", 1
    found = re.search(r"test cases: +\d+ \| +(\d+) passed \| +(\d+) failed", output)
    count = Count(int(found[1]), int(found[2])) if found else Count()
    if code != 0 and count.failed == 0:
        count.failed = 1  # it crashed, or never came to its summary
    return count, output


def run_unit(folder: Path, pattern: Optional[str]) -> Count:
    """Runs the doctest executables that Meson knows, as many at once as there are processors."""
    listing = subprocess.run(
        ["meson", "introspect", "--tests", str(folder)], check=True, capture_output=True, text=True
    )
    tests = json.loads(listing.stdout)
    arguments = [f"--test-case=*{pattern}*"] if pattern else []
    total = Count()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ended = pool.map(run_executable, ([*test["cmd"], *arguments] for test in tests))
        for test, (count, output) in zip(tests, ended):
            print(f"== unit {test['name']}", flush=True)
            if count.failed:
                print(output, flush=True)
            total.add(count)
    return total


def run_pytest(folder: Path, suite: str, options: Sequence[str], sanitize: bool) -> Count:
    report = folder / f"{suite}-report.xml"
    report.unlink(missing_ok=True)
    environment = dict(os.environ, COG_BUILD_DIR=str(folder), PYTHONPATH=str(ROOT / "python"))
    if sanitize:
        environment["COG_TEST_SANITIZED"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", PYTEST_SUITES[suite], *options]
    command += ["-o", f"cache_dir={folder / 'pytest-cache' / suite}"]  # what failed, of suites beside each other
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        code = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT, check=False
        ).returncode
        said.seek(0)
        print(f"== {suite}\n{said.read()}", flush=True)
    count = read_report(report) if report.exists() else Count()
    if code not in (0, NO_TESTS) and count.failed == 0:
        count.failed = 1
    return count


def read_report(path: Path) -> Count:
    count = Count()
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped = int(suite.get("skipped", 0))
        count.add(Count(int(suite.get("tests", 0)) - failed - skipped, failed, skipped))
    return count


def failed_cases(report: Path) -> list[str]:
    cases = ElementTree.parse(report).getroot().iter("testcase")
    bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return [f"{case.get('classname')}::{case.get('name')}" for case in bad]


def run_again(folder: Path, suite: str, count: Count, sanitize: bool) -> list[str]:
    """Runs the failed cases of a suite by themselves and corrects its count; the names of those that passed now."""
    report = folder / f"{suite}-report.xml"
    before = failed_cases(report) if report.exists() else []
    if not 0 < len(before) <= MOST_AGAIN:
        return []
    print(f"== {suite}, what failed once more", flush=True)
    again = run_pytest(folder, suite, ["--last-failed", "--last-failed-no-failures=none"], sanitize)
    still = set(failed_cases(report)) if report.exists() else set(before)
    if again.passed + again.failed == 0:
        return []
    steadied = [case for case in before if case not in still]
    count.failed = again.failed
    count.passed += len(steadied)
    return steadied


def main() -> int:
    arguments = [one for one in sys.argv[1:] if one != "--again"]
    again = len(arguments) < len(sys.argv) - 1
    folder = (ROOT / arguments[0]).resolve()
    wanted = arguments[1] if len(arguments) > 1 else None
    sanitize = folder.name == "build-sanitize"
    if sanitize:
        os.environ["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    suites = ["unit", "e2e"] if sanitize else ["unit", *(name for name in PYTEST_SUITES if name not in BY_NAME)]
    pattern = None
    if wanted in ("unit", *PYTEST_SUITES):
        suites = [wanted]
    else:
        pattern = wanted
    options = ["-k", pattern] if pattern else []
    counts: dict[str, Count] = {}
    if "unit" in suites:
        counts["unit"] = run_unit(folder, pattern)

    def run_lane(lane: Sequence[str]) -> None:
        for suite in lane:
            if suite in suites:
                counts[suite] = run_pytest(folder, suite, ["--cache-clear", *options], sanitize)

    with ThreadPoolExecutor(len(LANES)) as pool:
        list(pool.map(run_lane, LANES))
    run_lane(["chaos", "kubernetes"])  # by themselves: they take what the machine has
    total, unsteady = Count(), list[str]()
    for suite, count in counts.items():
        if again and suite in PYTEST_SUITES and count.failed:
            unsteady += run_again(folder, suite, count, sanitize)
        total.add(count)
    for case in unsteady:
        print(f"unsteady, passed only in a second run: {case}")
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
