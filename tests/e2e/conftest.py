"""Fixtures of the tests that drive a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from docker_engine import BASE, Engine, private_engine
from packaged import debian
from server import Server


class Serve(Protocol):
    def __call__(self, model: str | Path, **options: object) -> Server: ...


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts a server of a model: `serve(MODEL, COG_WORKERS="2")`; it is stopped and checked at the end of the test."""
    with ExitStack() as servers:

        def start(model: str | Path, **options: object) -> Server:
            return servers.enter_context(Server(tmp_path, model, **options))  # type: ignore[arg-type]

        yield start


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A Docker engine that has the image `docker_engine.BASE`; with what one module builds, the next is quicker."""
    with private_engine() as engine:
        engine.docker("import", str(debian("bookworm", "python3-pip", "python3-pil", "python-is-python3")), BASE)
        yield engine
