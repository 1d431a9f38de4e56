"""Runs the suites of a build folder and adds up what they count. Called by script/test."""

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
}
LANES = (("e2e",), ("python", "fuzz", "conformance", "page"))  # beside each other: they mostly wait
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


def run_pytest(folder: Path, suite: str, pattern: Optional[str], sanitize: bool) -> Count:
    report = folder / f"{suite}-report.xml"
    report.unlink(missing_ok=True)
    environment = dict(os.environ, COG_BUILD_DIR=str(folder), PYTHONPATH=str(ROOT / "python"))
    if sanitize:
        environment["COG_TEST_SANITIZED"] = "1"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", PYTEST_SUITES[suite]]
    if pattern:
        command += ["-k", pattern]
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


def main() -> int:
    folder = (ROOT / sys.argv[1]).resolve()
    wanted = sys.argv[2] if len(sys.argv) > 2 else None
    sanitize = folder.name == "build-sanitize"
    if sanitize:
        os.environ["UBSAN_OPTIONS"] = "halt_on_error=1:print_stacktrace=1"
    suites = ["unit", "e2e"] if sanitize else ["unit", *PYTEST_SUITES]
    pattern = None
    if wanted in ("unit", *PYTEST_SUITES):
        suites = [wanted]
    else:
        pattern = wanted
    total = Count()
    if "unit" in suites:
        total.add(run_unit(folder, pattern))

    def run_lane(lane: Sequence[str]) -> list[Count]:
        return [run_pytest(folder, suite, pattern, sanitize) for suite in lane if suite in suites]

    with ThreadPoolExecutor(len(LANES)) as pool:
        for counts in pool.map(run_lane, LANES):
            for count in counts:
                total.add(count)
    for count in run_lane(["chaos"]):  # by itself: it takes what the machine has
        total.add(count)
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
