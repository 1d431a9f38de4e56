"""Other programs at work: what they print is in the log, what they write is the output."""

import subprocess
import sys
import tempfile
import zipfile

from cog import BaseRunner, Input, Path

RENDER = "import sys; print('frame', sys.argv[1], flush=True); open(sys.argv[2], 'w').write('#' * int(sys.argv[1]))"


class Predictor(BaseRunner):
    def run(
        self,
        count: int = Input(default=3, ge=1, le=10),
        fail: bool = False,
    ) -> Path:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(1, count + 1):
                target = f"{folder}/frame-{number}.txt"
                subprocess.run([sys.executable, "-c", RENDER, "x" if fail else str(number), target], check=True)
            output = Path("frames.zip")
            with zipfile.ZipFile(output, "w") as archive:
                for frame in sorted(Path(folder).iterdir()):
                    archive.write(frame, frame.name)
        return output
