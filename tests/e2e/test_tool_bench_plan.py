"""`cog bench --plan`: how many pods a rate needs, by the report of an earlier run."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from conftest import Serve
from server import REPOSITORY
from tool import cog

MODEL = """
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self) -> str:
        return "done"
"""
STEP = {"requests": 100, "errors": 0, "answers_per_second": 9.5, "latency_ms": {"mean": 105.0}}


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps({"steps": [STEP]}))
    done = cog(tmp_path, "bench", "--plan", "report.json", "--rate", "40")
    assert done.returncode == 0, done.stderr
    assert done.stdout in (REPOSITORY / "docs" / "cli.md").read_text()


def test_a_real_report_says_how_many_pods_a_rate_needs(tmp_path: Path, serve: Serve) -> None:
    target = f"http://127.0.0.1:{serve(MODEL, COG_MAX_QUEUE='1000').port}"
    measured = cog(tmp_path, "bench", target, "--clients", "4", "--requests", "40", "--output-json", "report.json")
    assert measured.returncode == 0, measured.stderr
    done = cog(tmp_path, "bench", "--plan", "report.json", "--rate", "100000", "--room", "0.5", "--pod-gpus", "2")
    assert done.returncode == 0, done.stderr
    best = max(step["answers_per_second"] for step in json.loads((tmp_path / "report.json").read_text())["steps"])
    pods = int(re.findall(r"([\d,]+) pods", done.stdout)[0].replace(",", ""))
    assert pods == math.ceil(100000 / (best * 0.5))
    assert f"GPUs: {pods * 48:.1f} hours a day" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--plan", "report.json"), "--rate"),
        (("--plan", "report.json", "--rate", "1,2"), "--rate"),
        (("--plan", "report.json", "--rate", "1", "--room", "2"), "--room"),
        (("--plan", "none.json", "--rate", "1"), "none.json cannot be read"),
        (("--plan", "report.json", "--rate", "1"), "report.json: it has no steps"),
        (("http://localhost:1", "--plan", "report.json", "--rate", "1"), "leave out http://localhost:1"),
        ((), "target is required"),
    ],
)
def test_what_cannot_be_planned_is_said(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "report.json").write_text("{}")
    done = cog(tmp_path, "bench", *arguments)
    assert done.returncode != 0 and done.stdout == ""
    assert words in done.stderr
