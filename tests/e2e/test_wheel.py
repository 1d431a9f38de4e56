"""The wheel as users get it: installed offline, in images with other C libraries or none."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from gpus import FakeGpus
from packaged import InstalledServer, debian, in_root, needs_plain_build, needs_root, pack, wheel
from tool import cog, make_project, succeeded

pytestmark = needs_plain_build

MODEL = """
import json, os, sys
from cog import BasePredictor

class Predictor(BasePredictor):
    def predict(self, name: str) -> str:
        with open("/proc/self/maps") as maps:
            libraries = maps.read()
        return json.dumps({"name": name, "python": sys.prefix, "environment": dict(os.environ), "maps": libraries})
"""


def make_library(folder: Path) -> Path:
    library = folder / "libmark.so"
    subprocess.run(["gcc", "-shared", "-x", "c", "/dev/null", "-o", library], check=True)
    return library


def install_into(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--target", str(folder), str(wheel())]
    subprocess.run(pip, check=True)


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin/pip", "install", "-q", "--no-index", wheel()], check=True)
    return folder


def test_every_member_is_recorded() -> None:
    with zipfile.ZipFile(wheel()) as archive:
        record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        rows = [line.rsplit(",", 2) for line in archive.read(record).decode().splitlines()]
        assert [row[0] for row in rows] == archive.namelist()
        for name, digest, size in rows[:-1]:
            content = archive.read(name)
            actual = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            assert (digest, size) == (f"sha256={actual}", str(len(content)))


def test_licences_of_all_libraries_travel_along() -> None:
    with zipfile.ZipFile(wheel()) as archive:
        licences = {Path(name).name for name in archive.namelist() if ".dist-info/licenses/" in name}
        libraries = [name for name in archive.namelist() if name.startswith("cog/_bin/lib/")]
    assert {"LICENSE", "libc6", "libcaf-core0.17", "libcurl4", "libstdc++6", "libboost1.81-dev", "musl"} <= licences
    assert any("/ld-linux" in name for name in libraries)
    assert len(libraries) > 10


def test_a_bill_of_materials_lists_what_travels_along() -> None:
    with zipfile.ZipFile(wheel()) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/sboms/cog-cpp.cyclonedx.json"))
        bill = json.loads(archive.read(name))
        licences = {Path(name).name for name in archive.namelist() if ".dist-info/licenses/" in name}
    assert {part["name"] for part in bill["components"]} == licences - {"LICENSE"}


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    assert pack(tmp_path).read_bytes() == wheel().read_bytes()


def test_the_package_imports(venv: Path) -> None:
    shown = subprocess.run([venv / "bin/python", "-c", "import cog; print(cog.__version__)"], stdout=subprocess.PIPE)
    assert shown.stdout == b"0.23.1\n"


def test_the_program_starts_through_a_link_without_any_environment(venv: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere"
    link.symlink_to(venv / "bin/coglet")
    shown = subprocess.run([link, "--version"], stdout=subprocess.PIPE, env={}, text=True)
    version = wheel().name.split("-")[1]
    assert shown.stdout == f"coglet (C++) {version}\n"


def test_a_program_without_its_files_says_so(venv: Path, tmp_path: Path) -> None:
    copy = shutil.copy(venv / "bin/coglet", tmp_path)
    shown = subprocess.run([copy, "--version"], stderr=subprocess.PIPE, text=True)
    assert shown.returncode == 1
    assert "install it again" in shown.stderr


def test_pip_install_target(tmp_path: Path) -> None:
    install_into(tmp_path)
    shown = subprocess.run([tmp_path / "bin/coglet", "--version"], stdout=subprocess.PIPE, text=True)
    assert shown.stdout.startswith("coglet ")


@pytest.mark.parametrize("command", [["coglet"], ["python", "-m", "cog.server.http"]], ids=["coglet", "python -m"])
def test_serves_from_a_venv_off_path(venv: Path, tmp_path: Path, command: list[str]) -> None:
    start = [str(venv / "bin" / command[0]), *command[1:]]
    with InstalledServer(tmp_path, start, MODEL) as server:
        seen = json.loads(server.output(name="Ada"))
    assert seen["name"] == "Ada"
    assert seen["python"] == str(venv)
    assert not [value for value in seen["environment"].values() if "cog/_bin" in value]
    assert "LD_LIBRARY_PATH" not in seen["environment"]


def test_every_flag_of_the_reference(venv: Path, tmp_path: Path) -> None:
    flags = ["--host", "127.0.0.1", "--upload-url", "http://127.0.0.1:1/", "--threads", "4", "--x-mode", "predict"]
    start = [str(venv / "bin/python"), "-m", "cog.server.http", *flags, "--await-explicit-shutdown", "true"]
    with InstalledServer(tmp_path, start, MODEL) as server:
        server.signal(signal.SIGTERM)
        assert json.loads(server.output(name="Ada"))["name"] == "Ada"
        assert server.request("POST", "/shutdown").status == 200
        assert server.wait() == 0
    for flag, code, word in (
        ("--version", 0, "coglet"),
        ("--help", 0, "--await-explicit-shutdown"),
        ("--nonsense", 2, "--"),
    ):
        shown = subprocess.run([*start[:3], flag], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert (shown.returncode, word in shown.stdout) == (code, True)


def test_the_tool_runs_a_model_from_a_venv_off_path(venv: Path, tmp_path: Path) -> None:
    """Its own parts go into the project's environment by reference, and nothing private into that of the model."""
    project = make_project(tmp_path, MODEL, yaml='build:\n  python_version: "3.11"\nrun: run.py:Predictor\n')
    library = make_library(tmp_path)
    preloaded = {"LD_PRELOAD": str(library)}
    done = succeeded(cog(project, "run", "-i", "name=Ada", program=venv / "bin/cog", env=preloaded))
    seen = json.loads(done.stdout)
    assert seen["name"] == "Ada"
    assert seen["python"] == str(project / ".cog/venv")
    assert library.name in seen["maps"]
    assert not [value for value in seen["environment"].values() if "cog/_bin/lib" in value]
    shown = succeeded(cog(project, "exec", "python", "-c", "import cog; print(cog.__file__)", program=venv / "bin/cog"))
    assert shown.stdout == f"{project}/.cog/venv/cog-cpp/cog/__init__.py\n"


