"""What a request costs, counted rather than timed: system calls by strace, instructions by Valgrind.

A limit that is passed by a change worth its price may be raised; docs/performance.md has what the costs are.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path

import pytest
from server import REPOSITORY, Server, coglet

HELLO = """
from cog import BaseRunner, Input

class Predictor(BaseRunner):
    def run(self, name: str = Input(description="Whom to greet")) -> str:
        return "hello " + name
"""
LENGTH = """
from cog import BaseRunner

class Predictor(BaseRunner):
    def run(self, text: str) -> int:
        return len(text)
"""
BENCH = REPOSITORY / "bench"
MIB = 1024 * 1024


def build_folder() -> Path:
    folder = coglet().parent
    return folder if (folder / "build.ninja").is_file() else folder.parent


def build_options() -> dict[str, str]:
    listed = json.loads((build_folder() / "meson-info" / "intro-buildoptions.json").read_text())
    return {option["name"]: option["value"] for option in listed}


def count_calls(pid: int, url: str, requests: int, *arguments: str) -> dict[str, float]:
    """System calls of a process a request, by name."""
    command = [sys.executable, str(BENCH / "syscalls"), str(pid), url, str(requests), *arguments]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout
    return {name: float(number) for number, name in (line.split() for line in printed.splitlines())}


def url(server: Server, path: str) -> str:
    return f"http://127.0.0.1:{server.port}{path}"


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("hello"), HELLO) as server:
        yield server


def without_looks(calls: dict[str, float]) -> float:
    """All but the looks for events, whose number depends on who is faster."""
    return calls["total"] - calls.get("epoll_wait", 0)


def least(count: Callable[[], dict[str, float]], by: Callable[[dict[str, float]], float]) -> dict[str, float]:
    """The least of three counts: other work on the machine makes the server look more often, never less."""
    return min((count() for _ in range(3)), key=by)


def test_a_prediction_takes_seven_system_calls_of_the_server(hello: Server) -> None:
    # Two messages read and two written, two reads that find nothing yet, one look at the pipes of the worker.
    calls = least(lambda: count_calls(hello.process.pid, url(hello, "/predictions"), 400), without_looks)
    assert without_looks(calls) < 7.5, calls
    assert calls["sendto"] + calls["sendmsg"] < 2.1, calls


def test_a_prediction_takes_two_system_calls_of_its_worker(hello: Server) -> None:
    (worker,) = hello.workers()
    calls = count_calls(worker, url(hello, "/predictions"), 400)
    assert calls["total"] < 2.1, calls


def test_a_health_check_takes_three_system_calls(hello: Server) -> None:
    calls = count_calls(hello.process.pid, url(hello, "/health-check"), 400, "--body", "")
    assert without_looks(calls) < 3.5, calls


def test_a_long_body_is_read_in_large_pieces(tmp_path: Path) -> None:
    with Server(tmp_path, LENGTH) as server:
        body = tmp_path / "body.json"
        body.write_text(json.dumps({"input": {"text": "x" * MIB}}))
        calls = count_calls(server.process.pid, url(server, "/predictions"), 30, "--body-file", str(body))
        # loopback brings it in pieces of 64 KiB at the worst
        assert calls["recvfrom"] < MIB / 65536 + 10, calls


@pytest.mark.parametrize(("case", "instructions", "allocations"), [("hello", 40_000, 26), ("health", 27_000, 18)])
def test_a_request_takes_so_many_instructions_and_allocations(case: str, instructions: int, allocations: int) -> None:
    options = build_options()
    if options["optimization"] != "2" or options["b_sanitize"] != "none":
        pytest.skip("the limits are those of an optimized build without sanitizers")
    command = [sys.executable, str(BENCH / "instructions"), case, "--build", str(build_folder())]

    def count() -> dict[str, float]:
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=300).stdout
        return {name: float(number) for number, name, *_ in (line.split() for line in printed.splitlines())}

    counts = least(count, itemgetter("instructions"))
    assert counts["instructions"] < instructions, counts
    assert counts["allocations"] < allocations, counts
