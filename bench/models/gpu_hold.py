"""A model that keeps its device busy for 20 ms. Its driver is pretended: `hold` is a kernel of the stand-in's."""

import ctypes

from cog import BasePredictor


class Predictor(BasePredictor):
    def setup(self) -> None:
        self.cuda = ctypes.CDLL("libcuda.so.1")
        self.hold = ctypes.c_void_p()
        module, time = ctypes.c_void_p(), ctypes.c_uint32(20)
        self.call("cuModuleLoadData", ctypes.byref(module), b"")
        self.call("cuModuleGetFunction", ctypes.byref(self.hold), module, b"hold")
        self.time = time
        self.parameters = (ctypes.c_void_p * 1)(ctypes.addressof(time))

    def call(self, name: str, *arguments: object) -> None:
        code = getattr(self.cuda, name)(*arguments)
        if code:
            raise RuntimeError(f"{name} failed with {code}")

    def predict(self) -> str:
        self.call("cuLaunchKernel", self.hold, 1, 1, 1, 1, 1, 1, 0, None, self.parameters, None)
        self.call("cuCtxSynchronize")
        return "held"
