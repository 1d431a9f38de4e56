"""Every way in which a cog.yaml can be wrong: one clear message with its place, exit code 1, and nothing is built."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cog_tool import Project
from server import REPOSITORY

BUILD = 'build:\n  python_version: "3.13"\n'
RUN = 'run: "run.py:Runner"\n'
FILES = {
    "run.py": "from cog import BaseRunner\nclass Runner(BaseRunner):\n    def run(self) -> str:\n        return ''\n",
    "outside/x": "",
}

# What the schema can see, too.
IN_SCHEMA = [
    ("api: {inputs: {promt: text}}\n", "1:16", "invalid api.inputs.promt: is no role; roles are prompt, messages"),
    ("api: {chat: tea}\n", "1:7", "invalid api.chat: must be one of plain, last, chatml"),
    ("api: {off: [ollama]}\n", "1:7", "invalid api.off: `ollama` is none of openai, kserve"),
    ("api: {colour: red}\n", "1:7", "invalid api.colour: is none of name, inputs, output, chat, off"),
    ("- build\n", "1:1", 'schema error in "(root)": must be a mapping, not a list'),
    ("just words\n", "1:1", 'schema error in "(root)": must be a mapping, not "just words"'),
    ("build: [gpu]\n", "1:8", 'schema error in "build": must be a mapping, not a list'),
    ("build: yes\n", "1:8", 'schema error in "build": must be a mapping'),
    ("build:\n  gpu: true\n", "2:3", "python_version is required. Add it to the build section of your cog.yaml"),
    ('build:\n  python_version: "3"\n', "2:19", "must include major and minor version (e.g., '3.11')"),
    ('build:\n  python_version: "x.11"\n', "2:19", "invalid major version number"),
    ('build:\n  python_version: "3.x"\n', "2:19", "invalid minor version number"),
    ('build:\n  python_version: "3.11.z"\n', "2:19", "invalid patch version number"),
    ('build:\n  python_version: "3.9"\n', "2:19", 'invalid build.python_version "3.9": minimum supported Python'),
    ('build:\n  python_version: "2.7"\n', "2:19", "minimum supported Python version is 3.10"),
    ("build:\n  python_version: [3.11]\n", "2:19", 'schema error in "build.python_version": must be a string'),
    ("build:\n  python_version: {a: 1}\n", "2:19", "must be a string, not a mapping"),
    (BUILD + "  gpu: maybe\n", "3:8", 'schema error in "build.gpu": must be true or false, not "maybe"'),
    (BUILD + '  gpu: "true"\n', "3:8", 'schema error in "build.gpu": must be true or false'),
    (BUILD + "  gpu: [true]\n", "3:8", 'schema error in "build.gpu": must be true or false, not a list'),
    (BUILD + "  system_packages: ffmpeg\n", "3:20", 'schema error in "build.system_packages": must be a list'),
    (BUILD + "  system_packages: [a, [b]]\n", "3:24", 'schema error in "build.system_packages[1]": must be a string'),
    (BUILD + '  system_packages: ["a b"]\n', "3:21", "must be the name of one apt package"),
    (BUILD + '  system_packages: ["a; rm -rf /"]\n', "3:21", "must be the name of one apt package"),
    (BUILD + "  python_packages: numpy\n", "3:20", 'schema error in "build.python_packages": must be a list'),
    (BUILD + "  python_packages: [{a: 1}]\n", "3:21", 'schema error in "build.python_packages[0]": must be a string'),
    (BUILD + "  python_requirements: [a]\n", "3:24", 'schema error in "build.python_requirements": must be a string'),
    (
        BUILD + "  python_requirements: run.py\n  python_packages: [a]\n",
        "4:20",
        "only one of python_packages or python_requirements can be set, not both",
    ),
    (BUILD + "  pre_install: echo\n", "3:16", 'schema error in "build.pre_install": must be a list'),
    (BUILD + "  run: echo\n", "3:8", 'schema error in "build.run": must be a list'),
    (BUILD + "  run: [[a]]\n", "3:9", "must be a string, or a mapping with command and mounts"),
    (BUILD + "  run: [{mounts: []}]\n", "3:9", 'schema error in "build.run[0]": command is required'),
    (BUILD + "  run: [{command: a, mounts: x}]\n", "3:30", 'schema error in "build.run[0].mounts": must be a list'),
    (
        BUILD + "  run: [{command: a, mounts: [{type: bind, id: a, target: b}]}]\n",
        "3:38",
        'must be "secret", not "bind"',
    ),
    (BUILD + "  run: [{command: a, mounts: [{type: secret, id: a}]}]\n", "3:31", "type, id and target are required"),
    (BUILD + '  cuda: "12"\n', "3:9", "must include both major and minor versions (e.g., '11.8')"),
    (BUILD + '  cuda: "10.2"\n', "3:9", "minimum supported CUDA version is 11"),
    (BUILD + '  cuda: "11.x"\n', "3:9", "must be numbers, as in '11.8'"),
    (BUILD + "  cudnn: eight\n", "3:10", "must be a version number, as in '8'"),
    (BUILD + "  cuda: [11.8]\n", "3:9", 'schema error in "build.cuda": must be a string'),
    (BUILD + "run: run.py\n", "3:6", "must be in the form 'run.py:Runner'"),
    (BUILD + "run: run:Runner\n", "3:6", "must be in the form 'run.py:Runner'"),
    (BUILD + 'run: "run.py:"\n', "3:6", "must be in the form 'run.py:Runner'"),
    (BUILD + "run: [run.py]\n", "3:6", 'schema error in "run": must be a string'),
    (BUILD + "predict: predict.py\n", "3:10", "must be in the form 'predict.py:Predictor'"),
    (BUILD + "train: train\n", "3:8", "must be in the form 'train.py:Trainer'"),
    (BUILD + RUN + 'predict: "predict.py:Predictor"\n', "3:6", "only one of run or predict can be set"),
    (BUILD + "environment: A=1\n", "3:14", 'schema error in "environment": must be a list'),
    (BUILD + "environment: [{A: 1}]\n", "3:15", 'schema error in "environment[0]": must be a string'),
    (BUILD + "environment: [A]\n", "3:15", 'environment variable "A" is not in the KEY=VALUE format'),
    (BUILD + 'environment: ["=1"]\n', "3:15", 'environment variable "=1" is not in the KEY=VALUE format'),
    (BUILD + 'environment: ["1A=1"]\n', "3:15", 'environment variable "1A=1" is not in the KEY=VALUE format'),
    (BUILD + 'environment: ["A B=1"]\n', "3:15", "is not in the KEY=VALUE format"),
    (BUILD + "environment: [PATH=x]\n", "3:15", 'environment variable "PATH" is not allowed: reserved for internal'),
    (BUILD + "environment: [CUDA_HOME=x]\n", "3:15", 'environment variable "CUDA_HOME" is not allowed: reserved'),
    (BUILD + "environment: [R8_X=x]\n", "3:15", "reserved for internal use"),
    (BUILD + "concurrency: 4\n", "3:14", 'schema error in "concurrency": must be a mapping'),
    (BUILD + "concurrency: {}\n", "3:14", "max is required"),
    (BUILD + "concurrency: {max: 0}\n", "3:20", "must be at least 1"),
    (BUILD + "concurrency: {max: -1}\n", "3:20", "must be at least 1"),
    (BUILD + "concurrency: {max: two}\n", "3:20", 'schema error in "concurrency.max": must be a whole number'),
    (BUILD + "concurrency: {max: 1.5}\n", "3:20", "must be a whole number"),
    (BUILD + "image: a\nmodel: b\n", "4:8", "'model' and 'image' cannot both be set"),
    (BUILD + "model: a@sha256:b\n", "3:8", "must be a bare repository"),
    (BUILD + "image: [a]\n", "3:8", 'schema error in "image": must be a string'),
    (BUILD + "weights: w\n", "3:10", 'schema error in "weights": must be a list'),
    (BUILD + "weights: [w]\n", "3:11", 'schema error in "weights[0]": must be a mapping'),
    (BUILD + "weights: [{name: a, target: /a, source: {uri: x}}]\n", "3:10", "weights require 'model'"),
]

WEIGHTS = BUILD + "model: m\nweights:\n"
WEIGHTS_IN_SCHEMA = [
    (WEIGHTS + "- {target: /a, source: {uri: x}}\n", "5:3", "name is required"),
    (WEIGHTS + "- {name: A, target: /a, source: {uri: x}}\n", "5:10", "must contain only lowercase alphanumeric"),
    (WEIGHTS + "- {name: a, source: {uri: x}}\n", "5:3", "target is required"),
    (WEIGHTS + "- {name: a, target: a, source: {uri: x}}\n", "5:21", "target must be an absolute path"),
    (WEIGHTS + "- {name: a, target: /, source: {uri: x}}\n", "5:21", "target must not be the container root"),
    (WEIGHTS + "- {name: a, target: /a}\n", "5:3", "source is required"),
    (WEIGHTS + "- {name: a, target: /a, source: {include: [b]}}\n", "5:33", "uri is required"),
    (WEIGHTS + "- {name: a, target: /a, source: {uri: x, include: [!!str '']}}\n", "5:52", "pattern must not be empty"),
    (WEIGHTS + "- {name: a, target: /a, source: {uri: x, exclude: ['!b']}}\n", "5:52", "negation patterns"),
    (WEIGHTS + "- {name: a, target: /a, source: {uri: x, exclude: ['a\\b']}}\n", "5:52", "must use forward slashes"),
]

# What only the tool knows.
BEYOND_SCHEMA = [
    ("build: [\n", "2:1", "failed to parse cog.yaml: invalid YAML"),
    ("build:\n\tgpu: true\n", "2:5", "failed to parse cog.yaml: invalid YAML"),
    ("build: {gpu: true\n", "2:1", "failed to parse cog.yaml: invalid YAML"),
    (BUILD + BUILD, "3:1", 'schema error in "build": stands twice'),
    (BUILD + "model: a/b:latest\n", "3:8", "must be a bare repository"),
    (BUILD + "environment: [A=1, A=2]\n", "3:20", 'environment variable "A" is already defined'),
    (BUILD + "  python_requirements: nothing.txt\n", "3:24", "file does not exist"),
    ('build:\n  python_version: "3.10"\nconcurrency: {max: 2}\n', "3:20", "concurrency requires Python 3.11 or higher"),
    (
        WEIGHTS + "- {name: a, target: /a, source: {uri: x}}\n- {name: a, target: /b, source: {uri: x}}\n",
        "6:10",
        "duplicate weight name",
    ),
    (
        WEIGHTS + "- {name: a, target: /a, source: {uri: x}}\n- {name: b, target: /a, source: {uri: x}}\n",
        "6:21",
        "duplicate weight target",
    ),
    (
        WEIGHTS + "- {name: a, target: /a, source: {uri: x}}\n- {name: b, target: /a/b, source: {uri: x}}\n",
        "6:21",
        'target overlaps with "/a"; weight targets must be disjoint',
    ),
    (BUILD, "", "no predict or train reference found in cog.yaml"),
    (BUILD + '  run: ["a\\nb"]\n' + RUN, "3:9", "One of the commands in 'run' contains a new line"),
    (BUILD + '  gpu: true\n  cuda: "11.9"\n' + RUN, "4:9", "CUDA 11.9 is not supported by Cog"),
    (BUILD + '  gpu: true\n  cuda: "11.8"\n  cudnn: "9"\n' + RUN, "5:10", "compatible CuDNN versions are: 8"),
    (
        BUILD + "  gpu: true\n  python_packages: [torch>99]\n" + RUN,
        "4:20",
        "torch>99. The newest release it knows is torch==",
    ),
    (
        BUILD + "  gpu: true\n  python_packages: [torch==0.1.0]\n" + RUN,
        "4:20",
        "cog doesn't know what CUDA version is compatible with torch==0.1.0.",
    ),
    (
        BUILD + "  gpu: true\n  python_packages: [tensorflow==1.0]\n" + RUN,
        "4:20",
        "cog doesn't know what CUDA version is compatible with tensorflow==1.0.",
    ),
    (
        BUILD.replace("3.13", "3.12") + '  gpu: true\n  cuda: "11.8"\n  python_packages: [tensorflow==2.18.0]\n' + RUN,
        "4:9",
        "TensorFlow 2.18.0 requires CUDA 12.5",
    ),
    (BUILD + "  python_packages: [./nothing.whl]\n" + RUN, "3:21", "does not exist"),
    (BUILD + "  python_packages: [./outside]\n" + RUN, "3:21", "local directories are not supported"),
    (BUILD + '  python_packages: ["-e ./x"]\n' + RUN, "3:21", "editable installs are not possible"),
    (BUILD + '  python_packages: ["-r other.txt"]\n' + RUN, "3:21", "other files are not read"),
    (BUILD + '  python_packages: ["file:///x.whl"]\n' + RUN, "3:21", "file: URLs are not supported"),
    (BUILD + '  python_packages: ["x @ ./x.whl"]\n' + RUN, "3:21", "give the path of the file alone"),
    (BUILD + '  python_packages: ["./x.whl --hash=a"]\n' + RUN, "3:21", "options and hashes are not supported"),
    (BUILD + "  python_packages: [../calls.whl]\n" + RUN, "3:21", "does not exist"),
]

GOOD = [
    BUILD + RUN + "api: {name: m, inputs: {prompt: text, size: [w, h]}, output: a.b, chat: last}\n",
    "",
    RUN,
    BUILD + RUN,
    "build:\n" + RUN,
    'build:\n  python_version: "3.12.1"\n  gpu: true\n  cuda: "12.4"\n  cudnn: "9"\n' + RUN,
    BUILD + "  system_packages:\n  run:\n  python_packages:\n" + RUN,
    BUILD + "  run:\n    - a\n    - command: b\n      mounts: [{type: secret, id: a, target: b}]\n" + RUN,
    BUILD + "environment: [A=1, COG_SETUP_TIMEOUT=3, 'B=a b=c']\nconcurrency: {max: 4, default_target: 2}\n" + RUN,
    BUILD + "something: else\n" + RUN,
]
MANAGED_WEIGHTS = WEIGHTS + "- {name: a.b-c, target: /a, source: [{uri: x, include: ['*.bin']}, {uri: y}]}\n" + RUN
ALL_BAD = IN_SCHEMA + WEIGHTS_IN_SCHEMA + BEYOND_SCHEMA


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("cog-yaml"), FILES)


@pytest.mark.parametrize(("text", "place", "message"), ALL_BAD, ids=[row[2][:60] for row in ALL_BAD])
def test_bad(project: Project, text: str, place: str, message: str) -> None:
    project.write("cog.yaml", text)
    done = project.run("build")
    assert done.returncode == 1
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.startswith(("deprecated field", "Building Docker"))]
    assert len(said) == 1, done.stderr
    assert message in said[0]
    if place:
        assert f"cog.yaml:{place}: " in said[0]
    assert project.docker_calls() == []
    assert not (project.folder / ".cog/build").exists()


def test_there_are_sixty() -> None:
    assert len(ALL_BAD) >= 60


def test_problems_are_told_together(project: Project) -> None:
    project.write("cog.yaml", "build:\n  gpu: maybe\n  run: echo\n")
    done = project.run("build")
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == ["cog.yaml:2:8", "cog.yaml:3:8"]


def test_a_mistyped_key_is_named_before_what_is_missing(project: Project) -> None:
    project.write("cog.yaml", 'build:\n  pyton_version: "3.13"\n')
    done = project.run("build")
    assert done.returncode == 1
    assert 'unknown key "build.pyton_version" is ignored; did you mean "python_version"?' in done.stderr
    assert "python_version is required" in done.stderr


def test_the_project_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    project = Project(tmp_path, {**FILES, "cog.yaml": BUILD + RUN, "deep/er/x": ""})
    project.folder = project.folder / "deep/er"
    assert project.run("debug").returncode == 0
    done = project.run("debug", "-f", "other.yaml")
    assert done.returncode == 1
    assert f"other.yaml not found in {project.folder} (or in any parent directories)" in done.stderr


def schema() -> Any:
    return json.loads((REPOSITORY / "docs/cog.schema.json").read_text())


def as_schema_sees(text: str) -> Any:
    """Scalars of the kinds that keep their text, as the tool has them, are text."""
    document = yaml.safe_load(text)
    if isinstance(document, dict) and isinstance(document.get("build"), dict):
        for key in ("python_version", "cuda", "cudnn"):
            if isinstance(document["build"].get(key), (int, float)):
                document["build"][key] = str(document["build"][key])
    return document


@pytest.mark.parametrize("text", [row[0] for row in IN_SCHEMA + WEIGHTS_IN_SCHEMA])
def test_the_schema_refuses_what_the_tool_refuses(text: str) -> None:
    assert list(jsonschema.Draft7Validator(schema()).iter_errors(as_schema_sees(text)))


@pytest.mark.parametrize("text", GOOD)
def test_the_schema_and_the_tool_accept(project: Project, text: str) -> None:
    jsonschema.Draft7Validator.check_schema(schema())
    assert not list(jsonschema.Draft7Validator(schema()).iter_errors(as_schema_sees(text)))
    project.write("cog.yaml", text)
    done = project.run("debug")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["build", "run", "serve", "doctor", "debug"])
def test_managed_weights_are_refused(project: Project, command: str) -> None:
    """They are valid, but nothing here would put them into the image."""
    assert not list(jsonschema.Draft7Validator(schema()).iter_errors(as_schema_sees(MANAGED_WEIGHTS)))
    project.write("cog.yaml", MANAGED_WEIGHTS)
    done = project.run(command)
    assert done.returncode == 1
    assert "cog.yaml:5:1: weights are not managed by this tool" in done.stderr
    assert "--separate-weights" in done.stderr


def keys(node: Any, definitions: Any, prefix: str) -> set[str]:
    found = set()
    for branch in [node, *node.get("allOf", ()), *node.get("oneOf", ())]:
        if "$ref" in branch:
            found |= keys(definitions[branch["$ref"].rpartition("/")[2]], definitions, prefix)
        if "items" in branch:
            found |= keys(branch["items"], definitions, prefix)
        if branch is not node and "items" not in branch and "$ref" not in branch and "not" not in branch:
            found |= keys({"properties": branch.get("properties", {})}, definitions, prefix)
        if "not" in branch and branch is not node:
            continue
        for name, value in branch.get("properties", {}).items():
            found |= {prefix + name} | keys(value, definitions, f"{prefix}{name}.")
    return found


def test_the_schema_has_the_keys_of_the_parser() -> None:
    source = (REPOSITORY / "src/cli/config/cog_yaml.cpp").read_text()
    known = {
        name
        for group in re.findall(r"reader\.mapping\([^{]*\{([^}]*)\}", source)
        for name in re.findall(r'"(\w+)"', group)
    }
    reader = (REPOSITORY / "src/prediction/api_config.cpp").read_text()
    roles = (REPOSITORY / "src/prediction/api_config.hpp").read_text().partition("role_names{")[2].partition("}")[0]
    known |= set(re.findall(r'key == "(\w+)"', reader)) | set(re.findall(r'"(\w+)"', roles))
    document = schema()
    described = {name.rpartition(".")[2] for name in keys(document, document["definitions"], "")}
    assert described == known
