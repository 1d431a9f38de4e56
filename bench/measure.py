"""One round of one case on one server."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import load
from cases import COG_SERVERS, FLOOR, MEMORY, OURS, SECONDS, Case
from processes import running, tree_memory
from servers import prepare
from transfers import prepared

LOG_TAIL = 600


class Bench:
    """Where the servers are built, and how much is done in a round."""

    def __init__(self, build: Path, seconds: float, megabytes: int, predictions: int) -> None:
        self.build = build
        self.seconds = seconds
        self.megabytes = megabytes
        self.predictions = predictions
        self.work = build / "bench-work"
        self.work.mkdir(parents=True, exist_ok=True)

    def figures(self, case: Case, server: str) -> dict[str, float]:
        """The figures by metric. Raises load.WrongAnswer with the end of the server's log."""
        log = self.work / f"{server}.log"
        try:
            if case.kind in ("webhooks", "upload", "download"):
                with prepared(case, self.megabytes, self.predictions) as (arguments, do_round):
                    with self._served(case, server, log, *arguments) as (port, pid, _):
                        load.wait_until(lambda: load.ready(port))
                        return do_round(port, pid)
            with self._served(case, server, log) as (port, pid, started):
                return self._measured(case, server, port, pid, started)
        except load.WrongAnswer as wrong:
            raise load.WrongAnswer(f"{wrong}\n{log.read_text(errors='replace')[-LOG_TAIL:]}") from None

    @contextlib.contextmanager
    def ready(self, case: Case, *arguments: str, name: str = OURS) -> Iterator[tuple[int, int]]:
        """Port and pid of our server, ready. Servers at the same time need names; they are those of their folders.
        WrongAnswer comes with the end of the server's log."""
        log = self.work / f"{name}.log"
        try:
            with self._served(case, OURS, log, *arguments, name=name) as (port, pid, _):
                load.wait_until(lambda: load.ready(port))
                yield port, pid
        except load.WrongAnswer as wrong:
            raise load.WrongAnswer(f"{wrong}\n{log.read_text(errors='replace')[-LOG_TAIL:]}") from None

    @contextlib.contextmanager
    def served_by_floor(self, case: Case) -> Iterator[int]:
        """The port of the floor, ready."""
        with self._served(case, FLOOR, self.work / "floor.log") as (port, _, _):
            load.wait_until(lambda: load.ready(port))
            yield port

    @contextlib.contextmanager
    def _served(
        self, case: Case, server: str, log: Path, *arguments: str, name: str = ""
    ) -> Iterator[tuple[int, int, float]]:
        port = free_port()
        launch = prepare(server, case, self.build, port, name or server)
        started = time.monotonic()
        with running([*launch.command, *arguments], launch.folder, launch.environment, log) as pid:
            yield port, pid, started

    def _measured(self, case: Case, server: str, port: int, pid: int, started: float) -> dict[str, float]:
        body = json.dumps({"input": case.input}).encode()
        if case.kind == "ready":
            load.wait_until(lambda: load.ready(port))
            return {SECONDS: time.monotonic() - started}
        if server in COG_SERVERS and case.kind != "cold":
            load.wait_until(lambda: load.ready(port))
        load.wait_until(lambda: load.predict(port, case, body))
        if case.kind == "cold":
            return {SECONDS: time.monotonic() - started}
        if case.kind == "stream":
            return load.stream(port, case, self.seconds, body)
        body_file = self.work / "body.json"
        body_file.write_bytes(body)
        figures = load.wrk(port, case, self.seconds, body_file)
        load.wait_until(lambda: load.predict(port, case, body))
        if case.kind == "memory":
            return {MEMORY: tree_memory(pid)}
        return figures


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
