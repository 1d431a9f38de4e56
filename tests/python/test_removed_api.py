"""The API of 2021 is gone: what a model that uses it is told, and how `cog doctor` rewrites it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import cog
from cog._removed import RemovedError

OLD = """import cog


class Model(cog.Predictor):
    def setup(self):
        self.times = 2

    @cog.input("text", type=str, help="What to say")
    @cog.input(
        "scale", type=float, default=1.5,
        min=0, max=10,
    )
    @cog.input("mode", type=str, default="a", options=["a", "b"])
    def predict(self, text, scale, mode):
        return f"{text} {mode}"
"""
NEW = (
    'text: str = cog.Input(description="What to say"), scale: float = cog.Input(default=1.5, ge=0, le=10), '
    'mode: str = cog.Input(default="a", choices=["a", "b"])'
)


def doctor(folder: Path, source: str, fix: bool = True) -> dict[str, list[dict[str, object]]]:
    (folder / "predict.py").write_text(source)
    references = [{"field": "predict", "value": "predict.py:Model", "line": 3}]
    request = {"folder": str(folder), "config": "cog.yaml", "fix": fix, "references": references}
    done = subprocess.run(
        [sys.executable, "-m", "cog._doctor", json.dumps(request)], capture_output=True, text=True, check=True
    )
    return {name: check["findings"] for name, check in json.loads(done.stdout)["checks"].items()}


def schema(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cog.schema", *flags, "predict.py:Model"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_base_class_says_what_to_write() -> None:
    with pytest.raises(RemovedError, match=r"cog\.Predictor is gone since .*`class Old\(cog\.BaseRunner\):`"):

        class Old(cog.Predictor): ...  # type: ignore[misc]


def test_the_decorator_says_what_to_write() -> None:
    with pytest.raises(RemovedError, match=r"`size: int = cog\.Input\(default=3, description='How large'\)`"):
        cog.input("size", type=int, default=3, help="How large")  # type: ignore[operator]


def test_the_module_of_that_name_is_still_one() -> None:
    assert cog.input.Input is cog.Input


@pytest.mark.parametrize("flags", [[], ["--static"]])
def test_it_is_said_before_anything_runs(tmp_path: Path, flags: list[str]) -> None:
    (tmp_path / "predict.py").write_text(OLD)
    done = schema(tmp_path, *flags)
    assert done.returncode == 1
    assert done.stderr.startswith("RemovedError: ") and "is gone since Cog 0.1.0" in done.stderr


def test_doctor_names_class_and_method(tmp_path: Path) -> None:
    found = doctor(tmp_path, OLD, fix=False)["old_api"]
    assert [one["line"] for one in found] == [4, 8]
    assert NEW in str(found[1]["remediation"])
    assert (tmp_path / "predict.py").read_text() == OLD


def test_doctor_rewrites_it(tmp_path: Path) -> None:
    assert all(one["fixed"] for one in doctor(tmp_path, OLD)["old_api"])
    text = (tmp_path / "predict.py").read_text()
    assert "class Model(cog.BasePredictor):" in text
    assert f"    def predict(self, {NEW}) -> str:\n" in text
    done = schema(tmp_path, "--static")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["components"]["schemas"]["Input"]["properties"]) == {"text", "scale", "mode"}
    assert doctor(tmp_path, text)["old_api"] == []


def test_doctor_rewrites_imported_names(tmp_path: Path) -> None:
    source = OLD.replace("import cog\n", "from cog import Predictor, input\n", 1).replace("cog.", "")
    doctor(tmp_path, source)
    text = (tmp_path / "predict.py").read_text()
    assert text.startswith("from cog import BasePredictor, Input\n")
    assert NEW.replace("cog.", "") in text


@pytest.mark.parametrize(
    ("old", "new"), [("(self, text, scale, mode)", "(self, **inputs)"), ("type=str, help", "help"), ("min=", "step=")]
)
def test_doctor_leaves_what_it_does_not_understand(tmp_path: Path, old: str, new: str) -> None:
    source = OLD.replace(old, new)
    found = doctor(tmp_path, source)["old_api"]
    assert found and not any(one["fixable"] for one in found)
    assert (tmp_path / "predict.py").read_text() == source
