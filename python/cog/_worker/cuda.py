"""The CUDA contexts of this worker, made with the driver's own library and kept until the process ends.

A device's primary context is shared by all that runs in a process: torch and others use the very one that is held here.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Any, Callable, Optional, Sequence

_LIBRARY = "libcuda.so.1"

_int, _uint, _pointer = ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "cuInit": (_uint,),
    "cuGetErrorName": (_int, ctypes.POINTER(ctypes.c_char_p)),
    "cuDeviceGetCount": (ctypes.POINTER(_int),),
    "cuDeviceGet": (ctypes.POINTER(_int), _int),
    "cuDevicePrimaryCtxGetState": (_int, ctypes.POINTER(_uint), ctypes.POINTER(_int)),
    "cuDevicePrimaryCtxRetain": (ctypes.POINTER(_pointer), _int),
    "cuDevicePrimaryCtxRelease_v2": (_int,),
    "cuCtxGetCurrent": (ctypes.POINTER(_pointer),),
    "cuCtxSetCurrent": (_pointer,),
    "cuCtxSynchronize": (),
}

_FORKED = (
    "cog: this process was forked from a worker that has initialised CUDA, so CUDA does not work in it. If it needs "
    "CUDA, start it by the method `spawn`, or set COG_CUDA_CONTEXT=%s so that %s (it is %s now).\n"
)


class DriverError(Exception):
    """A call that failed: which one, on which device, with which error."""


class Driver:
    """The calls of libcuda that are used here. Those before CUDA 11 have the release under its first name."""

    def __init__(self) -> None:
        try:
            library = ctypes.CDLL(_LIBRARY)
        except OSError as error:
            raise DriverError(
                f"{_LIBRARY} cannot be loaded ({error}): start the container with "
                "NVIDIA_DRIVER_CAPABILITIES=compute,utility, or set COG_CUDA_CONTEXT=off"
            ) from None
        self._functions = {name: self._find(library, name, types) for name, types in _SIGNATURES.items()}

    @staticmethod
    def _find(library: ctypes.CDLL, name: str, types: tuple[Any, ...]) -> Callable[..., int]:
        function = getattr(library, name, None) or getattr(library, name.replace("_v2", ""), None)
        if function is None:
            raise DriverError(f"{_LIBRARY} has no {name}: the driver is too old for this server; update it")
        function.argtypes = types
        function.restype = _int
        found: Callable[..., int] = function
        return found

    def code(self, name: str, *arguments: Any) -> int:
        return self._functions[name](*arguments)

    def call(self, name: str, *arguments: Any, on: str = "") -> None:
        code = self.code(name, *arguments)
        if code:
            raise DriverError(self.describe(name, code, on))

    def describe(self, name: str, code: int, on: str) -> str:
        text = ctypes.c_char_p()
        self.code("cuGetErrorName", code, ctypes.byref(text))
        error = text.value.decode() if text.value else "unknown error"
        return f"{name.replace('_v2', '')}{' on ' + on if on else ''}: {error} ({code})"


class Contexts:
    """Made on the thread that runs the predictions; the context of the first device becomes current there.

    `names`: of this worker's own devices; None for a worker that sees all there are. `every`: hold the context of each,
    not only that of the first and of those that the model uses. `moment`: of the making, `early` or `late`. Raises
    DriverError.
    """

    def __init__(
        self, names: Optional[Sequence[str]], every: bool, tell: Callable[[str], None], moment: str = "early"
    ) -> None:
        self._tell = tell
        self._every = every
        self._moment = moment
        self._pid = os.getpid()
        self._held: dict[int, ctypes.c_void_p] = {}  # by ordinal
        self._tell_child = self._told_child = False
        begin = time.monotonic()
        self._driver = Driver()
        self._driver.call("cuInit", 0)
        initialised = time.monotonic()
        count = _int()
        self._driver.call("cuDeviceGetCount", ctypes.byref(count))
        if names is not None and count.value < len(names):
            raise DriverError(f"cuDeviceGetCount: CUDA shows {count.value} devices, not {', '.join(names)}")
        self._names = names or [f"CUDA device {ordinal}" for ordinal in range(count.value)]
        try:
            self._adopt()
        except DriverError:
            self.release()
            raise
        self._make_current()
        os.register_at_fork(before=self._before_fork, after_in_child=self._in_forked_child)
        held = ", ".join(self._names[ordinal] for ordinal in self._held)
        print(
            f"cog: CUDA initialised in {_ms(initialised - begin)} ms, context of {held} in "
            f"{_ms(time.monotonic() - initialised)} ms",
            file=sys.stderr,
        )

    def find_poison(self) -> str:
        """The error that has spoilt a context, as an illegal address does: all calls fail from then on. Empty if none.

        Waits for what the devices still do.
        """
        if os.getpid() != self._pid:
            return ""
        before = _pointer()
        self._driver.code("cuCtxGetCurrent", ctypes.byref(before))
        try:
            if not self._every:
                self._adopt()
            for ordinal, context in self._held.items():
                name, code = self._ask(context)
                if code and self._ask(context)[1]:  # it stays
                    return self._driver.describe(name, code, self._names[ordinal])
        except DriverError as error:
            return str(error)
        finally:
            self._driver.code("cuCtxSetCurrent", before)
        return ""

    def release(self) -> None:
        """Lets go of all; whoever else in this process uses them still holds them."""
        if os.getpid() != self._pid:
            return
        for ordinal in self._held:
            try:
                self._driver.call("cuDevicePrimaryCtxRelease_v2", self._device(ordinal), on=self._names[ordinal])
            except DriverError as error:
                self._tell(f"cog: {error}\n")
        self._held.clear()

    def _ask(self, context: ctypes.c_void_p) -> tuple[str, int]:
        code = self._driver.code("cuCtxSetCurrent", context)
        return ("cuCtxSetCurrent", code) if code else ("cuCtxSynchronize", self._driver.code("cuCtxSynchronize"))

    def _device(self, ordinal: int) -> ctypes.c_int:
        device = _int()
        self._driver.call("cuDeviceGet", ctypes.byref(device), ordinal, on=self._names[ordinal])
        return device

    def _adopt(self) -> None:
        """Retains the contexts that are to be held and are not yet."""
        for ordinal, name in enumerate(self._names):
            if ordinal in self._held:
                continue
            device = self._device(ordinal)
            if ordinal == 0 or self._every or self._is_active(device, name):
                context = _pointer()
                self._driver.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device, on=name)
                self._held[ordinal] = context

    def _is_active(self, device: ctypes.c_int, name: str) -> bool:
        flags, active = _uint(), _int()
        self._driver.call("cuDevicePrimaryCtxGetState", device, ctypes.byref(flags), ctypes.byref(active), on=name)
        return active.value != 0

    def _make_current(self) -> None:
        """Leaves a context alone that the model has made current."""
        before = _pointer()
        self._driver.call("cuCtxGetCurrent", ctypes.byref(before))
        if not before.value:
            self._driver.call("cuCtxSetCurrent", self._held[0], on=self._names[0])

    def _before_fork(self) -> None:
        self._tell_child, self._told_child = not self._told_child, True

    def _in_forked_child(self) -> None:
        """One line, of the first child only: many never use CUDA."""
        if self._tell_child:
            where = ("late", "setup() may fork before") if self._moment == "early" else ("off", "the model decides")
            os.write(2, (_FORKED % (*where, self._moment)).encode())


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
