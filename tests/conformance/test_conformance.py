"""Every scenario on both servers: the same transcript, or the difference that differences.md explains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from package_venv import Unavailable
from pair import REFERENCE, Pairs
from replay import Replay
from scenario import Scenario, read_all

SCENARIOS = read_all()
DIFFERENCES = Path(__file__).parent / "differences.md"


@pytest.fixture(scope="module")
def pairs() -> Iterator[Pairs]:
    try:
        REFERENCE.install()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with Pairs() as started:
        yield started


def transcripts(scenario: Scenario, pairs: Pairs) -> dict[str, list[Any]]:
    names = ("ours",) if scenario.skip else ("ours", "reference")
    running = pairs.of(scenario.setting, names)
    try:
        return {name: Replay(scenario, running[name]).run() for name in names}
    except BaseException:
        for name in names:
            print(f"== log of {name}\n{running[name].log()[-4000:]}")
        raise
    finally:
        if scenario.setting.own:
            pairs.stop()


def text(transcript: Any) -> str:
    """Keeps the order of keys: it is part of the contract."""
    return json.dumps(transcript, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, pairs: Pairs) -> None:
    got = transcripts(scenario, pairs)
    if scenario.difference or scenario.skip:
        assert text(got["ours"]) == text(scenario.ours)
    if not scenario.skip and scenario.difference:
        assert text(got["ours"]) != text(got["reference"]), "the difference is gone: the row and `ours` may go"
    elif not scenario.skip:
        assert text(got["ours"]) == text(got["reference"])


def test_every_difference_has_its_row_and_its_scenario() -> None:
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", DIFFERENCES.read_text(), re.MULTILINE))
    assert rows == {scenario.difference for scenario in SCENARIOS if scenario.difference}


def test_there_are_enough_scenarios() -> None:
    assert len(SCENARIOS) >= 250
