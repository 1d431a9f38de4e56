"""The command `cog` as a whole: global flags, wrong names, streams, completion, and what needs no engine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cog_tool import Project

YAML = 'build:\n  python_version: "3.11"\nrun: "run.py:Runner"\n'
RUN = "from cog import BaseRunner\nclass Runner(BaseRunner):\n    def run(self, s: str) -> str:\n        return s\n"
GPU = 'build:\n  gpu: true\n  python_version: "3.11"\n  python_packages: ["torch==2.5.1"]\nrun: "run.py:Runner"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, {"cog.yaml": YAML, "run.py": RUN})


def test_version(project: Project) -> None:
    done = project.run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("cog version ") and "(built " in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("infer", "run"), ("http", "serve"), ("new", "init"), ("start", "init"), ("auth", "login"), ("gui", "playground")],
)
def test_a_wrong_name_is_answered_with_the_right_one(project: Project, wrong: str, right: str) -> None:
    done = project.run(wrong)
    assert (done.returncode, done.stdout) == (1, "")
    assert f'unknown command "{wrong}" for "cog"' in done.stderr
    assert f"\n\t{right}\n" in done.stderr


@pytest.mark.parametrize("arguments", [["build", "--nonsense"], ["build", "extra"], ["--nonsense"]])
def test_usage_comes_with_mistakes_in_the_command_line(project: Project, arguments: list[str]) -> None:
    done = project.run(*arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Usage:" in done.stderr


def test_usage_does_not_come_with_other_mistakes(project: Project) -> None:
    done = project.run("build", "-f", "nothing.yaml")
    assert done.returncode == 1
    assert "Usage:" not in done.stderr


@pytest.mark.parametrize("name", ["playground", "weights"])
def test_what_is_not_there_says_so(project: Project, name: str) -> None:
    done = project.run(name, "import")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"cog {name} is not available" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(project: Project, shell: str) -> None:
    done = project.run("completion", shell)
    assert done.returncode == 0
    assert "build" in done.stdout and "debug" in done.stdout


def test_completion_in_bash(project: Project) -> None:
    ask = "\nCOMP_WORDS=(cog build --sep) COMP_CWORD=2; _cog; echo ${COMPREPLY[@]}\n"
    script = project.run("completion", "bash").stdout
    done = subprocess.run(["bash", "-c", script + ask], capture_output=True, text=True)
    assert done.stdout == "--separate-weights\n", done.stderr


def test_without_an_engine_a_build_says_so(project: Project) -> None:
    done = project.run("build")
    assert done.returncode == 1
    assert "Docker cannot be used: " in done.stderr


def test_two_bases_exclude_each_other(project: Project) -> None:
    done = project.run("build", "--use-cog-base-image", "--dockerfile", "Dockerfile")
    assert done.returncode == 1
    assert "mutually exclusive: you can only set one of them." in done.stderr


def test_debug_prints_the_dockerfile(project: Project) -> None:
    done = project.run("debug")
    lines = done.stdout.splitlines()
    assert lines[0] == "FROM python:3.11-slim"
    assert lines[-2:] == ['CMD ["python", "-m", "cog.server.http"]', "COPY . /src"]
    assert not [line for line in lines if line.startswith(("#", "ENTRYPOINT"))]
    assert project.docker_calls() == []


def test_the_base_image_is_chosen(project: Project) -> None:
    def base(yaml: str, *flags: str, **variables: str) -> str:
        project.write("cog.yaml", yaml)
        done = project.run("debug", *flags, **variables)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if line.startswith("FROM ")][-1][5:]

    assert base(YAML) == "python:3.11-slim"
    assert base(YAML, COG_BASE_IMAGE="mine:1") == "mine:1"
    assert base(YAML.replace("run:", "  base_image: other:2\nrun:")) == "other:2"
    assert base(GPU) == "nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04"
    assert base(GPU, "--use-cuda-base-image", "false") == "python:3.11-slim"
    assert base(GPU, "--use-cog-base-image") == "r8.im/cog-base:cuda12.4-python3.11-torch2.5.1"
    assert base(GPU, "--use-cog-base-image=false") == "nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04"


def test_a_default_below_its_minimum_is_refused(project: Project) -> None:
    model = "from cog import BaseRunner, Input\nclass Runner(BaseRunner):\n"
    project.write("run.py", model + "    def run(self, n: int = Input(default=1, ge=2)) -> int:\n        return n\n")
    done = project.run("build")
    assert done.returncode == 1
    assert "invalid" in done.stderr and "minimum" in done.stderr
    assert project.docker_calls() == []


def test_a_schema_of_ones_own_is_checked(project: Project) -> None:
    project.write("schema.json", '{"openapi": "2.0"}')
    done = project.run("build", "--openapi-schema", "schema.json")
    assert done.returncode == 1
    assert "Model schema is invalid: " in done.stderr


@pytest.mark.parametrize("name", ["COG_SDK_WHEEL", "COGLET_WHEEL"])
def test_a_wheel_that_is_not_there(project: Project, name: str) -> None:
    project.program("docker", '#!/bin/sh\n[ "$1" = version ] && echo 20.10\nexit 0\n')
    done = project.run("build", **{name: "nothing.whl"})
    assert done.returncode == 1
    assert f"{name}: path not found: {project.folder}/nothing.whl" in done.stderr


def test_login_wants_a_name(project: Project) -> None:
    done = project.run("login", "--registry", "registry.example.com")
    assert done.returncode == 1
    assert "username cannot be empty" in done.stderr


def test_push_wants_a_target(project: Project) -> None:
    done = project.run("push")
    assert done.returncode == 1
    assert "'image'" in done.stderr


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (RUN.replace("Runner(", "Other("), "run.py defines Other; the reference is run.py:Runner"),
        (RUN.replace("s: str", "n: int = Input(ge=5, default=1)"), "1 is less than the minimum of 5"),
        (RUN.replace("s: str", "s: complex"), "complex"),
    ],
)
def test_a_model_that_cannot_work_is_not_started(project: Project, source: str, message: str) -> None:
    project.write("run.py", source.replace("BaseRunner\n", "BaseRunner, Input\n", 1))
    for command in ("run", "serve", "build"):
        done = project.run(command, COG_ENGINE="docker")
        assert (done.returncode, done.stdout) == (1, "")
        assert message in done.stderr.splitlines()[-1]
    assert not [call for call in project.docker_calls() if call.startswith(("build", "run"))]


@pytest.mark.parametrize("name", ["Me/Model Two", "localhost:5000/me/model:a:b"])
def test_a_name_that_no_image_can_have(project: Project, name: str) -> None:
    for arguments in (("build", "-t", name), ("push", name)):
        done = project.run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f'invalid image name "{name}": write it as ')
    assert project.docker_calls() == []
