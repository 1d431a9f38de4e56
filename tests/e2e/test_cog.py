"""The command `cog` as a whole: global flags, wrong names, streams, completion, and what needs no engine."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest
from cog_tool import Project, tool
from server import eventually
from tool import Running, environment, make_project

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


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["build", "--no-cach"], "unknown flag: --no-cach; did you mean --no-cache? See 'cog build --help'."),
        (["build", "--xyzzy"], "unknown flag: --xyzzy. See 'cog build --help'."),
        (["build", "extra"], "unexpected argument: extra. See 'cog build --help'."),
        (["--versoin"], "unknown flag: --versoin; did you mean --version? See 'cog --help'."),
        (["exec"], "a command is needed, as in: cog exec python. See 'cog exec --help'."),
    ],
)
def test_a_mistake_in_the_command_line_is_one_line(project: Project, arguments: list[str], line: str) -> None:
    done = project.run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", line + "\n")


@pytest.mark.parametrize(("wrong", "right"), [("rnu", "run"), ("biuld", "build"), ("serv", "serve"), ("inti", "init")])
def test_a_mistyped_command(project: Project, wrong: str, right: str) -> None:
    assert f"\n\t{right}\n" in project.run(wrong).stderr
    assert f"\n\t{right}\n" in project.run("help", wrong).stderr


COMMANDS = [
    "bench",
    "build",
    "completion",
    "debug",
    "deploy",
    "doctor",
    "exec",
    "help",
    "init",
    "login",
    "man",
    "push",
    "run",
]


@pytest.mark.parametrize("command", [*COMMANDS, "serve", "train"])
def test_help_of_a_command(project: Project, command: str) -> None:
    done = project.run("help", command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == project.run(command, "--help").stdout
    assert "Examples:\n  " in done.stdout and "--debug" in done.stdout


def test_help_of_all(project: Project) -> None:
    done = project.run("help")
    assert done.stdout == project.run("--help").stdout
    assert all(f"\n  {command} " in done.stdout for command in COMMANDS if command != "debug")


@pytest.mark.parametrize("flag", ["--precompile", "--strip", "--registry"])
def test_options_are_listed_where_they_work(project: Project, flag: str) -> None:
    assert flag in project.run("help", "build").stdout


@pytest.mark.parametrize("command", ["cog", *COMMANDS])
def test_manual_pages(project: Project, command: str) -> None:
    done = project.run("man", *([] if command == "cog" else [command]))
    assert done.returncode == 0
    assert done.stdout.startswith(".TH cog" + ("" if command == "cog" else f"\\-{command}") + " 1\n.SH NAME\n")
    if command == "build":
        assert "\\fB\\-\\-progress\\fR \\fIauto|tty|plain|quiet\\fR" in done.stdout


def test_what_a_model_takes(project: Project) -> None:
    model = """
from cog import BaseRunner, Input, Path
from typing import Optional
class Runner(BaseRunner):
    def run(self, prompt: str, image: Optional[Path] = None,
        steps: int = Input(default=50, ge=1, le=100, description="More is better"),
        color: str = Input(default="red", choices=["red", "green"]), tags: list[str] = Input(default=[])) -> str: ...
"""
    project.write("run.py", model)
    done = project.run("run", "--inputs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "prompt: string, required",
        "image: file, optional",
        "steps: integer, default 50, 1 to 100",
        "    More is better",
        'color: string, default "red", one of "red", "green"',
        "tags: list of string, default []",
    ]
    assert project.docker_calls() == []


def test_the_environment_of_cog_yaml_is_known_when_the_source_is_read(project: Project) -> None:
    project.write("cog.yaml", YAML + 'environment: ["SIZE=large", "MODE=a=b"]\n')
    project.write(
        "run.py", "import os\ndef run(x: str = os.environ['SIZE'], y: str = os.environ['MODE']) -> str: ...\n"
    )
    project.write("cog.yaml", project.read("cog.yaml").replace("run.py:Runner", "run.py:run"))
    done = project.run("run", "--inputs", SIZE="of the tool's own")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ['x: string, default "large"', 'y: string, default "a=b"']


def test_usage_does_not_come_with_other_mistakes(project: Project) -> None:
    done = project.run("build", "-f", "nothing.yaml")
    assert done.returncode == 1
    assert "Usage:" not in done.stderr


def test_what_is_not_there_says_so(project: Project) -> None:
    done = project.run("weights", "import")
    assert (done.returncode, done.stdout) == (1, "")
    assert "cog weights is not available" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion(project: Project, shell: str) -> None:
    done = project.run("completion", shell)
    assert done.returncode == 0
    assert "build" in done.stdout and "debug" in done.stdout


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["build", "--sep"], ["--separate-weights"]),
        (["serve", "--engine", ""], ["docker", "host"]),
        (["serve", "--playg"], ["--playground", "--playground-port"]),
        (["playground", "--web"], ["--webhook-host"]),
        (["build", "--progress", "p"], ["plain"]),
        (["run", "-i", ""], ["s="]),
        (["help", "ser"], ["serve"]),
        (["completion", "power"], ["powershell"]),
    ],
)
def test_completion_in_bash(project: Project, words: list[str], completed: list[str]) -> None:
    quoted = " ".join(f"'{word}'" for word in ["cog", *words])
    ask = f"\nCOMP_WORDS=({quoted}) COMP_CWORD={len(words)}; _cog; echo ${{COMPREPLY[@]}}\n"
    script = project.run("completion", "bash").stdout
    here = f'cog() {{ {tool()} "$@"; }}; compopt() {{ :; }}\n'
    done = subprocess.run(["bash", "-c", here + script + ask], cwd=project.folder, capture_output=True, text=True)
    assert sorted(done.stdout.split()) == completed, done.stderr


def test_without_an_engine_a_build_says_so(project: Project) -> None:
    done = project.run("build")
    assert done.returncode == 1
    assert "Docker cannot be used: " in done.stderr


SLOW_DOCKER = """#!/bin/sh
case "$1" in
  version) echo 20.10.5 ;;
  build) touch "$COG_TEST_CALLS"; exec sleep infinity ;;
