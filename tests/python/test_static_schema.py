"""`python -m cog.schema --static`: the document out of the source alone, and the same as from the loaded model."""

import ast
import json
import re
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
from sdk_model import PRELUDE, inside

from cog._loader import load
from cog._schema import document, dumps
from cog._static import CannotReadError, describe

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("examples/*", "bench/models", "tests/conformance/models", "tests/models")
    for path in ROOT.glob(f"{folder}/*.py")
    if "BaseRunner" in path.read_text() or "BasePredictor" in path.read_text() or "\ndef " in path.read_text()
)
NOT_LOADABLE = {"broken.py"}  # its import fails, which only running it tells
NOT_CONSTRUCTED = {"Demands"}  # its constructor wants arguments


def models_of(path):
    """The names of a file that may be models, and the modes they have."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, "predict"
        elif isinstance(node, ast.ClassDef) and node.name not in NOT_CONSTRUCTED:
            methods = {
                method.name for method in node.body if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef))
            }
            if methods & {"run", "predict"}:
                yield node.name, "predict"
            if "train" in methods:
                yield node.name, "train"


def told(describe_it, ref, mode):
    """The document, or the error in place of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dumps(document(describe_it(ref, mode)))
        except (Exception, SystemExit) as error:
            return f"{type(error).__name__}: {error}"


def both(folder, ref, mode="predict"):
    before = set(sys.modules)
    with inside(folder), pytest.MonkeyPatch.context() as patch:
        static = told(describe, ref, mode)
        patch.syspath_prepend(str(folder))
        loaded = told(load, ref, mode)
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
    return static, loaded


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_both_ways_agree_on_every_model_of_the_repository(path):
    if path.name in NOT_LOADABLE:
        return
    for name, mode in models_of(path):
        static, loaded = both(path.parent, f"{path.name}:{name}", mode)
        if "No module named" not in loaded:  # a package that is not there; the static way does not need it
            assert static == loaded, name


def sections(name: str) -> dict[str, str]:
    """Pieces of a file of tests, by their titles."""
    _, *pieces = re.split(r"^== (.*)\n", (Path(__file__).parent / name).read_text(), flags=re.MULTILINE)
    return dict(zip(pieces[::2], pieces[1::2]))


MODELS = sections("described_models.txt")


@pytest.mark.parametrize("text", MODELS.values(), ids=MODELS.keys())
def test_both_ways_agree_on_models_that_can_be_described(tmp_path, text):
    (tmp_path / "whole.py").write_text(PRELUDE + textwrap.dedent(text))
    static, loaded = both(tmp_path, "whole.py:M" if "class M" in text or "\nM = " in text else "whole.py:run")
    assert static == loaded
    assert json.loads(static)["openapi"] == "3.0.2"


@pytest.mark.parametrize(
    "text, mode",
    [
        ("def run(x) -> str: ...", "predict"),
        ("def run(x: int): ...", "predict"),
        ("def run(x: list) -> str: ...", "predict"),
        ("def run(x: Missing) -> str: ...", "predict"),
        ("def run(x: int = Input(default='a')) -> str: ...", "predict"),
        ("def run(x: int, /) -> str: ...", "predict"),
        ("class M(BaseRunner): ...", "predict"),
        ("class M(BaseRunner):\n  def run(self) -> str: ...\n  def predict(self) -> str: ...", "predict"),
        ("class M(BaseRunner):\n  def run(self) -> str: ...", "train"),
        ("class M(BaseRunner):\n  def train(self) -> str: ...", "predict"),
        ("class M:\n  @streaming\n  def run(self) -> str: ...", "predict"),
        ("class Other: ...", "predict"),
    ],
)
def test_both_ways_refuse_alike(tmp_path, text, mode):
    (tmp_path / "wrong.py").write_text("from __future__ import annotations\n" + PRELUDE + text)
    static, loaded = both(tmp_path, "wrong.py:run" if "\ndef run" in "\n" + text else "wrong.py:M", mode)
    if "class M" in text:  # where a class stands is told by its line in one way, by its module's name in the other
        static, loaded = (said.partition(" (")[0] for said in (static, loaded))
    assert static == loaded
    assert "Error: " in static


ABSENT = "import torch\nimport numpy as np\nfrom diffusers import Pipeline, SCHEDULERS\nfrom diffusers.utils import *\n"


def test_packages_that_are_not_installed_are_no_obstacle(tmp_path):
    text = f"""{ABSENT}
from pydantic import BaseModel as Model, Field
open("it-was-run", "w")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cudnn.benchmark = True
class Out(Model):
    image: Path
    score: float = Field(..., ge=0)
    note: Optional[str] = Field(default=None)
    label: str = Field(default_factory=str)
class M(BaseRunner, torch.nn.Module):
    pipe: Pipeline
    def setup(self) -> None:
        self.pipe = Pipeline.from_pretrained("x")
    @torch.inference_mode()
    def run(self, prompt: str, frames: Annotated[np.ndarray, Opaque], seed: int = Input(default=None)) -> Out: ...
"""
    (tmp_path / "absent.py").write_text(PRELUDE + text)
    with inside(tmp_path):
        schemas = document(describe("absent.py:M"))["components"]["schemas"]
    assert not (tmp_path / "it-was-run").exists()
    assert list(schemas["Input"]["properties"]) == ["prompt", "frames", "seed"]
    assert schemas["Output"]["required"] == ["image", "score"]
    assert not {"torch", "diffusers"} & set(sys.modules)


