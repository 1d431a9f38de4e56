"""Modules of a project whose source changes while the server runs: only the source counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOAD = """
import json, os, sys
from cog import predictor
from cog._worker import fresh_sources
sys.path.insert(0, "")
if "fresh" in sys.argv:
    fresh_sources.install(os.getcwd())
    predictor.source_loader = fresh_sources.FreshLoader
model = predictor.load_predictor_from_ref("model.py:Runner")
import packaged, json.tool
print(json.dumps([model.run(), type(packaged.__loader__).__name__, type(json.tool.__loader__).__name__]))
"""
MODEL = """
import lib.tool

class Runner:
    def run(self) -> str:
        return "{model}" + lib.tool.WORD
"""


def load(project: Path, *arguments: str) -> list[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *arguments],
        cwd=project,
        env={**variables, "PYTHONPATH": f"{REPOSITORY / 'python'}:{project / 'venv/lib/site-packages'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [str(word) for word in json.loads(done.stdout)]


def write(path: Path, text: str) -> None:
    """As if all were saved within the same second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def make_project(folder: Path) -> Path:
    write(folder / "model.py", MODEL.format(model="a"))
    write(folder / "lib/__init__.py", "")
    write(folder / "lib/tool.py", "WORD = 'a'\n")
    write(folder / "venv/lib/site-packages/packaged.py", "")
    return folder


def test_a_change_within_the_same_second_counts(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    assert load(project) == ["aa", "SourceFileLoader", "SourceFileLoader"]  # and bytecode is kept
    write(project / "model.py", MODEL.format(model="b"))
    write(project / "lib/tool.py", "WORD = 'b'\n")
    assert load(project, "fresh")[0] == "bb"
    assert load(project)[0] == "aa", "Python has begun to tell them apart: fresh_sources is not needed any more"


def test_no_bytecode_is_left_in_the_project(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    assert load(project, "fresh") == ["aa", "SourceFileLoader", "SourceFileLoader"]
    kept = [path.relative_to(project).parts[0] for path in project.rglob("*.pyc")]
    assert kept == ["venv"]
