"""`cog doctor` and `cog init`: what they find, mend and write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cog_tool import Project

SKIP = {"COG_SKIP_DOCKER_CHECK": "1", "COG_SKIP_GPU_CHECK": "1"}
YAML = 'build:\n  python_version: "3.11"\nrun: "run.py:Runner"\n'
RUN = "from cog import BaseRunner\n\n\nclass Runner(BaseRunner):\n    def run(self, s: str) -> str:\n        return s\n"
OLD_YAML = 'build:\n  python_version: "3.11"\n# the model\npredict: "predict.py:Predictor"  # old\n'
OLD = '''from cog import BasePredictor, Input


class Helper:
    def predict(self) -> int:
        return 1


class Predictor(BasePredictor):
    def setup(self) -> None:
        self.helper = Helper()

    def predict(self, text: str = Input(description="what to predict")) -> str:
        """Keep my words: predict."""
        return text * self.helper.predict()
'''
PYDANTIC = """from cog import BaseRunner, Path
from pydantic import BaseModel, ConfigDict


class Output(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    text: str
    file: Path


class Runner(BaseRunner):
    def run(self, s: str) -> Output:
        return Output(text=s, file=Path("x"))
"""
OLDEST = "import cog\nclass Runner(cog.Predictor):\n    def predict(self):\n        return 'x'\n"
WARNING = """import warnings

from cog import BaseRunner
from cog.types import ExperimentalFeatureWarning

warnings.filterwarnings("ignore", category=ExperimentalFeatureWarning)


class Runner(BaseRunner):
    def run(self, s: str) -> str:
        return s
"""


def doctor(tmp_path: Path, files: dict[str, str], *flags: str, **variables: str) -> tuple[Project, int, str]:
    project = Project(tmp_path, files)
    project.program("python3", '#!/bin/sh\n[ "$1" = --version ] && { echo Python 3.11.9; exit; }\nexec "$REAL" "$@"\n')
    done = project.run("doctor", *flags, **{**SKIP, "REAL": "/usr/bin/python3", **variables})
    assert done.stdout == ""
    assert "experimental" in done.stderr.splitlines()[0]
    return project, done.returncode, done.stderr


def test_a_sound_project(tmp_path: Path) -> None:
    _, code, said = doctor(tmp_path, {"cog.yaml": YAML, "run.py": RUN})
    assert code == 0
    assert said.splitlines()[-1] == "no issues found"


def test_what_clients_of_other_protocols_can_ask_for_is_told(tmp_path: Path) -> None:
    _, code, said = doctor(tmp_path, {"cog.yaml": YAML, "run.py": RUN})
    assert code == 0
    assert "    serves chat completions" in said.splitlines()
    assert "This model does not serve speech: it returns no files" in said


def test_a_role_of_an_input_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    wrong = YAML + "api: {inputs: {prompt: nothing}}\n"
    _, code, said = doctor(tmp_path, {"cog.yaml": wrong, "run.py": RUN})
    assert code == 0
    assert "cog.yaml:4" in said and "inputs.prompt: the model has no input `nothing`" in said


def test_without_a_terminal_there_are_words_and_no_escapes(tmp_path: Path) -> None:
    _, _, said = doctor(tmp_path, {"cog.yaml": YAML + "concurrency: {max: 2}\n", "run.py": "x = 1\n"})
    assert "\x1b" not in said
    lines = said.splitlines()
    assert "  ok    Config parsing" in lines and "  warn  Deprecated fields" in lines
    assert "  FAIL  Predict reference" in lines


def test_the_report_as_json(tmp_path: Path) -> None:
    project = Project(tmp_path, {"cog.yaml": YAML + "concurrency: {max: 2}\n", "run.py": "x = 1\n"})
    done = project.run("doctor", "--json", **SKIP)
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    found = {check["check"]: check for check in report["checks"]}
    assert (report["errors"], report["fixed"]) == (2, 0)
    assert (found["Config parsing"]["result"], found["Deprecated fields"]["result"]) == ("ok", "warn")
    assert found["Predict reference"]["result"] == "FAIL"
    assert found["Predict reference"]["findings"][0]["place"] == "cog.yaml:3"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "cog.yaml not found"),
        ({"cog.yaml": "build: [\n"}, "invalid YAML"),
        ({"cog.yaml": 'build:\n  python_version: "3.9"\n'}, "cog.yaml validation failed: "),
        ({"cog.yaml": YAML}, "cog.yaml:3 — run.py not found"),
        ({"cog.yaml": YAML, "run.py": "class Other: ...\n"}, 'class "Runner" not found in run.py; found: Other'),
        ({"cog.yaml": YAML, "run.py": "class Runner(:\n"}, "run.py:1: "),
        ({"cog.yaml": YAML, "run.py": PYDANTIC}, "run.py:5 — Output inherits pydantic.BaseModel"),
        ({"cog.yaml": YAML, "run.py": WARNING}, "run.py:4 — ExperimentalFeatureWarning"),
        (
            {"cog.yaml": YAML.replace("run:", '  gpu: true\n  cuda: "99.9"\nrun:'), "run.py": RUN},
            "FAIL  Image",
        ),
        ({"cog.yaml": YAML, "run.py": RUN.replace(" -> str", "")}, "run.py:5 — run() is missing a return type"),
        ({"cog.yaml": YAML, "run.py": RUN.replace("s: str", "s: complex")}, "FAIL  Model schema"),
        ({"cog.yaml": YAML.replace("3.11", "3.99"), "run.py": RUN}, "cog.yaml:2 — no image has Python 3.99"),
        ({"cog.yaml": YAML.replace("3.11", "3.11.77"), "run.py": RUN}, "cog.yaml:2 — no image has Python 3.11.77"),
        ({"cog.yaml": YAML, "run.py": OLDEST}, "run.py:2 — Runner derives from cog.Predictor, which is gone since"),
    ],
)
def test_errors(tmp_path: Path, files: dict[str, str], found: str) -> None:
    _, code, said = doctor(tmp_path, files)
    assert code == 1
    assert found in said
    assert said.splitlines()[-1] == "doctor found issues"


def test_a_version_that_is_refused_is_not_the_containers(tmp_path: Path) -> None:
    _, _, said = doctor(tmp_path, {"cog.yaml": YAML.replace("3.11", "3.8"), "run.py": RUN})
    assert "the container uses" not in said


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"cog.yaml": OLD_YAML, "predict.py": OLD}, "predict in cog.yaml is deprecated; use run with run.py:Runner"),
        (
            {"cog.yaml": OLD_YAML, "predict.py": OLD},
            "predict.py uses deprecated Predictor/BasePredictor/predict() names",
        ),
        ({"cog.yaml": YAML + "concurrency: {max: 2}\n", "run.py": RUN}, 'cog.yaml:4 — "concurrency" is deprecated: '),
        ({"cog.yaml": YAML.replace("3.11", "3.12"), "run.py": RUN}, "local Python is 3.11"),
        ({"cog.yaml": YAML, "run.py": "import yaml\n" + RUN}, "run.py:1 — yaml is imported, but cog.yaml does"),
    ],
)
def test_warnings_alone_are_no_failure(tmp_path: Path, files: dict[str, str], found: str) -> None:
    _, code, said = doctor(tmp_path, files)
    assert code == 0
    assert found in said
    assert "Found 0 error(s), " in said


def test_docker_is_looked_for(tmp_path: Path) -> None:
    _, code, said = doctor(tmp_path, {"cog.yaml": YAML, "run.py": RUN}, COG_SKIP_DOCKER_CHECK="")
    assert code == 1
    assert "Docker is not running: no engine here" in said


def test_a_function_is_a_runner_too(tmp_path: Path) -> None:
    files = {"cog.yaml": YAML.replace("Runner", "greet"), "run.py": "def greet(s: str) -> str:\n    return s\n"}
    assert doctor(tmp_path, files)[1] == 0


def test_fix_renames_the_old_interface(tmp_path: Path) -> None:
    project, code, said = doctor(tmp_path, {"cog.yaml": OLD_YAML, "predict.py": OLD}, "--fix")
    assert code == 0, said
    assert "Fixed: Deprecated predict interface names" in said
    assert not (project.folder / "predict.py").exists()
    assert project.read("cog.yaml") == OLD_YAML.replace(
        'predict: "predict.py:Predictor"  # old', 'run: "run.py:Runner" # old'
    )
    expected = OLD.replace("BasePredictor", "BaseRunner").replace("class Predictor", "class Runner")
    assert project.read("run.py") == expected.replace("def predict(self, text", "def run(self, text")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"run.py": ""}, "cannot migrate predict.py to run.py because run.py already exists"),
        (
            {"predict.py": OLD.replace("import BasePredictor", "import BasePredictor as B")},
            "Manual migration required: ",
        ),
        ({"predict.py": OLD.replace("(BasePredictor)", "")}, "Manual migration required: "),
        ({"cog.yaml": OLD_YAML.replace("predict.py:", "./predict.py:")}, "Manual migration required: "),
    ],
)
def test_fix_leaves_what_it_does_not_understand(tmp_path: Path, files: dict[str, str], why: str) -> None:
    before = {"cog.yaml": OLD_YAML, "predict.py": OLD, **files}
    project, code, said = doctor(tmp_path, before, "--fix")
    assert code == 1
    assert why in said
    assert {name: project.read(name) for name in before} == before


def test_fix_of_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    _, code, said = doctor(tmp_path, {"cog.yaml": OLD_YAML}, "--fix")
    assert code == 1
    assert "Remediation: Create predict.py or update the predict field in cog.yaml" in said


def test_fix_moves_models_to_cogs_base(tmp_path: Path) -> None:
    project, code, said = doctor(tmp_path, {"cog.yaml": YAML, "run.py": PYDANTIC}, "--fix")
    assert code == 0, said
    text = project.read("run.py")
    assert "from cog import BaseRunner, Path, BaseModel\n" in text
    assert "pydantic" not in text and "model_config" not in text


def test_fix_keeps_pydantic_where_it_is_used(tmp_path: Path) -> None:
    plain = PYDANTIC.replace("class Runner", "class Plain(BaseModel):\n    x: int\n\n\nclass Runner")
    project, _, _ = doctor(tmp_path, {"cog.yaml": YAML, "run.py": plain}, "--fix")
    text = project.read("run.py")
    assert "from cog import BaseRunner, Path, BaseModel as CogBaseModel\nfrom pydantic import BaseModel\n" in text
    assert "class Output(CogBaseModel):" in text and "class Plain(BaseModel):" in text


def test_fix_removes_an_import_that_is_gone_and_what_uses_it(tmp_path: Path) -> None:
    project, code, said = doctor(tmp_path, {"cog.yaml": YAML, "run.py": WARNING}, "--fix")
    assert code == 0, said
    text = project.read("run.py")
    assert "warnings" not in text and "cog.types" not in text
    assert "class Runner(BaseRunner):" in text


def test_init_writes_a_project_that_is_sound(tmp_path: Path) -> None:
    project = Project(tmp_path, {})
    done = project.run("init")
    assert (done.returncode, done.stdout) == (0, "")
    lines = [line for line in done.stderr.splitlines() if line]
    assert lines[0] == "Setting up the current directory for use with Cog..."
    assert "https://" in lines[-1]
    names = {str(path.relative_to(project.folder)) for path in project.folder.rglob("*") if path.is_file()}
    assert names == {"cog.yaml", "run.py", "requirements.txt", ".dockerignore", ".github/workflows/push.yaml"}
    assert not any("predict(" in project.read(name) or "Predictor" in project.read(name) for name in names)
    assert project.run("debug").returncode == 0
    assert project.run("doctor", **SKIP).returncode == 0


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    project = Project(tmp_path, {"run.py": "mine\n"})
    done = project.run("init")
    assert "Skipped existing run.py" in done.stderr
    assert "Creating cog.yaml" in done.stderr
    assert project.read("run.py") == "mine\n"


def test_init_says_what_cannot_be_written(tmp_path: Path) -> None:
    project = Project(tmp_path, {".github": "a file\n"})
    done = project.run("init")
    assert done.returncode == 1
    assert "cannot write .github/workflows/push.yaml: " in done.stderr
