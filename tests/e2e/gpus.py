"""GPUs for the tests: pretended ones, whose drivers are built from tests/support, or those of this machine.

gpus = FakeGpus(tmp_path, 8)
server = serve(gpu_model(), COG_MAX_CONCURRENCY="8", **gpus.environment)
gpus.lose(3)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any, Optional, cast

from server import REPOSITORY

_PROBE = "import ctypes; cuda = ctypes.CDLL('libcuda.so.1'); raise SystemExit(cuda.cuInit(0))"

GPU_CHECK = REPOSITORY / "script" / "gpu-check"
"""The check of a machine with a GPU; its model is ours."""


def _load_check() -> ModuleType:
    loader = SourceFileLoader("gpu_check", str(GPU_CHECK))
    module = module_from_spec(cast(ModuleSpec, spec_from_loader("gpu_check", loader)))
    loader.exec_module(module)
    return module


_check = _load_check()


def gpu_model(setup: str = "", head: str = "", asynchronous: bool = False) -> str:
    """A model that uses the context that is current, for what each prediction's `task` says: `where`, `meet3` (it too,
    once three processes have been asked), `store`, `hold50` (ms), `raise`, `poison`. `setup` is one line of it,
    `head` comes first in the file."""
    return head + str(_check.gpu_model(setup, asynchronous))


def has_real_gpu() -> bool:
    probe = subprocess.run([sys.executable, "-c", _PROBE], stderr=subprocess.DEVNULL, timeout=120, check=False)
    return probe.returncode == 0


def drivers(name: str = "fake_driver") -> Path:
    build = REPOSITORY / os.environ.get("COG_BUILD_DIR", "build")
    folder = build / "tests" / "support" / name
    assert (folder / "libnvidia-ml.so.1").exists(), f"no stand-ins in {folder}: ninja -C {build} fake-drivers"
    return folder


class FakeGpus:
    """Facts that the stand-ins for NVIDIA's libraries read at each call; tests/support/fake_driver/state.hpp."""

    def __init__(self, folder: Path, count: int, *facts: str, driver: str = "fake_driver") -> None:
        self._path = Path(tempfile.mkdtemp(prefix="gpus-", dir=folder)) / "facts"
        self._facts = ["driver 550.54.15 12040"]
        self._facts += [f"gpu {self.uuid(index)} 80000 {500 + index} {index} 9.0 Fake H100" for index in range(count)]
        self.environment: dict[str, Any] = {"LD_LIBRARY_PATH": str(drivers(driver)), "COG_FAKE_GPUS": str(self._path)}
        self.add(*facts)

    @staticmethod
    def uuid(index: int) -> str:
        return f"GPU-0000000{index}"

    def add(self, *facts: str) -> None:
        self._facts += facts
        self._write()

    def remove(self, fact: str) -> None:
        self._facts.remove(fact)
        self._write()

    def lose(self, index: int) -> None:
        self.add(f"lost {self.uuid(index)}")

    def _write(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text("\n".join(self._facts) + "\n")
        new.rename(self._path)

    def calls(self, what: str) -> list[tuple[int, str]]:
        """The calls of `init`, `retain`, `release` or of a kernel so far: process and device."""
        log = self._path.with_suffix(".log")
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [(int(pid), uuid) for pid, name, uuid in lines if name == what]

    def held(self, pid: Optional[int] = None) -> dict[tuple[int, str], int]:
        """How often each process has retained each context and not released it."""
        count = Counter(self.calls("retain"))
        count.subtract(self.calls("release"))
        return {key: times for key, times in count.items() if times > 0 and pid in (None, key[0])}
