"""Time from `docker run` to READY beside the reference in the same base image. Called by `script/bench image-ready`.

Two images of examples/hello-world, on a base with Python's byte code in it and on one without, as Python's official
images are: ours by `cog build`, the other by pip and with the command that `cog build` of the reference ends with (but
without its init). The containers are started in turns by a Docker engine of this script's own. Needs root.
COG_SDK_WHEEL names another wheel than that of the build folder.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))

from cog_tool import tool  # noqa: E402
from docker_engine import BASE, Engine, private_engine  # noqa: E402
from packaged import debian, wheel  # noqa: E402

MODEL = ROOT / "examples/hello-world"
REFERENCE = ("cog==0.23.1", "coglet==0.23.1")
PORT = 6001
LIMIT = 60.0  # seconds for one start


@dataclass
class Image:
    name: str
    base: str
    size: int = 0  # bytes on top of the base
    ready: list[float] = field(default_factory=list)  # seconds from `docker run`
    inside: list[float] = field(default_factory=list)  # seconds from the return of `docker run --detach`


def size_of(engine: Engine, image: str) -> int:
    return int(engine.docker("image", "inspect", "-f", "{{.Size}}", image))


def make_bare(engine: Engine, folder: Path) -> str:
    folder.mkdir()
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nRUN find / -xdev -name '*.pyc' -delete\n")
    engine.docker("build", "-q", "-t", "flat", str(folder))
    # In one layer again, so that sizes on top of it are right.
    made = engine.docker("create", "flat", "true")
    tar = folder / "bare.tar"
    engine.docker("export", "-o", str(tar), made)
    engine.docker("rm", made)
    engine.docker("import", str(tar), "bare")
    tar.unlink()
    return "bare"


def build_ours(engine: Engine, project: Path, base: str) -> Image:
    name = f"ours-{base}"
    variables = {
        **engine.variables,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(project),
        "COG_BASE_IMAGE": base,
        "COG_SDK_WHEEL": os.environ.get("COG_SDK_WHEEL") or str(wheel()),
    }
    command = [*engine.within, str(tool()), "build", "-t", name, "--progress", "quiet"]
    subprocess.run(command, cwd=project, env=variables, check=True)
    return Image(name, base, size_of(engine, name) - size_of(engine, base))


def build_reference(engine: Engine, project: Path, wheels: Path, base: str) -> Image:
    name = f"reference-{base}"
    command = ["python", "-m", "pip", "install", "-q", "--no-index", "--find-links", "/wheels", "--no-cache-dir"]
    command += ["--break-system-packages", "--root-user-action", "ignore", *REFERENCE]
    engine.docker("run", "--name", "installed", "--network", "none", "-v", f"{wheels}:/wheels:ro", base, *command)
    engine.docker("commit", "installed", "installed")
    engine.docker("rm", "installed")
    (project / "Dockerfile").write_text(
        "FROM installed\nWORKDIR /src\nENV PYTHONUNBUFFERED=1\nENV COG_PREDICT_TYPE_STUB=predict.py:Predictor\n"
        'EXPOSE 5000\nCMD ["python", "-m", "cog.server.http"]\nCOPY . /src\n'
    )
    engine.docker("build", "-q", "-t", name, str(project))
    (project / "Dockerfile").unlink()
    return Image(name, base, size_of(engine, name) - size_of(engine, base))


def is_ready(engine: Engine) -> bool:
    try:
        connection = engine.connect(f"127.0.0.1:{PORT}")
        connection.request("GET", "/health-check")
        status = json.load(connection.getresponse())["status"]
    except (OSError, http.client.HTTPException, ValueError):  # the engine listens before the server does
        return False
    if status not in ("STARTING", "READY"):
        raise RuntimeError(f"the server is {status}")
    return bool(status == "READY")


def start_once(engine: Engine, image: Image) -> None:
    begun = time.perf_counter()
    container = engine.docker("run", "-d", "-p", f"127.0.0.1:{PORT}:5000", image.name)
    started = time.perf_counter()
    try:
        while not is_ready(engine):
            if time.perf_counter() - begun > LIMIT:
                raise RuntimeError(f"{image.name} is not ready:\n{engine.docker('logs', container)}")
            time.sleep(0.002)
        ready = time.perf_counter()
    finally:
        engine.docker("rm", "-f", container)
    image.ready.append(ready - begun)
    image.inside.append(ready - started)


def report(ours: Image, other: Image) -> None:
    for image in (ours, other):
        spread = f"{min(image.ready):.2f}-{max(image.ready):.2f}"
        print(
            f"{image.name:20} run to READY {median(image.ready):.2f} s ({spread}), of it after the start of the "
            f"container {median(image.inside):.2f} s; {image.size / 1e6:.1f} MB on top of the base"
        )
    print(
        f"{'ratio':20} run to READY {median(ours.ready) / median(other.ready):.2f}, after the start "
        f"{median(ours.inside) / median(other.inside):.2f}, size {ours.size / other.size:.2f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10, help="starts of each image")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cog-image-ready-"))
    try:
        project = shutil.copytree(MODEL, folder / "project", ignore=shutil.ignore_patterns(".cog"))
        download = ["/usr/bin/python3", "-m", "pip", "download", "-q", "-d", str(folder / "wheels"), *REFERENCE]
        subprocess.run(download, check=True)
        with private_engine() as engine:
            engine.docker("import", str(debian("bookworm", "python3-pip", "python3-pil", "python-is-python3")), BASE)
            pairs = [
                (build_ours(engine, project, base), build_reference(engine, project, folder / "wheels", base))
                for base in (BASE, make_bare(engine, folder / "bare"))
            ]
            for number in range(options.rounds):
                for pair in pairs:
                    for image in pair if number % 2 == 0 else reversed(pair):
                        start_once(engine, image)
            for ours, other in pairs:
                report(ours, other)
            print(engine.docker("history", "--format", "table {{.CreatedBy}}\t{{.Size}}", pairs[0][0].name))
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
