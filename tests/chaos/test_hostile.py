"""Whatever a model does, its prediction ends with a clear status, the server lives and serves the next prediction."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, Optional

import pytest
import snippets
from acting import model
from listening import ENDS
from server import Answer, Background, Server, eventually

SERVERS = 3  # at once
LIMITS: dict[str, Any] = {
    "COG_RESTARTS": "1000",
    "COG_PREDICT_TIMEOUT": "2",
    "COG_CANCEL_TIMEOUT": "0.2",
    "COG_MAX_LOG_BYTES": "1000000",
}


class Snippet(NamedTuple):
    """What a model does; `cancelled`: once it runs its client cancels; `fit`: the same process must serve on."""

    name: str
    code: str
    asynchronous: bool = False
    cancelled: bool = False
    fit: bool = True


def all_snippets() -> Iterator[Snippet]:
    for group in ("ENDINGS", "ERRORS", "VALUES", "PRINTS", "PROCESSES", "STATE", "HANGS"):
        for name, code in getattr(snippets, group).items():
            yield Snippet(f"{group.lower()}: {name}", code)
    for name, code in snippets.HANGS.items():
        yield Snippet(f"cancelled: {name}", code, cancelled=True)
    for name, code in snippets.SPOILT.items():
        yield Snippet(f"spoilt: {name}", code, fit=False)
    for name, code in snippets.TASKS.items():
        yield Snippet(f"tasks: {name}", code, asynchronous=True, fit=False)
        yield Snippet(f"cancelled tasks: {name}", code, asynchronous=True, cancelled=True, fit=False)


SNIPPETS = list(all_snippets())


def replace_worker(server: Server) -> None:
    """Ends the worker, and waits until another is ready."""
    before = server.workers()
    for pid in before:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    eventually(lambda: (now := server.workers()) and not set(now) & set(before), "another worker")
    server.wait_until("READY")


def check_end(snippet: Snippet, answer: Answer) -> None:
    assert answer.status == 200, answer.body[:500]
    prediction: dict[str, Any] = answer.json
    assert prediction["status"] in ENDS
    if prediction["status"] == "failed":
        assert isinstance(prediction["error"], str) and prediction["error"]
    if prediction["status"] == "canceled":
        assert snippet.cancelled or snippet.asynchronous or "ancel" in snippet.code  # tasks may cancel each other
    assert prediction["metrics"]["predict_time"] >= 0


def run(server: Server, snippet: Snippet, number: int) -> None:
    pid, mark = server.process.pid, f"mark-{number}"
    code = f"enter({str(server.project / mark)!r})\n{snippet.code}"
    prediction = Background(lambda: server.create({"code": code}, id=f"snippet-{number}"))
    if snippet.cancelled:
        eventually(lambda: (server.project / f"{mark}.in").exists() or prediction.is_done(), "the snippet to run")
        server.cancel(f"snippet-{number}")
    check_end(snippet, prediction.result())
    server.wait_until("READY")
    if not snippet.fit:
        replace_worker(server)
    assert server.output(code="return 6 * 7") == 42
    assert server.process.pid == pid and server.process.poll() is None
    if snippet.name.startswith(("prints", "processes", "state")):
        replace_worker(server)  # what they have changed is not for the next


def run_some(folder: Path, given: list[tuple[int, Snippet]], wrong: dict[str, str]) -> None:
    """Runs these; says in `wrong` what was wrong about which."""
    with ExitStack() as stack:
        server: Optional[Server] = None
        for number, snippet in given:
            try:
                if server is None:
                    server = stack.enter_context(Server(folder, model(asynchronous=snippet.asynchronous), **LIMITS))
                run(server, snippet, number)
            except Exception as error:
                wrong[snippet.name] = f"{error!r}\n{server.log_end if server else ''}"
                if server is not None:
                    server.kill()
                    stack.pop_all()
                server = None


@pytest.fixture(scope="module")
def wrong(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was wrong about the snippets that are asked for, run on a few servers at once."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    asking = [item for item in items if "wrong" in item.fixturenames]
    wanted = [each for item in asking if isinstance(each := item.callspec.params["snippet"], Snippet)]
    found: dict[str, str] = {}
    parts: list[list[tuple[int, Snippet]]] = []
    for kind in (False, True):
        given = [(number, each) for number, each in enumerate(wanted) if each.asynchronous == kind]
        parts += [part for k in range(SERVERS) if (part := given[k::SERVERS])]
    with ThreadPoolExecutor(SERVERS) as pool:
        for done in [pool.submit(run_some, tmp_path_factory.mktemp("hostile"), part, found) for part in parts]:
            done.result()
    return found


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.name)
def test_a_hostile_model(wrong: dict[str, str], snippet: Snippet) -> None:
    assert snippet.name not in wrong, wrong[snippet.name]


def test_there_are_enough() -> None:
    assert len({snippet.code for snippet in SNIPPETS}) + len(snippets.MODELS) > 200


@pytest.mark.parametrize("name", snippets.MODELS)
def test_a_model_that_cannot_serve(tmp_path: Path, name: str) -> None:
    with Server(tmp_path, snippets.MODELS[name], until=None, COG_RESTARTS="1", COG_SETUP_TIMEOUT="2") as server:
        report = server.wait_until("SETUP_FAILED", "DEFUNCT")
        assert report["setup"]["status"] == "failed", report
        assert server.create({}).status == 503