def test_ld_preload_is_for_the_workers(venv: Path, tmp_path: Path) -> None:
    library = make_library(tmp_path)
    with InstalledServer(tmp_path, [str(venv / "bin/coglet")], MODEL, LD_PRELOAD=str(library)) as server:
        seen = json.loads(server.output(name="Ada"))
        own = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert seen["environment"]["LD_PRELOAD"] == str(library)
    assert "COG_LD_PRELOAD" not in seen["environment"]
    assert library.name in seen["maps"]
    assert library.name not in own
    assert "cog/_bin/lib/libc.so.6" in own


def test_a_driver_is_looked_for_in_ld_library_path(venv: Path, tmp_path: Path) -> None:
    debugged = {"LD_LIBRARY_PATH": str(tmp_path), "LD_DEBUG": "libs"}
    shown = subprocess.run([venv / "bin/coglet", "--version"], stderr=subprocess.PIPE, text=True, env=debugged)
    private = venv.resolve() / f"lib/python3.{sys.version_info.minor}/site-packages/cog/_bin/lib"
    searched = "".join(line for line in shown.stderr.splitlines() if "search path=" in line)
    assert str(private) in searched
    order = [f"{private}", f"{tmp_path}", "/usr/local/nvidia/lib64"]
    assert [searched.index(folder) for folder in order] == sorted(searched.index(folder) for folder in order)


def test_a_driver_is_loaded_from_there_with_the_c_library_of_the_wheel(venv: Path, tmp_path: Path) -> None:
    private = venv.resolve() / f"lib/python3.{sys.version_info.minor}/site-packages/cog/_bin/lib"
    for part in ("libdl.so.2", "libm.so.6", "libpthread.so.0"):  # what NVIDIA's library needs
        assert (private / part).exists()
    gpus = FakeGpus(tmp_path, 1)
    with InstalledServer(tmp_path, [str(venv / "bin/coglet")], MODEL, **gpus.environment) as server:
        server.wait_for_log("devices: found, count=1")


@needs_root
def test_serves_on_an_older_glibc(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["tar", "-C", root, "-xf", debian("bullseye", "python3", "python3-pip")], check=True)
    shutil.copy(wheel(), root)
    (root / "src").mkdir()
    (root / "src/predict.py").write_text(MODEL)
    subprocess.run(in_root(root, "pip3", "install", "-q", "--no-index", f"/{wheel().name}"), check=True)
    start = in_root(root, "/usr/local/bin/coglet", "--project", "/src")
    with InstalledServer(tmp_path, start, MODEL, TMPDIR="/tmp") as server:
        seen = json.loads(server.output(name="Ada"))
    assert seen["name"] == "Ada"
    assert "libc-2.31.so" in seen["maps"]


@needs_root
def test_starts_where_musl_is_the_only_c_library(tmp_path: Path) -> None:
    for folder in ("bin", "dev", "lib", "proc", "opt"):
        (tmp_path / folder).mkdir()
    shutil.copy("/usr/bin/busybox", tmp_path / "bin")
    (tmp_path / "bin/sh").symlink_to("busybox")
    shutil.copy("/usr/lib/x86_64-linux-musl/libc.so", tmp_path / "lib/ld-musl-x86_64.so.1")
    program = tmp_path / "program.c"
    program.write_text('#include <stdio.h>\nint main(void) { puts("musl"); }\n')
    subprocess.run(["musl-gcc", program, "-o", tmp_path / "bin/program"], check=True)
    install_into(tmp_path / "opt")
    script = "/bin/program && /opt/bin/coglet --version"
    shown = subprocess.run(in_root(tmp_path, "/bin/sh", "-c", script), stdout=subprocess.PIPE, text=True)
    version = wheel().name.split("-")[1]
    assert shown.stdout == f"musl\ncoglet (C++) {version}\n"
