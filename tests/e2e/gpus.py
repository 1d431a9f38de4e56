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
from pathlib import Path
from typing import Any, Optional

from server import REPOSITORY

_PROBE = "import ctypes; cuda = ctypes.CDLL('libcuda.so.1'); raise SystemExit(cuda.cuInit(0))"

_MODEL = '''
import ctypes, os, time
from pathlib import Path
from typing import Any
from cog import BasePredictor

PTX = b"""
.version 6.3
.target sm_75
.address_size 64
.visible .entry store(.param .u64 address, .param .u32 value)
{
  .reg .u64 %a;
  .reg .u32 %v;
  ld.param.u64 %a, [address];
  ld.param.u32 %v, [value];
  st.u32 [%a], %v;
  ret;
}
.visible .entry hold(.param .u32 milliseconds)
{
  .reg .pred %more;
  .reg .u32 %m;
  .reg .u64 %start, %now, %limit;
  ld.param.u32 %m, [milliseconds];
  mul.wide.u32 %limit, %m, 1000000;
  mov.u64 %start, %globaltimer;
again:
  mov.u64 %now, %globaltimer;
  sub.u64 %now, %now, %start;
  setp.lt.u64 %more, %now, %limit;
  @%more bra again;
  ret;
}
"""
ILLEGAL = 16

def call(name, *arguments):
    code = getattr(ctypes.CDLL("libcuda.so.1"), name)(*arguments)
    if code:
        raise RuntimeError(f"{name} failed with {code}")

def launch(name, *values):
    """A kernel on the context that is current, to its end."""
    module, function = ctypes.c_void_p(), ctypes.c_void_p()
    call("cuModuleLoadData", ctypes.byref(module), PTX)
    call("cuModuleGetFunction", ctypes.byref(function), module, name)
    parameters = (ctypes.c_void_p * len(values))(*(ctypes.addressof(value) for value in values))
    call("cuLaunchKernel", function, 1, 1, 1, 1, 1, 1, 0, None, parameters, None)
    call("cuCtxSynchronize")

def store(address, value):
    launch(b"store", ctypes.c_uint64(address), ctypes.c_uint32(value))

def use_first_device():
    """As torch does: the primary context, made current."""
    device, context = ctypes.c_int(), ctypes.c_void_p()
    call("cuInit", 0)
    call("cuDeviceGet", ctypes.byref(device), 0)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    call("cuCtxSetCurrent", context)

def round_trip(value):
    """The value, after it was stored in the device's memory by a kernel."""
    address, result = ctypes.c_uint64(), ctypes.c_uint32()
    call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(4))
    store(address.value, value)
    call("cuMemcpyDtoH_v2", ctypes.byref(result), address, ctypes.c_size_t(4))
    call("cuMemFree_v2", address)
    return result.value

def act(task):
    if task.startswith("meet"):
        Path(f"met-{os.getpid()}").touch()
        while len(list(Path().glob("met-*"))) < int(task[4:]):
            time.sleep(0.01)
        task = "where"
    if task == "where":
        names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")
        return [os.getpid(), *(os.environ.get(name) for name in names)]
    if task == "store":
        return round_trip(42)
    if task == "late poison":
        launch(b"hold", ctypes.c_uint32(300))
    if "poison" in task:
        store(ILLEGAL, 1)
    if task.startswith("hold"):
        launch(b"hold", ctypes.c_uint32(int(task[4:])))
    if task == "raise":
        raise ValueError("no fault of the device")
    return None
'''

_SYNC = """
class Predictor(BasePredictor):
    def predict(self, task: str = "where") -> Any:
        return act(task)
"""

_ASYNC = """
import asyncio

class Predictor(BasePredictor):
    async def predict(self, task: str = "where") -> Any:
        if task == "sleep":
            await asyncio.sleep(60)
        return act(task)
"""


def gpu_model(setup: str = "", head: str = "", asynchronous: bool = False) -> str:
    """A model that uses the context that is current, for what each prediction's `task` says: `where`, `meet3` (it too,
    once three processes have been asked), `store`, `hold50` (ms), `raise`, `poison`. `setup` is one line of it,
    `head` comes first in the file."""
    text = head + _MODEL + (_ASYNC if asynchronous else _SYNC)
    return text + (f"\n    def setup(self):\n        {setup}\n" if setup else "")


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
