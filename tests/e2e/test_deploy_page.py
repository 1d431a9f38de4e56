"""docs/deploy.md: every line of its shell blocks is run in turn, as a reader would."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from docker_engine import BASE, Engine
from packaged import needs_plain_build, needs_root, wheel
from server import REPOSITORY
from test_getting_started import lines_of as lines_of_first_page
from test_getting_started import run

pytestmark = [needs_root, needs_plain_build]

PAGE = (REPOSITORY / "docs" / "deploy.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_every_block_is_tried_or_is_no_command() -> None:
    assert {language for language, _ in BLOCKS} == {"sh", "yaml"}
    assert PAGE.count("```") == 2 * len(BLOCKS)


@pytest.mark.skipif(not shutil.which("dockerd"), reason="there is no dockerd")
def test_it_is_deployed(engine: Engine, tmp_path: Path) -> None:
    given = {**engine.variables, "COG_BASE_IMAGE": BASE, "COG_SDK_WHEEL": str(wheel()), "COG_ENGINE": None}
    commands = "".join(lines for language, lines in BLOCKS if language == "sh")
    printed = run(tmp_path, lines_of_first_page("Write a model") + commands, given, engine.within)
    for seen in ('"output":"bonjour Ada"', '"output":"hello Grace"', '"output":"hello Ada"', "cog_slots 1", "READY"):
        assert seen in printed
    assert "kind: HorizontalPodAutoscaler" in (tmp_path / "greeter/kubernetes.yaml").read_text()
    engine.docker("rmi", "-f", "greeter")