@pytest.mark.parametrize(
    "choices",
    [
        "list(TABLE)",
        "list(TABLE.keys())",
        "[key for key, _ in TABLE.items()]",
        "sorted(NAMES)",
        "[PAIRS[0][0], PAIRS[1][0]]",
    ],
)
def test_members_that_cannot_be_read_spoil_nothing_else(tmp_path, choices):
    text = f"""{ABSENT}
TABLE = {{"a": torch.load("a.pt"), "b": lambda x: torch.f(x), "c": functools.partial(torch.f, 1)}}
NAMES = {{"c", "b", "a"}}
PAIRS = [("a", torch.load("a")), ("b", torch.load("b"))]
def run(x: str = Input(choices={choices})) -> str: ...
"""
    (tmp_path / "members.py").write_text(PRELUDE + text)
    with inside(tmp_path):
        component = document(describe("members.py:run"))["components"]["schemas"]["x"]
    assert component["enum"] == ["a", "b", "c"][: 2 if "PAIRS" in choices else 3]


@pytest.mark.parametrize("title, text", sections("unreadable_models.txt").items())
def test_what_cannot_be_read_is_told_with_line_and_reason(tmp_path, title, text):
    head = "import os, torch, numpy as np; from diffusers import Pipeline, SCHEDULERS; from cog import *\n"
    (tmp_path / "unread.py").write_text(head + "from cog import Input, Path\n" + text)
    ref = "unread.py:M" if re.search(r"^(class )?M\b", text, re.MULTILINE) else "unread.py:run"
    with inside(tmp_path), pytest.raises(CannotReadError) as error:
        document(describe(ref))
    place, _, why = title.partition(": ")
    line = f", line {int(place.split()[1]) + 2}" if place != "no line" else ""
    assert why in str(error.value)
    assert f"unread.py{line})" in str(error.value)


@pytest.mark.parametrize("ref", ["model.py:M", "model.py:run", "models/inner.py:run", "models/inner.py:M"])
def test_imports_are_followed_through_the_project(tmp_path, ref):
    for name, text in sections("described_project.txt").items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    static, loaded = both(tmp_path, ref)
    assert static == loaded
    assert json.loads(static)["openapi"] == "3.0.2"


def test_a_name_that_a_file_of_the_project_lacks(tmp_path):
    (tmp_path / "settings.py").write_text("A = 1\n")
    (tmp_path / "lacks.py").write_text("from settings import B\ndef run(x: int = B) -> str: ...\n")
    with inside(tmp_path), pytest.raises(CannotReadError, match=r"has no attribute 'B' \(.*lacks.py, line 1\)"):
        describe("lacks.py:run")


def test_the_command_reads_and_does_not_run(tmp_path):
    (tmp_path / "model.py").write_text(
        "import not_installed_anywhere\nfrom cog import *\nprint('was run')\n"
        "def run(x: int = 1) -> str: ...\ndef train(y: Path) -> Path: ...\n"
    )
    command = [sys.executable, "-m", "cog.schema", "--static", "model.py:run", "--train", "model.py:train"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "python")}, capture_output=True, text=True
    )
    schemas = json.loads(done.stdout)["components"]["schemas"]
    assert {"Input", "TrainingInput"} <= set(schemas)
    assert done.stderr == ""


def test_the_command_says_what_it_cannot_read(tmp_path):
    (tmp_path / "model.py").write_text("import absent\ndef run(x: int = absent.N) -> str: ...\n")
    command = [sys.executable, "-m", "cog.schema", "--static", "model.py:run"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "python")}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"CannotReadError: `absent.N` needs absent.N, which is not part of the project: write its value "
        f"({tmp_path}/model.py, line 2)\n"
    )


SIZED = "import os\nSIZE = os.environ['SIZE']\ndef run(x: str = SIZE, y: str = os.getenv('NAME', 'none')) -> str: ...\n"


def test_the_command_knows_the_environment_that_it_is_given_and_no_other(tmp_path):
    (tmp_path / "model.py").write_text(SIZED)

    def read(*given: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "cog.schema", "--static", "model.py:run", *given]
        own = {"PYTHONPATH": str(ROOT / "python"), "NAME": "of this process", "SIZE": "of this process"}
        return subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True)

    done = read("--environment", "SIZE=a=b", "--environment", "OTHER=1")
    inputs = json.loads(done.stdout)["components"]["schemas"]["Input"]["properties"]
    assert (inputs["x"]["default"], inputs["y"]["default"]) == ("a=b", "none")
    assert "SIZE is not in the environment of cog.yaml: add it there" in read("--environment", "OTHER=1").stderr


def test_the_command_warns_of_old_names_in_short(tmp_path):
    (tmp_path / "model.py").write_text("class M:\n    def predict(self) -> str: ...\n")
    command = [sys.executable, "-m", "cog.schema", "--static", "model.py:M"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT / "python")}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "M.predict() is deprecated; use run() instead\n")


def test_the_command_tells_what_else_the_source_says(tmp_path):
    (tmp_path / "model.py").write_text(
        "import cog, not_installed_anywhere\nMOST = 3\n"
        "class A:\n    @cog.concurrent(max=MOST + 1)\n    async def run(self) -> str: ...\n"
        "class B:\n    @not_installed_anywhere.mark\n    @cog.concurrent\n    def run(self) -> str: ...\n"
        "class C:\n    async def run(self) -> str: ...\n"
    )
    environment = {"PYTHONPATH": str(ROOT / "python")}

    def facts(ref: str) -> dict[str, object]:
        command = [sys.executable, "-m", "cog.schema", "--static", "--facts", ref]
        found: dict[str, object] = json.loads(subprocess.check_output(command, cwd=tmp_path, env=environment))
        assert "Input" in json.loads(str(found.pop("document")))["components"]["schemas"]
        return found

    assert facts("model.py:A") == {"concurrency": 4, "asynchronous": True}
    assert facts("model.py:B") == {"concurrency": 1, "asynchronous": False}
    assert facts("model.py:C") == {"concurrency": None, "asynchronous": True}
