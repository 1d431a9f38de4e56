"""Returns the same file of 16 MiB each time."""

import tempfile

from cog import BasePredictor, Path


class Predictor(BasePredictor):
    def setup(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "output.bin"
        self.file.write_bytes(bytes(range(256)) * 4096 * 16)

    def predict(self) -> Path:
        return self.file
