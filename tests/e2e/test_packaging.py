"""Other ways than the wheel to get the product: `meson install`, `pip install .`, a source archive."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

from packaged import BUILD, needs_plain_build, needs_root, wheel
from server import REPOSITORY
from tool import make_project, succeeded

pytestmark = needs_plain_build

MODEL = """
from cog import BaseRunner

class Runner(BaseRunner):
    def run(self, name: str) -> str:
        return "hello " + name
"""
AS_INSTALLED = 'mount --bind "$0/usr/local" /usr/local && cd "$1" && shift && exec "$@"'


@needs_root
def test_what_meson_installs_serves_a_model(tmp_path: Path) -> None:
    root = tmp_path / "root"
    subprocess.run(["meson", "install", "-C", BUILD, "--quiet", "--destdir", root], check=True, capture_output=True)
    assert ".TH cog\\-run 1" in (root / "usr/local/share/man/man1/cog-run.1").read_text()
    project = make_project(tmp_path, MODEL)
    command = ["env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "COG_ENGINE=host", f"HOME={tmp_path}"]
    command += ["cog", "run", "-i", "name=Ada"]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", AS_INSTALLED, str(root), str(project), *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert succeeded(done).stdout == "hello Ada\n"


def test_the_metadata_say_what_it_is() -> None:
    with zipfile.ZipFile(wheel()) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        fields = Parser().parsestr(archive.read(name).decode())
    assert fields["Name"] == "cog-cpp"
    assert fields["Requires-Python"] == ">=3.9"
    assert "Operating System :: POSIX :: Linux" in fields.get_all("Classifier", [])
    assert fields["Description-Content-Type"] == "text/markdown"
    assert fields.get_payload() == (REPOSITORY / "README.md").read_text()


def test_pip_builds_a_wheel_of_the_checkout(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    options = ["-w", str(tmp_path), f"--config-settings=build-folder={BUILD}"]
    subprocess.run([*pip, *options, str(REPOSITORY)], check=True, capture_output=True)
    (made,) = tmp_path.glob("*.whl")
    assert made.name == wheel().name
    with zipfile.ZipFile(made) as archive:
        assert {"cog/__init__.py", "cog/_bin/programs/coglet", "cog/_bin/programs/cog"} <= set(archive.namelist())


def test_a_source_archive_holds_what_git_knows(tmp_path: Path) -> None:
    build = "import pep517, sys; print(pep517.build_sdist(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, tmp_path],
        env={"PYTHONPATH": str(REPOSITORY / "script"), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        text=True,
    )
    name = done.stdout.strip()
    stem = name.removesuffix(".tar.gz")
    with tarfile.open(tmp_path / name) as archive:
        members = set(archive.getnames())
    assert {f"{stem}/PKG-INFO", f"{stem}/meson.build", f"{stem}/src/main.cpp", f"{stem}/script/wheel"} <= members
    assert not any("/build/" in member or "__pycache__" in member for member in members)
