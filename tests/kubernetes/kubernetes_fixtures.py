"""Fixtures of the tests on a real cluster: the cluster with an image of `cog build` in it, and what deploys it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cluster import Kubernetes, cluster
from components import Unavailable
from deployed import IMAGE, YAML, Deploy
from docker_engine import BASE, private_engine
from docker_tool import Tool
from gpus import FakeGpus, drivers
from packaged import debian

MODEL = Path(__file__).with_name("clustered.py")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clustered") / "project"
    folder.mkdir()
    (folder / "cog.yaml").write_text(YAML)
    (folder / "run.py").write_text(MODEL.read_text())
    shutil.copytree(drivers(), folder / "drivers", ignore=shutil.ignore_patterns("*.p"))
    facts = FakeGpus(folder, 2).environment["COG_FAKE_GPUS"]
    Path(facts).rename(folder / "drivers/facts")
    return folder


@pytest.fixture(scope="session")
def cluster_of_run(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with ExitStack() as stack:
        try:
            kubernetes = stack.enter_context(cluster())
        except Unavailable as error:
            pytest.skip(str(error))
        archive = tmp_path_factory.mktemp("image") / "image.tar"
        with private_engine() as engine:
            engine.docker("import", str(debian("bookworm", "python3-pip", "python3-pil", "python-is-python3")), BASE)
            built = Tool(engine, project)("build", "-t", IMAGE)
            assert built.returncode == 0, built.stderr
            engine.docker("save", "-o", str(archive), IMAGE)
        kubernetes.load(archive)
        archive.unlink()
        yield kubernetes


@pytest.fixture
def kubernetes(cluster_of_run: Kubernetes) -> Kubernetes:
    return cluster_of_run


@pytest.fixture
def deploy(cluster_of_run: Kubernetes, project: Path) -> Iterator[Deploy]:
    with ExitStack() as stack:
        yield Deploy(cluster_of_run, project, stack)
