"""`cog push`, `cog login` and images that `cog run` pulls, with a registry on loopback."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker_engine import BASE, Engine
from docker_tool import Tool
from packaged import needs_plain_build, needs_root
from registry import PASSWORD, USER, USERS, needs_registry, registry
from tool import make_project, succeeded

pytestmark = [needs_root, needs_plain_build, needs_registry]

YAML = 'build:\n  python_version: "3.11"\nrun: run.py:Runner\n'
MODEL = """
from cog import BaseRunner

class Runner(BaseRunner):
    def run(self, name: str) -> str:
        return "hello " + name
"""


@dataclass
class Registries:
    """Two doors to the same images."""

    open: str
    closed: str


@pytest.fixture(scope="module")
def registries(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    folder = tmp_path_factory.mktemp("registry")
    with registry(engine, folder) as everybody, registry(engine, folder, users=USERS) as members:
        yield Registries(everybody, members)


@pytest.fixture(scope="module")
def tool(engine: Engine, registries: Registries, tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """A project whose image is named in cog.yaml, and Docker's credentials in a folder of its own."""
    folder = tmp_path_factory.mktemp("pushed")
    project = make_project(folder, MODEL, yaml=f"{YAML}image: {registries.open}/me/greeter\n")
    return Tool(engine, project, DOCKER_CONFIG=str(folder))


@pytest.fixture(scope="module")
def pushed(tool: Tool, registries: Registries) -> str:
    """The name of an image that only the registry has."""
    name = f"{registries.open}/me/greeter"
    done = succeeded(tool("push"))
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert f"Building Docker image from environment in cog.yaml as {name}..." in lines
    assert f"Pushing to {name}..." in lines
    connection = tool.engine.connect(registries.open)
    connection.request(
        "HEAD",
        "/v2/me/greeter/manifests/latest",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
    )
    digest = connection.getresponse().headers["Docker-Content-Digest"]
    assert lines[-1] == f"  image  {name}@{digest}"
    tool.engine.docker("image", "rm", name)
    return name


def test_run_pulls_what_was_pushed(tool: Tool, pushed: str, tmp_path: Path) -> None:
    elsewhere = Tool(tool.engine, tmp_path)
    done = succeeded(elsewhere("run", pushed, "-i", "name=Ada"))
    assert done.stdout == "hello Ada\n"
    assert "Pulling from me/greeter" in done.stderr
    labels = json.loads(tool.engine.docker("image", "inspect", "-f", "{{json .Config.Labels}}", pushed))
    config = json.loads(labels["run.cog.config"])
    assert (config["image"], config["predict"]) == (pushed, "run.py:Runner")
    schema = json.loads(labels["run.cog.openapi_schema"])
    assert list(schema["components"]["schemas"]["Input"]["properties"]) == ["name"]
    assert uuid.UUID(labels["run.cog.push_id"]).version == 7
    assert labels["run.cog.has_init"] == "true"
    assert "cog-cpp" in labels["run.cog.pip_freeze"]


def test_the_name_on_the_command_line_counts_more(tool: Tool, pushed: str, registries: Registries) -> None:
    name = f"{registries.open}/me/greeter:2"
    done = succeeded(tool("push", name))
    assert done.stderr.splitlines()[-1].startswith(f"  image  {registries.open}/me/greeter@sha256:")
    connection = tool.engine.connect(registries.open)
    connection.request("GET", "/v2/me/greeter/tags/list")
    assert sorted(json.load(connection.getresponse())["tags"]) == ["2", "latest"]


def test_login(tool: Tool, pushed: str, registries: Registries) -> None:
    name = f"{registries.closed}/me/greeter"
    refused = tool("push", name)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(f"failed to push {name}: ")
    assert f"log in with `cog login --registry {registries.closed}`" in refused.stderr.splitlines()[-1]
    login = ("login", "--registry", registries.closed)
    wrong = tool(*login, "-u", USER, "--token-stdin", stdin="not this\n")
    assert wrong.returncode == 1
    assert f"cannot log in to {registries.closed} as {USER}: " in wrong.stderr
    assert "401 Unauthorized" in wrong.stderr
    by_token = succeeded(tool(*login, "-u", USER, "--token-stdin", stdin=PASSWORD + "\n"))
    assert by_token.stderr.splitlines()[-1] == f"Logged in to {registries.closed}"
    succeeded(tool("push", name))
    typed = succeeded(tool(*login, stdin=f"{USER}\n{PASSWORD}\n"))
    assert typed.stderr.startswith("Username: Password: ")
    assert PASSWORD not in by_token.stderr + typed.stderr + wrong.stderr


def test_who_cannot_be_reached(tool: Tool, registries: Registries) -> None:
    nowhere = "localhost:1"
    login = tool("login", "--registry", nowhere, "--token-stdin", stdin="x\n")
    assert login.returncode == 1
    assert login.stderr.splitlines()[-1].startswith(f"cannot log in to {nowhere} as cog: ")
    assert "connection refused" in login.stderr
    push = tool("push", f"{nowhere}/model")
    assert push.returncode == 1
    assert push.stderr.splitlines()[-1].startswith(f"failed to push {nowhere}/model: ")
    assert "connection refused" in push.stderr.splitlines()[-1]
    unknown = tool("run", f"{registries.open}/nobody/knows")
    assert unknown.returncode == 1
    last = unknown.stderr.splitlines()[-1]
    assert last.startswith(f"image {registries.open}/nobody/knows is not here and cannot be pulled: ")
    assert "not found" in last or "unknown" in last


def test_a_cog_base_image_is_named_in_labels(tool: Tool, registries: Registries) -> None:
    docker = tool.engine.docker
    base = f"{registries.open}/cog-base:python3.11"
    docker("tag", BASE, base)
    docker("push", base)
    docker("image", "rm", base)
    on_base = Tool(tool.engine, tool.project, COG_BASE_IMAGE="")
    succeeded(on_base("build", "-t", "on-base", "--use-cog-base-image", "--registry", registries.open))
    labels = json.loads(docker("image", "inspect", "-f", "{{json .Config.Labels}}", "on-base"))
    layers = json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", BASE))
    assert labels["run.cog.cog-base-image-name"] == base
    assert labels["run.cog.cog-base-image-last-layer-sha"] == layers[-1]
    assert labels["run.cog.cog-base-image-last-layer-idx"] == str(len(layers) - 1)
    (tool.project / "newer.yaml").write_text(YAML.replace("3.11", "3.12"))
    lacking = on_base("build", "-f", "newer.yaml", "--use-cog-base-image", "--registry", registries.open)
    assert lacking.returncode == 1
    assert f"base image {registries.open}/cog-base:python3.12 is not here and cannot be pulled: " in lacking.stderr
