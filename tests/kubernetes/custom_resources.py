"""The definitions of other projects' objects, out of their Go modules, kept for later runs outside the clone."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from components import Unavailable, cache, find_go

MODULES = {
    "github.com/kedacore/keda/v2@v2.17.2": "config/crd/bases/keda.sh_scaledobjects.yaml",
    "github.com/kserve/kserve@v0.15.2": "config/crd/full/serving.kserve.io_inferenceservices.yaml",
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"
    ),
    "knative.dev/serving@v0.46.0": "config/core/300-resources/service.yaml",
    "sigs.k8s.io/gateway-api@v1.3.0": "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
}


def definitions() -> list[Path]:
    """A file for each. Raises components.Unavailable."""
    go = find_go()
    folder = cache() / "custom-resources"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return [_definition(go, folder, module, path) for module, path in MODULES.items()]


def _definition(go: str, folder: Path, module: str, path: str) -> Path:
    kept = folder / f"{module.replace('/', '-')}.yaml"
    if not kept.exists():
        with tempfile.TemporaryDirectory(prefix="module-", dir=folder) as modules:
            environment = {**os.environ, "GOMODCACHE": modules, "GOFLAGS": "-modcacherw"}
            done = subprocess.run([go, "mod", "download", "-json", module], env=environment, capture_output=True)
            if done.returncode != 0:
                raise Unavailable(f"{module} cannot be had: {done.stdout.decode()[-300:]}")
            shutil.copy(Path(json.loads(done.stdout)["Dir"], path), kept.with_suffix(".new"))
            kept.with_suffix(".new").rename(kept)
    return kept
