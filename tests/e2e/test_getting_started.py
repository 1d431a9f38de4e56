"""docs/getting-started.md: every line of its shell blocks is run as a reader would, the result of each part seen."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

import cog_tool
import pytest
from docker_engine import BASE, Engine
from packaged import wheel
from server import PATIENCE, REPOSITORY
from tool import environment

PAGE = (REPOSITORY / "docs" / "getting-started.md").read_text()
PARTS = dict(zip(re.findall(r"^## (.*)$", PAGE, re.MULTILINE), re.split(r"^## .*$", PAGE, flags=re.MULTILINE)[1:]))


def lines_of(part: str) -> str:
    return "".join(re.findall(r"^```sh\n(.*?)^```$", PARTS[part], re.MULTILINE | re.DOTALL))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def run(folder: Path, script: str, variables: Mapping[str, Optional[str]], within: tuple[str, ...] = ()) -> str:
    """Standard output of the lines in one shell, which ends at the first that fails."""
    done = subprocess.run(
        [*within, "bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment({"PATH": f"{cog_tool.tool().parent}:/usr/local/bin:/usr/bin:/bin", **variables}),
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_part_is_tried() -> None:
    """A new part needs a test of its own; the first is what has built what is tested here."""
    assert list(PARTS) == ["Install", "Write a model", "Run it once", "Serve it", "Build it"]
    assert lines_of("Install") == 'script/build\nexport PATH="$PWD/build:$PATH"\n'
    assert PAGE.count("```") == 2 * len(re.findall(r"^```sh$", PAGE, re.MULTILINE))


def test_a_model_is_written_run_and_served(tmp_path: Path) -> None:
    port = free_port()
    serve = lines_of("Serve it").replace("8393", str(port)).replace("cog serve", f"cog serve -p {port}")
    lines = lines_of("Write a model") + lines_of("Run it once") + "set -m\n" + serve
    written = run(tmp_path, lines, {"COG_ENGINE": None})
    assert written.startswith("hello Ada\nbonjour Ada, bonjour Ada\n")
    assert '"output":"hello Grace"' in written


def test_a_wrong_input_is_told_as_the_page_says(tmp_path: Path) -> None:
    lines = lines_of("Write a model") + "cog run -i name=Ada -i times=99"
    with pytest.raises(AssertionError, match="times"):
        run(tmp_path, lines, {"COG_ENGINE": "host"})


@pytest.mark.skipif(not shutil.which("dockerd"), reason="there is no dockerd")
def test_it_is_built(engine: Engine, tmp_path: Path) -> None:
    given = {**engine.variables, "COG_BASE_IMAGE": BASE, "COG_SDK_WHEEL": str(wheel()), "COG_ENGINE": None}
    printed = run(tmp_path, lines_of("Write a model") + lines_of("Build it"), given, engine.within)
    assert printed.startswith("hello Linus\n")
    assert '"output":"bonjour Linus"' in printed
    engine.docker("rmi", "-f", "greeter")
