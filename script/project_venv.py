"""Makes PROJECT/.cog/venv from cog.yaml and prints its Python: project_venv.py PROJECT SDK_FOLDER

The environment is reused until cog.yaml's packages, the Python version or the place of the SDK change.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import yaml

MANAGED = re.compile(r"^(cog|coglet)\b(?![-_.\w])", re.IGNORECASE)


def fail(message: str) -> NoReturn:
    sys.exit(f"script/server: {message}")


def read_build(project: Path) -> dict[str, Any]:
    """The `build` stanza of cog.yaml; scalars as text, so that `python_version: 3.10` stays 3.10."""
    try:
        config = yaml.load((project / "cog.yaml").read_text(), Loader=yaml.BaseLoader) or {}
    except (OSError, yaml.YAMLError) as error:
        fail(f"cannot read {project / 'cog.yaml'}: {error}")
    return config.get("build") or {}


def requirements(project: Path, build: dict[str, Any]) -> list[str]:
    """The lines to install, without the packages that this product itself provides."""
    lines = [line.strip() for line in build.get("python_packages") or []]
    if name := build.get("python_requirements"):
        try:
            lines += [line.strip() for line in (project / name).read_text().splitlines()]
        except OSError as error:
            fail(f"cannot read the file of build.python_requirements: {error}")
    return [line for line in lines if line and not line.startswith("#") and not MANAGED.match(line)]


def choose_python(build: dict[str, Any]) -> str:
    wanted = ".".join(build.get("python_version", "").split(".")[:2])
    if wanted and (found := shutil.which(f"python{wanted}")):
        return found
    if not (found := shutil.which("python3")):
        fail("no python3 on PATH")
    if wanted and wanted not in run(found, "--version"):
        print(f"script/server: no python{wanted} on PATH, using {run(found, '--version')}", file=sys.stderr)
    return found


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def warn_of_system_packages(build: dict[str, Any]) -> None:
    packages = build.get("system_packages") or []
    if not packages or not shutil.which("dpkg-query"):
        return
    query = ["dpkg-query", "-W", "-f=${db:Status-Status} ${Package}\n", *packages]
    listed = subprocess.run(query, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    installed = {line.split()[-1] for line in listed.splitlines() if line.startswith("installed ")}
    if missing := [package for package in packages if package not in installed]:
        print(f"script/server: not installed, but in system_packages: {' '.join(missing)}", file=sys.stderr)


def make(venv: Path, python: str, lines: list[str], sdk: Path) -> None:
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([python, "-m", "venv", *([] if lines else ["--without-pip"]), str(venv)], check=True)
    site = run(str(venv / "bin/python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    (Path(site) / "cog-cpp-source.pth").write_text(f"{sdk}\n")
    if lines:
        listed = venv / "requirements.txt"
        listed.write_text("".join(f"{line}\n" for line in lines))
        install = [str(venv / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(listed)], check=True, cwd=venv.parent.parent, stdout=sys.stderr)


def main(project: Path, sdk: Path) -> None:
    build = read_build(project)
    warn_of_system_packages(build)
    lines = requirements(project, build)
    python = choose_python(build)
    venv = project / ".cog/venv"
    stamp = venv / "inputs.sha256"
    inputs = hashlib.sha256("\n".join([python, run(python, "--version"), str(sdk), *lines]).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != inputs:
        print(f"script/server: making {venv}", file=sys.stderr)
        try:
            make(venv, python, lines, sdk)
        except subprocess.CalledProcessError as error:
            fail(f"could not make {venv}: {error}")
        stamp.write_text(inputs)
    print(venv / "bin/python")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