esac
"""


def test_ctrl_c_during_a_build(tmp_path: Path) -> None:
    project = make_project(tmp_path, RUN)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(SLOW_DOCKER)
    docker.chmod(0o755)
    building = tmp_path / "building"
    wheel = tmp_path / "cog_cpp-0.1.0-py3-none-any.whl"
    wheel.touch()
    variables = {
        "PATH": f"{docker.parent}:{environment({})['PATH']}",
        "COG_TEST_CALLS": str(building),
        "COG_SDK_WHEEL": str(wheel),
    }
    with Running(project, "build", env=variables) as running:
        eventually(building.exists, "docker build runs")
        running.signal(signal.SIGINT)
        assert running.wait() == 130
        assert running.log.endswith("Stopping (again to kill)\n")
    assert not (project / ".cog" / "build").exists()


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


@pytest.mark.parametrize(
    ("packages", "said"),
    [
        ("torch==1.13.1", "torch==1.13.1 is not made for Python 3.13, but for 3.7, "),
        ("tensorflow==2.15.0", "tensorflow==2.15.0 is not made for Python 3.13, but for 3.9, 3.10, 3.11: "),
        ("torch==2.7.1", ""),
        ("torch>=2", ""),
    ],
)
def test_a_release_that_is_not_made_for_the_python_is_named(project: Project, packages: str, said: str) -> None:
    project.write("requirements.txt", packages + "\n")
    project.write(
        "cog.yaml", YAML.replace("3.11", "3.13").replace("run:", "  python_requirements: requirements.txt\nrun:")
    )
    done = project.run("debug")
    assert done.returncode == 0
    assert said in done.stderr and ("is not made for" in done.stderr) == bool(said)


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


REGISTRY = "registry.example.com"


@pytest.mark.parametrize(
    ("yaml", "variables", "name"),
    [
        ("", {"COG_MODEL": f"{REGISTRY}/me/m:1"}, f"{REGISTRY}/me/m:1"),
        ("", {"COG_MODEL": "me/m:1"}, "r8.im/me/m:1"),
        ("", {"COG_MODEL": "me/m:1", "COG_REGISTRY_HOST": "localhost:5000"}, "localhost:5000/me/m:1"),
        ("", {"COG_MODEL": "me/m:1", "COG_MODEL_TAG": "2"}, "r8.im/me/m:1"),
        ("", {"COG_MODEL_REPO": "me/m", "COG_MODEL_REGISTRY": REGISTRY, "COG_MODEL_TAG": "2"}, f"{REGISTRY}/me/m:2"),
        (f"model: {REGISTRY}/me/m\n", {"COG_MODEL_TAG": "2"}, f"{REGISTRY}/me/m:2"),
        (f"model: {REGISTRY}/me/m\n", {"COG_MODEL_REPO": "you/n", "COG_MODEL_TAG": "2"}, f"{REGISTRY}/you/n:2"),
        (f"image: {REGISTRY}/me/m\n", {"COG_MODEL_TAG": "2"}, f"{REGISTRY}/me/m"),
    ],
)
def test_variables_name_what_is_pushed(project: Project, yaml: str, variables: dict[str, str], name: str) -> None:
    project.write("cog.yaml", YAML + yaml)
    assert f" in cog.yaml as {name}...\n" in project.run("push", **variables).stderr


def test_a_model_without_a_tag_gets_the_time(project: Project) -> None:
    said = project.run("push", COG_MODEL="me/m").stderr
    assert re.search(r"as r8\.im/me/m:\d{8}T\d{6}Z\.\.\.\n", said), said


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"COG_MODEL": "me/m:cog-1"}, "tags that begin with cog-"),
        ({"COG_MODEL": "me/m@sha256:0"}, "has a digest"),
        ({"COG_MODEL": "Me/m"}, 'invalid image name "r8.im/Me/m"'),
        ({"COG_MODEL_REPO": "me/m", "COG_MODEL_REGISTRY": "https://a.b"}, "COG_MODEL_REGISTRY=https://a.b: must"),
        ({"COG_MODEL_REPO": "a.b/me/m"}, "COG_MODEL_REPO=a.b/me/m: must be a path alone"),
        ({"COG_MODEL_REPO": "me/m:1"}, "COG_MODEL_REPO=me/m:1: must be a path alone"),
    ],
)
def test_a_model_that_is_named_wrongly(project: Project, variables: dict[str, str], message: str) -> None:
    for command in ("push", "run"):
        done = project.run(command, **variables)
        assert (done.returncode, done.stdout) == (1, "")
        assert message in done.stderr
    assert project.docker_calls() == []


@pytest.mark.parametrize("name", ["COG_MODEL", "COG_MODEL_REPO"])
def test_an_image_and_a_model_exclude_each_other(project: Project, name: str) -> None:
    project.write("cog.yaml", YAML + "image: registry.example.com/me/other\n")
    for command in ("push", "run", "build"):
        done = project.run(command, **{name: "me/m"})
        assert (done.returncode, done.stdout) == (1, "")
        assert f"cog.yaml:4:8: 'image' is set, and {name} names r8.im/me/m" in done.stderr
    assert project.docker_calls() == []


def test_a_model_of_the_environment_and_a_name_exclude_each_other(project: Project) -> None:
    done = project.run("push", "registry.example.com/me/m", COG_MODEL="me/other")
    assert done.returncode == 1
    assert "COG_MODEL names r8.im/me/other, so no image name can be given" in done.stderr


def test_without_a_project_the_model_of_the_environment_runs(tmp_path: Path) -> None:
    done = Project(tmp_path, {}).run("run", COG_MODEL="me/m:1", COG_ENGINE="docker")
    assert done.returncode == 1
    assert "the image r8.im/me/m:1 needs Docker" in done.stderr


@pytest.mark.parametrize("command", ["build", "debug", "push", "run", "serve", "train", "exec true"])
def test_what_has_no_effect_is_said_by_every_command(project: Project, command: str) -> None:
    project.write("cog.yaml", YAML.replace("run:", '  sdk_version: "0.17.0"\nrun:') + "train: run.py:Runner\n")
    given = {"COG_PUSH_OCI": "1", "COGLET_WHEEL": "pypi", "COG_SDK_WHEEL": "pypi:0.16.0", "COG_MODEL_TAG": "2"}
    said = project.run(*command.split(), COG_ENGINE="docker", **given).stderr
    assert "cog.yaml:3:16: build.sdk_version: 0.17.0 is ignored: " in said
    for name, value in given.items():
        assert f"{name}={value} is ignored: " in said


def test_nothing_is_installed_by_a_name_that_others_may_own(tmp_path: Path) -> None:
    project = Project(tmp_path, {})
    project.run("init")
    installs = [line for line in project.read(".github/workflows/push.yaml").splitlines() if "pip install" in line]
    assert installs and all("pip install --no-index" in line for line in installs)


@pytest.mark.parametrize("command", ["run", "serve", "train", "build"])
@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("run.py", "class Runner(:\n", "SyntaxError: invalid syntax (run.py, line 1)"),
        ("train.py", "def train(x: int) -> str\n", "SyntaxError: expected ':' (train.py, line 1)"),
        ("run.py", "import cog\nclass Runner(cog.Predictor): ...\n", "cog.Predictor is gone since Cog 0.1.0"),
    ],
)
def test_the_source_is_checked_before_anything_starts(
    project: Project, command: str, file: str, content: str, message: str
) -> None:
    project.write("cog.yaml", YAML + 'train: "train.py:train"\n')
    project.write("train.py", "def train(x: int) -> str:\n    return ''\n")
    project.write(file, content)
    for engine in ("docker", "host"):
        done = project.run(command, COG_ENGINE=engine)
        assert done.returncode == 1
        assert message in done.stderr.splitlines()[-1]
        assert "Making the Python environment" not in done.stderr
    assert not [call for call in project.docker_calls() if call.startswith(("build", "run"))]


@pytest.mark.parametrize("command", ["run", "serve", "train"])
def test_a_file_of_the_model_that_is_not_there(project: Project, command: str) -> None:
    project.write("cog.yaml", YAML + 'train: "train.py:train"\n')
    done = project.run(command, COG_ENGINE="host")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("cog.yaml:4:") and "train.py does not exist" in done.stderr
