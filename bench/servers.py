"""How each server is started on a model."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cases import FLOOR, MOSEC, OURS, REFERENCE, Case

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
# Ours runs with the interpreter that the virtual environment was made from: the reference's packages are not in it.
BARE_PYTHON = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


@dataclass(frozen=True)
class Launch:
    command: list[str]
    folder: Path
    environment: dict[str, str]


def programs(build: Path) -> dict[str, Path]:
    """What must have been built before a server can start."""
    return {OURS: build / "coglet", FLOOR: build / "bench" / "floor"}


def prepare(server: str, case: Case, build: Path, port: int, name: str) -> Launch:
    """A fresh folder `name` with the model, and the command that serves it on `port` of the loopback interface."""
    folder = build / "bench-work" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(BENCH / "models" / f"{case.model}.py", folder)
    reference = f"{case.model}.py:Predictor"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("COG_", "MOSEC_", "PYTHON"))}
    cog_environment = {**environment, "COG_PREDICT_TYPE_STUB": reference, "COG_MAX_CONCURRENCY": str(case.slots)}
    if server == OURS:
        command = [str(programs(build)[OURS]), "--host", "127.0.0.1", "--port", str(port), "--project", str(folder)]
        sdk = {"COG_PYTHON": BARE_PYTHON, "PYTHONPATH": str(ROOT / "python")}
        return Launch(command, folder, {**cog_environment, **sdk, **case.settings, **_gpus(case, folder, build)})
    if server == REFERENCE:
        document = folder / ".cog" / "openapi_schema.json"
        document.parent.mkdir()
        document.write_text(json.dumps(_openapi_document(reference, folder)))
        command = [sys.executable, "-m", "cog.server.http", "--host", "127.0.0.1"]
        # Its worker is the first `python` of PATH.
        path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
        return Launch(command, folder, {**cog_environment, "PORT": str(port), "PATH": path})
    if server == MOSEC:
        command = [sys.executable, str(BENCH / "mosec_hello.py"), "--address", "127.0.0.1", "--port", str(port)]
        own = {
            "HELLO_WAIT": "0.02" if case.model in ("wait_sync", "wait_batch") else "0",
            "HELLO_WORKERS": str(case.slots),
        }
        own["HELLO_BATCH"] = "8" if case.model == "wait_batch" and "COG_BATCH_SIZE" not in case.settings else "1"
        return Launch([*command, "--path", str(folder / "sockets")], folder, {**environment, **own})
    child = "floor_wait_child.py" if case.model == "wait_async" else "floor_child.py"
    command = [str(programs(build)[FLOOR]), str(port), BARE_PYTHON, str(BENCH / child)]
    return Launch(command, folder, environment)


def _gpus(case: Case, folder: Path, build: Path) -> dict[str, str]:
    """The environment of a process on a machine with so many pretended GPUs."""
    if case.gpus == 0:
        return {}
    facts = folder / "gpus"
    facts.write_text("".join(f"gpu GPU-{index} 80000 0 0 9.0 Fake\n" for index in range(case.gpus)))
    return {
        "LD_LIBRARY_PATH": str((build / "tests" / "support" / "fake_driver").resolve()),
        "COG_FAKE_GPUS": str(facts),
    }


def _openapi_document(reference: str, folder: Path) -> object:
    """The reference validates against a document made when an image is built; we make it from the model."""
    made = subprocess.run(
        [BARE_PYTHON, "-m", "cog.schema", reference],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(made.stdout)
